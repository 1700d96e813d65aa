"""Retries that are suspended stay so over a restart: the catalog keeps it with the test.

A probe on another machine has no catalog; it tells the server, and asks it when it starts.
"""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from openinsights.availability.connection import Dialing
from openinsights.availability.parts import Availability
from openinsights.availability.remote import RemoteProbe
from openinsights.availability.test import ATTEMPTS, LOCAL
from openinsights.catalog.availability_tests import AvailabilityTestStore, KeptTest
from openinsights.catalog.engine import open_memory
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.outside.addresses import AddressPolicy
from openinsights.remote_database import ServerRefused


class HandClock:
    now = 739_000 * TICKS_PER_DAY

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND


@pytest.fixture
def catalog():
    engine = open_memory()
    yield engine
    engine.dispose()


def a_test(port, **more):
    asked = {"Request": {"RequestUrl": f"tcp://127.0.0.1:{port}"}, "Frequency": 10}
    return KeptTest("s", "g", "door", "app", "door", asked | more)


async def runs(catalog, clock, count):
    """Start a server's part, let the test run so many times, and return the attempts of each."""
    told = []

    async def take(body):
        told.extend(json.loads(body))

    part = Availability(
        catalog,
        clock,
        Dialing(AddressPolicy(private=True)),
        None,
        lambda app_id: "00000000-0000-0000-0000-000000000001",
        take,
    )
    part.start(asyncio.get_running_loop())
    try:
        for _ in range(count):
            clock.now += 10 * TICKS_PER_SECOND
            await asyncio.to_thread(part.watcher.run_due)
    finally:
        await asyncio.to_thread(part.close)
    return [int(each["data"]["baseData"]["properties"]["attempts"]) for each in told]


def test_a_server_that_restarts_does_not_retry_what_failed_before(catalog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    clock, store = HandClock(), AvailabilityTestStore(catalog)
    kept, _ = store.put(a_test(port))
    store.suspend(kept.test_id, LOCAL, is_suspended=True)
    assert asyncio.run(runs(catalog, clock, 1)) == [1]
    with socket.create_server(("127.0.0.1", port)):
        assert asyncio.run(runs(catalog, clock, 1)) == [1]
    assert store.get(kept.id).suspended == ()


def test_what_fails_for_the_first_time_is_kept_as_suspended(catalog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    clock, store = HandClock(), AvailabilityTestStore(catalog)
    kept, _ = store.put(a_test(port))
    assert asyncio.run(runs(catalog, clock, 2)) == [ATTEMPTS, 1]
    assert store.get(kept.id).suspended == (LOCAL,)
    changed, _ = store.put(a_test(port, Timeout=5))
    assert changed.suspended == (LOCAL,)
    store.suspend(kept.test_id, "west", is_suspended=True)
    store.suspend(kept.test_id, LOCAL, is_suspended=False)
    store.suspend("unknown", LOCAL, is_suspended=True)
    assert store.get(kept.id).suspended == ("west",)


class Asked:
    """A probe's way to the server of a test; one that is `away` refuses all."""

    def __init__(self, server):
        self.url = "http://127.0.0.1:1/"
        self.away = False
        self._server = server

    def request(self, method, path, body=None):
        if self.away:
            raise ServerRefused("cannot answer: it is down")
        reply = self._server.request(method, f"/{path}", body)
        assert reply.status_code < 300, reply.text
        return reply.json() if reply.content else None


def probing(asked, rounds):
    """Start a probe in `west`, let its tests run so many times, and return attempts of each.

    A round is what happens to the server meanwhile, or None.
    """
    clock, attempts = HandClock(), []
    probe = RemoteProbe(
        asked,
        "key",
        "west",
        Dialing(AddressPolicy(private=True)),
        None,
        clock,
        False,
        lambda line: None,
        lambda test, run: attempts.append(run.attempts),
    )
    probe.fetch()
    probe.watcher.start()
    try:
        for change in rounds:
            change()
            clock.now += 10 * TICKS_PER_SECOND
            probe.watcher.run_due()
            if not asked.away:
                probe.fetch()
                probe.tell_retries()
    finally:
        probe.watcher.close()
    return attempts


def nothing():
    pass


def closed_door(server):
    """Have `west` try a port every ten seconds on which nobody listens; return the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server.put(
        "door",
        Frequency=10,
        Locations=[{"Id": "west"}],
        Request={"RequestUrl": f"tcp://127.0.0.1:{port}"},
    )
    return port


def test_a_probe_that_restarts_does_not_retry_what_failed_before(server):
    port = closed_door(server)
    asked, book = Asked(server), server.parts.availability.book
    assert probing(asked, [nothing]) == [ATTEMPTS]
    [kept] = book.every()
    assert kept.suspended == ("west",)
    assert probing(asked, [nothing]) == [1]
    with socket.create_server(("127.0.0.1", port)):
        assert probing(asked, [nothing]) == [1]
    assert book.every()[0].suspended == ()
    assert probing(asked, [nothing]) == [ATTEMPTS]


def test_what_the_server_was_not_told_while_it_was_away_is_told_it_later(server):
    closed_door(server)
    asked, book = Asked(server), server.parts.availability.book
    seen = []

    def leaves():
        asked.away = True

    def comes_back():
        seen.extend(each.suspended for each in book.every())
        asked.away = False

    assert probing(asked, [leaves, comes_back]) == [ATTEMPTS, 1]
    assert seen == [()]
    assert book.every()[0].suspended == ("west",)


def test_a_probe_speaks_of_tests_of_its_location_alone(server):
    server.put("door", Locations=[{"Id": "east"}], Request={"RequestUrl": "tcp://127.0.0.1:9"})
    [kept] = server.parts.availability.book.every()
    told = {"suspended": {kept.test_id: True, "unknown": True}}
    assert server.request("PUT", "/api/probe/retries?location=west", told).status_code == 204
    assert server.request("PUT", "/api/probe/retries?location=local", told).status_code == 400
    assert server.request("PUT", "/api/probe/retries?location=east", {}).status_code == 400
    assert server.parts.availability.book.every() == [kept]
    assert server.request("PUT", "/api/probe/retries?location=east", told).status_code == 204
    assert server.parts.availability.book.every()[0].suspended == ("east",)
