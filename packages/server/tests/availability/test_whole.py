"""From a test that somebody makes to rows that KQL finds, in the real server."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from functools import partial

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import build, open_parts
from openinsights.settings import resolve

PUBLIC_URL = "http://127.0.0.1:5380/"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
TESTS = f"{GROUP}/providers/Microsoft.Insights/webtests"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/shop"


class Server:
    def __init__(self, parts, application, portal):
        self.parts = parts
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        self._portal = portal

    def request(self, method, url, body=None, **more):
        return self._portal.call(partial(self._client.request, method, url, json=body, **more))

    def put(self, name, component=COMPONENT, **properties):
        body = {"tags": {f"hidden-link:{component}": "Resource"}, "properties": properties}
        return self.request("PUT", f"{TESTS}/{name}", body)

    def rows(self, text):
        reply = self.request("POST", "/v1/apps/shop/query", {"query": text})
        assert reply.status_code == 200, reply.text
        table = reply.json()["tables"][0]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]


@pytest.fixture
def server(clock):
    options = resolve()
    with start_blocking_portal() as portal, ExitStack() as opened:
        parts = open_parts(None, options, clock, opened)
        server = Server(parts, build(parts, options, clock, PUBLIC_URL), portal)

        async def loop():
            return asyncio.get_running_loop()

        parts.availability.start(portal.call(loop))
        parts.resources.create("shop")
        yield server
        parts.availability.close()


def test_url_test_on_its_schedule_becomes_rows(server, clock, peer):
    peer.page("/", "welcome")
    reply = server.put("front", Name="Front page", Frequency=60, Request={"RequestUrl": peer.url})
    assert reply.status_code == 201, reply.text
    server.parts.availability.watcher.run_due()
    assert server.rows("availabilityResults") == []
    clock.ahead_s = 60
    server.parts.availability.watcher.run_due()
    [row] = server.rows("availabilityResults")
    assert row["name"] == "Front page"
    assert row["success"] == "1"
    assert row["location"] == "local"
    assert row["message"] == "status 200"
    assert row["duration"] > 0
    assert row["operation_SyntheticSource"] == "Application Insights Availability Monitoring"
    [(verb, path, headers, _)] = peer.requests
    assert (verb, path) == ("GET", "/")
    assert headers["traceparent"] == f"00-{row['operation_Id']}-{row['id']}-01"
    assert headers["synthetictest-location"] == "local"
    assert headers["synthetictest-runid"]
    told = json.loads(row["customDimensions"])
    assert set(json.loads(told["timings"])) == {"dns", "connect", "firstByte", "whole"}
    assert told["WebtestArmResourceName"] == "front"
