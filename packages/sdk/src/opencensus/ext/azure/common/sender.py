"""The sending thread of one exporter: from the queue through batches to the server.

The thread starts with the first item and is started again, lazily, in a forked child. All that
needs time or may fail happens on it; the host's threads only put. What happens to a batch is
decided in ``delivery``, what the end of a process means in ``lifetime``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common import lifetime, retired
from opencensus.ext.azure.common.batch import (
    Numbering,
    convert_items,
    encode_items,
    process_envelopes,
)
from opencensus.ext.azure.common.ledger import Ledger, Stats
from opencensus.ext.azure.common.link import import_all
from opencensus.ext.azure.common.queue import BoundedQueue
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opencensus.ext.azure.common.delivery import Delivery
    from opencensus.ext.azure.common.durable_queue import Durability, DurableQueue, LeftQueues
    from openinsights_wire.envelope import Envelope

logger = logging.getLogger(__name__)

FIRST_INTERVAL_S = 1.0
"""The first items of a process are sent this soon: somebody may be waiting to see them."""
SHORTEST_INTERVAL_S = 0.05
"""An interval of 0 would keep a processor busy with nothing."""
EXIT_ATTEMPT_SHARE = 0.6
"""The part of the remaining time that one attempt may take while the process is ending."""
EXIT_RESERVE_S = 0.2
"""With less time left than this, nothing is sent any more; it is kept on disk."""
LATE_FLUSH_S = 1.0
"""A close this soon after a flush ran out of time does not wait for as long again."""
RECOVERY_PERIOD_S = 60.0
"""How often queues are looked for that processes left behind."""

_abandoned: list[tuple[Delivery, BoundedQueue[Any]]] = []
"""What forked children inherited and must neither use nor free."""


class _Flush(threading.Event):
    """A request to send what waits; set when that is done."""

    def __init__(self, collects: bool) -> None:
        super().__init__()
        self.collects = collects


class _Forked(BaseException):
    """A function of the host forked on the sending thread: the batch is the parent's to send."""


