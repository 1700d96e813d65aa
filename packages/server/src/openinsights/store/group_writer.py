"""One thread that writes: what waits is taken together, so that many bodies share one commit."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from openinsights.store.errors import StoreBusy, StoreClosed, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.store.api import AppendOutcome
    from openinsights.store.limits import StoreLimits
    from openinsights.store.rows import Rows

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 2

T = TypeVar("T")


@dataclass(slots=True)
class Pending:
    """A body that waits, and the future of its sender."""

    rows: Rows
    future: Future[AppendOutcome] = field(default_factory=Future)


class GroupTarget(Protocol):
    """What a writer thread writes to; all calls come from that one thread."""

    def commit(self, group: list[Pending]) -> None:
        """Store the bodies and resolve each one's future; MUST NOT raise."""
        ...

    def rest(self) -> None:
        """Nothing was written for a while: tidy up. MUST NOT raise."""
        ...


class GroupWriter:
    """A bounded queue and the thread that empties it.

    A body is taken as long as the waiting ones are within the bound, or nothing waits.
    """

    def __init__(self, target: GroupTarget, limits: StoreLimits, name: str) -> None:
        self._target = target
        self._limits = limits
        self._waiting: deque[Pending] = deque()
        self._errands: deque[Callable[[], None]] = deque()
        self._bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Size of the bodies that wait or are being written."""
        return self._bytes

    def submit(self, rows: Rows) -> Future[AppendOutcome]:
        """Queue a body.

        Raises:
            StoreBusy: when too much waits.
            StoreClosed: when the writer is closing.
        """
        pending = Pending(rows)
        with self._changed:
            if self._closing:
                raise StoreClosed(
                    "cannot store telemetry: the server is stopping", retry_after_s=_RETRY_AFTER_S
                )
            if self._bytes and self._bytes + rows.size_bytes > self._limits.pending_bytes:
                raise StoreBusy(
                    f"cannot store telemetry: {self._bytes} bytes wait to be written already",
                    retry_after_s=_RETRY_AFTER_S,
                )
            # what is queued is stored: a caller that gives up waiting cannot take it back
            pending.future.set_running_or_notify_cancel()
            self._bytes += rows.size_bytes
            self._waiting.append(pending)
            self._changed.notify()
        return pending.future

    def call(self, errand: Callable[[], T]) -> T:
        """Run something between two group commits, on the writer's thread, and return its result.

        Raises:
            StoreClosed: when the writer is closing.
        """
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(errand())
            except BaseException as error:
                done.set_exception(error)

        with self._changed:
            if self._closing:
                raise StoreClosed(
                    "cannot change the store: the server is stopping", retry_after_s=_RETRY_AFTER_S
                )
            self._errands.append(run)
            self._changed.notify()
        return done.result()

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                rested = False
                while not (self._waiting or self._errands or self._closing):
                    if self._changed.wait(None if rested else self._limits.checkpoint_idle_s):
                        continue
                    if not (self._waiting or self._errands or self._closing):
                        self._changed.release()
                        try:
                            self._target.rest()
                        finally:
                            self._changed.acquire()
                        rested = True
                errands, self._errands = self._errands, deque()
                group = self._take()
                if self._closing and not (group or errands):
                    return
            for errand in errands:
                errand()
            if group:
                self._commit(group)
                with self._changed:
                    self._bytes -= sum(pending.rows.size_bytes for pending in group)

    def _commit(self, group: list[Pending]) -> None:
        try:
            self._target.commit(group)
        except BaseException as error:
            # the thread must live on, and nobody may wait for ever
            logger.exception("BUG: commit raised bodies=%s", len(group))
            for pending in group:
                if not pending.future.done():
                    failure = StoreError(f"BUG: cannot store telemetry: {error}")
                    pending.future.set_exception(failure)

    def _take(self) -> list[Pending]:
        group: list[Pending] = []
        rows = 0
        while self._waiting and rows < self._limits.group_rows:
            pending = self._waiting.popleft()
            group.append(pending)
            rows += _count((pending,))
        return group


def _count(bodies: Iterable[Pending]) -> int:
    return sum(
        table.count for pending in bodies for day in pending.rows.days for table in day.tables
    )
