"""The events endpoint: single items, found, ordered, cut to fields and grouped."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone

import pytest

from openinsights.schema.catalog import CLASSIC

NOW = datetime.now(timezone.utc)


def item(key, kind, data, minutes, **tags):
    return {
        "name": "Microsoft.ApplicationInsights.Item",
        "time": (NOW - timedelta(minutes=minutes)).isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": "web", "ai.operation.id": f"op{minutes}", **tags},
        "data": {"baseType": f"{kind}Data", "baseData": {"ver": 2, **data}},
    }


def request(key, minutes, name, duration_ms):
    data = {
        "id": f"{minutes:x}",
        "name": name,
        "duration": f"00:00:00.{duration_ms:03d}",
        "responseCode": "200",
        "success": True,
        "properties": {"tenant.name": "김치 corp", "n": str(minutes)},
        "measurements": {"size": 1.5},
    }
    return item(key, "Request", data, minutes, **{"ai.operation.name": name})


@pytest.fixture(scope="module")
def server(shared_server):
    return shared_server


@pytest.fixture(scope="module")
def shop(server):
    shop = server.create()
    key = shop.instrumentation_key
    items = [
        request(key, 1, "GET /", 100),
        request(key, 2, "GET /", 300),
        request(key, 3, "POST /order", 200),
        request(key, 14 * 60, "GET /old", 50),
        item(key, "Message", {"message": "payment refused twice", "severityLevel": 2}, 4),
        item(key, "Message", {"message": "payment taken"}, 5),
        item(key, "Exception", {"exceptions": [{"typeName": "E", "message": "refused"}]}, 6),
        item(key, "Event", {"name": "bought"}, 7),
        item(key, "RemoteDependency", {"name": "SELECT", "duration": "00:00:01"}, 8),
        item(key, "PageView", {"name": "Home", "url": "http://x/", "duration": "00:00:02"}, 9),
        item(key, "Metric", {"metrics": [{"name": "orders", "value": 5}]}, 10),
    ]
    reply = server.client.post("/v2.1/track", json=items)
    assert reply.json()["errors"] == []
    return shop


def reply(server, kind="requests", **options):
    named = {(f"${name}" if name != "timespan" else name): each for name, each in options.items()}
    return server.client.get(f"/v1/apps/shop/events/{kind}", params=named)


def events(server, kind="requests", **options):
    found = reply(server, kind, **options)
    assert found.status_code == 200, found.text
    return found.json()["value"]


def test_an_event_is_nested_as_clients_read_it(server, shop):
    body = reply(server, timespan="PT1H").json()
    assert body["@odata.context"].endswith(f"/v1/apps/{shop.app_id}/events/$metadata#requests")
    assert body["@ai.messages"] == []
    newest = body["value"][0]
    assert (newest["type"], newest["count"]) == ("request", 1)
    assert newest["request"] == {
        "id": "1",
        "name": "GET /",
        "url": "",
        "source": "",
        "success": "True",
        "resultCode": "200",
        "duration": 100.0,
        "performanceBucket": "<250ms",
    }
    assert newest["operation"] == {
        "name": "GET /",
        "id": "op1",
        "parentId": "",
        "syntheticSource": "",
    }
    assert newest["customDimensions"] == {"tenant.name": "김치 corp", "n": "1"}
    assert newest["customMeasurements"] == {"size": 1.5}
    assert newest["cloud"]["roleName"] == "web"
    assert newest["ai"]["appId"] == shop.app_id
    assert set(newest) == {
        *("id", "type", "count", "timestamp", "customDimensions", "customMeasurements"),
        *("operation", "session", "user", "cloud", "ai", "application", "client", "request"),
    }


def test_without_a_timespan_the_last_twelve_hours_are_read_and_the_reply_says_so(server, shop):
    limited = reply(server).json()
    assert [each["request"]["name"] for each in limited["value"]] == [
        "GET /",
        "GET /",
        "POST /order",
    ]
    assert limited["@ai.messages"][0]["code"] == "AddedLimitToQuery"
    assert len(events(server, timespan="P1D")) == 4


def test_one_event_is_found_by_its_id_however_old(server, shop):
    old = events(server, timespan="P1D")[-1]
    found = server.client.get(f"/v1/apps/shop/events/requests/{old['id']}").json()
    assert found["value"] == [old]
    assert server.client.get("/v1/apps/shop/events/$all/nothing").json()["value"] == []


def test_every_kind_answers_and_all_of_them_together(server, shop):
    counts = {table.name: len(events(server, table.name)) for table in CLASSIC}
    assert counts == {
        "requests": 3,
        "dependencies": 1,
        "traces": 2,
        "exceptions": 1,
        "customEvents": 1,
        "pageViews": 1,
        "browserTimings": 0,
        "availabilityResults": 0,
        "customMetrics": 1,
        "performanceCounters": 0,
    }
    everything = events(server, "$all")
    assert len(everything) == 10
    by_type = {each["type"]: each for each in everything}
    assert by_type["trace"]["trace"]["message"] == "payment taken"
    assert by_type["exception"]["exception"]["details"][0]["message"] == "refused"
    assert by_type["customMetric"]["customMetric"]["value"] == 5.0
    assert by_type["pageView"]["pageView"]["duration"] == 2000.0


@pytest.mark.parametrize(
    ("kind", "options", "operations"),
    [
        ("requests", {"filter": "request/duration gt 150"}, ["op2", "op3"]),
        (
            "requests",
            {"filter": "customDimensions/tenant.name eq '김치 corp'", "top": "1"},
            ["op1"],
        ),
        ("requests", {"orderby": "request/duration"}, ["op1", "op3", "op2"]),
        (
            "requests",
            {"orderby": "request/name desc, request/duration desc"},
            ["op3", "op2", "op1"],
        ),
        ("requests", {"skip": "1", "top": "1"}, ["op2"]),
        ("$all", {"filter": "request/duration gt 150"}, ["op2", "op3"]),
        ("$all", {"filter": "type eq 'trace' or exception/type eq 'E'"}, ["op4", "op5", "op6"]),
        ("$all", {"search": "refused"}, ["op4", "op6"]),
        ("$all", {"search": "refused payment"}, ["op4"]),
        ("$all", {"search": "payment AND NOT taken"}, ["op4"]),
        ("$all", {"search": "taken OR bought"}, ["op5", "op7"]),
        ("traces", {"search": '"payment refused"'}, ["op4"]),
        ("$all", {"search": "payment AND (taken OR refused)"}, ["op4", "op5"]),
        ("$all", {"search": "(payment OR bought)AND NOT(taken OR twice)"}, ["op7"]),
        ("traces", {"search": '"(refused"'}, []),
        ("traces", {"search": "x' | take 5 //"}, []),
    ],
)
def test_options_choose_and_order_events(server, shop, kind, options, operations):
    found = events(server, kind, **options)
    assert [each["operation"]["id"] for each in found] == operations


def test_select_cuts_events_to_fields(server, shop):
    found = events(server, select="timestamp,request/name,customDimensions/n,cloud", top="1")
    assert set(found[0]) == {"timestamp", "request", "customDimensions", "cloud"}
    assert found[0]["request"] == {"name": "GET /"}
    assert found[0]["customDimensions"] == {"n": "1"}
    assert set(found[0]["cloud"]) == {"roleName", "roleInstance"}


def test_count_tells_how_many_there_are_in_all(server, shop):
    body = reply(server, count="true", top="1").json()
    assert (body["@odata.count"], len(body["value"])) == (3, 1)
    filtered = reply(server, count="true", filter="request/duration gt 150", top="0").json()
    assert (filtered["@odata.count"], filtered["value"]) == (2, [])


@pytest.mark.parametrize(
    ("apply", "expected"),
    [
        ("aggregate($count as n)", [{"n": 3}]),
        (
            "aggregate(request/duration with average as mean, request/duration with max as most)",
            [{"mean": 200.0, "most": 300.0}],
        ),
        (
            "groupby((request/name), aggregate($count as n, request/duration with sum as t))",
            [
                {"request": {"name": "GET /"}, "n": 2, "t": 400.0},
                {"request": {"name": "POST /order"}, "n": 1, "t": 200.0},
            ],
        ),
        (
            "filter(request/duration ge 200)/groupby((operation/name, customDimensions/n))",
            [
                {"operation": {"name": "GET /"}, "customDimensions": {"n": "2"}},
                {"operation": {"name": "POST /order"}, "customDimensions": {"n": "3"}},
            ],
        ),
        ("aggregate(request/name with countdistinct as kinds)", [{"kinds": 2}]),
    ],
)
def test_apply_groups_and_aggregates(server, shop, apply, expected):
    found = events(server, apply=apply)
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_groups_are_ordered_by_what_they_are_called(server, shop):
    apply = "groupby((request/name), aggregate($count as n))"
    found = events(server, apply=apply, orderby="n desc", top="1")
    assert found == [{"request": {"name": "GET /"}, "n": 2}]


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("request", {}, "cannot find events of 'request'"),
        ("requests", {"filter": "request/nam eq 'x'"}, "cannot find the field 'request/nam'"),
        ("requests", {"filter": "trace/message eq 'x'"}, "cannot find the field"),
        ("requests", {"orderby": "request/name up"}, "no field with asc or desc"),
        ("requests", {"select": "nothing"}, "cannot find the field 'nothing'"),
        ("requests", {"top": "-1"}, "a whole number up to"),
        ("requests", {"top": "100000"}, "a whole number up to"),
        ("requests", {"count": "yes"}, "true or false is expected"),
        ("requests", {"expand": "x"}, "cannot use $expand"),
        ("requests", {"apply": "topcount(1, request/duration)"}, "aggregate, groupby or filter"),
        ("requests", {"apply": "aggregate(request/duration with middle as m)"}, "one of sum"),
        ("requests", {"search": '"open'}, "a quote is not closed"),
        ("requests", {"search": "AND"}, "a word is expected"),
        ("requests", {"search": "x NOT"}, "a word is expected"),
        ("requests", {"search": "x') | take 5 //"}, "a word is expected, not )"),
        ("requests", {"search": "x AND ()"}, "a word is expected, not )"),
        ("requests", {"search": "(x"}, ") is expected at its end"),
        ("requests", {"search": "(" * 60 + "x" + ")" * 60}, "nested too deeply"),
        ("requests", {"filter": "request/duration gt duration'PT1S'"}, "to compare with a real"),
        ("requests", {"filter": "timestamp gt 5"}, "to compare with a real"),
        ("requests", {"filter": "timestamp eq true"}, "to compare with a datetime"),
        ("requests", {"apply": "aggregate($count as n,$count as n)"}, "two values are called 'n'"),
        ("requests", {"format": "application/atom+xml"}, "there is application/json"),
        ("requests", {"timespan": "soon"}, "cannot use timespan"),
    ],
)
def test_what_cannot_be_used_is_told(server, shop, kind, options, says):
    refused = reply(server, kind, **options)
    assert refused.status_code == 400, refused.text
    assert says in refused.json()["error"]["message"]


def test_metadata_describes_every_field(server, shop):
    found = server.client.get("/v1/apps/shop/events/$metadata")
    assert found.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(found.content)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    sets = {each.get("Name") for each in root.iter(f"{edm}EntitySet")}
    assert sets == {table.name for table in CLASSIC}
    plain = reply(server, format="application/json;odata.metadata=none", top="0").json()
    assert "@odata.context" not in plain
