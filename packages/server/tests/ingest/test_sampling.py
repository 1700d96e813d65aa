"""A share of whole operations is kept, and says what it stands for."""

from __future__ import annotations

import random

import pytest

from openinsights.ingest.sampling import SAMPLED_OUT, score


def of_operation(ingest, operation: str, base_type: str = "EventData", /, **data):
    envelope = ingest.envelope(base_type, **data)
    envelope["tags"] = {"ai.operation.id": operation}
    return envelope


def operations(count: int) -> list[str]:
    rng = random.Random(7)
    return [f"{rng.getrandbits(128):032x}" for _ in range(count)]


def test_scores_spread_evenly() -> None:
    scores = [score(operation) for operation in operations(4000)]
    assert all(0 <= each <= 100 for each in scores)
    for tenth in range(10):
        share = sum(10 * tenth <= each < 10 * tenth + 10 for each in scores) / len(scores)
        assert 0.08 < share < 0.12


def test_an_operation_stays_or_goes_as_a_whole(ingest) -> None:
    ingest.settings = {"sampling_percentage": 25}
    names = operations(400)
    body = []
    for name in names:
        body.append(of_operation(ingest, name))
        body.append(of_operation(ingest, name, "MessageData", message="said"))
        data = {"id": "1", "duration": "00:00:01", "responseCode": "200"}
        body.append(of_operation(ingest, name, "RequestData", **data))
    reply = ingest.request(body)
    assert reply.status_code == 206
    kept = [
        {row["operation_Id"] for row in ingest.rows(table)}
        for table in ("customEvents", "traces", "requests")
    ]
    assert kept[0] == kept[1] == kept[2] == {name for name in names if score(name) < 25}
    assert 60 < len(kept[0]) < 140
    assert {row["itemCount"] for row in ingest.rows("requests")} == {4}
    answer = reply.json()
    assert answer["itemsAccepted"] == 3 * len(kept[0])
    assert {(e["statusCode"], e["message"]) for e in answer["errors"]} == {(206, SAMPLED_OUT)}
    left_out = {error["index"] // 3 for error in answer["errors"]}
    assert {names[index] for index in left_out} == set(names) - kept[0]


def test_what_a_client_has_sampled_is_kept_as_it_is(ingest) -> None:
    ingest.settings = {"sampling_percentage": 1}
    body = [of_operation(ingest, name) | {"sampleRate": 50} for name in operations(20)]
    assert ingest.request(body).status_code == 200
    assert {row["itemCount"] for row in ingest.rows("customEvents")} == {2}


@pytest.mark.parametrize(
    ("base_type", "table", "data"),
    [
        ("MetricData", "customMetrics", {"metrics": [{"name": "m", "value": 1}]}),
        (
            "AvailabilityData",
            "availabilityResults",
            {"id": "1", "name": "a", "duration": "00:00:01", "success": True},
        ),
    ],
)
def test_metrics_and_availability_results_are_all_kept(ingest, base_type, table, data) -> None:
    ingest.settings = {"sampling_percentage": 1}
    body = [of_operation(ingest, name, base_type, **data) for name in operations(20)]
    assert ingest.request(body).status_code == 200
    assert ingest.count(table) == 20


def test_items_without_an_operation_meet_one_decision_however_often_they_are_sent(ingest) -> None:
    ingest.settings = {"sampling_percentage": 40}
    body = [ingest.envelope(name=f"e{number}") for number in range(200)]
    body += [of_operation(ingest, "0" * 32, name=f"z{number}") for number in range(200)]
    first = ingest.request(body).json()
    assert ingest.request(body).json() == first
    assert 100 < first["itemsAccepted"] < 220
    assert ingest.count("customEvents") == first["itemsAccepted"]
