"""The queue between the host's threads and the one sending thread.

Putting never blocks, never raises and takes no Python lock, so it is safe in signal handlers, in
``__del__`` and inside any lock of the host. Only the sending thread takes. Sending is elsewhere.
"""

from __future__ import annotations

import queue
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedQueue(Generic[T]):
    """A bounded first-in-first-out queue with many producers and one consumer.

    The bound is exact for one producer; several producers that meet at the bound can exceed it by
    at most one item each.

    Args:
        capacity: How many items may wait; more are refused and counted in ``refused``.
        wake_at: How many waiting items end the consumer's wait early.
    """

    def __init__(self, capacity: int, wake_at: int) -> None:
        self.capacity = capacity
        self.refused = 0
        self._wake_at = max(1, min(wake_at, capacity))
        self._items: deque[T] = deque()
        self._signalled = False
        self.begin()

    def begin(self) -> None:
        """Make the wait fit the consumer that begins now; nobody may be waiting.

        gevent may have replaced the ways to wait since the queue was made, and the old one would
        hold up every greenlet.
        """
        self._signals: queue.SimpleQueue[None] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> bool:
        """Append an item unless the queue is full; return whether it was taken."""
        # Hot path: every log record and span comes through here.
        waiting = len(self._items)
        if waiting >= self.capacity:
            self.refused += 1
            return False
        self._items.append(item)
        if waiting + 1 >= self._wake_at and not self._signalled:
            self._signalled = True
            self._signals.put(None)
        return True

    def wake(self) -> None:
        """End the consumer's current or next wait."""
        self._signals.put(None)

    def wait(self, timeout_s: float) -> bool:
        """Wait until woken or until the time is over; return whether something woke it."""
        try:
            return self._is_woken(timeout_s)
        finally:
            self._signalled = False

    def _is_woken(self, timeout_s: float) -> bool:
        # Python 3.10 waits for ever if it finds the queue's lock open, no item, and the time over.
        # A look that does not wait closes the lock; no time at all is not waited for.
        with suppress(queue.Empty):
            self._signals.get(block=False)
            return True
        if timeout_s > 0:
            with suppress(queue.Empty):
                self._signals.get(timeout=timeout_s)
                return True
        return False

    def take(self, count: int) -> list[T]:
        """Remove and return at most ``count`` items, oldest first."""
        items = self._items
        taken: list[T] = []
        for _ in range(count):
            try:
                taken.append(items.popleft())
            except IndexError:
                break
        return taken
