"""Which items are taken, and what the others' senders are told."""

from __future__ import annotations

import pytest

from openinsights_wire.stamps import format_time

SECOND = 10_000_000
MILLISECOND = 10_000


def at(ingest, ticks: int) -> dict:
    envelope = ingest.envelope()
    envelope["time"] = format_time(ticks)
    return envelope


def test_some_accepted_is_206_and_names_the_others(ingest) -> None:
    unknown = ingest.envelope()
    unknown["iKey"] = "11111111-2222-4333-8444-555555555555"
    reply = ingest.request([ingest.envelope(), unknown, ingest.envelope(), {"data": 5}])
    body = reply.json()
    assert reply.status_code == 206
    assert (body["itemsReceived"], body["itemsAccepted"]) == (4, 2)
    assert [(error["index"], error["statusCode"]) for error in body["errors"]] == [
        (1, 400),
        (3, 400),
    ]
    assert "11111111-2222-4333-8444-555555555555" in body["errors"][0]["message"]
    assert ingest.count("customEvents") == 2


def test_none_accepted_has_the_first_items_status(ingest) -> None:
    unknown = ingest.envelope()
    unknown["iKey"] = "nobody's"
    reply = ingest.request([unknown, {}])
    assert (reply.status_code, reply.json()["itemsAccepted"]) == (400, 0)
    assert reply.json()["appId"] is None


@pytest.mark.parametrize("key", [None, ""])
def test_an_item_without_key_is_refused_by_name_of_the_field(ingest, key) -> None:
    envelope = ingest.envelope()
    envelope["iKey"] = key
    (error,) = ingest.request([envelope]).json()["errors"]
    assert "Field 'iKey' on type 'Envelope' is required" in error["message"]


def test_the_limits_of_time_are_accepted(ingest) -> None:
    oldest, newest = ingest.now - 172_800 * SECOND, ingest.now + 7_200 * SECOND
    assert ingest.request([at(ingest, oldest), at(ingest, newest)]).status_code == 200
    assert ingest.count("customEvents") == 2


def test_an_item_that_is_too_old_is_told_how_old(ingest) -> None:
    reply = ingest.request([at(ingest, ingest.now - 172_810_000 * MILLISECOND)])
    assert reply.status_code == 400
    assert reply.json()["errors"] == [
        {
            "index": 0,
            "statusCode": 400,
            "message": "103: Field 'time' on type 'Envelope' is older than the allowed min date. "
            "Expected: now - 172800000ms, Actual: now - 172810000ms",
        }
    ]


def test_an_item_from_the_future_is_told_how_far(ingest) -> None:
    reply = ingest.request([at(ingest, ingest.now + 7_200_001 * MILLISECOND)])
    assert reply.json()["errors"][0]["message"] == (
        "103: Field 'time' on type 'Envelope' is newer than the allowed max date. "
        "Expected: now + 7200000ms, Actual: now + 7200001ms"
    )


def test_a_time_without_zone_is_utc(ingest) -> None:
    envelope = ingest.envelope()
    envelope["time"] = format_time(ingest.now).removesuffix("Z")
    assert ingest.request([envelope]).status_code == 200
    assert ingest.row("customEvents")["timestamp"] == ingest.now


@pytest.mark.parametrize("time", ["yesterday", "", 5, None, [], "2026-99-99T00:00:00Z"])
def test_a_time_that_is_none_is_refused(ingest, time) -> None:
    bad = ingest.envelope()
    bad["time"] = time
    reply = ingest.request([bad, ingest.envelope()])
    assert reply.status_code == 206
    assert "'time'" in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize("duration", ["-00:00:01", "soon", "00:99:00", -5])
def test_a_duration_that_is_none_is_refused(ingest, duration) -> None:
    bad = ingest.envelope("RequestData", id="1", duration=duration, responseCode="200")
    good = ingest.envelope("RequestData", id="2", duration="00:00:01", responseCode="200")
    reply = ingest.request([bad, good])
    assert (reply.status_code, reply.json()["itemsAccepted"]) == (206, 1)
    assert ingest.row("requests")["id"] == "2"


def test_an_item_over_its_size_is_refused_and_its_neighbours_are_not(ingest) -> None:
    large = ingest.envelope(properties={f"key{number}": "x" * 8000 for number in range(9)})
    reply = ingest.request([ingest.envelope(), large, ingest.envelope()])
    (error,) = reply.json()["errors"]
    assert (reply.status_code, error["index"], error["statusCode"]) == (206, 1, 413)
    assert "65536 bytes" in error["message"]
    assert ingest.count("customEvents") == 2


def test_names_without_values_count_for_the_size_of_an_item(ingest) -> None:
    large = ingest.envelope()
    large["data"]["baseData"]["properties"] = {f"property {n}": "" for n in range(10_000)}
    reply = ingest.request([ingest.envelope(), large])
    assert (reply.status_code, reply.json()["itemsAccepted"]) == (206, 1)
    assert reply.json()["errors"][0]["statusCode"] == 413


def test_more_items_than_allowed_are_refused_as_a_whole(make_ingest) -> None:
    ingest = make_ingest(max_items=3)
    assert ingest.request([ingest.envelope() for _ in range(4)]).status_code == 413
    assert ingest.count("customEvents") == 0


def test_a_resource_over_its_rate_waits(make_ingest) -> None:
    ingest = make_ingest(items_per_s=1)
    assert ingest.request([ingest.envelope(name=str(n)) for n in range(60)]).status_code == 200
    refused = ingest.request([ingest.envelope(name="more")])
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    ingest.clock.now += 60 * SECOND
    assert ingest.request([ingest.envelope(name="more")]).status_code == 200
