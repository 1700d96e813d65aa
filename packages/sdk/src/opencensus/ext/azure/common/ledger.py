"""The books of one exporter: where every envelope is, and why some are nowhere any more.

Every change is one entry: so many envelopes leave one account for another. What is lost is also told,
once per cause. Deciding what becomes of an envelope is elsewhere.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.debug import items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opencensus.ext.azure.common.debug import Tell
    from opencensus.ext.azure.common.queue import BoundedQueue

logger = logging.getLogger(__name__)


class Cause(Enum):
    """Why an envelope was dropped: by its name in :class:`Stats`, as a sentence in warnings."""

    QUEUE_FULL = "the queue is full: telemetry arrives faster than it can be sent"
    NOT_ENCODABLE = "the item has a value that the protocol has no place for"
    REFUSED = "the server refused the item"
    TOO_LARGE = "the item alone is larger than the server takes"
    NO_ROOM = "the server is away and no more telemetry can be kept"
    EXPIRED = "it lay on disk for longer than it is kept"
    DAMAGED = "a stored file cannot be read any more"
    PROCESSOR = "a telemetry processor left something that is no envelope"
    FILTERED = "a telemetry processor did not want it"
    DEFECT = "sending failed in an unforeseen way"

    @property
    def reason(self) -> str:
        """The name under which :class:`Stats` counts it."""
        return self.name.lower()


INTENDED = frozenset({Cause.FILTERED})
"""What the host asked for is no reason for a warning."""


@dataclass(frozen=True)
class Stats:
    """What became of the envelopes of one exporter in this process.

    At any moment ``recorded + recovered == waiting + sent + stored + sum(dropped.values())``.

    Attributes:
        recorded: Envelopes that the exporter was given; an item that the full queue refused is one.
        recovered: Envelopes on disk that others had put there, and that this exporter took over.
        waiting: Envelopes in the queue, in memory or on their way.
        sent: Envelopes that the server took.
        stored: Envelopes that were handed to disk and not taken back.
        dropped: Envelopes that are lost, by reason.
    """

    recorded: int
    recovered: int
    waiting: int
    sent: int
    stored: int
    dropped: Mapping[str, int]


class Ledger:
    """Counts the envelopes of one exporter, and warns once per cause of what is lost.

    Entries are made by the sending thread, and by the thread that ends the process; any thread may
    ask for the sums. The host's threads that put items make no entry and take no lock.

    Args:
        exporter: The name that appears in warnings.

    Attributes:
        tell: Told of every entry but those of the queue; None where nobody listens.
    """

    def __init__(self, exporter: str) -> None:
        self.dropped_by_cause: Counter[Cause] = Counter()
        self.exporter = exporter
        self.tell: Tell | None = None
        # A signal handler may ask for the sums while its own thread makes an entry.
        self._lock = threading.RLock()
        self._recorded = 0
        self._recovered = 0
        self._waiting = 0
        self._sent = 0
        self._stored = 0
        self._refusals_noted = 0
        self._is_delayed = False
        self._is_without_disk = False

    def stats(self, queue: BoundedQueue[Any] | None = None) -> Stats:
        """Return the sums of this moment, with what waits in a queue."""
        with self._lock:
            queued = 0 if queue is None else len(queue)
            refused = 0 if queue is None else queue.refused - self._refusals_noted
            dropped = {cause.reason: n for cause, n in self.dropped_by_cause.items() if n}
            if refused:
                name = Cause.QUEUE_FULL.reason
                dropped[name] = dropped.get(name, 0) + refused
            return Stats(
                recorded=self._recorded + queued + refused,
                recovered=self._recovered,
                waiting=self._waiting + queued,
                sent=self._sent,
                stored=self._stored,
                dropped=dropped,
            )

    @property
    def total_dropped(self) -> int:
        """How many envelopes were dropped so far, apart from those that a queue refused."""
        return sum(self.dropped_by_cause.values())

    def take(self, queue: BoundedQueue[Any], count: int) -> list[Any]:
        """Take at most ``count`` items from a queue; each stands for one envelope for now."""
        with self._lock:
            taken = queue.take(count)
            self._recorded += len(taken)
            self._waiting += len(taken)
        return taken

    def given(self, count: int) -> None:
        """Enter envelopes that came another way than through the queue."""
        with self._lock:
            self._recorded += count
            self._waiting += count

    def became(self, count: int) -> None:
        """Enter that one item stands for ``count`` envelopes."""
        self.given(count - 1)

    def recovered_as(self, count: int) -> None:
        """Enter that one item that was taken over stands for ``count`` envelopes."""
        self.taken_from_disk(count - 1, is_ours=False)

    def refused(self, queue: BoundedQueue[Any]) -> None:
        """Enter the items that a full queue refused since the last time."""
        with self._lock:
            count = queue.refused - self._refusals_noted
            self._refusals_noted += count
            self._recorded += count
            self._waiting += count
        self.dropped(Cause.QUEUE_FULL, count)

    def sent(self, count: int) -> None:
        """Enter waiting envelopes that the server took."""
        with self._lock:
            self._waiting -= count
            self._sent += count
        if self.tell is not None and count:
            self.tell(f"sent {items(count)}")

    def stored(self, count: int) -> None:
        """Enter waiting envelopes that were handed to disk."""
        with self._lock:
            self._waiting -= count
            self._stored += count
        if self.tell is not None and count:
            self.tell(f"stored {items(count)}")

    def taken_from_disk(self, count: int, *, is_ours: bool) -> None:
        """Enter envelopes that come from disk: handed there by this exporter, or by others."""
        with self._lock:
            self._waiting += count
            if is_ours:
                self._stored -= count
            else:
                self._recovered += count
        if self.tell is not None and count:
            whose = "its own" if is_ours else "left by others"
            verb = "took" if count > 0 else "put back"
            self.tell(f"{verb} {items(abs(count))} from disk, {whose}")

    def put_back(self, count: int, *, is_ours: bool) -> None:
        """Enter that envelopes were not taken from disk after all."""
        self.taken_from_disk(-count, is_ours=is_ours)

    def gave_up(self, cause: Cause, count: int, is_ours: bool) -> None:
        """Enter envelopes that were deleted from disk unsent."""
        self.taken_from_disk(count, is_ours=is_ours)
        self.dropped(cause, count)

    def dropped(self, cause: Cause, count: int = 1, detail: str = "") -> None:
        """Enter waiting envelopes that are lost, and write a warning when the cause is new."""
        if count <= 0:
            return
        with self._lock:
            first = cause not in self.dropped_by_cause
            self._waiting -= count
            self.dropped_by_cause[cause] += count
        logger.log(
            logging.WARNING if first and cause not in INTENDED else logging.DEBUG,
            "telemetry lost: %s exporter=%s count=%d detail=%s",
            cause.value,
            self.exporter,
            count,
            detail or "none",
        )
        if self.tell is not None:
            self.tell(f"dropped {items(count)}: {cause.value}{f' ({detail})' if detail else ''}")

    def write_off(self, still_waiting: int) -> None:
        """Enter as lost what waits, but for ``still_waiting`` envelopes outside the queue."""
        with self._lock:
            count = self._waiting - still_waiting
        self.dropped(Cause.DEFECT, count)

    def delayed(self, detail: str, wait_s: float = 0.0) -> None:
        """Write one warning while the server takes nothing; :meth:`resumed` ends it.

        Args:
            detail: Why.
            wait_s: How long no attempt is made.
        """
        level = logging.DEBUG if self._is_delayed else logging.WARNING
        self._is_delayed = True
        logger.log(
            level,
            "telemetry delayed: the server takes none now exporter=%s detail=%s",
            self.exporter,
            detail,
        )
        if self.tell is not None:
            self.tell(f"waits {wait_s:.1f} s: {detail}")

    def resumed(self) -> None:
        """Note that the server takes telemetry again."""
        if self._is_delayed:
            self._is_delayed = False
            logger.info("telemetry resumed: the server takes it again exporter=%s", self.exporter)

    def no_disk(self, detail: str) -> None:
        """Write one warning that telemetry cannot be kept on disk."""
        level = logging.DEBUG if self._is_without_disk else logging.WARNING
        self._is_without_disk = True
        logger.log(
            level,
            "telemetry cannot be kept on disk: it waits in memory exporter=%s detail=%s",
            self.exporter,
            detail,
        )
        if self.tell is not None:
            self.tell(f"cannot store: {detail}")

    def ended(self, queue: BoundedQueue[Any]) -> None:
        """Tell what became of everything."""
        if self.tell is None:
            return
        stats = self.stats(queue)
        dropped = ", ".join(f"{reason} {count}" for reason, count in stats.dropped.items())
        self.tell(
            f"ends: recorded {stats.recorded}, recovered {stats.recovered}, sent {stats.sent},"
            f" stored {stats.stored}, waiting {stats.waiting}, dropped {dropped or 0}"
        )
