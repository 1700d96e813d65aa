"""Runs the tests of one location when they are due: an event loop on a thread of its own.

The schedule says when; the loop does the work. Runs of one test never overlap: one that takes
longer than its period, retries included, lets instants pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Final

from openinsights.availability.errors import NotProbing
from openinsights.availability.test import ATTEMPTS
from openinsights.catalog.turns import ALWAYS
from openinsights.clock import TICKS_PER_SECOND
from openinsights.schedule.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from openinsights.availability.outcome import Run
    from openinsights.availability.prober import Prober
    from openinsights.availability.results import ResultSender
    from openinsights.availability.test import AvailabilityTest
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.schedule.schedule import Schedule

logger = logging.getLogger(__name__)

_LONGEST_RUN_S: Final = 600.0
_LAST_WORDS_S: Final = 2.0
"""For the results that are there when the watcher is closed."""


class Watcher:
    """Runs tests. Safe to use from any thread once it is started.

    Args:
        location: that the results name.
        prober: runs a test; used in the loop alone.
        schedule: says when; the watcher's to start and close.
        item_of: makes what is sent of a run, None when nobody wants it any more.
        make_sender: makes what sends it, in the loop.
        clock: the schedule's.
        turn: whether this process is the one that runs what is due.
        keep: keeps whether retries of a test are suspended; it may block, and is called beside the
            loop.
    """

    def __init__(
        self,
        location: str,
        prober: Callable[[], Prober],
        schedule: Schedule,
        item_of: Callable[[AvailabilityTest, Run, str], bytes | None],
        make_sender: Callable[[], ResultSender],
        clock: Clock,
        turn: Turn = ALWAYS,
        keep: Callable[[str, bool], None] = lambda test_id, is_suspended: None,
    ) -> None:
        self.location = location
        self._keep = keep
        self._make_prober = prober
        self._schedule = schedule
        self._item_of = item_of
        self._make_sender = make_sender
        self._clock = clock
        self._whose = turn
        self._tests: dict[str, AvailabilityTest] = {}
        self._running: set[str] = set()
        self._suspended: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"openinsights-probes-{location}", daemon=True
        )

    def start(self) -> None:
        """Begin to run tests."""
        self._thread.start()
        self._ready.wait()
        self._schedule.start()

    @property
    def is_running(self) -> bool:
        """Whether it runs tests."""
        return self._loop is not None and not self._loop.is_closed()

    @property
    def test_count(self) -> int:
        """How many tests it runs."""
        return len(self._tests)

    def stop(self) -> None:
        """Begin no more runs, and send what has been found; returns at once."""
        self._call(self._stopping)

    def close(self) -> None:
        """End what is under way, and the threads."""
        self.stop()
        self._schedule.close()
        if self._thread.ident is not None:
            self._thread.join()

    def set(self, tests: Iterable[AvailabilityTest]) -> None:
        """Run these tests and no others."""
        wanted = {each.test_id: each for each in tests}
        for test_id in [each for each in self._tests if each not in wanted]:
            self.remove(test_id)
        for test in wanted.values():
            self.put(test)

    def put(self, test: AvailabilityTest) -> None:
        """Run a test from its next instant on, or no longer if it is not for this location."""
        if not test.is_enabled or self.location not in test.locations:
            self.remove(test.test_id)
            return
        if self._tests.get(test.test_id) == test:
            return
        self._tests[test.test_id] = test
        self._schedule.put(
            Job(
                test.test_id,
                test.frequency_s * TICKS_PER_SECOND,
                lambda due: self._due(test.test_id),
                last_due=self._clock.now_ticks(),
                is_spread=True,
            )
        )

    def remove(self, test_id: str) -> None:
        """Run a test no more."""
        self._tests.pop(test_id, None)
        self._schedule.remove(test_id)
        self._suspended.discard(test_id)

    def suspend(self, test_ids: Iterable[str]) -> None:
        """Do not retry these of the tests until each has passed, and retry the others."""
        self._suspended = {each for each in test_ids if each in self._tests}

    @property
    def goes_by_its_own(self) -> bool:
        """Whether it runs what is due, so that nobody knows better what is suspended."""
        return self.is_running and self._whose.is_ours

    def run_now(self, test: AvailabilityTest, *, counts: bool = True) -> Future[Run]:
        """Run a test once, whether or not it is scheduled, without retries.

        Args:
            test: what is run.
            counts: whether its result is sent like every other, before the future is done.

        Raises:
            NotProbing: nothing is run here.
        """
        loop = self._loop
        if loop is None or loop.is_closed():
            raise NotProbing(
                "cannot run the test: this server runs none itself; the setting local_probes allows"
                " it"
            )
        return asyncio.run_coroutine_threadsafe(self._run_now(test, counts), loop)

    def run_due(self) -> None:
        """Run what is due now without waiting for the schedule's own look, to its very end."""
        self._schedule.run_due()
        loop = self._loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._settled(), loop).result(_LONGEST_RUN_S)

    async def _settled(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.flush()

    def _due(self, test_id: str) -> None:
        self._call(self._begin, test_id)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(function, *arguments)

    def _stopping(self) -> None:
        self._stop.set()

    def _begin(self, test_id: str) -> None:
        test = self._tests.get(test_id)
        if test is None or test_id in self._running or self._stop.is_set():
            return
        if not self._whose.is_ours:
            return  # another server runs it; nothing of the past is made up for
        self._running.add(test_id)
        task = asyncio.get_running_loop().create_task(self._scheduled(test))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _scheduled(self, test: AvailabilityTest) -> None:
        try:
            retries = test.retries and test.test_id not in self._suspended
            run = await self._run_once(test, ATTEMPTS if retries else 1)
        finally:
            self._running.discard(test.test_id)
        if test.retries and test.test_id in self._tests:
            await self._note(test.test_id, is_suspended=not run.outcome.passed)

    async def _note(self, test_id: str, *, is_suspended: bool) -> None:
        """Suspend the retries of a test or take them up, and keep that."""
        if is_suspended == (test_id in self._suspended):
            return
        (self._suspended.add if is_suspended else self._suspended.discard)(test_id)
        try:
            await asyncio.to_thread(self._keep, test_id, is_suspended)
        except Exception as error:
            # what is not kept is known as long as this process lives
            logger.warning("suspended retries not kept test=%s cause=%s", test_id, error)

    async def _run_now(self, test: AvailabilityTest, counts: bool) -> Run:
        run = await self._run_once(test, 1, counts=counts)
        if counts:
            await self._sender.flush()  # whoever waits looks for its row next
        return run

    async def _run_once(self, test: AvailabilityTest, attempts: int, *, counts: bool = True) -> Run:
        run = await self._prober.run(test, self.location, attempts)
        item = self._item_of(test, run, self.location) if counts else None
        if item is not None:
            self._sender.put(item)
        return run

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("availability test not run", exc_info=task.exception())

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._prober = self._make_prober()
        self._sender = self._make_sender()
        sending = loop.create_task(self._sender.run())
        self._loop = loop
        self._ready.set()
        await self._stop.wait()
        for task in (*self._tasks, sending):
            task.cancel()
        await asyncio.gather(*self._tasks, sending, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._sender.flush()
