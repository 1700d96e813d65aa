"""The metrics endpoint over telemetry whose numbers are known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

NOON = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
SPAN = f"{NOON.isoformat()}/{(NOON + timedelta(hours=2)).isoformat()}"


def item(key, kind, data, at, tags=None, **envelope):
    return {
        "name": "Microsoft.ApplicationInsights.Item",
        "time": at.isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": "web", **(tags or {})},
        "data": {"baseType": f"{kind}Data", "baseData": {"ver": 2, **data}},
        **envelope,
    }


def request(key, minutes, name, duration_ms, success=True, **more):
    data = {
        "id": f"{minutes:08x}",
        "name": name,
        "duration": f"00:00:00.{duration_ms:03d}",
        "responseCode": "200" if success else "500",
        "success": success,
        "properties": {"tenant": "a" if minutes % 2 else "b", "size": "10"},
    }
    tags = {"ai.operation.name": name, "ai.user.id": f"u{minutes % 3}", **more.pop("tags", {})}
    return item(key, "Request", data, NOON + timedelta(minutes=minutes), tags, **more)


@pytest.fixture(scope="module")
def server(shared_server):
    return shared_server


@pytest.fixture(scope="module")
def shop(server):
    shop = server.create()
    key = shop.instrumentation_key
    at = NOON + timedelta(minutes=1)
    items = [
        request(key, 1, "GET /", 100),
        request(key, 2, "GET /", 300, sampleRate=50),
        request(key, 70, "GET /", 200, success=False),
        request(key, 71, "POST /", 400),
        item(key, "Metric", {"metrics": [{"name": "orders", "value": 5}]}, at),
        item(
            key,
            "Metric",
            {
                "metrics": [
                    {"name": "orders", "value": 9, "kind": 1, "count": 3, "min": 1, "max": 6}
                ]
            },
            at,
        ),
        item(key, "Metric", {"metrics": [{"name": r"\Memory\Available Bytes", "value": 64}]}, at),
        item(
            key,
            "Availability",
            {"id": "1", "name": "t", "duration": "00:00:01", "success": True},
            at,
        ),
        item(
            key,
            "Availability",
            {"id": "2", "name": "t", "duration": "00:00:03", "success": False},
            at,
        ),
        item(key, "Exception", {"exceptions": [{"typeName": "E", "message": "m"}]}, at),
        item(key, "Message", {"message": "hello"}, at),
    ]
    reply = server.client.post("/v2.1/track", json=items)
    assert reply.json()["errors"] == []
    return shop


def ask(server, metric, **parameters):
    named = {"timespan": SPAN, **parameters}
    return server.client.get(f"/v1/apps/shop/metrics/{metric}", params=named)


def value(server, metric, **parameters):
    reply = ask(server, metric, **parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()["value"]


@pytest.mark.parametrize(
    ("metric", "aggregation", "expected"),
    [
        ("requests/count", "", {"sum": 5.0}),
        ("requests%2Fcount", "sum", {"sum": 5.0}),
        (
            "requests/duration",
            "min,max,avg,sum,count",
            {"min": 100.0, "max": 400.0, "avg": 260.0, "sum": 1300.0, "count": 5.0},
        ),
        ("requests/failed", "sum", {"sum": 1.0}),
        ("requests/rate", "avg", {"avg": 5 / 7200}),
        ("users/count", "unique", {"unique": 2.0}),
        ("sessions/count", "unique", {"unique": 0.0}),
        (
            "customMetrics/orders",
            "avg,sum,count,min,max",
            {"avg": 3.5, "sum": 14.0, "count": 4.0, "min": 1.0, "max": 6.0},
        ),
        ("performanceCounters/memoryAvailableBytes", "avg,max", {"avg": 64.0, "max": 64.0}),
        ("availabilityResults/availabilityPercentage", "avg", {"avg": 50.0}),
        ("availabilityResults/duration", "avg", {"avg": 2000.0}),
        ("exceptions/server", "sum", {"sum": 1.0}),
        ("exceptions/browser", "sum", {"sum": 0.0}),
        ("billing/telemetryCount", "sum", {"sum": 12.0}),
        ("traces/count", "sum", {"sum": 1.0}),
    ],
)
def test_a_metric_is_a_number(server, shop, metric, aggregation, expected):
    found = value(server, metric, aggregation=aggregation)
    assert set(found) == {"start", "end", metric.replace("%2F", "/")}
    assert found[metric.replace("%2F", "/")] == {
        name: pytest.approx(number) for name, number in expected.items()
    }


def test_every_metric_of_the_metadata_answers(server, shop):
    described = server.client.get("/v1/apps/shop/metrics/metadata").json()
    assert "operation/name" in described["dimensions"]
    for metric, facts in described["metrics"].items():
        aggregation = ",".join(facts["supportedAggregations"])
        found = value(server, metric, aggregation=aggregation, interval="PT1H")
        assert facts["defaultAggregation"] in facts["supportedAggregations"]
        for segment in found["segments"]:
            assert set(segment[metric]) == set(facts["supportedAggregations"])


def test_an_interval_gives_buckets_that_align_to_it(server, shop):
    start = NOON + timedelta(minutes=1)
    span = f"{start.isoformat()}/{(NOON + timedelta(hours=2)).isoformat()}"
    found = value(server, "requests/count", interval="PT1H", timespan=span)
    assert found["interval"] == "PT1H"
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    hours = [(NOON + timedelta(hours=n)).strftime(stamp) for n in range(3)]
    assert found["segments"] == [
        {"start": start.strftime(stamp), "end": hours[1], "requests/count": {"sum": 3.0}},
        {"start": hours[1], "end": hours[2], "requests/count": {"sum": 2.0}},
    ]


def test_too_fine_an_interval_is_coarsened(server, shop):
    found = value(server, "requests/count", interval="PT1S")
    assert found["interval"] == "PT4S"


def test_segments_are_nested_and_the_largest_come_first(server, shop):
    found = value(server, "requests/count", segment="operation/name,customDimensions/tenant")
    assert found["segments"] == [
        {
            "operation/name": "GET /",
            "segments": [
                {"customDimensions/tenant": "b", "requests/count": {"sum": 3.0}},
                {"customDimensions/tenant": "a", "requests/count": {"sum": 1.0}},
            ],
        },
        {
            "operation/name": "POST /",
            "segments": [{"customDimensions/tenant": "a", "requests/count": {"sum": 1.0}}],
        },
    ]
    both = value(server, "requests/count", segment="request/success", interval="PT1H")
    assert [
        [(inner["request/success"], inner["requests/count"]["sum"]) for inner in each["segments"]]
        for each in both["segments"]
    ] == [[("True", 3.0)], [("True", 1.0), ("False", 1.0)]]


def test_top_and_orderby_choose_the_segments(server, shop):
    def names(**more):
        found = value(server, "requests/duration", segment="operation/name", **more)
        return [each["operation/name"] for each in found["segments"]]

    assert names() == ["POST /", "GET /"]
    assert names(top="1", orderby="avg asc") == ["GET /"]
    assert names(aggregation="max", orderby="count") == ["GET /", "POST /"]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("request/success eq 'False'", 1.0),
        ("request/success eq true", 4.0),
        ("startswith(operation/name, 'GET') and not (request/resultCode eq '500')", 3.0),
        ("request/duration gt 200 or customDimensions/tenant eq 'b'", 4.0),
        ("customDimensions/size ge 10", 5.0),
        ("operation/name in ('POST /', 'x')", 1.0),
        ("request/duration mul 2 le 400", 2.0),
        ("operation/name ne null and session/id eq null", 5.0),
        ("contains(tolower(operation/name), 'post')", 1.0),
        ("operation/name eq 'it''s'", None),
        (f"timestamp ge {(NOON + timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}", 2.0),
        ("length(operation/name) eq 6", 1.0),
    ],
)
def test_a_filter_chooses_the_rows(server, shop, condition, count):
    found = value(server, "requests/count", filter=condition)["requests/count"]["sum"]
    assert (found or None) == count


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"metric": "requests/size"}, "cannot find the metric 'requests/size'"),
        ({"aggregation": "avg"}, "requests/count has sum"),
        ({"interval": "1h"}, "cannot use interval '1h'"),
        ({"interval": "PT0.1S"}, "a second is the shortest"),
        ({"timespan": "soon"}, "cannot use timespan 'soon'"),
        ({"segment": "a,b,c,d"}, "more than 3 segments"),
        ({"segment": "operation/nam"}, "cannot find the field 'operation/nam'"),
        ({"segment": "operation/name", "top": "0"}, "cannot use top '0'"),
        ({"segment": "operation/name", "orderby": "max"}, "cannot use orderby 'max'"),
        ({"filter": "operation/name"}, "a condition is expected"),
        ({"filter": "operation/name eq"}, "a value is expected"),
        ({"filter": "operation/name eq 'x"}, "begins nothing that is known"),
        ({"filter": "operation/name eq 'x' extra"}, "the end is expected"),
        ({"filter": "round(1, 2) eq 1"}, "round takes 1 values, not 2"),
        ({"filter": "not " * 60 + "true"}, "nested too deeply"),
        ({"filter": "exception/type eq 'x'"}, "cannot find the field"),
    ],
)
def test_what_cannot_be_used_is_told(server, shop, parameters, says):
    reply = ask(server, parameters.pop("metric", "requests/count"), **parameters)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "BadArgumentError"
    assert says in reply.json()["error"]["message"]


def test_several_metrics_in_one_request_each_have_an_outcome(server, shop):
    asked = [
        {"id": "a", "parameters": {"metricId": "requests/count", "timespan": SPAN}},
        {
            "id": "b",
            "parameters": {
                "metricId": "requests/duration",
                "timespan": SPAN,
                "aggregation": ["avg", "max"],
                "segment": ["operation/name"],
                "top": 1,
            },
        },
        {"id": "c", "parameters": {"metricId": "nothing"}},
        {"id": "d"},
        {"id": {"e": 1}},  # an id is a text: anything else is not given back
    ]
    answers = server.client.post("/v1/apps/shop/metrics", json=asked).json()
    assert [(each["id"], each["status"]) for each in answers] == [
        *(("a", 200), ("b", 200)),
        *(("c", 400), ("d", 400), (None, 400)),
    ]
    assert answers[0]["body"]["value"]["requests/count"] == {"sum": 5.0}
    (segment,) = answers[1]["body"]["value"]["segments"]
    assert segment == {
        "operation/name": "POST /",
        "requests/duration": {"avg": 400.0, "max": 400.0},
    }
    assert server.client.post("/v1/apps/shop/metrics", json={}).status_code == 400
    assert server.client.get("/v1/apps/nobody/metrics/requests/count").status_code == 404


def test_of_nothing_there_is_no_average(server):
    """Clients read a number or null."""
    assert value(server, "customMetrics/never sent", aggregation="avg,sum")[
        "customMetrics/never sent"
    ] == {"avg": None, "sum": 0.0}
