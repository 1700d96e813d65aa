"""applicationinsights 3.x: the SDK for Node on OpenTelemetry, which speaks https alone."""

from __future__ import annotations

import json

import pytest

ALL_SPANS = json.dumps({"samplingRatio": 1, "tracesPerSecond": 0})


@pytest.fixture(scope="module")
def sender(node_with):
    return node_with("applicationinsights-3", "applicationinsights@3.16.0")


def test_everything_it_sends_is_in_its_table(sender, https_application) -> None:
    sender.run(
        "node.js",
        https_application.connection_string,
        NODE_EXTRA_CA_CERTS=str(https_application.server.authority),
        APPLICATIONINSIGHTS_CONFIGURATION_CONTENT=ALL_SPANS,
    )
    request = https_application.row("requests")
    assert (request["name"], request["duration"], request["success"]) == (
        "GET /orders",
        12,
        "True",
    )
    assert json.loads(request["customDimensions"])["주문"] == "김치 · crème brûlée · 🎉"
    call = https_application.row("dependencies")
    assert (call["name"], call["target"], call["success"]) == ("SELECT", "db", "False")
    assert https_application.row("traces")["message"] == "재고 부족"
    caught = https_application.row("exceptions")
    assert (caught["type"], caught["outerMessage"]) == ("RangeError", "broken")
    event = https_application.row("customEvents")
    assert json.loads(event["customMeasurements"]) == {"amount": 3}
    assert https_application.row("pageViews")["url"] == "http://shop.example/"
    probe = https_application.row("availabilityResults")
    assert (probe["name"], probe["location"], probe["success"]) == ("ping", "here", "1")
    metric = https_application.row("customMetrics")
    assert (metric["name"], metric["valueSum"]) == ("speed", 3.5)


def test_a_server_that_is_not_trusted_gets_nothing(sender, https_application) -> None:
    sender.run("node.js", https_application.connection_string)
    assert https_application.server.rows(https_application.facts["app_id"], "requests") == []
