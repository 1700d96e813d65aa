"""What happens to a batch: it is sent, kept for later, split or given up with a count.

Nothing here waits or runs by itself: ``sender`` calls :meth:`Delivery.deliver` and
:meth:`Delivery.resend` from the one sending thread. While a server is away, batches lie on disk,
or in memory when there is no disk; both are bounded. Every step is entered in the ledger.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

from opencensus.ext.azure.common.ledger import Cause
from opencensus.ext.azure.common.reply import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.ext.azure.common.backoff import Backoff
    from opencensus.ext.azure.common.blobs import Blob, BlobStore
    from opencensus.ext.azure.common.ledger import Ledger
    from opencensus.ext.azure.common.reply import Outcome

LEASE_SLACK_S = 5.0
"""How much longer than one attempt a blob stays leased."""
RESCUE_WAIT_S = 0.5
"""How long the end of the process waits for the sending thread to get a batch onto the disk."""


class Post(Protocol):
    """Sends encoded envelopes once; never raises for anything that the network does."""

    def __call__(self, items: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        """Send the items within a time and say what became of them."""


class Flight:
    """Items on their way to the server: some to attempt yet, some to keep for later.

    Whoever holds the delivery's claim may change it; ``is_over`` says that another thread did and
    that nothing of it is left to decide.
    """

    def __init__(
        self, batches: list[list[bytes]], blob: Blob | None = None, unreadable: int = 0
    ) -> None:
        self.batches = deque(batches)
        self.again: list[bytes] = []
        self.blob = blob
        self.unreadable = unreadable
        self.is_over = False

    def end(self) -> list[bytes]:
        """Return the items that neither arrived nor were given up; nothing is left of the flight."""
        self.is_over = True
        left = self.again + [item for batch in self.batches for item in batch]
        self.batches.clear()
        self.again = []
        return left


class Delivery:
    """Delivers batches of one exporter to one server.

    Args:
        post: One attempt to send.
        close: Ends the connections that ``post`` uses.
        store: Where batches wait on disk; None keeps them in memory.
        backoff: Decides when the next attempt may be made.
        ledger: Where every step is entered; the items are among those that wait there.
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
        ledger: Ledger,
        *,
        timeout_s: float,
        batch_size: int,
        memory_items: int,
    ) -> None:
        self.backoff = backoff
        self._post = post
        self._close = close
        self._store = store
        self._ledger = ledger
        self._timeout_s = timeout_s
        self._batch_size = batch_size
        self._memory: deque[list[bytes]] = deque()
        self._memory_items = memory_items
        # Held by the thread that decides what becomes of items, never while something is sent.
        self._claim = threading.Lock()
        self._flight: Flight | None = None
        self._is_rescued = False

    @property
    def waiting_in_memory(self) -> int:
        """How many items wait in memory for the server."""
        return sum(len(items) for items in self._memory)

    @property
    def has_disk(self) -> bool:
        """Whether items that are kept lie on disk."""
        return self._store is not None

    def has_stored(self) -> bool:
        """Whether an earlier attempt, of any process, left something on disk for this server."""
        return self._store is not None and self._store.has_blobs()

    def deliver(self, items: list[bytes], timeout_s: float | None = None) -> None:
        """Send a batch, or keep it when the server cannot take it now.

        Args:
            items: Encoded envelopes.
            timeout_s: The most that the attempt may take; None means the usual time.
        """
        if not items:
            return
        flight = Flight([items])
        with self._claim:
            self._flight = flight
        self._fly(flight, lambda: True, lambda: self._timeout_s if timeout_s is None else timeout_s)
        with self._claim:
            if not flight.is_over:
                self._keep(flight.end())

    def resend(self, go_on: Callable[[], bool], timeout_s: Callable[[], float] | None) -> None:
        """Send what waits, oldest first, until all is gone, the server fails or ``go_on`` is false.

        Args:
            go_on: Asked before each attempt.
            timeout_s: Asked before each attempt for the most that it may take.
        """
        for _ in range(len(self._memory)):
            if not (self.backoff.is_open and go_on()):
                return
            with self._claim:
                flight = Flight([self._memory.popleft()] if self._memory else [])
                self._flight = flight
            self._fly(flight, go_on, timeout_s)
            with self._claim:
                if not flight.is_over:
                    self._keep(flight.end())
        if self._store is None or not (self.backoff.is_open and go_on()):
            return
        for blob in self._store.lease(self._timeout_s + LEASE_SLACK_S):
            if self._is_rescued or not (self.backoff.is_open and go_on()):
                blob.release()
                return
            self._resend_blob(blob, go_on, timeout_s)

    def keep(self, items: list[bytes]) -> None:
        """Keep items for a later attempt, on disk or in memory, within the bounds of both."""
        with self._claim:
            self._keep(items)

    def close(self) -> None:
        """Move what waits in memory to disk, count as lost what cannot, end the connections."""
        with self._claim:
            while self._memory:
                self.keep_or_lose(self._memory.popleft())
        self._close()

    def rescue(self, items: list[bytes]) -> bool:
        """Keep items, and those of an attempt that does not end, for another process.

        Unlike the rest, this is called from another thread while the attempt still runs; what the
        attempt comes to counts no more.

        Returns:
            Whether those of the attempt were to be had: False while it hangs in writing them.
        """
        is_ours = self._claim.acquire(timeout=RESCUE_WAIT_S)
        if is_ours:
            try:
                self._is_rescued = True
                self._rescue_flight()
                while self._memory:
                    self.keep_or_lose(self._memory.popleft())
            finally:
                self._claim.release()
        self.keep_or_lose(items)
        return is_ours

    def keep_or_lose(self, items: list[bytes]) -> None:
        """Keep items on disk for another process, or count them as lost."""
        if items and not self._keep_on_disk(items):
            self._ledger.dropped(Cause.NO_ROOM, len(items), "the process ends")

    def abandon(self) -> None:
        """Count as lost what a defect left nowhere."""
        if self._claim.acquire(timeout=RESCUE_WAIT_S):
            self._flight = None
            self._claim.release()
        self._ledger.write_off(self.waiting_in_memory)

    def _fly(
        self, flight: Flight, go_on: Callable[[], bool], timeout_s: Callable[[], float] | None
    ) -> None:
        """Attempt the batches of a flight as long as the server and ``go_on`` want more."""
        while flight.batches and not self._is_rescued and self.backoff.is_open and go_on():
            if flight.blob is not None:
                flight.blob.renew(self._timeout_s + LEASE_SLACK_S)
            batch = flight.batches[0]
            limit_s = None if timeout_s is None else min(self._timeout_s, timeout_s())
            outcome = self._post(batch, limit_s)
            with self._claim:
                if flight.is_over:
                    return
                flight.batches.popleft()
                self._settle(flight, batch, outcome)

    def _settle(self, flight: Flight, batch: list[bytes], outcome: Outcome) -> None:
        """Enter what one attempt came to."""
        if outcome.verdict is Verdict.SPLIT:
            self._split(flight, batch, outcome)
            return
        failed = outcome.verdict in (Verdict.RETRY, Verdict.QUOTA)
        again = batch if failed and not outcome.again else [batch[i] for i in outcome.again]
        flight.again += again
        self._ledger.dropped(Cause.REFUSED, outcome.refused, outcome.detail)
        self._ledger.sent(len(batch) - len(again) - outcome.refused)
        if failed:
            self.backoff.failed(outcome.retry_after_s, quota=outcome.verdict is Verdict.QUOTA)
            self._ledger.delayed(outcome.detail, self.backoff.wait_s)
            return
        self.backoff.succeeded()
        self._ledger.resumed()
        if outcome.again and outcome.retry_after_s is not None:
            self.backoff.failed(outcome.retry_after_s)

    def _split(self, flight: Flight, batch: list[bytes], outcome: Outcome) -> None:
        if len(batch) == 1:
            self._ledger.dropped(Cause.TOO_LARGE, 1, outcome.detail)
            return
        middle = len(batch) // 2
        flight.batches.extendleft((batch[middle:], batch[:middle]))

    def _resend_blob(
        self, blob: Blob, go_on: Callable[[], bool], timeout_s: Callable[[], float] | None
    ) -> None:
        items = blob.items()
        if items is None:
            blob.release()
            return
        count = max(len(items), blob.item_count or 0)
        starts = range(0, len(items), self._batch_size)
        batches = [items[start : start + self._batch_size] for start in starts]
        flight = Flight(batches, blob, unreadable=count - len(items))
        with self._claim:
            self._ledger.taken_from_disk(count, is_ours=blob.is_ours)
            self._flight = flight
        self._fly(flight, go_on, timeout_s)
        with self._claim:
            if flight.is_over:
                return
            left = flight.end()
            if items and len(left) == len(items) == count:
                self._ledger.put_back(count, is_ours=blob.is_ours)
                blob.release()
                return
            self._ledger.dropped(Cause.DAMAGED, flight.unreadable)
            self._keep(left)
            blob.delete()

    def _rescue_flight(self) -> None:
        flight, self._flight = self._flight, None
        if flight is None or flight.is_over:
            return
        left = flight.end()
        if flight.blob is None:
            self.keep_or_lose(left)
        else:
            # They lie there still; whoever finds the lease at its end sends them.
            self._ledger.stored(len(left) + flight.unreadable)

    def _keep(self, items: list[bytes]) -> None:
        if self._is_rescued:
            self.keep_or_lose(items)
        elif items and not self._keep_on_disk(items):
            self._keep_in_memory(items)

    def _keep_on_disk(self, items: list[bytes]) -> bool:
        if self._store is None:
            return False
        try:
            self._store.put(items)
        except OSError as error:
            self._ledger.no_disk(str(error))
            return False
        self._ledger.stored(len(items))
        return True

    def _keep_in_memory(self, items: list[bytes]) -> None:
        room = max(0, self._memory_items - self.waiting_in_memory)
        self._ledger.dropped(Cause.NO_ROOM, len(items) - room, "memory holds no more")
        if room:
            self._memory.append(items[:room])
