from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from opencensus.ext.azure.common.backoff import Backoff
from opencensus.ext.azure.common.blobs import BlobStore
from opencensus.ext.azure.common.delivery import Delivery
from opencensus.ext.azure.common.ledger import Cause, Ledger
from opencensus.ext.azure.common.reply import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

ACCEPTED = Outcome(Verdict.ACCEPTED, 200)
RETRY = Outcome(Verdict.RETRY, 503, "busy")


def items(*numbers: int) -> list[bytes]:
    return [b'{"n":%d}' % number for number in numbers]


class Server:
    """Answers with scripted outcomes, then accepts; keeps what it accepted."""

    def __init__(self) -> None:
        self.script: list[Outcome | Callable[[Sequence[bytes]], Outcome]] = []
        self.attempts: list[list[bytes]] = []
        self.accepted: list[bytes] = []
        self.closed = False

    def post(self, batch: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        self.attempts.append(list(batch))
        answer = self.script.pop(0) if self.script else ACCEPTED
        outcome = answer(batch) if callable(answer) else answer
        if outcome.verdict is Verdict.ACCEPTED:
            again = set(outcome.again)
            self.accepted += [one for index, one in enumerate(batch) if index not in again]
        return outcome

    def close(self) -> None:
        self.closed = True


class World:
    """One delivery with its server, folder and clock."""

    def __init__(self, folder: Path | None, memory_items: int = 100) -> None:
        self.now = 1000.0
        self.server = Server()
        self.ledger = Ledger("test")
        self.backoff = Backoff(60, lambda: self.now, lambda: 1.0)
        self.store = None
        if folder is not None:
            self.store = BlobStore(
                folder,
                server="x",
                max_bytes=10_000,
                retention_s=1e9,
                maintenance_period_s=60,
                now=lambda: self.now,
                gave_up=self.ledger.gave_up,
            )
        self.delivery = Delivery(
            self.server.post,
            self.server.close,
            self.store,
            self.backoff,
            self.ledger,
            timeout_s=10,
            batch_size=100,
            memory_items=memory_items,
        )

    def resend(self) -> None:
        self.delivery.resend(lambda: True, None)


@pytest.fixture(params=["disk", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path / "blobs" if request.param == "disk" else None)


def test_accepted_batch_is_gone(world: World) -> None:
    world.delivery.deliver(items(1, 2))
    world.resend()

    assert world.server.accepted == items(1, 2)
    assert len(world.server.attempts) == 1


def test_failed_batch_arrives_later_once(world: World) -> None:
    world.server.script = [RETRY]
    world.delivery.deliver(items(1, 2))
    world.resend()
    assert world.server.accepted == []
    world.now += 1
    world.resend()
    world.resend()

    assert world.server.accepted == items(1, 2)
    assert len(world.server.attempts) == 2
    assert world.ledger.total_dropped == 0


def test_nothing_is_tried_while_the_server_wants_to_be_left_alone(world: World) -> None:
    world.server.script = [Outcome(Verdict.RETRY, 429, "slow", retry_after_s=30)]
    world.delivery.deliver(items(1))
    world.now += 29
    world.delivery.deliver(items(2))
    world.resend()
    assert len(world.server.attempts) == 1
    world.now += 1
    world.resend()

    assert sorted(world.server.accepted) == items(1, 2)


def test_quota_keeps_items_for_later(world: World) -> None:
    world.server.script = [Outcome(Verdict.QUOTA, 439)]
    world.delivery.deliver(items(1))
    world.now += 59
    world.resend()
    assert world.server.accepted == []
    world.now += 1
    world.resend()

    assert world.server.accepted == items(1)
    assert world.ledger.total_dropped == 0


def test_partial_success_sends_only_the_rest_again(world: World) -> None:
    world.server.script = [Outcome(Verdict.ACCEPTED, 206, "bad", again=(1,), refused=1)]
    world.delivery.deliver(items(1, 2, 3))
    world.resend()

    assert world.server.attempts[1:] == [items(2)]
    assert world.ledger.dropped_by_cause == {Cause.REFUSED: 1}


def test_item_that_fails_again_and_again_does_not_spin(world: World) -> None:
    world.server.script = [Outcome(Verdict.ACCEPTED, 206, again=(0,))] * 4
    world.delivery.deliver(items(1))
    world.resend()

    assert len(world.server.attempts) == 2


def test_body_too_large_is_halved_until_it_fits(world: World) -> None:
    def at_most_two(batch: Sequence[bytes]) -> Outcome:
        return ACCEPTED if len(batch) <= 2 else Outcome(Verdict.SPLIT, 413)

    world.server.script = [at_most_two] * 20
    world.delivery.deliver(items(*range(9)))

    assert world.server.accepted == items(*range(9))


def test_item_that_alone_is_too_large_is_counted(world: World) -> None:
    world.server.script = [Outcome(Verdict.SPLIT, 413)] * 2
    world.delivery.deliver(items(1, 2))

    assert world.server.accepted == items(2)
    assert world.ledger.dropped_by_cause == {Cause.TOO_LARGE: 1}


def test_half_that_fails_is_kept(world: World) -> None:
    world.server.script = [Outcome(Verdict.SPLIT, 413), ACCEPTED, RETRY]
    world.delivery.deliver(items(1, 2, 3, 4))
    world.now += 1
    world.resend()

    assert sorted(world.server.accepted) == items(1, 2, 3, 4)


def test_refused_batch_is_counted_and_not_tried_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.server.script = [Outcome(Verdict.REFUSED, 400, "status 400: bad", refused=2)] * 2
    world.delivery.deliver(items(1, 2))
    world.delivery.deliver(items(3, 4))
    world.resend()

    assert len(world.server.attempts) == 2
    assert world.ledger.dropped_by_cause == {Cause.REFUSED: 4}
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "status 400: bad" in warnings[0].getMessage()


def test_resending_stops_when_it_is_told_to(world: World) -> None:
    world.server.script = [RETRY]
    world.delivery.deliver(items(1))
    world.delivery.deliver(items(2))
    world.now += 1
    world.delivery.resend(lambda: False, None)
    assert len(world.server.attempts) == 1
    world.resend()
    assert sorted(world.server.accepted) == items(1, 2)


def test_large_blob_makes_way_between_its_batches(tmp_path: Path) -> None:
    world = World(tmp_path / "blobs")
    world.delivery.keep(items(*range(250)))
    answers = iter([True, True, True, False])
    world.delivery.resend(lambda: next(answers, False), None)
    assert [len(batch) for batch in world.server.attempts] == [100]
    world.resend()

    assert [len(batch) for batch in world.server.attempts] == [100, 100, 50]
    assert world.server.accepted == items(*range(250))


def test_one_failure_ends_a_round_of_resending(world: World) -> None:
    world.server.script = [RETRY, RETRY]
    for number in range(5):
        world.delivery.deliver(items(number))
    world.now += 1
    world.resend()

    assert len(world.server.attempts) == 2


def test_memory_is_bounded_and_what_does_not_fit_is_counted() -> None:
    world = World(None, memory_items=3)
    world.server.script = [RETRY]
    world.delivery.deliver(items(1, 2))
    world.delivery.deliver(items(3, 4))

    assert world.delivery.waiting_in_memory == 3
    assert world.ledger.dropped_by_cause == {Cause.NO_ROOM: 1}


def test_what_memory_holds_at_the_end_is_counted_without_a_disk() -> None:
    world = World(None)
    world.server.script = [RETRY]
    world.delivery.deliver(items(1, 2))
    world.delivery.close()

    assert world.ledger.dropped_by_cause == {Cause.NO_ROOM: 2}
    assert world.server.closed


def test_disk_that_cannot_be_written_leaves_items_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    world = World(tmp_path / "file" / "blobs")
    world.server.script = [RETRY]
    world.delivery.deliver(items(1))
    world.delivery.deliver(items(2))
    assert world.delivery.waiting_in_memory == 2
    world.now += 1
    world.resend()

    assert world.server.accepted == items(1, 2)
    messages = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert sum("disk" in message for message in messages) == 1


def test_rescue_keeps_the_attempt_that_does_not_end(tmp_path: Path) -> None:
    world = World(tmp_path / "blobs")

    def rescued_meanwhile(batch: Sequence[bytes]) -> Outcome:
        world.delivery.rescue(items(9))
        return RETRY

    world.server.script = [rescued_meanwhile]
    world.delivery.deliver(items(1, 2))
    assert world.store is not None
    stored = [one for blob in world.store.lease(60) for one in blob.items()]

    assert sorted(stored) == items(1, 2, 9)
    assert world.ledger.stats().sent == 0
