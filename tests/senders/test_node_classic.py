"""applicationinsights 2.x: the classic SDK for Node."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def sender(node_with):
    return node_with("applicationinsights-2", "applicationinsights@2.9.8")


def test_everything_it_sends_is_in_its_table(sender, application) -> None:
    reply = json.loads(sender.run("node_classic.js", application.connection_string))
    assert (reply["itemsReceived"], reply["errors"]) == (8, [])
    assert reply["itemsAccepted"] == 8
    assert reply["appId"] == application.facts["app_id"]

    request = application.row("requests")
    assert (request["name"], request["duration"], request["success"]) == ("GET /orders", 12, "True")
    assert json.loads(request["customDimensions"])["주문"] == "김치 · crème brûlée · 🎉"
    assert (request["cloud_RoleName"], request["sdkVersion"]) == ("shop", "ulm_node:2.9.8")
    call = application.row("dependencies")
    assert (call["target"], call["type"], call["success"]) == ("db", "SQL", "False")
    assert application.row("traces")["message"] == "재고 부족"
    caught = application.row("exceptions")
    assert (caught["type"], caught["outerMessage"]) == ("RangeError", "broken")
    assert caught["problemId"].startswith("RangeError at ")
    assert json.loads(caught["details"])[0]["parsedStack"][0]["fileName"].endswith(".js")
    event = application.row("customEvents")
    assert json.loads(event["customMeasurements"]) == {"amount": 3}
    metric = application.row("customMetrics")
    assert [metric[name] for name in ("valueSum", "valueCount", "valueMin", "valueMax")] == [
        3.5,
        2,
        1,
        2.5,
    ]
    assert application.row("pageViews")["url"] == "http://shop.example/"
    probe = application.row("availabilityResults")
    assert (probe["name"], probe["location"], probe["success"]) == ("ping", "here", "1")
