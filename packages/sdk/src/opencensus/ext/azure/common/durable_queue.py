"""A queue whose items are in a file too, so that the next process finds what this one left.

Each item is written into a ring when it is put. Its record is released when the item was sent,
stored or given up. An item's id for the server is made of the ring's own source and the record's
number: sent again after a crash, it is known again. What items look like as bytes is elsewhere.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import adler32

from opencensus.ext.azure.common.ledger import Cause
from opencensus.ext.azure.common.queue import BoundedQueue
from opencensus.ext.azure.common.ring import ROOM, UNFINISHED, LeftRing, Ring, pack_head, take_over
from openinsights_wire.sequence import SOURCE_DIGITS, format_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from opencensus.ext.azure.common.ledger import Ledger
    from openinsights_wire.envelope import Envelope

logger = logging.getLogger(__name__)

SUFFIX = ".ring"
MOST_ENVELOPES = 16
"""So many envelopes of one item have ids of their own; the last digit of the source tells them."""
UNFINISHED_MAX_AGE_S = 60.0


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of exporter's items become bytes and come back.

    Attributes:
        kind: Only an exporter of the same kind takes them over.
        freeze: Returns an item as bytes; called on the host's threads.
        thaw: Returns an item, or a list of the envelopes that it had become.
        tags: Those of the process; what is taken over keeps the tags of its own.
    """

    kind: str
    freeze: Callable[[Any], bytes]
    thaw: Callable[[bytes], Any]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Durability:
    """Makes an exporter's durable queues, one for each process, and finds those left behind.

    Attributes:
        form: What items are as bytes.
        folder: Where rings lie.
        server_tag: Names the server for which the items are.
        retention_s: Older rings are deleted.
        now: The time of day in seconds since 1970.
    """

    form: Form
    folder: Path
    server_tag: str
    retention_s: float
    now: Callable[[], float]

    def queue(self, capacity: int, wake_at: int) -> DurableQueue:
        """Return a queue with a ring of its own."""
        return DurableQueue(capacity, wake_at, self.form, self.folder, self.server_tag)

    def left(self, ledger: Ledger) -> LeftQueues:
        """Return what processes left behind that ended without notice."""
        return LeftQueues(
            self.form, self.folder, self.server_tag, self.retention_s, self.now, ledger
        )


