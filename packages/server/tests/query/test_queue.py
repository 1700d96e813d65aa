from __future__ import annotations

import threading

import pytest

from openinsights.query.limits import QueryLimits
from openinsights.query.queue import Kind, QueryQueue, TooManyQueries
from openinsights.store.api import Cancellation
from openinsights.store.errors import QueryTooLarge

WAIT_S = 10


class Held:
    """Work that runs until it is let go of, and notes that it began."""

    def __init__(self, began: list[str], name: str) -> None:
        self.began, self.name = began, name
        self.runs, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.began.append(self.name)
        self.runs.set()
        assert self.may_end.wait(WAIT_S)
        return self.name


class Time:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def began():
    return []


@pytest.fixture
def queue_of():
    queues = []

    def make(time=None, **limits):
        queue = QueryQueue(QueryLimits(**limits), *([time] if time else []))
        queues.append(queue)
        return queue

    yield make
    for queue in queues:
        queue.close()


def test_a_few_run_some_wait_and_more_are_turned_away(queue_of):
    queue = queue_of(at_once=1, max_waiting=1)
    may_end = threading.Event()
    running = queue.submit(may_end.wait)
    waiting = queue.submit(lambda: 2)
    with pytest.raises(TooManyQueries, match="try again in 5 s"):
        queue.submit(lambda: 3)
    may_end.set()
    assert (running.result(WAIT_S), waiting.result(WAIT_S)) == (True, 2)
    assert queue.submit(lambda: 4).result(WAIT_S) == 4


def test_failed_work_gives_its_place_back(queue_of):
    queue = queue_of(at_once=1, max_waiting=0)
    with pytest.raises(ZeroDivisionError):
        queue.submit(lambda: 1 / 0).result(WAIT_S)
    assert queue.submit(lambda: 1).result(WAIT_S) == 1


def test_one_place_is_kept_for_tiles(queue_of, began):
    queue = queue_of(at_once=3)
    held = [Held(began, name) for name in ("a", "b", "c")]
    for each in held:
        queue.submit(each, caller=each.name)
    assert held[1].runs.wait(WAIT_S)
    assert queue.submit(lambda: "tile", Kind.TILE).result(WAIT_S) == "tile"
    assert "c" not in began
    for each in held:
        each.may_end.set()
    assert held[2].runs.wait(WAIT_S)


def test_a_caller_with_many_queries_does_not_stand_before_one_with_one(queue_of, began):
    queue = queue_of(at_once=1)
    first = Held(began, "first")
    queue.submit(first, caller="many")
    waiting = [
        queue.submit(lambda number=number: began.append(f"many {number}"), caller="many")
        for number in range(3)
    ]
    waiting.append(queue.submit(lambda: began.append("one"), caller="one"))
    first.may_end.set()
    for turn in waiting:
        turn.result(WAIT_S)
    assert began == ["first", "many 0", "one", "many 1", "many 2"]


def test_a_slow_query_gives_its_place_to_another_and_goes_on(queue_of, began):
    time = Time()
    queue = queue_of(time, at_once=1, heavy_after_s=3.0, heavy_at_once=1)
    slow, next_ = Held(began, "slow"), Held(began, "next")
    turn = queue.submit(slow)
    assert slow.runs.wait(WAIT_S)
    time.now_s += 3
    queue.submit(next_)
    assert next_.runs.wait(WAIT_S)
    time.now_s += 3
    third = queue.submit(lambda: 3)
    assert not third.done(), "so many slow ones run beside, and no more"
    slow.may_end.set()
    assert turn.result(WAIT_S) == "slow"
    assert third.result(WAIT_S) == 3
    next_.may_end.set()


def test_a_slow_query_is_set_aside_although_nothing_else_happens(queue_of, began):
    queue = queue_of(at_once=1, heavy_after_s=0.1, heavy_at_once=1)
    slow = Held(began, "slow")
    queue.submit(slow)
    assert queue.submit(lambda: 2).result(WAIT_S) == 2
    slow.may_end.set()


