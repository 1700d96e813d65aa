"""Runs jobs when they are due, on a thread of its own or, in tests, when it is told to look.

It forgets everything when the process ends: whoever needs each instant done once for ever keeps the
instant together with the outcome, and hands it back in `Job.last_due`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.schedule.instants import instants_after, newest_instant, offset_of
from openinsights.schedule.job import NotDone

if TYPE_CHECKING:
    from openinsights.clock import Clock
    from openinsights.schedule.job import Job

logger = logging.getLogger(__name__)

_LOOKS_EVERY_S = 1.0
"""The longest sleep: a clock that is put forward is noticed within it."""
_AGAIN_TICKS = 5 * TICKS_PER_SECOND
_CLOCK_ERROR_TICKS = TICKS_PER_DAY
"""A job that was done further than this in the future was done by a clock that was wrong."""


@dataclass(slots=True, eq=False)
class _Entry:
    job: Job
    offset_ticks: int
    last: int
    again_at: int = 0

    def next_run(self, now: int) -> int:
        """Return when it is to be run next."""
        if self.again_at:
            again_at, self.again_at = self.again_at, 0
            return again_at
        if self.last - now > _CLOCK_ERROR_TICKS:
            self.last = 0
        if self.last == 0:
            return now
        every = self.job.every_ticks
        return newest_instant(self.last, every, self.offset_ticks) + every + self.job.delay_ticks

    def missed(self, now: int) -> list[int]:
        """Return the instants for which it is to be run now."""
        job = self.job
        until = now - job.delay_ticks
        last, most = (until - job.every_ticks, 1) if self.last == 0 else (self.last, job.made_up)
        return instants_after(last, until, job.every_ticks, self.offset_ticks, most)


class Schedule:
    """Runs jobs when they are due. Safe to use from any thread.

    A job runs for every instant at most once, for none at or before its `last_due`, and never beside
    itself. After a gap (the server was down, the clock was put forward, the job took long) it is run
    for the newest instants that it missed, as many as it makes up for, in their order. A clock that
    goes back runs nothing again, unless it goes back by more than a day: then what was done before
    is taken for a mistake of the clock.

    Args:
        clock: tells the time.
        workers: how many jobs run at the same time.
        name: of the threads.
    """

    def __init__(self, clock: Clock, workers: int, name: str) -> None:
        self._clock = clock
        self._workers = workers
        self._name = name
        self._entries: dict[str, _Entry] = {}
        self._waiting: list[tuple[int, int, _Entry]] = []
        self._running: set[str] = set()
        self._looked_at = 0
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def put(self, job: Job) -> None:
        """Add a job, or change the one of its key: what that was run for is not run again."""
        with self._changed:
            known = self._entries.get(job.key)
            entry = _Entry(
                job, offset_of(job.key, job.every_ticks) if job.is_spread else 0, job.last_due
            )
            if known is not None:
                entry.last = max(entry.last, known.last)
            self._entries[job.key] = entry
            self._await(entry)
            self._changed.notify_all()

    def remove(self, key: str) -> None:
        """Forget a job; one that runs is finished. An unknown key is no error."""
        with self._changed:
            self._entries.pop(key, None)

    def keys(self) -> list[str]:
        """Return the keys of all jobs, sorted."""
        with self._changed:
            return sorted(self._entries)

    def run_due(self) -> int:
        """Run all that is due now, in the caller's thread, and return how many runs that were."""
        count = 0
        while taken := self._take():
            for entry, instants in taken:
                count += len(instants)
                self._do(entry, instants)
        return count

    def start(self) -> None:
        """Begin to run jobs in the background."""
        self._pool = ThreadPoolExecutor(self._workers, f"openinsights-{self._name}")
        self._thread = threading.Thread(
            target=self._watch,
            args=(self._pool,),
            name=f"openinsights-{self._name}-schedule",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """End the threads: jobs that run are finished, those that wait for a thread are not begun."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _watch(self, pool: ThreadPoolExecutor) -> None:
        while not self._closing:
            for entry, instants in self._take():
                pool.submit(self._do, entry, instants)
            with self._changed:
                if not self._closing:
                    self._changed.wait(self._sleep_s())

    def _sleep_s(self) -> float:
        if not self._waiting:
            return _LOOKS_EVERY_S
        left = (self._waiting[0][0] - self._clock.now_ticks()) / TICKS_PER_SECOND
        return min(max(left, 0.0), _LOOKS_EVERY_S)

    def _await(self, entry: _Entry) -> None:
        if entry.job.key not in self._running:
            run_at = entry.next_run(self._clock.now_ticks())
            heapq.heappush(self._waiting, (run_at, next(self._numbers), entry))

    def _await_all_again(self) -> None:
        self._waiting.clear()
        for entry in self._entries.values():
            self._await(entry)

    def _take(self) -> list[tuple[_Entry, list[int]]]:
        now = self._clock.now_ticks()
        taken = []
        with self._changed:
            if now < self._looked_at:
                self._await_all_again()
            self._looked_at = now
            while self._waiting and self._waiting[0][0] <= now:
                entry = heapq.heappop(self._waiting)[2]
                if self._entries.get(entry.job.key) is not entry:
                    continue  # it was removed or changed since
                self._running.add(entry.job.key)
                taken.append((entry, entry.missed(now)))
        return taken

    def _do(self, entry: _Entry, instants: list[int]) -> None:
        for due in instants:
            if self._closing or self._entries.get(entry.job.key) is None:
                break
            try:
                entry.job.run(due)
            except NotDone as reason:
                logger.warning("job %s comes again for %d: %s", entry.job.key, due, reason)
                entry.again_at = self._clock.now_ticks() + _AGAIN_TICKS
                break
            except Exception:
                logger.exception("job %s failed for %d", entry.job.key, due)
            entry.last = due
        with self._changed:
            self._running.discard(entry.job.key)
            current = self._entries.get(entry.job.key)
            if current is not None:
                current.last = max(current.last, entry.last)
                current.again_at = entry.again_at
                self._await(current)
                self._changed.notify_all()
