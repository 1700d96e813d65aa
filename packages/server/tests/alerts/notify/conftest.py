"""Receivers on loopback, a clock that tests set, and a book that tells through an outbox."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.access.rights import EVERYTHING, KEY_RIGHTS
from openinsights.alerts.alert import Criterion, Evidence, Fired, MonitorCondition, Signal
from openinsights.alerts.book import AlertBook
from openinsights.alerts.notify.deliverer import Deliverer
from openinsights.alerts.notify.means import MailServer, Means
from openinsights.alerts.notify.notification import About, Notification
from openinsights.alerts.notify.outbox import Outbox
from openinsights.app import build, open_parts
from openinsights.catalog import engine
from openinsights.catalog.action_groups import ActionGroup, ActionGroupStore, Receiver
from openinsights.catalog.deliveries import DeliveryStore
from openinsights.catalog.processing_rules import ProcessingRuleStore
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import TICKS_PER_SECOND, SystemClock
from openinsights.outside.addresses import AddressPolicy
from openinsights.outside.transport import CheckedTransport
from openinsights.settings import resolve

URL = "https://insights.example/"
SECRET = "the secret of every group in these tests"
SATURDAY_NOON = 639_127_152_000_000_000
"""2026-04-25T12:00:00Z"""
_VERIFY = ssl.create_default_context()
_ANY_ADDRESS = AddressPolicy(private=True)
KINDS = ("webhook", "email", "slack", "teams", "command")


class SetClock:
    """A clock that a test puts where it wants it."""

    def __init__(self, now=SATURDAY_NOON):
        self.now = now

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND

    def pass_s(self, seconds):
        self.now += round(seconds * TICKS_PER_SECOND)


class Receiving:
    """An HTTP server that keeps what it is sent and answers as it is told."""

    def __init__(self):
        self.requests = []
        self.answers = {}
        self.came = threading.Condition()
        receiving = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiving.came:
                    receiving.requests.append((self.path, dict(self.headers.items()), body))
                    receiving.came.notify_all()
                answer = receiving.answers.get(self.path, (200, {}))
                if callable(answer):
                    answer = answer(self)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, *said = answer
                text = said[0] if said else b"ok"
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.handle_error = lambda *args: None
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def bodies(self, path):
        return [json.loads(body) for at, _, body in self.requests if at == path]

    def headers(self, path):
        return [
            {name.lower(): value for name, value in headers.items()}
            for at, headers, _ in self.requests
            if at == path
        ]


@pytest.fixture
def receiving():
    found = Receiving()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def means_of(clock):
    """Returns what opens the means of notifiers, with changes."""

    def of(policy=_ANY_ADDRESS, **changes):
        @asynccontextmanager
        async def opened(public_url):
            transport = CheckedTransport(policy, _VERIFY)
            async with httpx.AsyncClient(transport=transport) as http:
                means = Means(
                    http=http,
                    verify=_VERIFY,
                    mail=MailServer(),
                    programs=frozenset(),
                    environ={},
                    public_url=public_url,
                    clock=clock,
                )
                yield replace(means, **changes)

        return opened

    return of


class Room:
    """All that notifies, over a catalog in memory or in a file."""

    def __init__(self, catalog, clock, open_means, limits):
        self.engine = catalog
        self.clock = clock
        self.resources = ResourceStore(catalog, clock)
        self.resource = self.resources.find("shop") or self.resources.create("shop")
        self.groups = ActionGroupStore(catalog, lambda: SECRET)
        self.rules = ProcessingRuleStore(catalog)
        self.store = DeliveryStore(catalog)
        self.outbox = Outbox(self.resources.get_by_app_id, clock)
        self.book = AlertBook(catalog, clock, self.outbox.on_change)
        every = dict.fromkeys(KINDS, 5.0) | limits
        self.deliverer = Deliverer(self.store, self.groups, open_means, clock, lambda: 0.0, every)

    def group(self, name, *receivers, **more):
        group = ActionGroup(
            self.resource.subscription, "default", name, receivers=receivers, **more
        )
        return self.groups.put(group)[0]

    def fired(self, *groups, rule="r1", split=()):
        at = self.clock.now_ticks()
        return Fired(
            app_id=self.resource.app_id,
            rule_id=rule,
            rule_name="failed requests",
            signal=Signal.METRIC,
            severity=1,
            at_ticks=at,
            window_ticks=300 * TICKS_PER_SECOND,
            evidence=Evidence("requests | count", at - 300 * TICKS_PER_SECOND, at),
            criteria=(Criterion("requests/failed", "", "Count", "GreaterThan", 5.0, 7.0, split),),
            split=split,
            action_groups=tuple(group.id for group in groups),
        )

    def resolve(self, rule="r1", split=()):
        return self.book.resolve(self.resource.app_id, rule, split, self.clock.now_ticks())

    def deliver(self):
        return asyncio.run(self.deliverer.deliver_due(URL))

    def events(self, alert):
        return [each.event for each in self.book.history(alert.alert_id)]


@pytest.fixture
def room_of(clock, means_of):
    """Returns what opens rooms, with other means or limits of time."""
    opened = []

    def of(path=None, limits=None, **changes):
        catalog = engine.open_memory() if path is None else engine.open_file(path)
        opened.append(catalog)
        return Room(catalog, clock, means_of(**changes), limits or {})

    yield of
    for each in opened:
        each.dispose()


@pytest.fixture
def room(room_of):
    return room_of()


@pytest.fixture
def to():
    """Returns a receiver."""

    def of(name, url, kind="webhook"):
        return Receiver(kind, name, url)

    return of


@pytest.fixture
def told():
    """Returns a notification, with changes."""

    def of(**changes):
        at = SATURDAY_NOON
        base = Notification(
            alert_id="0b7c1d7e-0000-4000-8000-000000000001",
            app_id="a0000000-0000-4000-8000-000000000001",
            about=About(
                "/subscriptions/s-1/resourceGroups/Live/providers/Microsoft.Insights/components/shop",
                "shop",
                "/subscriptions/s-1/resourcegroups/live/providers/microsoft.insights/metricalerts/r",
            ),
            rule_id="r-1",
            rule_name="failed requests",
            description="More than five requests failed.",
            severity=1,
            signal=Signal.METRIC,
            condition=MonitorCondition.FIRED,
            fired_ticks=at,
            resolved_ticks=None,
            window_start_ticks=at - 300 * TICKS_PER_SECOND,
            window_end_ticks=at,
            evidence_kql="requests | where success == false | count",
            evidence_start_ticks=at - 300 * TICKS_PER_SECOND,
            evidence_end_ticks=at,
            criteria=(
                Criterion(
                    "requests/failed",
                    "microsoft.insights/components",
                    "Count",
                    "GreaterThan",
                    5.0,
                    7.0,
                    (("cloud/roleName", "web"),),
                ),
            ),
            split=(("cloud/roleName", "web"),),
            properties={"team": "checkout"},
        )
        return replace(base, **changes)

    return of


class Client:
    """Asks an application in this process, as somebody."""

    def __init__(self, application, portal, headers):
        self._portal = portal
        self._inner = httpx.AsyncClient(
            transport=httpx.ASGITransport(application),
            base_url="http://127.0.0.1:5380",
            headers=headers,
        )

    def __call__(self, method, url, body=None, **more):
        if body is not None:
            more["json"] = body
        return self._portal.call(partial(self._inner.request, method, url, **more))


class Served:
    """A server in this process; `ask` is somebody who may do everything."""

    def __init__(self, parts, application, portal):
        self.parts = parts
        self._application = application
        self._portal = portal
        self.ask = self.as_(EVERYTHING, *KEY_RIGHTS)

    def as_(self, app_id, *rights):
        name = f"k{len(self.parts.access.keys.list(app_id))}"
        _, secret = self.parts.access.keys.create(app_id, name, rights)
        return Client(self._application, self._portal, {"x-api-key": secret})


@contextmanager
def serving():
    with ExitStack() as opened, start_blocking_portal() as portal:
        settings, clock = resolve({"sign_in": "always"}), SystemClock()
        parts = open_parts(None, settings, clock, opened)
        parts.resources.create("shop")
        parts.resources.create("bank")
        application = build(parts, settings, clock, "http://127.0.0.1:5380/")
        yield Served(parts, application, portal)


@pytest.fixture
def served():
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def refusing():
    """A server for tests that change nothing."""
    with serving() as found:
        yield found