def test_a_text_that_was_slow_begins_beside_the_usual_ones(queue_of, began):
    time = Time()
    queue = queue_of(time, at_once=1, heavy_after_s=3.0, heavy_at_once=1)
    slow, again, third = (Held(began, name) for name in ("slow", "again", "third"))
    turn = queue.submit(slow, text="cross join")
    assert slow.runs.wait(WAIT_S)
    time.now_s += 60
    slow.may_end.set()
    turn.result(WAIT_S)
    queue.submit(again, text="cross join")
    assert again.runs.wait(WAIT_S)
    assert queue.submit(lambda: 2).result(WAIT_S) == 2
    waits = queue.submit(third, text="cross join")
    assert queue.submit(lambda: 3).result(WAIT_S) == 3
    assert not waits.running()
    for each in (again, third):
        each.may_end.set()
    assert waits.result(WAIT_S) == "third"


def test_what_nobody_waits_for_any_more_is_not_run(queue_of, began):
    queue = queue_of(at_once=1)
    first = Held(began, "first")
    queue.submit(first)
    left = queue.submit(lambda: began.append("left"))
    assert left.cancel()
    first.may_end.set()
    assert queue.submit(lambda: 2).result(WAIT_S) == 2
    assert began == ["first"]
    assert queue.waiting == 0


class Hungry:
    """Work that finds too little memory until another query has ended."""

    def __init__(self, held):
        self.held, self.tries = held, 0

    def __call__(self):
        self.tries += 1
        if not self.held.may_end.is_set():
            raise QueryTooLarge("too little memory")
        return self.tries


def test_what_finds_too_little_memory_runs_again_once_another_has_ended(queue_of, began):
    queue = queue_of(at_once=3)
    other = Held(began, "other")
    queue.submit(other)
    assert other.runs.wait(WAIT_S)
    hungry = Hungry(other)
    turn = queue.submit(hungry)
    while not any(each.waits_for_room for each in list(queue._running)):
        assert not turn.done()
    other.may_end.set()
    assert turn.result(WAIT_S) == 2
    with pytest.raises(QueryTooLarge):
        queue.submit(Hungry(Held(began, "nobody"))).result(WAIT_S)


def test_a_tile_that_finds_too_little_memory_ends_the_longest_typed_query(queue_of, began):
    time = Time()
    queue = queue_of(time, at_once=4)
    cancellations = [Cancellation(), Cancellation()]
    long, short = Held(began, "long"), Held(began, "short")
    cancellations[0].attach(long.may_end.set)
    cancellations[1].attach(short.may_end.set)
    for held, cancellation in zip((long, short), cancellations, strict=True):
        queue.submit(held, cancellation=cancellation)
        assert held.runs.wait(WAIT_S)
        time.now_s += 1
    assert queue.submit(Hungry(long), Kind.TILE).result(WAIT_S) == 2
    assert cancellations[0].too_large
    assert not cancellations[1].cancelled
    short.may_end.set()


def test_closing_drops_what_waits(began):
    queue = QueryQueue(QueryLimits(at_once=1))
    first = Held(began, "first")
    running = queue.submit(first)
    waiting = queue.submit(lambda: 2)
    assert first.runs.wait(WAIT_S)
    first.may_end.set()
    queue.close()
    assert running.result(0) == "first"
    assert waiting.cancelled() or waiting.result(0) == 2


def test_limits_grant_at_most_what_they_hold():
    limits = QueryLimits(max_rows=10, max_cells=40, timeout_s=5, max_timeout_s=60)
    assert tuple(limits.granted_rows(n, 2) for n in (None, 3, 99)) == (10, 3, 10)
    assert tuple(limits.granted_rows(n, 5) for n in (None, 3, 99)) == (8, 3, 8)
    assert limits.granted_rows(None, 1000) == 1
    assert limits.granted_rows(None, 0) == 10
    assert tuple(limits.granted_s(s) for s in (None, 7, 999)) == (5, 7, 60)
