"""Exported records over the management API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest


def columns_and_rows(server, name, query):
    (table,) = server.query(name, query).json()["tables"]
    return [each["name"] for each in table["columns"]], table["rows"]


def test_rows_of_a_reply_are_the_same_rows_elsewhere(server):
    shop, lab = server.create("shop"), server.create("lab")
    at = datetime.now(timezone.utc) - timedelta(minutes=3)
    server.send(shop, "één", "둘", "three")
    server.send_with(shop, {"a": "b", "é": "ü"}, at)
    names, rows = columns_and_rows(server, "shop", "traces | sort by timestamp, itemId")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    for _ in range(2):
        reply = server.client.post(f"{lab.resource_id}/import", json={"records": records})
        assert reply.status_code == 200, reply.text
        assert reply.json() == {"acceptedRows": 4, "refused": [], "leftOut": []}
    again, copied = columns_and_rows(server, "lab", "traces | sort by timestamp, itemId")
    assert again == names
    owned = {"appId": lab.app_id, "appName": "lab", "iKey": lab.instrumentation_key}
    owned["_ResourceId"] = lab.resource_id
    wanted = [record | owned for record in records]
    assert [dict(zip(names, row, strict=True)) for row in copied] == wanted


def test_app_tables_come_in_as_they_go_out(server):
    shop, lab = server.create("shop"), server.create("lab")
    server.send(shop, "m")
    names, rows = columns_and_rows(server, "shop", "AppTraces")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    reply = server.client.post(f"{lab.resource_id}/import", json={"records": records})
    assert reply.json() == {"acceptedRows": 1, "refused": [], "leftOut": []}
    _, (copied,) = columns_and_rows(server, "lab", "AppTraces | project Message, AppRoleName")
    assert copied == ["m", "web"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "'records' has to be a list"),
        ({"records": {}}, "'records' has to be a list"),
        ({"records": [], "table": "nothing"}, "there is no table 'nothing'"),
        ({"records": [], "table": 3}, "a text is needed"),
    ],
)
def test_a_body_of_another_shape_is_refused(server, body, said):
    shop = server.create("shop")
    reply = server.client.post(f"{shop.resource_id}/import", json=body)
    assert reply.status_code == 400
    assert said in reply.json()["error"]["message"]


def test_nobody_imports_into_what_is_not_there(server):
    shop = server.create("shop")
    path = f"{shop.resource_id}x/import"
    assert server.client.post(path, json={"records": []}).status_code == 404
