"""One thread that writes: what waits is taken together, so that many bodies share one commit."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from openinsights.store.errors import StoreBusy, StoreClosed, StoreError
from openinsights.store.rows import Rows
from openinsights.thread_names import show_thread_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.store.limits import StoreLimits

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 2


def _running() -> Future[None]:
    # what is queued is stored: a caller that gives up waiting cannot take it back
    future: Future[None] = Future()
    future.set_running_or_notify_cancel()
    return future


class Waiting(Protocol):
    """What a queue holds."""

    @property
    def size_bytes(self) -> int:
        """What it counts for while it waits."""
        ...

    @property
    def count(self) -> int:
        """How many rows it has."""
        ...

    def fail(self, error: BaseException) -> None:
        """Tell whoever waits for it that it was not written; harmless when they know already."""
        ...


class _Body(Protocol):
    @property
    def size_bytes(self) -> int: ...

    @property
    def count(self) -> int: ...


B = TypeVar("B", bound=_Body)


@dataclass(slots=True)
class Promised(Generic[B]):
    """A body that waits, and the future of whoever waits for it.

    Attributes:
        rows: the body.
        future: resolves when the target has done its part, or fails.
    """

    rows: B
    future: Future[None] = field(default_factory=_running)

    @property
    def size_bytes(self) -> int:
        """Size of the body."""
        return self.rows.size_bytes

    @property
    def count(self) -> int:
        """How many rows it has."""
        return self.rows.count

    def fail(self, error: BaseException) -> None:
        """Fail the future, unless it is resolved."""
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True)
class Pending(Promised[Rows]):
    """A body that waits for its commit."""


T = TypeVar("T")
W = TypeVar("W", bound=Waiting)


class GroupTarget(Protocol[W]):
    """What a writer thread writes to; all calls come from that one thread."""

    def commit(self, group: list[W]) -> None:
        """Store the bodies and tell whoever waits for each; MUST NOT raise."""
        ...

    def rest(self) -> None:
        """Nothing was written for a while: tidy up. MUST NOT raise."""
        ...


class GroupWriter(Generic[W]):
    """A bounded queue and the thread that empties it.

    A body is taken as long as the waiting ones are within the bound, or nothing waits.

    Args:
        target: what is written to.
        limits: bounds.
        name: of the thread.
        linger_s: how long a group that follows another may wait to grow, counted from when the
            one before it began; 0 writes at once.
        group_rows: rows after which a group takes no further body; `StoreLimits.group_rows` when 0.
    """

    def __init__(
        self,
        target: GroupTarget[W],
        limits: StoreLimits,
        name: str,
        linger_s: float = 0.0,
        group_rows: int = 0,
    ) -> None:
        self._target = target
        self._limits = limits
        self._linger_s = linger_s
        self._group_rows = group_rows or limits.group_rows
        self._waiting: deque[W] = deque()
        self._errands: deque[Callable[[], None]] = deque()
        self._bytes = 0
        self._rows = 0
        self._taken = 0
        self._finished = 0
        self._hurried = 0
        self._begun = 0.0
        self._closing = False
        lock = threading.Lock()
        self._changed = threading.Condition(lock)
        self._progress = threading.Condition(lock)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Size of the bodies that wait or are being written."""
        return self._bytes

    def submit(self, item: W) -> None:
        """Queue a body.

        Raises:
            StoreBusy: when too much waits.
            StoreClosed: when the writer is closing.
        """
        with self._changed:
            if self._closing:
                raise StoreClosed(
                    "cannot store telemetry: the server is stopping", retry_after_s=_RETRY_AFTER_S
                )
            if self._bytes and self._bytes + item.size_bytes > self._limits.pending_bytes:
                raise StoreBusy(
                    f"cannot store telemetry: {self._bytes} bytes wait to be written already",
                    retry_after_s=_RETRY_AFTER_S,
                )
            self._add(item)
            self._changed.notify()

    def hand_over(self, group: list[W]) -> None:
        """Queue bodies whatever waits already; see `wait_for_room`."""
        with self._changed:
            for item in group:
                self._add(item)
            self._changed.notify()

    def wait_for_room(self, limit_bytes: int, timeout_s: float) -> bool:
        """Wait until what waits or is being written is within a bound; False when time ran out."""
        with self._progress:
            return self._progress.wait_for(lambda: self._bytes <= limit_bytes, timeout_s)

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything queued before is written; False when time ran out."""
        with self._progress:
            position = self._taken
            if self._finished >= position:
                return True
            self._hurried = max(self._hurried, position)
            self._changed.notify()
            return self._progress.wait_for(lambda: self._finished >= position, timeout_s)

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

    def run_errands(self) -> None:
        """Run what `call` waits for; for the target, while it tries a group again and again."""
        with self._changed:
            errands, self._errands = self._errands, deque()
        for errand in errands:
            errand()

    def fail_waiting(self, error: BaseException) -> None:
        """Tell whoever waits for what is not being written yet; for the target, while it is held up."""
        with self._changed:
            waiting, self._waiting = self._waiting, deque()
            self._bytes -= sum(item.size_bytes for item in waiting)
            self._rows -= sum(item.count for item in waiting)
            self._finished += len(waiting)
            self._progress.notify_all()
        for item in waiting:
            item.fail(error)

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        show_thread_name()
        while True:
            with self._changed:
                rested = False
                while not (self._waiting or self._errands or self._closing):
                    if self._changed.wait(None if rested else self._limits.checkpoint_idle_s):
                        continue
                    if not (self._waiting or self._errands or self._closing):
                        self._changed.release()
                        try:
                            self._rest()
                        finally:
                            self._changed.acquire()
                        rested = True
                self._linger()
                group = self._take()
                if self._closing and not (group or self._errands):
                    return
            self.run_errands()
            if group:
                self._commit(group)
                with self._progress:
                    self._bytes -= sum(item.size_bytes for item in group)
                    self._finished += len(group)
                    self._progress.notify_all()

    def _commit(self, group: list[W]) -> None:
        try:
            self._target.commit(group)
        except BaseException as error:
            # the thread must live on, and nobody may wait for ever
            logger.exception("BUG: commit raised bodies=%s", len(group))
            for item in group:
                item.fail(StoreError(f"BUG: cannot store telemetry: {error}"))

    def _rest(self) -> None:
        try:
            self._target.rest()
        except Exception:  # the thread must live on
            logger.exception("BUG: resting raised")

    def _add(self, item: W) -> None:
        self._bytes += item.size_bytes
        self._rows += item.count
        self._taken += 1
        self._waiting.append(item)

    def _linger(self) -> None:
        """Let a group grow while groups come one after another and nobody waits for them."""
        while not (
            self._closing
            or self._errands
            or self._hurried > self._finished
            or self._rows >= self._group_rows
        ):
            rest = self._begun + self._linger_s - monotonic()
            if rest <= 0:
                break
            self._changed.wait(rest)
        self._begun = monotonic()

    def _take(self) -> list[W]:
        group: list[W] = []
        rows = 0
        # who waits for what is here already does not wait for what came behind it
        most = self._hurried - self._finished
        if most <= 0:
            most = len(self._waiting)
        while self._waiting and rows < self._group_rows and len(group) < most:
            item = self._waiting.popleft()
            group.append(item)
            rows += item.count
        self._rows -= rows
        return group
