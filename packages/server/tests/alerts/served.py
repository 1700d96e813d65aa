"""A server in this process, on a clock that a test puts where it wants it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import httpx

from openinsights.app import build, open_parts
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.settings import resolve

NOON = 739_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2


class HandClock:
    def __init__(self, now=NOON):
        self.now = now

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND


PUBLIC_URL = "http://127.0.0.1:5380/"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
METRIC_RULES = f"{GROUP}/providers/Microsoft.Insights/metricAlerts"
LOG_RULES = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules"
MINUTE = 60 * TICKS_PER_SECOND


class Served:
    """A server in this process whose time is the clock's; rules are evaluated when it is told to."""

    def __init__(self, clock, portal, folder=None, settings=None):
        self.clock = clock
        self._portal = portal
        self._folder = folder
        self._settings = settings or resolve()
        self.opened = ExitStack()
        self.told = []
        self.start()

    def start(self):
        self.parts = open_parts(self._folder, self._settings, self.clock, self.opened)
        application = build(self.parts, self._settings, self.clock, PUBLIC_URL)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    def stop(self):
        self.opened.close()
        self.opened = ExitStack()

    def restart(self):
        self.stop()
        self.start()

    def ask(self, method, path, body=None, **more):
        request = partial(self._client.request, method, path, json=body, **more)
        return self._portal.call(request)

    def hand_over(self, path, body, headers):
        """Hand over what somebody sent on a real connection."""
        return self._portal.call(partial(self._client.post, path, content=body, headers=headers))

    def get(self, path):
        reply = self.ask("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def create(self, name="shop"):
        return self.parts.resources.get_by_name(name) or self.parts.resources.create(name)

    def send(self, *items, app="shop"):
        key = self.create(app).instrumentation_key
        reply = self.ask("POST", "/v2.1/track", [item | {"iKey": key} for item in items])
        assert reply.status_code == 200, reply.text[:500]

    def put_rule(self, name, properties, kind="metric", app="shop", **more):
        head = LOG_RULES if kind == "log" else METRIC_RULES
        scopes = {"scopes": [self.create(app).resource_id]}
        body = {"properties": scopes | properties, **more}
        reply = self.ask("PUT", f"{head}/{name}", body)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def tick(self, ticks=MINUTE):
        """Let time pass, and evaluate what is due then."""
        self.clock.now += ticks
        return self.parts.alerts.engine.run_due()

    def alerts(self, state="all", app="shop"):
        return self.get(f"/portal/api/alerts/{app}?state={state}")

    def rules(self, app="shop"):
        return {each["name"]: each for each in self.get(f"/portal/api/alerts/{app}/rules")}
