"""applicationinsights 2.x: the classic SDK for Node."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from tests.conftest import RunningServer
from tests.senders.conftest import Application
from tests.senders.watching import watched_while

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@pytest.fixture
def server_on_443(tmp_path) -> Iterator[RunningServer]:
    """The SDK asks for Live Metrics over https alone, and knows of no port in an address."""
    try:
        socket.create_server(("127.0.0.1", 443)).close()
    except OSError as error:
        pytest.skip(f"cannot listen on port 443: {error}")
    running = RunningServer(tmp_path / "data", port=443, options=("--tls", "auto"))
    running.start()
    yield running
    running.stop()


def test_it_is_watched_live(sender, server_on_443, tmp_path) -> None:
    """It knows no filters: they are applied to what it sends."""
    application = Application(server_on_443, server_on_443.create_resource("shop"))
    asked = f"filter={quote('requests where ResponseCode == 500')}"
    seen = watched_while(
        application,
        sender,
        "node_classic_live.js",
        asked,
        tmp_path / "stop",
        NODE_EXTRA_CA_CERTS=str(server_on_443.authority),
    )
    series = seen["sample"]["series"]
    assert any(one and one > 1 for one in series["requests_per_second"])
    assert 50 in series["request_duration_ms"]
    (server,) = seen["sample"]["servers"]
    assert (server["role"], server["source"]) == ("shop", "live")
    sampled = [each for each in seen["documents"] if each["type"] == "request"]
    assert {(each["name"], each["code"]) for each in sampled} == {("GET /주문", "500")}