class DurableQueue(BoundedQueue[Any]):
    """A bounded queue that writes each item into a ring of its own.

    What does not get into the ring waits in memory only. :meth:`take` gives items with the number
    of their record, which :meth:`envelopes` understands.

    Args:
        capacity: How many items may wait; more are refused and counted in ``refused``.
        wake_at: How many waiting items end the consumer's wait early.
        form: How items become bytes.
        folder: Where the ring lies; made when it does not exist.
        server_tag: Names the server for which the items are.
    """

    def __init__(
        self, capacity: int, wake_at: int, form: Form, folder: Path, server_tag: str
    ) -> None:
        super().__init__(capacity, wake_at)
        self._form = form
        self._folder = folder
        self._server_tag = server_tag
        self._source = os.urandom(SOURCE_DIGITS // 2).hex()[:-1]
        self._opening = threading.Lock()
        self._ring: Ring | None = None
        self._is_closed = False
        self._is_open = False
        self._unwritten = 0
        # Records of what became envelopes, and is not sent, stored or given up yet.
        self._unsettled: list[int] = []

    def put(self, item: Any) -> bool:
        """Append an item unless the queue is full; return whether it was taken."""
        self.open()
        return self.put(item)

    def open(self) -> None:
        """Make the ring now rather than with the first item. Without one, items wait in memory."""
        with self._opening:
            if self._is_open:
                return
            self._is_open = True
            try:
                self._ring = self._make_ring()
                put = self._put_into(self._ring)
            except (OSError, ValueError) as error:
                logger.warning("telemetry cannot be written when it is recorded cause=%s", error)
                put = self._put_into_memory
            self.put = put  # type: ignore[method-assign, assignment]

    def envelopes(
        self, item: tuple[int, Any], convert: Callable[[Any], Iterable[Envelope]]
    ) -> Iterable[Envelope]:
        """Return the envelopes of an item that was taken, with their ids."""
        token, raw = item
        if token < 0 or self._ring is None:
            return convert(raw)
        self._unsettled.append(token)
        return _with_ids(convert(raw), self._source, self._ring.number(token))

    def settle(self) -> None:
        """Note that all items that became envelopes were sent, stored or given up."""
        settled, self._unsettled = self._unsettled, []
        if self._ring is not None and not self._is_closed:
            self._ring.release(settled)

    def close(self, *, keep: bool = False) -> None:
        """End the ring; keep its file when not everything in it was settled."""
        with self._opening:
            if not self._is_open:
                self._is_open = True
                self.put = self._put_into_memory  # type: ignore[method-assign]
            ring, is_closed = self._ring, self._is_closed
            self._is_closed = True
        if ring is not None and not is_closed:
            if self._unwritten:
                logger.debug("items waited in memory only count=%d", self._unwritten)
            ring.close(keep=keep)

    def _put_into(self, ring: Ring) -> Callable[[Any], bool]:
        # Hot path: every log record and span comes through here. Variables of a function around it
        # are at hand sooner than attributes, and no part of it is a call that need not be.
        items, capacity, wake_at, freeze = (
            self._items,
            self.capacity,
            self._wake_at,
            self._form.freeze,
        )
        memory, length = ring.memory, ring.length
        next_free, next_number, append = ring.next_free, ring.next_number, ring.append

        def put(item: Any) -> bool:
            waiting = len(items)
            if waiting >= capacity:
                self.refused += 1
                return False
            try:
                body = freeze(item)
                size = len(body)
                if size <= ROOM:
                    at = next_free()
                    number = next_number()
                    start = at + 16
                    memory[start : start + size] = body
                    pack_head(memory, at, size, adler32(body), number)
                    token = number * length + at
                else:
                    token = append(body)
            except Exception:
                # No slot is free, the ring has ended, or the host's objects fail in any other way.
                self._unwritten += 1
                token = -1
            items.append((token, item))
            if waiting + 1 >= wake_at and not self._signalled:
                self._signalled = True
                self._signals.put(None)
            return True

        return put

    def _put_into_memory(self, item: Any) -> bool:
        return super().put((-1, item))

    def _make_ring(self) -> Ring:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{self._server_tag}-{self._form.kind}-{self._source}{SUFFIX}"
        facts = {"source": self._source, "tags": dict(self._form.tags)}
        return Ring(self._folder / name, self.capacity, facts)


class LeftQueues:
    """The rings that processes left behind which ended without notice.

    Args:
        form: What the items in them are; others are left alone.
        folder: Where rings lie.
        server_tag: Names the server for which the items are.
        retention_s: Older rings of any kind are deleted.
        now: The time of day in seconds since 1970.
        ledger: Where what is taken over is entered.
    """

    def __init__(
        self,
        form: Form,
        folder: Path,
        server_tag: str,
        retention_s: float,
        now: Callable[[], float],
        ledger: Ledger,
    ) -> None:
        self._form = form
        self._folder = folder
        self._prefix = f"{server_tag}-{form.kind}-"
        self._retention_s = retention_s
        self._now = now
        self._ledger = ledger

    def exist(self) -> bool:
        """Whether there is a ring of this kind, of a process that runs or of one that ended."""
        return any(name.startswith(self._prefix) for name in self._names())

    def batches(
        self, size: int, convert: Callable[[Any], Iterable[Envelope]]
    ) -> Iterator[list[Envelope]]:
        """Yield what was left, with its ids, at most ``size`` items at once.

        Who asks for the next batch says that the one before was sent, stored or given up. Who stops
        asking leaves the rest for another time.
        """
        for name in self._names():
            path = self._folder / name
            if name.endswith(UNFINISHED):
                self._delete_when_old(path)
            elif name.startswith(self._prefix):
                left = take_over(path)
                if left is not None:
                    yield from self._batches_of(left, size, convert)
            elif self._age_s(path) > self._retention_s:
                self._give_up(path)

    def _batches_of(
        self, left: LeftRing, size: int, convert: Callable[[Any], Iterable[Envelope]]
    ) -> Iterator[list[Envelope]]:
        is_done = False
        try:
            records = left.records()
            for start in range(0, len(records), size):
                batch = records[start : start + size]
                yield self._thawed(batch, left.facts, convert)
                left.release(number for number, _ in batch)
            is_done = True
        finally:
            left.close(keep=not is_done)

    def _thawed(
        self,
        records: list[tuple[int, bytes]],
        facts: Mapping[str, Any],
        convert: Callable[[Any], Iterable[Envelope]],
    ) -> list[Envelope]:
        self._ledger.taken_from_disk(len(records), is_ours=False)
        envelopes: list[Envelope] = []
        for number, body in records:
            try:
                item = self._form.thaw(body)
                found = item if isinstance(item, list) else convert(item)
                found = _with_ids(found, facts["source"], number)
            except Exception as error:
                detail = f"{type(error).__name__}: {error}"
                self._ledger.dropped(Cause.DAMAGED, 1, detail)
                continue
            for envelope in found:
                envelope.tags.update(facts["tags"])
            self._ledger.recovered_as(len(found))
            envelopes += found
        return envelopes

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - names are all that is needed
        except OSError:
            return []
        return sorted(name for name in names if name.endswith((SUFFIX, SUFFIX + UNFINISHED)))

    def _age_s(self, path: Path) -> float:
        try:
            return self._now() - path.stat().st_mtime
        except OSError:
            return 0.0

    def _delete_when_old(self, path: Path) -> None:
        if self._age_s(path) > UNFINISHED_MAX_AGE_S:
            path.unlink(missing_ok=True)

    def _give_up(self, path: Path) -> None:
        left = take_over(path)
        if left is not None:
            self._ledger.gave_up(Cause.EXPIRED, len(left.records()), is_ours=False)
            left.close()


def _with_ids(envelopes: Iterable[Envelope], source: str, number: int) -> list[Envelope]:
    numbered = list(envelopes)
    for index, envelope in enumerate(numbered[:MOST_ENVELOPES]):
        envelope.seq = format_sequence(f"{source}{index:x}", number)
    return numbered
