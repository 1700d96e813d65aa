from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import Parts, build, open_parts
from openinsights.clock import SystemClock
from openinsights.settings import resolve

PUBLIC_URL = "http://127.0.0.1:5380/"


class Client:
    """Asks an ASGI application in this process; every call waits for the reply."""

    def __init__(self, application, portal, base_url=PUBLIC_URL):
        self._application = application
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)
        self._portal = portal

    def request(self, method, url, **more):
        return self._portal.call(partial(self._client.request, method, url, **more))

    def ask_and_leave(self, path, body, after_s):
        """Close the connection while the reply is awaited; return the status of the reply."""
        return self._portal.call(_ask_and_leave, self._application, path, body, after_s)

    def __getattr__(self, method):
        return partial(self.request, method.upper())


async def _ask_and_leave(application, path, body, after_s):
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    statuses = []

    async def receive():
        if messages:
            return messages.pop()
        await anyio.sleep(after_s)
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
    }
    await application(scope, receive, send)
    return statuses[0]


@pytest.fixture
def portal():
    with start_blocking_portal() as portal:
        yield portal


@dataclass
class Server:
    client: Client
    parts: Parts

    def create(self, name="shop"):
        return self.parts.resources.create(name)

    def send(self, resource, *messages):
        now = datetime.now(timezone.utc).isoformat()
        items = [trace(resource.instrumentation_key, now, text) for text in messages]
        reply = self.client.post("/v2.1/track", json=items)
        assert reply.status_code == 200, reply.text

    def send_with(self, resource, properties, at):
        item = trace(resource.instrumentation_key, at.isoformat(), "m")
        item["data"]["baseData"]["properties"] = properties
        assert self.client.post("/v2.1/track", json=[item]).status_code == 200

    def query(self, name, text, **more):
        return self.client.post(f"/v1/apps/{name}/query", json={"query": text}, **more)


def trace(key, time, message):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": time,
        "iKey": key,
        "tags": {"ai.cloud.role": "web"},
        "data": {
            "baseType": "MessageData",
            "baseData": {"ver": 2, "message": message, "properties": {"n": 1}},
        },
    }


@pytest.fixture
def settings():
    return resolve()


@contextmanager
def served(settings, portal):
    clock = SystemClock()
    with ExitStack() as opened:
        parts = open_parts(None, settings, clock, opened)
        application = build(parts, settings, clock, PUBLIC_URL)
        yield Server(Client(application, portal), parts)


@pytest.fixture
def server(settings, portal):
    with served(settings, portal) as server:
        yield server


@pytest.fixture(scope="module")
def shared_server():
    """One for all tests of a file that only read what its own fixture sent."""
    with start_blocking_portal() as portal, served(resolve(), portal) as server:
        yield server
