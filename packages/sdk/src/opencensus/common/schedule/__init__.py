"""Work at intervals on a thread of its own, and the queue between threads."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

logger = logging.getLogger(__name__)


class PeriodicTask(threading.Thread):
    """A thread that calls a function at intervals until it is cancelled.

    The first call comes after one interval. The time that a call takes counts as part of the next
    interval. Like any thread it keeps the process from ending until it is cancelled; set `daemon`
    before `start` where it must not.

    Args:
        interval: Seconds between two calls. Not positive: one call directly after another is
            still separated by a short pause.
        function: What is called.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        name: The name of the thread.
    """

    _SHORTEST_PAUSE_S = 0.01

    def __init__(
        self,
        interval: float,
        function: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.interval = interval
        self.function = function
        self.args: Sequence[Any] = args or []
        self.kwargs: Mapping[str, Any] = kwargs or {}
        self.finished = threading.Event()

    def run(self) -> None:
        """Call the function at intervals until `cancel`."""
        pause_s: float = self.interval
        while not self.finished.wait(max(pause_s, self._SHORTEST_PAUSE_S)):
            started_s = time.monotonic()
            self.function(*self.args, **self.kwargs)
            pause_s = self.interval - (time.monotonic() - started_s)

    def cancel(self) -> None:
        """End the thread after a call that is running; no further call is made."""
        self.finished.set()


class QueueEvent:
    """A mark between the items of a queue that says when it was reached."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.event = threading.Event()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def set(self) -> None:
        """Say that the mark was reached; called by who reads the queue."""
        self.event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the mark was reached, at most `timeout` seconds; return whether it was."""
        return self.event.wait(timeout)


class QueueExitEvent(QueueEvent):
    """The mark behind which nothing more is read."""


class Queue:
    """A bounded queue from any number of threads to one reader.

    Args:
        capacity: The most items it holds.
    """

    def __init__(self, capacity: int) -> None:
        self.EXIT_EVENT = QueueExitEvent("EXIT")
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=capacity)

    def _gets(self, count: int, timeout: float) -> Generator[Any, None, None]:
        deadline_s = time.monotonic() + timeout
        for _ in range(count):
            try:
                item = self._queue.get(timeout=max(deadline_s - time.monotonic(), 0))
            except queue.Empty:
                return
            yield item
            if isinstance(item, QueueEvent):
                return

    def gets(self, count: int, timeout: float) -> tuple[Any, ...]:
        """Return up to `count` items, waiting for them at most `timeout` seconds.

        An event ends the batch and is its last item.
        """
        return tuple(self._gets(count, timeout))

    def is_empty(self) -> bool:
        """Return whether nothing is waiting."""
        return not self._queue.qsize()

    def flush(self, timeout: float | None = None) -> float | None:
        """Wait until everything that is waiting now has been read.

        Returns:
            The seconds it took; 0 when the queue was empty; None when it took longer than
            `timeout` seconds.
        """
        if self.is_empty():
            return 0
        started_s = time.monotonic()
        event = QueueEvent(f"SYNC(timeout={timeout})")
        try:
            self._queue.put(event, block=True, timeout=timeout)
        except queue.Full:
            return None
        left_s = None if timeout is None else max(timeout - (time.monotonic() - started_s), 0)
        return time.monotonic() - started_s if event.wait(left_s) else None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add one item; when there is no room in time, it is dropped with a warning."""
        try:
            self._queue.put(item, block, timeout)
        except queue.Full:
            logger.warning("Queue is full. Dropping telemetry.")

    def puts(self, items: Iterable[Any], block: bool = True, timeout: float | None = None) -> None:
        """Add items, waiting for room at most `timeout` seconds in all."""
        if not block or timeout is None:
            for item in items:
                self.put(item, block, timeout)
            return
        deadline_s = time.monotonic() + timeout
        for item in items:
            self.put(item, True, max(deadline_s - time.monotonic(), 0))
