"""The queue and its thread, with a target that does what a test says."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from openinsights.store.errors import StoreClosed, StoreError
from openinsights.store.group_writer import GroupWriter, Pending
from openinsights.store.limits import StoreLimits
from openinsights.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

BODY = Rows(b"x" * 16, 10, ())


def submit(writer: GroupWriter[Pending]) -> Future[None]:
    pending = Pending(BODY)
    writer.submit(pending)
    return pending.future


class Target:
    """Resolves bodies once it may; notes groups and rests."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.groups: list[int] = []
        self.rested = threading.Event()
        self.failure: BaseException | None = None
        self.resting_failure: Exception | None = None

    def commit(self, group: list[Pending]) -> None:
        assert self.go_on.wait(30)
        self.groups.append(len(group))
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        for pending in group:
            pending.future.set_result(None)

    def rest(self) -> None:
        self.rested.set()
        if self.resting_failure is not None:
            raise self.resting_failure


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def writer(target: Target) -> Iterator[GroupWriter[Pending]]:
    made = GroupWriter(target, StoreLimits(checkpoint_idle_s=0.01), "test-writer")
    yield made
    target.go_on.set()
    made.close()


def test_what_waits_is_committed_together(target, writer) -> None:
    futures = [submit(writer) for _ in range(10)]
    target.go_on.set()
    assert [future.result(30) for future in futures] == [None] * 10
    assert len(target.groups) <= 2


def test_giving_up_waiting_does_not_take_a_body_back_nor_harm_the_thread(target, writer) -> None:
    future = submit(writer)
    assert not future.cancel()
    target.go_on.set()
    assert future.result(30) is None
    assert submit(writer).result(30) is None


def test_a_target_that_raises_fails_its_bodies_and_the_next_are_stored(target, writer) -> None:
    target.failure = RuntimeError("broken")
    target.go_on.set()
    with pytest.raises(StoreError, match="broken"):
        submit(writer).result(30)
    assert submit(writer).result(30) is None


def test_errands_run_on_the_writers_thread_and_tell_their_errors(target, writer) -> None:
    assert writer.call(lambda: threading.current_thread().name) == "test-writer"
    with pytest.raises(ZeroDivisionError):
        writer.call(lambda: 1 // 0)


def test_it_rests_when_nothing_comes(target, writer) -> None:
    assert target.rested.wait(30)


def test_resting_that_raises_does_not_harm_the_thread(target, writer, caplog) -> None:
    target.resting_failure = SystemError("error return without exception set")
    target.go_on.set()
    for _ in range(2):
        target.rested.clear()
        assert submit(writer).result(30) is None
        assert target.rested.wait(30)
    assert submit(writer).result(30) is None
    assert "BUG: resting raised" in caplog.text


def test_closed_it_takes_nothing_more(target, writer) -> None:
    target.go_on.set()
    writer.close()
    with pytest.raises(StoreClosed):
        submit(writer)
    with pytest.raises(StoreClosed):
        writer.call(lambda: None)


def test_pending_bytes_go_back_to_zero(target, writer) -> None:
    future = submit(writer)
    assert writer.pending_bytes == 10
    target.go_on.set()
    future.result(30)
    writer.call(lambda: None)
    assert writer.pending_bytes == 0


def test_while_the_target_is_held_up_nobody_waits_for_what_it_has_not_begun(target, writer) -> None:
    begun = submit(writer)
    while writer.pending_bytes != 10 or writer._waiting:
        threading.Event().wait(0.01)
    waiting = [submit(writer) for _ in range(3)]
    writer.fail_waiting(StoreError("held up"))
    for each in waiting:
        with pytest.raises(StoreError, match="held up"):
            each.result(30)
    assert not begun.done()
    assert writer.pending_bytes == 10
    target.go_on.set()
    assert begun.result(30) is None
    assert submit(writer).result(30) is None
    assert writer.settle(30)
    assert target.groups == [1, 1]


def test_who_settles_does_not_wait_for_what_came_later(target, writer) -> None:
    submit(writer)
    while writer._waiting:
        threading.Event().wait(0.01)
    for _ in range(3):
        submit(writer)
    settling = threading.Thread(target=writer.settle, args=(30,))
    settling.start()
    while not writer._hurried:
        threading.Event().wait(0.01)
    later = [submit(writer) for _ in range(5)]
    target.go_on.set()
    settling.join()
    assert [each.result(30) for each in later] == [None] * 5
    assert target.groups == [1, 3, 5]
