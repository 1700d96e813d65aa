"""Retention, purges and days over the management API."""

from __future__ import annotations

import time

import pytest

GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components"


@pytest.fixture
def keeping(server):
    server.parts.keeper.start()
    return server


def path_of(resource):
    return resource.resource_id


def purged(server, path, body):
    asked = server.client.post(f"{path}/purge?api-version=2015-05-01", json=body)
    assert asked.status_code == 202, asked.text
    place = asked.headers["x-ms-status-location"]
    assert place.endswith(f"/operations/{asked.json()['operationId']}?api-version=2015-05-01")
    deadline = time.monotonic() + 30
    while (reply := server.client.get(place).json())["status"] != "completed":
        assert reply["status"] == "pending"
        assert time.monotonic() < deadline
    return reply["deletedRows"]


def test_a_resource_says_how_long_its_telemetry_is_kept(server):
    made = server.client.put(f"{GROUP}/shop", json={"properties": {"RetentionInDays": 30}}).json()
    assert made["properties"]["RetentionInDays"] == 30
    changes = {"RetentionInDaysByTable": {"AppTraces": 7, "requests": 365}}
    changed = server.client.patch(f"{GROUP}/shop", json={"properties": changes}).json()
    assert changed["properties"]["RetentionInDays"] == 30
    assert changed["properties"]["RetentionInDaysByTable"] == {"traces": 7, "requests": 365}
    back = {"RetentionInDays": None, "RetentionInDaysByTable": {"traces": None}}
    changed = server.client.patch(f"{GROUP}/shop", json={"properties": back}).json()
    assert changed["properties"]["RetentionInDays"] == 90
    assert changed["properties"]["RetentionInDaysByTable"] == {"requests": 365}
    assert changed == server.client.get(f"{GROUP}/shop").json()


@pytest.mark.parametrize(
    "properties",
    [
        {"RetentionInDays": 0},
        {"RetentionInDays": 100_000},
        {"RetentionInDays": "30"},
        {"RetentionInDays": True},
        {"RetentionInDays": 30.5},
        {"RetentionInDaysByTable": {"nothing": 30}},
        {"RetentionInDaysByTable": {"traces": "30"}},
        {"RetentionInDaysByTable": [30]},
    ],
)
def test_a_retention_that_cannot_be_is_refused_and_changes_nothing(server, properties):
    for method in ("put", "patch"):
        reply = getattr(server.client, method)(f"{GROUP}/new", json={"properties": properties})
        assert reply.status_code == (400 if method == "put" else 404), reply.text
    assert server.client.get(f"{GROUP}/new").status_code == 404
    shop = server.create()
    before = server.client.get(path_of(shop)).json()
    reply = server.client.patch(path_of(shop), json={"properties": properties})
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "BadArgumentError"
    assert server.client.get(path_of(shop)).json() == before


def test_a_purge_deletes_what_fits_and_tells_how_much(keeping):
    shop, lab = keeping.create("shop"), keeping.create("lab")
    keeping.send(shop, "one", "two", "two")
    keeping.send(lab, "two")
    filters = [{"column": "message", "operator": "==", "value": "two"}]
    assert purged(keeping, path_of(shop), {"table": "traces", "filters": filters}) == 2
    assert purged(keeping, path_of(shop), {"table": "AppTraces", "filters": filters}) == 0
    query = {"query": "traces | project message | order by message asc"}
    rows = keeping.client.post("/v1/apps/*/query", json=query).json()["tables"][0]["rows"]
    assert rows == [["one"], ["two"]]


def test_telemetry_that_was_only_just_acknowledged_is_purged_too(keeping):
    shop = keeping.create()
    for number in range(20):
        keeping.send(shop, f"m{number}")
        assert purged(keeping, path_of(shop), {"table": "traces", "filters": []}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filters": []},
        {"table": "traces"},
        {"table": "nothing", "filters": []},
        {"table": 5, "filters": []},
        {"table": "traces", "filters": ["x"]},
        {"table": "traces", "filters": [{"column": "nothing", "operator": "==", "value": "x"}]},
        {"table": "traces", "filters": [{"column": "message", "operator": "~", "value": "x"}]},
        {"table": "traces", "filters": [{"column": "timestamp", "operator": ">", "value": "x"}]},
    ],
)
def test_a_purge_that_is_not_understood_deletes_nothing(keeping, body):
    shop = keeping.create()
    keeping.send(shop, "one")
    reply = keeping.client.post(f"{path_of(shop)}/purge", json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["message"]


def test_unknown_purges_and_resources_are_not_found(keeping):
    shop, lab = keeping.create("shop"), keeping.create("lab")
    body = {"table": "traces", "filters": []}
    operation = keeping.client.post(f"{path_of(shop)}/purge", json=body).json()["operationId"]
    for method, path in (
        ("post", f"{GROUP}/nobody/purge"),
        ("post", f"{path_of(shop)}/purify"),
        ("get", f"{path_of(shop)}/operations/purge-1"),
        ("get", f"{path_of(lab)}/operations/{operation}"),
        ("get", f"{GROUP}/nobody/operations/{operation}"),
    ):
        more = {"json": body} if method == "post" else {}
        assert getattr(keeping.client, method)(path, **more).status_code == 404, path
    assert keeping.client.post(path_of(shop), json=body).status_code == 405


def test_days_are_listed_and_dropped(keeping):
    assert keeping.client.get("/store/days").json() == {"value": []}
    assert keeping.client.delete("/store/days/oldest").status_code == 400
    keeping.send(keeping.create(), "one", "two")
    assert keeping.parts.store.settle(30)
    (day,) = keeping.client.get("/store/days").json()["value"]
    assert keeping.client.delete("/store/days/2001-01-01").status_code == 404
    assert keeping.client.delete("/store/days/tomorrow").status_code == 400
    dropped = keeping.client.delete(f"/store/days/{day['day']}")
    assert dropped.json() == {"day": day["day"], "deletedRows": 2}
    reply = keeping.client.post("/v1/apps/*/query", json={"query": "traces | count"})
    assert reply.json()["tables"][0]["rows"] == [[0]]
