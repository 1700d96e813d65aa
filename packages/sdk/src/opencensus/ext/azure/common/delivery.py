"""What happens to a batch: it is sent, kept for later, split or given up with a count.

Nothing here waits or runs by itself: ``sender`` calls :meth:`Delivery.deliver` and
:meth:`Delivery.resend` from the one sending thread. While a server is away, batches lie on disk,
or in memory when there is no disk; both are bounded.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from opencensus.ext.azure.common.losses import Cause
from opencensus.ext.azure.common.reply import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.ext.azure.common.backoff import Backoff
    from opencensus.ext.azure.common.losses import Losses
    from opencensus.ext.azure.common.reply import Outcome
    from opencensus.ext.azure.common.storage import Blob, BlobStore

LEASE_SLACK_S = 5.0
"""How much longer than one attempt a blob stays leased."""


class Post(Protocol):
    """Sends encoded envelopes once; never raises for anything that the network does."""

    def __call__(self, items: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        """Send the items within a time and say what became of them."""


class Delivery:
    """Delivers batches of one exporter to one server.

    Args:
        post: One attempt to send.
        close: Ends the connections that ``post`` uses.
        store: Where batches wait on disk; None keeps them in memory.
        backoff: Decides when the next attempt may be made.
        losses: Counts what is given up.
        timeout_s: The most that one attempt may take.
        batch_size: How many stored items are sent at once at most.
        memory_items: How many items may wait in memory.
    """

    def __init__(
        self,
        post: Post,
        close: Callable[[], None],
        store: BlobStore | None,
        backoff: Backoff,
        losses: Losses,
        *,
        timeout_s: float,
        batch_size: int,
        memory_items: int,
    ) -> None:
        self.backoff = backoff
        self._post = post
        self._close = close
        self._store = store
        self._losses = losses
        self._timeout_s = timeout_s
        self._batch_size = batch_size
        self._memory: deque[list[bytes]] = deque()
        self._memory_items = memory_items
        self._in_flight: list[bytes] = []

    @property
    def waiting_in_memory(self) -> int:
        """How many items wait in memory for the server."""
        return sum(len(items) for items in self._memory)

    def has_stored(self) -> bool:
        """Whether an earlier attempt, of any process, left something on disk for this server."""
        return self._store is not None and self._store.has_blobs()

    def deliver(self, items: list[bytes], timeout_s: float | None = None) -> None:
        """Send a batch, or keep it when the server cannot take it now.

        Args:
            items: Encoded envelopes.
            timeout_s: The most that the attempt may take; None means the usual time.
        """
        if not self.backoff.is_open:
            self.keep(items)
            return
        self._in_flight = items
        self.keep(self._attempt(items, timeout_s))
        self._in_flight = []

    def resend(self, go_on: Callable[[], bool], timeout_s: Callable[[], float] | None) -> None:
        """Send what waits, oldest first, until all is gone, the server fails or ``go_on`` is false.

        Args:
            go_on: Asked before each attempt.
            timeout_s: Asked before each attempt for the most that it may take.
        """
        for _ in range(len(self._memory)):
            if not (self.backoff.is_open and go_on()):
                return
            self.deliver(self._memory.popleft(), self._limit(timeout_s))
        if self._store is None or not (self.backoff.is_open and go_on()):
            return
        for blob in self._store.lease(self._timeout_s + LEASE_SLACK_S):
            if not (self.backoff.is_open and go_on()):
                blob.release()
                return
            self._resend_blob(blob, go_on, timeout_s)

    @property
    def has_disk(self) -> bool:
        """Whether items that are kept lie on disk."""
        return self._store is not None

    def keep(self, items: list[bytes]) -> None:
        """Keep items for a later attempt, on disk or in memory, within the bounds of both."""
        if items and not self._keep_on_disk(items):
            self._keep_in_memory(items)

    def close(self) -> None:
        """Move what waits in memory to disk, count as lost what cannot, end the connections."""
        while self._memory:
            self.keep_or_lose(self._memory.popleft())
        self._close()

    def rescue(self, items: list[bytes]) -> None:
        """Keep items, and those of an attempt that does not end, for another process.

        Unlike the rest, this is called from another thread while the attempt still runs.
        """
        for waiting in (self._in_flight, *list(self._memory), items):
            self.keep_or_lose(list(waiting))

    def keep_or_lose(self, items: list[bytes]) -> None:
        """Keep items on disk for another process, or count them as lost."""
        if items and not self._keep_on_disk(items):
            self._losses.note(Cause.NO_ROOM, len(items), "the process ends")

    def _limit(self, timeout_s: Callable[[], float] | None) -> float | None:
        return None if timeout_s is None else min(self._timeout_s, timeout_s())

    def _resend_blob(
        self, blob: Blob, go_on: Callable[[], bool], timeout_s: Callable[[], float] | None
    ) -> None:
        items = blob.items()
        again: list[bytes] = []
        for start in range(0, len(items), self._batch_size):
            if not (self.backoff.is_open and go_on()):
                again += items[start:]
                break
            blob.renew(self._timeout_s + LEASE_SLACK_S)
            batch = items[start : start + self._batch_size]
            again += self._attempt(batch, self._limit(timeout_s))
        if items and len(again) == len(items):
            blob.release()
            return
        self.keep(again)
        blob.delete()

    def _attempt(self, items: list[bytes], timeout_s: float | None) -> list[bytes]:
        """Send once and return the items to send again."""
        if not items:
            return []
        outcome = self._post(items, timeout_s)
        if outcome.verdict is Verdict.SPLIT:
            return self._halve(items, outcome, timeout_s)
        self._losses.note(Cause.REFUSED, outcome.refused, outcome.detail)
        if outcome.verdict in (Verdict.RETRY, Verdict.QUOTA):
            quota = outcome.verdict is Verdict.QUOTA
            self.backoff.failed(outcome.retry_after_s, quota=quota)
            self._losses.delayed(outcome.detail)
            return [items[index] for index in outcome.again] if outcome.again else items
        self.backoff.succeeded()
        self._losses.resumed()
        if outcome.again and outcome.retry_after_s is not None:
            self.backoff.failed(outcome.retry_after_s)
        return [items[index] for index in outcome.again]

    def _halve(self, items: list[bytes], outcome: Outcome, timeout_s: float | None) -> list[bytes]:
        if len(items) == 1:
            self._losses.note(Cause.TOO_LARGE, 1, outcome.detail)
            return []
        middle = len(items) // 2
        again: list[bytes] = []
        for half in (items[:middle], items[middle:]):
            again += self._attempt(half, timeout_s) if self.backoff.is_open else half
        return again

    def _keep_on_disk(self, items: list[bytes]) -> bool:
        if self._store is None:
            return False
        try:
            evicted = self._store.put(items)
        except OSError as error:
            self._losses.no_disk(str(error))
            return False
        self._losses.note(Cause.NO_ROOM, evicted, "the oldest stored telemetry made room")
        return True

    def _keep_in_memory(self, items: list[bytes]) -> None:
        room = max(0, self._memory_items - self.waiting_in_memory)
        self._losses.note(Cause.NO_ROOM, len(items) - room, "memory holds no more")
        if room:
            self._memory.append(items[:room])
