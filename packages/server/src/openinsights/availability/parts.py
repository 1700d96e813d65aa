"""Everything about availability tests over one catalog, opened and closed together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from openinsights.availability.book import TestBook
from openinsights.availability.locations import Locations
from openinsights.availability.prober import Prober
from openinsights.availability.results import ResultSender, item_of
from openinsights.availability.test import LOCAL
from openinsights.availability.watcher import Watcher
from openinsights.catalog.availability_tests import AvailabilityTestStore
from openinsights.catalog.turns import ALWAYS
from openinsights.schedule.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import sqlalchemy as sa

    from openinsights.availability.book import Rules
    from openinsights.availability.connection import Dialing
    from openinsights.availability.journey_run import Journeys
    from openinsights.availability.outcome import Run
    from openinsights.availability.test import AvailabilityTest
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock


class Availability:
    """The tests of a server, and who runs them at its own location.

    Args:
        engine: an open catalog.
        clock: the time for all of it.
        dialing: how probes connect.
        journeys: of this machine; None without.
        key_of: returns the instrumentation key of an application id, None when it is gone.
        take: takes a body of telemetry; called in the loop that `start` is given.
        is_probing: whether the server runs tests itself.
        rules: keeps the tests' alert rules.
        turn: whether this server is the one that runs what is due.
        on_run: told of each run of the server's own whether it passed.

    Attributes:
        book: the tests.
        locations: who probes from where.
        watcher: runs tests at the location of the server.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        dialing: Dialing,
        journeys: Journeys | None,
        key_of: Callable[[str], str | None],
        take: Callable[[bytes], Awaitable[None]],
        *,
        is_probing: bool = True,
        rules: Rules | None = None,
        turn: Turn = ALWAYS,
        on_run: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._key_of = key_of
        self._take = take
        self._clock = clock
        self._on_run = on_run
        self._is_probing = is_probing
        self._loop: asyncio.AbstractEventLoop | None = None
        store = AvailabilityTestStore(engine)

        def keep(test_id: str, is_suspended: bool) -> None:
            store.suspend(test_id, LOCAL, is_suspended=is_suspended)

        self.locations = Locations(clock, is_probing)
        self.watcher = Watcher(
            LOCAL,
            lambda: Prober(dialing, journeys, clock),
            Schedule(clock, 1, "availability"),
            self._item,
            lambda: ResultSender(self._send, clock),
            clock,
            turn,
            keep,
        )
        runs = self.watcher if is_probing else None
        self.book = TestBook(store, runs, rules)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to run tests.

        Args:
            loop: in which telemetry is taken; it runs already.
        """
        self._loop = loop
        if self._is_probing:
            self.catch_up()
            self.watcher.start()

    def catch_up(self) -> None:
        """Take over the tests as the catalog has them."""
        if self._is_probing:
            tests = self.book.runnable()
            # those of a resource that was deleted while no server ran have nobody to report to
            self.watcher.set(each for _, each in tests if self._key_of(each.app_id) is not None)
            if not self.watcher.goes_by_its_own:
                self.watcher.suspend(kept.test_id for kept, _ in tests if LOCAL in kept.suspended)

    def stop(self) -> None:
        """Begin no more runs; returns at once."""
        self.watcher.stop()

    def close(self) -> None:
        """End the threads."""
        self.watcher.close()

    def _item(self, test: AvailabilityTest, run: Run, location: str) -> bytes | None:
        self._on_run(run.outcome.passed)
        key = self._key_of(test.app_id)
        return None if key is None else item_of(test, run, location, key)

    async def _send(self, body: bytes) -> None:
        if self._loop is None:
            raise RuntimeError("BUG: results before the start")
        taken = asyncio.run_coroutine_threadsafe(self._taken(body), self._loop)
        await asyncio.wrap_future(taken)

    async def _taken(self, body: bytes) -> None:
        await self._take(body)
