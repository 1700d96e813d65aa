"""Requests as other makers' clients send them, each with what it has to be answered.

`contract/readers/<client>/<what>.json` says both. `{app}`, `{start}` and their kin stand for what is
another in every run.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

CASES = sorted((Path(__file__).parents[4] / "contract" / "readers").glob("*/*.json"))
NOW = datetime.now(timezone.utc)


def item(key, minutes, kind, data, operation):
    return {
        "name": "Microsoft.ApplicationInsights.Item",
        "time": (NOW - timedelta(minutes=minutes)).isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": "web", "ai.operation.id": operation},
        "data": {"baseType": f"{kind}Data", "baseData": {"ver": 2, **data}},
    }


def request(name, duration_ms):
    return {
        "id": "1",
        "name": name,
        "duration": f"00:00:00.{duration_ms}",
        "responseCode": "200",
        "success": True,
    }


@pytest.fixture(scope="module")
def known(shared_server):
    """What the placeholders stand for, once the telemetry is there."""
    shop, bank = shared_server.create("shop"), shared_server.create("bank")
    key = shop.instrumentation_key
    call = {"id": "2", "name": "SELECT", "duration": "00:00:00.050", "success": True}
    items = [
        item(key, 9, "Request", request("GET /", 100), "op1"),
        item(key, 8, "RemoteDependency", call, "op1"),
        item(key, 7, "Message", {"message": "hello"}, "op1"),
        item(key, 6, "Request", request("GET /", 120), "op2"),
        item(key, 5, "Request", request("POST /order", 300), "op3"),
        item(bank.instrumentation_key, 4, "Request", request("GET /", 100), "op4"),
    ]
    assert shared_server.client.post("/v2.1/track", json=items).json()["errors"] == []
    return {
        "app": shop.app_id,
        "other": bank.app_id,
        "resource": shop.resource_id,
        "other_resource": bank.resource_id,
        "subscription": shop.subscription,
        "start": (NOW - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "end": (NOW + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def filled(value, known):
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
    return value


def holds(found, expected):
    """Whether what was found has all that is expected, and may have more keys."""
    if isinstance(expected, dict):
        return all(key in found and holds(found[key], each) for key, each in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(holds, found, expected))
    return found == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recorded_request_is_answered_as_its_client_needs_it(shared_server, known, path):
    case = filled(json.loads(path.read_text("utf-8")), known)
    asked, expected = case["request"], case["reply"]
    reply = shared_server.client.request(
        asked["method"],
        asked["path"],
        headers=asked["headers"],
        params=asked.get("query"),
        **({"json": asked["body"]} if "body" in asked else {}),
    )
    assert reply.status_code == expected["status"], reply.text
    found = reply.json()
    if "holds" in expected:
        assert holds(found, expected["holds"]), found
        return
    (table,) = (table for table in found["tables"] if table["name"] == "PrimaryResult")
    assert [f"{each['name']}:{each['type']}" for each in table["columns"]] == expected["columns"]
    assert table["rows"] == expected["rows"]