class Sender:
    """Sends telemetry in the background; nothing in here raises into the host.

    What is put is raw: finished spans, snapshots of log records, envelopes. It becomes envelopes on
    the sending thread. ``observers`` are told there of every batch, after the processors; whoever
    adds one takes it away again.

    Args:
        name: Names the thread and appears in warnings.
        make_delivery: Makes the delivery; called again in a forked child.
        process: Runs telemetry processors; called on the sending thread.
        convert: Returns the envelopes that an item stands for; called on the sending thread.
        capacity: How many items may wait in the queue.
        batch_size: How many envelopes one batch holds at most.
        interval_s: How long an envelope waits at most for its batch to fill.
        grace_s: How long ending the process may take.
        collect: Gives more envelopes once per interval, for exporters that poll.
        closes_at_exit: Whether the end of the process closes the sender; False when its owner does.
        durability: Makes a queue that outlives its process; None where the queue is in memory.
    """

    put: Callable[[Any], object]
    """Queues an item; never blocks. A full queue drops it and counts."""
    ledger: Ledger
    _queue: BoundedQueue[Any]
    _thread: threading.Thread | None
    _is_closed: bool

    def __init__(
        self,
        name: str,
        make_delivery: Callable[[Ledger], Delivery],
        process: Callable[[Iterable[Envelope]], list[Envelope]],
        *,
        convert: Callable[[Any], Iterable[Envelope]],
        capacity: int,
        batch_size: int,
        interval_s: float,
        grace_s: float,
        collect: Callable[[], Iterable[Envelope]] | None = None,
        closes_at_exit: bool = True,
        durability: Durability | None = None,
    ) -> None:
        self.name = name
        self.closes_at_exit = closes_at_exit
        self._make_delivery = make_delivery
        self._process = process
        self._convert = convert
        self.observers: list[Callable[[Sequence[Envelope]], None]] = []
        self._hurry_s: float | None = None
        self._capacity = capacity
        self._spill_from = max(batch_size, capacity // 2)
        self._batch_size = batch_size
        self._interval_s = max(interval_s, SHORTEST_INTERVAL_S)
        self._grace_s = grace_s
        self._collect = collect
        self._rest: Callable[[], Iterable[Envelope]] | None = None
        self._durability = durability
        self._reset()
        lifetime.watch(self)
        has_left = self._left is not None and self._left.exist()
        if self._durable is not None and lifetime.may_start_threads():
            self._durable.open()
        if collect is not None or has_left or self._delivery.has_stored():
            self.start()

    def hurry(self, interval_s: float | None) -> None:
        """Send what is queued at least this often, until called with None.

        What ``collect`` gives keeps its own interval.
        """
        self._hurry_s = interval_s
        self._queue.wake()

    def start(self) -> bool:
        """Start the thread unless it runs; return whether it runs now.

        A process that is ending cannot start threads any more; it sends when it closes.
        """
        with self._starting:
            if self._is_closed or not lifetime.may_start_threads():
                return False
            if self._thread is None:
                self._queue.begin()
                thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return False
                self._thread = thread
                if self._durable is not None:
                    self._durable.open()
                # Hot path: from now on, no Python of ours stands between the host and the queue.
                self.put = self._queue.put
                lifetime.follow_end()
        return True

    @property
    def is_closed(self) -> bool:
        """Whether the sender was asked to end."""
        return self._is_closed

    def stats(self) -> Stats:
        """Return what became of all that was put in this process."""
        return self.ledger.stats(self._queue)

    def poll(
        self,
        collect: Callable[[], Iterable[Envelope]] | None,
        rest: Callable[[], Iterable[Envelope]] | None = None,
    ) -> None:
        """Take what ``collect`` gives once per interval and at the end, from now on; None ends that.

        Args:
            collect: Gives envelopes; called on the sending thread.
            rest: Gives those that must not be lost at the end when the sending thread hangs in an
                attempt. MUST NOT wait for anything: the end of the process does.
        """
        self._collect, self._rest = collect, rest
        if collect is not None:
            self.start()

    def flush(self, timeout_s: float | None = None, *, collects: bool = True) -> bool:
        """Send what was put before, or have it kept for later; return whether that was in time.

        Args:
            timeout_s: How long to wait at most; None means the grace period.
            collects: Whether an exporter that polls does so now.
        """
        thread = self._thread
        if thread is None or not thread.is_alive():
            return len(self._queue) == 0
        if thread is threading.current_thread():
            return False
        done = _Flush(collects)
        self._flushes.append(done)
        self._queue.wake()
        in_time = done.wait(self._grace_left_s() if timeout_s is None else timeout_s)
        if not in_time:
            self._flush_missed_at = time.monotonic()
        return in_time

    def begin_flush(self) -> None:
        """Ask the thread to send what was put before; does not wait."""
        self._flushes.append(_Flush(collects=False))
        self._queue.wake()

    def begin_close(self, timeout_s: float | None = None) -> None:
        """Ask the thread to end within the grace period; does not wait."""
        grace_s = self._grace_left_s() if timeout_s is None else timeout_s
        if time.monotonic() - self._flush_missed_at < LATE_FLUSH_S:
            grace_s = min(grace_s, LATE_FLUSH_S)
        with self._starting:
            if not self._is_closed:
                self._deadline = time.monotonic() + grace_s
                self._is_closed = True
        self._queue.wake()

    def close(self, timeout_s: float | None = None) -> None:
        """Send what waits within the grace period, keep the rest on disk, and end the thread."""
        self.begin_close(timeout_s)
        with self._starting:
            thread, self._thread = self._thread, None
            self.put = self._put_without_thread
        if self._is_finished or thread is threading.current_thread():
            return
        if thread is None:
            self._as_exporter(self._finish)
            return
        thread.join(max(0.0, self._deadline - time.monotonic()))
        if thread.is_alive():
            self._as_exporter(self._rescue)

    def after_fork_in_child(self) -> None:
        """Forget the parent's items, connections and thread; they are still the parent's to send."""
        has_work = self._kept_for_workers or (self._collect is not None and not self._is_closed)
        inherits = self._kept_for_workers and lifetime.is_heir()
        inherited = self._queue.take(self._capacity) if inherits else []
        # Freeing the parent's connections could wait for a lock that no thread will release.
        _abandoned.append((self._delivery, self._queue))
        self._reset()
        for item in inherited:
            self._queue.put(item)
        # A child that a callback of the sending thread forked lives no longer than the callback.
        if has_work and not execution_context.is_exporter():
            self.start()

    def _reset(self) -> None:
        self.ledger = Ledger(self.name)
        self._durable: DurableQueue | None = None
        self._left: LeftQueues | None = None
        self._recovery: Iterator[list[Envelope]] | None = None
        self._recover_at = float("-inf")
        if self._durability is None:
            self._queue = BoundedQueue(self._capacity, self._batch_size)
        else:
            self._durable = self._durability.queue(self._capacity, self._batch_size)
            self._queue = self._durable
            self._left = self._durability.left(self.ledger)
        self._numbering = Numbering()
        self._delivery = self._make_delivery(self.ledger)
        self._starting = threading.RLock()
        self._thread = None
        self.put = self._put_without_thread
        self._flushes: deque[_Flush] = deque()
        self._flush_missed_at = float("-inf")
        self._is_closed = False
        self._is_finished = False
        self._deadline = float("inf")
        self._kept_for_workers = False
        self._life = object()

    def _grace_left_s(self) -> float:
        return lifetime.grace_left_s(self._grace_s)

    def _put_without_thread(self, item: Any) -> None:
        lifetime.notice_fork()
        self._queue.put(item)
        if self.start():
            return
        if self._is_closed:
            self._as_exporter(self._keep_late)
        elif not lifetime.may_start_threads():
            self._kept_for_workers = True
            if self._delivery.has_disk:
                self._as_exporter(self._keep_late)

    def _run(self) -> None:
        # A thread may begin in the context of who started it: this one works for everybody.
        execution_context.clean()
        execution_context.set_is_exporter(True)
        try:
            self._send_until_closed()
        except _Forked:
            return

    def _send_until_closed(self) -> None:
        with lifetime.forks_wait():
            self._guard(import_all)
        self._guard(retired.warn_once)
        self._guard(self._resend)
        first_s = self._interval_s if self._collect is not None else FIRST_INTERVAL_S
        next_due = time.monotonic() + min(first_s, self._interval_s)
        drained_at = time.monotonic()
        while not self._is_closed:
            drain_due = self._drain_due(drained_at, next_due)
            self._queue.wait(self._wait_s(drain_due))
            flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
            now = time.monotonic()
            is_due = any(flush.collects for flush in flushes) or now >= next_due
            drains = is_due or bool(flushes) or now >= self._drain_due(drained_at, next_due)
            if is_due:
                next_due = now + self._interval_s
            if drains:
                drained_at = now
            if not self._is_closed:
                self._guard(self._round, is_due, drains)
            for done in flushes:
                done.set()
        self._guard(self._finish)
        for done in self._flushes:
            done.set()

    def _as_exporter(self, step: Callable[[], None]) -> None:
        """Run a step of the sending thread on a thread of the host."""
        before = execution_context.is_exporter()
        execution_context.set_is_exporter(True)
        try:
            self._guard(step)
        except _Forked:
            return
        finally:
            execution_context.set_is_exporter(before)

    def _guard(self, step: Callable[..., None], *args: object) -> None:
        try:
            step(*args)
        except Exception:
            # The thread's boundary: a defect in here may cost a batch, never the exporter.
            logger.exception("sending failed: BUG exporter=%s", self.name)
            self._delivery.abandon()

    def _drain_due(self, drained_at: float, next_due: float) -> float:
        return next_due if self._hurry_s is None else min(next_due, drained_at + self._hurry_s)

    def _wait_s(self, next_due: float) -> float:
        until_due = next_due - time.monotonic()
        until_retry = self._delivery.backoff.wait_s
        return min(until_due, until_retry) if until_retry > 0 else until_due

    def _round(self, is_due: bool, drains: bool) -> None:
        if is_due:
            self._deliver(self._collected(self._collect))
        # What comes while the round goes on is left to the next one, or it might never end.
        waiting = len(self._queue)
        while waiting >= (1 if drains else self._batch_size) and not self._is_closed:
            if len(self._queue) > self._spill_from and self._delivery.has_disk:
                self._spill()
                break
            self._deliver(self._envelopes(self.ledger.take(self._queue, self._batch_size)))
            self._settle()
            waiting -= self._batch_size
        self.ledger.refused(self._queue)
        self._resend()
        self._recover(lambda: not self._is_closed and len(self._queue) < self._batch_size)
        self._settle()

    def _spill(self) -> None:
        """Write the queue to disk in one go: in a burst there is no time to send it batch by batch."""
        envelopes = self._envelopes(self.ledger.take(self._queue, self._capacity))
        self._delivery.keep(self._encode(envelopes, self._numbering))

    def _settle(self) -> None:
        """Say that what was taken from the queue needs no copy any more, unless memory holds some."""
        if self._durable is not None and self._delivery.waiting_in_memory == 0:
            self._durable.settle()

    def _recover(self, go_on: Callable[[], bool]) -> None:
        """Send what processes left behind that ended without notice."""
        if self._left is None:
            return
        if self._recovery is None:
            if time.monotonic() < self._recover_at:
                return
            self._recover_at = time.monotonic() + RECOVERY_PERIOD_S
            self._recovery = self._left.batches(self._batch_size, self._convert)
        recovery, self._recovery = self._recovery, None
        while self._delivery.waiting_in_memory == 0 and go_on():
            # Asking for the next batch says that the one before is taken care of.
            batch = next(recovery, None)
            if batch is None:
                return
            # Observers look at what happens now.
            self._finish_with(process_envelopes(batch, self._process, self.ledger))
        self._recovery = recovery

    def _encode(self, envelopes: list[Envelope], numbering: Numbering) -> list[bytes]:
        keeps_ids = self._durable is not None
        return encode_items(envelopes, numbering, self.ledger, keeps_ids=keeps_ids)

    def _resend(self) -> None:
        self._delivery.resend(
            lambda: not self._is_closed and len(self._queue) < self._batch_size, None
        )

    def _deliver(self, envelopes: list[Envelope], timeout_s: float | None = None) -> None:
        for start in range(0, len(envelopes), self._batch_size):
            part = envelopes[start : start + self._batch_size]
            self._delivery.deliver(self._encode(part, self._numbering), timeout_s)

    def _envelopes(self, items: Iterable[Any]) -> list[Envelope]:
        """Return what raw items stand for, after the processors."""
        life = self._life
        durable, convert = self._durable, self._convert
        if durable is None:
            return self._prepare(convert_items(items, convert, self.ledger), life)
        numbered = convert_items(items, lambda item: durable.envelopes(item, convert), self.ledger)
        return self._prepare(numbered, life)

    def _collected(self, collect: Callable[[], Iterable[Envelope]] | None) -> list[Envelope]:
        """Return what an exporter that polls has to send now, after the processors."""
        life = self._life
        envelopes = [] if collect is None else list(collect())
        self.ledger.given(len(envelopes))
        return self._prepare(envelopes, life)

    def _prepare(self, envelopes: list[Envelope], life: object) -> list[Envelope]:
        """Run the processors and tell the observers."""
        processed = process_envelopes(envelopes, self._process, self.ledger)
        for observer in self.observers:
            self._tell(observer, processed)
        if life is not self._life:
            raise _Forked
        return processed

    def _tell(
        self, observer: Callable[[Sequence[Envelope]], None], envelopes: list[Envelope]
    ) -> None:
        try:
            observer(envelopes)
        except Exception:
            # Whoever looks on must not cost the batch.
            logger.exception("observing failed: BUG exporter=%s", self.name)

    def _finish(self) -> None:
        """Send what waits while there is time, then keep the rest on disk."""
        if not self._delivery.has_disk:
            # What is not sent now is lost, so one more attempt is made, whatever the schedule says.
            self._delivery.backoff.succeeded()
        self._finish_with(self._collected(self._collect))
        while len(self._queue):
            self._finish_with(self._envelopes(self.ledger.take(self._queue, self._batch_size)))
        self.ledger.refused(self._queue)
        self._delivery.resend(lambda: self._time_left_s() > 0, self._time_left_s)
        self._recover(lambda: self._time_left_s() > 0)
        self._delivery.close()
        self._settle()
        if self._durable is not None:
            self._durable.close(keep=len(self._queue) > 0)
        self._recovery = None
        self._is_finished = True
        self.ledger.ended(self._queue)

    def _finish_with(self, envelopes: list[Envelope]) -> None:
        left_s = self._time_left_s()
        if left_s > 0:
            self._deliver(envelopes, left_s)
        else:
            self._delivery.keep(self._encode(envelopes, self._numbering))

    def _time_left_s(self) -> float:
        """How long the next attempt may take; 0 when there is no time for one."""
        left_s = self._deadline - time.monotonic() - EXIT_RESERVE_S
        return max(0.0, left_s * EXIT_ATTEMPT_SHARE)

    def _rescue(self) -> None:
        """Keep on disk what the thread could not send; it may still hang in an attempt."""
        envelopes = self._envelopes(self.ledger.take(self._queue, self._capacity))
        envelopes += self._collected(self._rest)
        # Numbers of another source: the thread may wake up and use its own at the same time.
        is_whole = self._delivery.rescue(self._encode(envelopes, Numbering()))
        if self._durable is not None:
            self._durable.close(keep=not is_whole)
        self.ledger.ended(self._queue)

    def _keep_late(self) -> None:
        """Keep on disk what came after the end, for the next process."""
        envelopes = self._envelopes(self.ledger.take(self._queue, self._capacity))
        self._delivery.keep_or_lose(self._encode(envelopes, Numbering()))
        self._settle()
