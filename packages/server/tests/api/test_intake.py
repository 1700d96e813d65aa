"""What a component was sent, what was not taken of it, and what the server is to its clients."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from openinsights.access.rights import Right

DEFAULT = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
SHOP = f"{DEFAULT}/providers/Microsoft.Insights/components/shop"
REJECTED = f"{SHOP}/rejecteditems"
KEY_OF_NOBODY = "00000000-0000-4000-8000-00000000000f"


def item(key, at=None, **data):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": (at or datetime.now(timezone.utc)).isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": "web", "ai.internal.sdkVersion": "py3.11:oc0.11:ext1.1"},
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "m", **data}},
    }


@pytest.fixture
def key(server):
    return server.create().instrumentation_key


def test_usage_counts_what_was_taken_today(server, key):
    body = json.dumps([item(key), item(key)]).encode()
    assert server.client.post("/v2.1/track", content=body).status_code == 200
    (today,) = server.client.get(f"{SHOP}/usage?days=1").json()["value"]
    assert today["day"] == datetime.now(timezone.utc).date().isoformat()
    assert today["items"] == 2
    assert today["sizeBytes"] == len(body)


@pytest.mark.parametrize("days", ["0", "367", "x", "-1", ""])
def test_usage_of_days_that_cannot_be_is_refused(server, key, days):
    assert server.client.get(f"{SHOP}/usage?days={days}").status_code == 400


def test_refused_items_are_told_with_reason_and_sender(server, key):
    old = datetime.now(timezone.utc) - timedelta(days=30)
    body = [item(key), item(key, old), item(key, old), {**item(key), "data": {}}]
    assert server.client.post("/v2.1/track", json=body).status_code == 206
    told = server.client.get(REJECTED).json()
    assert {each["reason"]: each["items"] for each in told["lastHour"]} == {
        "out of range": 2,
        "field missing": 1,
    }
    by_reason = {each["reason"]: each for each in told["recent"]}
    assert by_reason["out of range"]["sender"] == "web · py3.11:oc0.11:ext1.1"
    assert by_reason["out of range"]["items"] == 2
    assert by_reason["out of range"]["message"].startswith("103: ")
    assert told["ofNobody"] == {"lastHour": [], "recent": [], "ofNobody": None}


def test_the_same_refusal_within_a_minute_is_one_row(server, key):
    old = datetime.now(timezone.utc) - timedelta(days=30)
    for _ in range(3):
        server.client.post("/v2.1/track", json=[item(key, old)])
    told = server.client.get(REJECTED).json()
    assert sum(each["items"] for each in told["recent"]) == 3
    assert told["lastHour"] == [{"reason": "out of range", "items": 3}]


def test_a_sender_with_an_endless_name_is_cut(server, key):
    old = datetime.now(timezone.utc) - timedelta(days=30)
    endless = {**item(key, old), "tags": {"ai.cloud.role": "w" * 5_000}}
    server.client.post("/v2.1/track", json=[endless])
    (recent,) = server.client.get(REJECTED).json()["recent"]
    assert recent["sender"] == "w" * 200


def test_what_sampling_leaves_out_is_not_refused(server, key):
    server.client.patch(SHOP, json={"properties": {"SamplingPercentage": 0.001}})
    server.client.post("/v2.1/track", json=[item(key) for _ in range(20)])
    assert server.client.get(REJECTED).json()["recent"] == []


def test_a_body_over_the_daily_cap_is_told(server, key):
    server.client.patch(SHOP, json={"properties": {"OpenInsights": {"daily_cap_bytes": 1}}})
    server.client.post("/v2.1/track", json=[item(key)])
    assert server.client.post("/v2.1/track", json=[item(key), item(key)]).status_code == 439
    (reason,) = server.client.get(REJECTED).json()["lastHour"]
    assert reason == {"reason": "daily cap", "items": 2}


def test_what_is_nobodys_is_told_to_those_who_read_everything(server, key):
    app_id = server.parts.resources.named("shop").app_id
    server.client.post("/v2.1/track", content=b"[{")
    (recent,) = server.client.get(REJECTED).json()["ofNobody"]["recent"]
    assert (recent["reason"], recent["items"]) == ("unreadable", 0)
    _, secret = server.parts.access.keys.create(app_id, "k", [Right.READ])
    headers = {"x-api-key": secret, "x-forwarded-for": "203.0.113.1"}
    told = server.client.get(REJECTED, headers=headers)
    assert told.status_code == 200
    assert told.json()["ofNobody"] is None


def test_a_deleted_resource_takes_its_refusals_along(server, key):
    old = datetime.now(timezone.utc) - timedelta(days=30)
    server.client.post("/v2.1/track", json=[item(key, old)])
    app_id = server.parts.resources.named("shop").app_id
    assert server.client.delete(SHOP).status_code == 200
    assert server.parts.refusals.of(app_id, 0).recent == ()


def test_the_server_says_where_it_answers(server):
    told = server.client.get("/server").json()
    assert told["publicUrl"] == "http://127.0.0.1:5380/"
    assert (told["tls"], told["fingerprint"], told["asksEverybody"]) == ("none", "", False)
    assert told["retentionDays"] == 90
    missing = server.client.get("/server/ca.pem")
    assert missing.status_code == 404
    assert "--tls auto" in missing.json()["error"]["message"]
