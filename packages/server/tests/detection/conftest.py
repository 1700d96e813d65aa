"""A server in this process, on a clock that a test puts where it wants it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import build, open_parts
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.query.values import datetime_text
from openinsights.settings import resolve

sys.path.insert(0, str(Path(__file__).parent))

NOON = 739_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2
PUBLIC_URL = "http://127.0.0.1:5380/"


class HandClock:
    def __init__(self, now=NOON):
        self.now = now

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND


class Served:
    """A server whose time is the clock's; it looks when it is told to."""

    def __init__(self, clock, portal, folder=None):
        self.clock = clock
        self._portal = portal
        self._folder = folder
        self.opened = ExitStack()
        self.start()

    def start(self):
        settings = resolve({"reader_processes": 0})
        self.parts = open_parts(self._folder, settings, self.clock, self.opened)
        application = build(self.parts, settings, self.clock, PUBLIC_URL)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    def stop(self):
        self.opened.close()
        self.opened = ExitStack()

    def restart(self):
        self.stop()
        self.start()

    def ask(self, method, path, body=None, **more):
        return self._portal.call(partial(self._client.request, method, path, json=body, **more))

    def get(self, path):
        reply = self.ask("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send(self, items, app="shop"):
        found = self.parts.resources.get_by_name(app) or self.parts.resources.create(app)
        for start in range(0, len(items), 2_000):
            body = [each | {"iKey": found.instrumentation_key} for each in items[start:][:2_000]]
            reply = self.ask("POST", "/v2.1/track", body)
            assert reply.status_code == 200, reply.text

    def step(self, items=(), steps=1):
        """Let five minutes pass in which these items come, and look."""
        for _ in range(steps):
            if items:
                self.send(items(self.clock.now) if callable(items) else items)
            self.clock.now += TICKS_PER_STEP
            self.parts.detection.engine.run_due()

    def deliver(self):
        """Send all messages that are due; return how many were tried."""
        deliverer = self.parts.notify.deliverer
        return self._portal.call(deliverer.deliver_due, PUBLIC_URL)

    def findings(self, state="active", app="shop"):
        return self.get(f"/portal/api/detection/{app}?state={state}")["findings"]

    def alerts(self, state="all", app="shop"):
        return self.get(f"/portal/api/alerts/{app}?state={state}")


def request_item(at, number, *, failed=False, name="GET /pay", ms=40.0, code=None, **properties):
    """An envelope of a request; `code` is 500 for a failed one."""
    return {
        "name": "Microsoft.ApplicationInsights.Request",
        "time": datetime_text(at),
        "tags": {
            "ai.cloud.role": "payments",
            "ai.cloud.roleInstance": "host-1",
            "ai.operation.id": f"{number:032x}",
            "ai.operation.name": name,
            "ai.application.ver": properties.pop("version", "1.0"),
        },
        "data": {
            "baseType": "RequestData",
            "baseData": {
                "id": f"{number:016x}",
                "name": name,
                "duration": f"00:00:00.{int(ms * 10_000):07d}",
                "responseCode": code or ("500" if failed else "200"),
                "success": not failed,
                "properties": properties,
            },
        },
    }


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def served(clock, portal):
    served = Served(clock, portal)
    yield served
    served.stop()
