"""The books of an exporter add up, whatever servers, disks and other processes do."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from opencensus.ext.azure.common.backoff import Backoff
from opencensus.ext.azure.common.batch import (
    Numbering,
    convert_items,
    encode_items,
    process_envelopes,
)
from opencensus.ext.azure.common.blobs import BlobStore
from opencensus.ext.azure.common.delivery import Delivery
from opencensus.ext.azure.common.ledger import Cause, Ledger
from opencensus.ext.azure.common.queue import BoundedQueue
from opencensus.ext.azure.common.reply import Outcome, Verdict, judge
from opencensus.ext.azure.common.sender import Sender
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.message import MessageData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from opencensus.ext.azure.common.ledger import Stats

STATUSES = (200, 206, 400, 401, 402, 404, 408, 413, 429, 439, 500, 503)
ITEM_STATUSES = (200, 206, 400, 402, 429, 500)
ANSWERS = st.one_of(
    st.just("unreachable"),
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(ITEM_STATUSES), min_size=1, max_size=12),
)
STEPS = 25
RETRY_AFTER = st.sampled_from([None, None, 0.0, 5.0, 300.0])


def adds_up(stats: Stats) -> bool:
    whereabouts = stats.waiting + stats.sent + stats.stored + sum(stats.dropped.values())
    return stats.recorded + stats.recovered == whereabouts


def message(text: str) -> Envelope:
    data = Data("MessageData", MessageData(message=text))
    return Envelope(name="m", time="2026-11-29T18:47:08Z", data=data)


class Server:
    """Answers as it is told, for each attempt anew, and remembers what it took."""

    def __init__(self) -> None:
        self.answers: list[tuple[Any, float | None]] = []
        self.taken: list[bytes] = []
        self.sampled_out = 0
        self.meanwhile: Callable[[], None] | None = None

    def post(self, batch: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        answer, retry_after_s = self.answers.pop(0) if self.answers else (200, None)
        if answer == "unreachable":
            return Outcome(Verdict.RETRY, detail="refused")
        statuses = answer if isinstance(answer, list) else None
        if statuses is None:
            if answer in (200, 206):
                self.taken += batch
            return judge(answer, b"", len(batch), retry_after_s)
        of_items = [statuses[index % len(statuses)] for index in range(len(batch))]
        errors = [
            {"index": index, "statusCode": status, "message": f"status {status}"}
            for index, status in enumerate(of_items)
            if status != 200
        ]
        # A sampled item is done with: the server counts it as received.
        self.taken += [
            one for one, status in zip(batch, of_items, strict=True) if status in (200, 206)
        ]
        reply = {
            "itemsReceived": len(batch),
            "itemsAccepted": len(batch) - len(errors),
            "errors": errors,
        }
        return judge(206, json.dumps(reply).encode(), len(batch), retry_after_s)


class FullDisk(BlobStore):
    """A store on a disk that is full now and then; its files are as old as its clock says."""

    is_full = False

    def put(self, items: Sequence[bytes]) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "no space left on device")
        super().put(items)
        for path in self.folder.iterdir():
            if path.suffix == ".blob" and f"-{self._source}-" in path.name:
                stamp = path.stat().st_mtime
                if stamp < self.now() - 1e6 or stamp > self.now():
                    os.utime(path, (self.now(), self.now()))


class Books(RuleBasedStateMachine):
    """One delivery beside another process that shares its folder."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        # Files get the time of day, which is far beyond this clock until ``put`` corrects it.
        self.now = 1_000_000.0
        self.server = Server()
        self.ledger = Ledger("books")
        self.store = self.open_store(self.ledger.gave_up)
        self.gone_elsewhere = 0
        self.neighbour = self.open_store(self.neighbour_gave_up)
        self.delivery = Delivery(
            self.server.post,
            lambda: None,
            self.store,
            Backoff(60, lambda: self.now, lambda: 1.0),
            self.ledger,
            timeout_s=10,
            batch_size=8,
            memory_items=12,
        )
        self.recorded = 0
        self.foreign = 0
        self.next_item = 0
        self.is_closed = False
        self.steps = 0

    def teardown(self) -> None:
        self.directory.cleanup()

    def open_store(self, gave_up: Callable[[Cause, int, bool], None]) -> FullDisk:
        return FullDisk(
            Path(self.directory.name),
            server="x",
            max_bytes=400,
            retention_s=5000,
            maintenance_period_s=0,
            now=lambda: self.now,
            gave_up=gave_up,
        )

    def neighbour_gave_up(self, cause: Cause, count: int, is_ours: bool) -> None:
        self.gone_elsewhere += count

    def items(self, count: int) -> list[bytes]:
        numbers = range(self.next_item, self.next_item + count)
        self.next_item += count
        return [b'{"n":%d}' % number for number in numbers]

    def record(self, count: int) -> list[bytes]:
        self.recorded += count
        self.ledger.given(count)
        return self.items(count)

    @rule(count=st.integers(1, 12), answers=st.lists(st.tuples(ANSWERS, RETRY_AFTER), max_size=8))
    @precondition(lambda self: not self.is_closed)
    def deliver(self, count: int, answers: list[Any]) -> None:
        self.server.answers = answers
        self.delivery.deliver(self.record(count))

    @rule(
        seconds=st.sampled_from([0.0, 61.0, 301.0]),
        asked=st.sampled_from([0, 2, 3, 5, 100]),
        answers=st.lists(st.tuples(ANSWERS, RETRY_AFTER), max_size=4),
    )
    @precondition(lambda self: not self.is_closed)
    def resend(self, seconds: float, asked: int, answers: list[Any]) -> None:
        self.now += seconds
        self.server.answers = answers
        left = iter(range(asked))
        self.delivery.resend(lambda: next(left, None) is not None, None)

    @rule(seconds=st.sampled_from([0.5, 5.0, 70.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(is_full=st.booleans())
    def fill_the_disk(self, is_full: bool) -> None:
        self.store.is_full = is_full

    @rule(count=st.integers(1, 12))
    def somebody_else_stores(self, count: int) -> None:
        self.foreign += count
        self.neighbour.put(self.items(count))

    @rule()
    def cut_a_file_short(self) -> None:
        for path in sorted(Path(self.directory.name).glob("*.blob")):
            whole = path.read_bytes()
            if whole.endswith(b"}"):
                path.write_bytes(whole[:-1])
                os.utime(path, (self.now, self.now))
                break

    @rule()
    def somebody_else_sends(self) -> None:
        for blob in self.neighbour.lease(60):
            items = blob.items()
            assert items is not None
            self.gone_elsewhere += blob.item_count or 0
            blob.delete()
            break

    @rule()
    @precondition(lambda self: not self.is_closed)
    def defect(self) -> None:
        def fail() -> None:
            raise ZeroDivisionError

        self.server.meanwhile = fail
        try:
            self.delivery.deliver(self.record(3))
        except ZeroDivisionError:
            self.delivery.abandon()
        self.server.meanwhile = None

    @rule(resends=st.booleans(), answers=st.lists(st.tuples(ANSWERS, RETRY_AFTER), max_size=4))
    @precondition(lambda self: self.may_end and not self.is_closed)
    def end_while_an_attempt_hangs(self, resends: bool, answers: list[Any]) -> None:
        late = self.record(2)
        self.now += 301.0
        self.server.meanwhile = lambda: self.delivery.rescue(late)
        taken_before = list(self.server.taken)
        self.server.answers = answers
        if resends:
            self.delivery.resend(lambda: True, None)
        else:
            self.delivery.deliver(self.record(5))
        if self.server.meanwhile is None:
            # What the attempt came to after the rescue is a second copy, and counts nowhere.
            self.server.taken = taken_before
        else:
            self.server.meanwhile = None
            self.delivery.rescue(late)
        self.is_closed = True

    @rule()
    @precondition(lambda self: self.may_end and not self.is_closed)
    def close(self) -> None:
        self.delivery.close()
        self.is_closed = True

    @rule(count=st.integers(1, 3))
    @precondition(lambda self: self.is_closed)
    def record_after_the_end(self, count: int) -> None:
        self.delivery.keep_or_lose(self.record(count))

    @property
    def may_end(self) -> bool:
        return self.steps > STEPS - 8

    def on_disk(self) -> int:
        files = [path for path in Path(self.directory.name).iterdir() if path.is_file()]
        return sum(path.read_bytes().count(b"\n") + 1 for path in files)

    @invariant()
    def every_item_is_somewhere_and_nowhere_twice(self) -> None:
        self.steps += 1
        stats = self.ledger.stats()
        dropped = sum(stats.dropped.values())
        assert adds_up(stats)
        assert stats.recorded == self.recorded
        assert stats.sent == len(self.server.taken) == len(set(self.server.taken))
        assert stats.waiting == self.delivery.waiting_in_memory
        whereabouts = stats.sent + stats.waiting + self.on_disk() + dropped + self.gone_elsewhere
        assert self.recorded + self.foreign == whereabouts
        assert min(stats.recovered, stats.stored, *stats.dropped.values(), 0) == 0


Books.TestCase.settings = settings(max_examples=100, stateful_step_count=STEPS, deadline=None)
TestBooks = Books.TestCase


def convert_text(text: str) -> list[Envelope]:
    """Each letter of an item is an envelope; no envelope comes of a number."""
    return [message(letter) for letter in text]


def without_b(envelopes: Any) -> list[Envelope]:
    return [one for one in envelopes if one.data.baseData.message != "b"]


@settings(max_examples=40, deadline=None)
@given(
    items=st.lists(st.sampled_from(["a", "b", "abc", "", 7]), max_size=40),
    answers=st.lists(st.tuples(ANSWERS, RETRY_AFTER), max_size=6),
    capacity=st.sampled_from([3, 100]),
    has_disk=st.booleans(),
    flushes=st.booleans(),
)
def test_sender_knows_of_everything_that_was_put(
    items: list[Any], answers: list[Any], capacity: int, has_disk: bool, flushes: bool
) -> None:
    server = Server()
    server.answers = answers
    with tempfile.TemporaryDirectory() as directory:

        def make_delivery(ledger: Ledger) -> Delivery:
            store = BlobStore(
                Path(directory),
                server="x",
                max_bytes=2000,
                retention_s=1e9,
                maintenance_period_s=60,
                now=time.time,
                gave_up=ledger.gave_up,
            )
            return Delivery(
                server.post,
                lambda: None,
                store if has_disk else None,
                Backoff(0.01, time.monotonic),
                ledger,
                timeout_s=10,
                batch_size=4,
                memory_items=6,
            )

        sender = Sender(
            "books",
            make_delivery,
            without_b,
            convert=convert_text,
            capacity=capacity,
            batch_size=4,
            interval_s=60,
            grace_s=20,
            closes_at_exit=False,
        )
        for item in items:
            sender.put(item)
            assert adds_up(sender.stats())
        if flushes:
            assert sender.flush(20)
            assert adds_up(sender.stats())
        sender.close()
        stats = sender.stats()
        on_disk = sum(path.read_bytes().count(b"\n") + 1 for path in Path(directory).iterdir())

    assert adds_up(stats)
    assert stats.waiting == 0
    assert stats.stored == on_disk
    assert stats.sent == len(server.taken)
    if capacity == 100:
        assert stats.recorded == sum(1 if item == 7 else len(item) for item in items)
        assert stats.dropped.get("not_encodable", 0) == items.count(7)
        assert stats.dropped.get("filtered", 0) == "".join(map(str, items)).count("b")


def test_items_in_a_queue_wait_and_those_that_it_refuses_are_dropped() -> None:
    ledger = Ledger("test")
    queue: BoundedQueue[str] = BoundedQueue(3, 1)
    for item in "abcde":
        queue.put(item)

    assert adds_up(ledger.stats(queue))
    assert ledger.stats(queue).recorded == 5
    assert ledger.stats(queue).waiting == 3
    assert ledger.stats(queue).dropped == {"queue_full": 2}
    ledger.refused(queue)
    assert ledger.take(queue, 2) == ["a", "b"]
    ledger.sent(2)
    stats = ledger.stats(queue)

    assert adds_up(stats)
    assert (stats.recorded, stats.waiting, stats.sent) == (5, 1, 2)
    assert stats.dropped == {"queue_full": 2}


def test_item_stands_for_as_many_envelopes_as_it_becomes() -> None:
    ledger = Ledger("test")
    queue: BoundedQueue[str] = BoundedQueue(9, 1)
    for item in ("", "abc", "fails", "d"):
        queue.put(item)

    def convert(item: str) -> list[Envelope]:
        assert item != "fails"
        return [message(part) for part in item]

    envelopes = convert_items(ledger.take(queue, 9), convert, ledger)
    assert len(envelopes) == 4
    stats = ledger.stats(queue)

    assert adds_up(stats)
    assert (stats.recorded, stats.waiting, stats.dropped) == (5, 4, {"not_encodable": 1})


def test_what_processors_take_away_or_add_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger("test")
    envelopes = [message("a"), message("b"), message("c")]
    ledger.given(3)
    left = process_envelopes(envelopes, lambda given: list(given)[:1], ledger)
    assert len(left) == 1
    assert ledger.stats().dropped == {"filtered": 2}
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
    process_envelopes(left, lambda given: [*given, message("d")], ledger)

    assert adds_up(ledger.stats())
    assert ledger.stats().recorded == 4


def test_envelope_that_a_processor_broke_costs_itself_only() -> None:
    """The retired package loses the batch."""
    ledger = Ledger("test")
    broken: list[Any] = [message("a"), message("b"), message("c"), "no envelope", message("d")]
    broken[0].data = None
    broken[1].data.baseData = 7
    broken[2].tags = None
    ledger.given(5)
    items = encode_items(broken, Numbering(), ledger)
    ledger.sent(len(items))
    stats = ledger.stats()

    assert [json.loads(item)["data"]["baseData"]["message"] for item in items] == ["c", "d"]
    assert adds_up(stats)
    assert stats.dropped == {"not_encodable": 2, "processor": 1}


def test_each_cause_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger("test")
    ledger.given(6)
    for _ in range(2):
        for cause in (Cause.REFUSED, Cause.TOO_LARGE, Cause.FILTERED):
            ledger.dropped(cause)
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]

    assert len(warnings) == 2
    assert ledger.stats().dropped == {"refused": 2, "too_large": 2, "filtered": 2}
