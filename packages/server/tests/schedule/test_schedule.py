"""Each instant once: over gaps, clocks that jump, changes, and jobs that fail or take long."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.schedule.instants import instants_after, newest_instant, offset_of
from openinsights.schedule.job import Job, NotDone
from openinsights.schedule.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = 60 * TICKS_PER_SECOND
NOON = 739_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2


class HandClock:
    """A clock that a test puts where it wants it."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def now_ticks(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / TICKS_PER_SECOND


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def schedule(clock: HandClock) -> Schedule:
    return Schedule(clock, workers=1, name="test")


def noting(done: list[int], key: str = "job", every: int = MINUTE, **more: int | bool) -> Job:
    return Job(key, every, done.append, **more)  # type: ignore[arg-type]


def test_a_new_job_is_due_at_once_and_then_at_every_instant(
    clock: HandClock, schedule: Schedule
) -> None:
    done: list[int] = []
    clock.now += 20 * TICKS_PER_SECOND
    schedule.put(noting(done))
    assert schedule.run_due() == 1
    clock.now += 39 * TICKS_PER_SECOND
    assert schedule.run_due() == 0
    clock.now += TICKS_PER_SECOND
    assert schedule.run_due() == 1
    assert done == [NOON, NOON + MINUTE]


def test_what_was_done_before_a_restart_is_not_done_again(
    clock: HandClock, schedule: Schedule
) -> None:
    done: list[int] = []
    clock.now += 30 * TICKS_PER_SECOND
    schedule.put(noting(done, last_due=NOON))
    assert schedule.run_due() == 0
    clock.now += MINUTE
    schedule.run_due()
    assert done == [NOON + MINUTE]


def test_the_newest_missed_instants_are_made_up_for_in_order(
    clock: HandClock, schedule: Schedule
) -> None:
    done: list[int] = []
    schedule.put(noting(done, last_due=NOON, made_up=3))
    clock.now += 10 * MINUTE
    assert schedule.run_due() == 3
    assert done == [NOON + 8 * MINUTE, NOON + 9 * MINUTE, NOON + 10 * MINUTE]


def test_a_delayed_job_waits_for_late_data(clock: HandClock, schedule: Schedule) -> None:
    done: list[int] = []
    schedule.put(noting(done, last_due=NOON, delay_ticks=10 * TICKS_PER_SECOND))
    clock.now += MINUTE + 9 * TICKS_PER_SECOND
    assert schedule.run_due() == 0
    clock.now += TICKS_PER_SECOND
    schedule.run_due()
    assert done == [NOON + MINUTE]


def test_a_clock_that_goes_back_runs_nothing_again(clock: HandClock, schedule: Schedule) -> None:
    done: list[int] = []
    schedule.put(noting(done))
    schedule.run_due()
    clock.now -= 5 * MINUTE
    assert schedule.run_due() == 0
    clock.now += 5 * MINUTE
    assert schedule.run_due() == 0
    clock.now += MINUTE
    schedule.run_due()
    assert done == [NOON, NOON + MINUTE]


def test_a_clock_that_was_years_ahead_does_not_stop_the_jobs_for_years(
    clock: HandClock, schedule: Schedule
) -> None:
    done: list[int] = []
    clock.now += 800 * TICKS_PER_DAY
    schedule.put(noting(done))
    schedule.run_due()
    clock.now = NOON + MINUTE
    assert schedule.run_due() == 1
    assert done == [NOON + 800 * TICKS_PER_DAY, NOON + MINUTE]


def test_a_job_that_fails_is_told_and_stops_no_other(
    clock: HandClock, schedule: Schedule, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def fails(due: int) -> None:
        raise ValueError("no answer")

    schedule.put(Job("bad", MINUTE, fails))
    schedule.put(noting(done, "good"))
    with caplog.at_level(logging.ERROR):
        assert schedule.run_due() == 2
    assert done == [NOON]
    assert "job bad failed" in caplog.text
    clock.now += MINUTE
    assert schedule.run_due() == 2


def test_what_could_not_be_done_yet_is_done_a_little_later(
    clock: HandClock, schedule: Schedule
) -> None:
    tried: list[int] = []

    def run(due: int) -> None:
        tried.append(due)
        if len(tried) < 3:
            raise NotDone("the catalog is away")

    schedule.put(Job("job", MINUTE, run, last_due=clock.now))
    clock.now += MINUTE
    due = clock.now
    assert schedule.run_due() == 1
    for _ in range(2):
        assert schedule.run_due() == 0
        clock.now += 5 * TICKS_PER_SECOND
        assert schedule.run_due() == 1
    assert tried == [due] * 3
    clock.now += 5 * TICKS_PER_SECOND
    assert schedule.run_due() == 0
    clock.now = due + MINUTE
    assert schedule.run_due() == 1


def test_a_changed_job_keeps_what_was_done(clock: HandClock, schedule: Schedule) -> None:
    done: list[int] = []
    schedule.put(noting(done))
    schedule.run_due()
    schedule.put(noting(done, every=2 * MINUTE))
    assert schedule.run_due() == 0
    clock.now += 2 * MINUTE
    schedule.run_due()
    assert done == [NOON, NOON + 2 * MINUTE]


def test_a_removed_job_is_not_run(clock: HandClock, schedule: Schedule) -> None:
    done: list[int] = []
    schedule.put(noting(done))
    schedule.remove("job")
    schedule.remove("never there")
    assert schedule.run_due() == 0
    assert schedule.keys() == []


def test_a_job_may_remove_and_add_itself_while_it_runs(
    clock: HandClock, schedule: Schedule
) -> None:
    done: list[int] = []

    def again(due: int) -> None:
        done.append(due)
        schedule.remove("job")
        schedule.put(Job("job", MINUTE, again))

    schedule.put(Job("job", MINUTE, again))
    schedule.run_due()
    clock.now += MINUTE
    schedule.run_due()
    assert done == [NOON, NOON + MINUTE]


def test_jobs_of_one_period_are_spread_over_it(clock: HandClock, schedule: Schedule) -> None:
    done: list[tuple[str, int]] = []

    def noted(key: str) -> Callable[[int], None]:
        return lambda due: done.append((key, due))

    for number in range(500):
        key = f"test/{number}"
        schedule.put(Job(key, MINUTE, noted(key), last_due=NOON, is_spread=True))
    most = 0
    for _ in range(60):
        clock.now += TICKS_PER_SECOND
        most = max(most, schedule.run_due())
    assert len(done) == 500
    assert most < 30
    assert all(NOON < due <= NOON + MINUTE for _, due in done)


def test_the_thread_runs_jobs_and_close_waits_for_them() -> None:
    begun, may_end = threading.Event(), threading.Event()
    ended: list[int] = []

    def slow(due: int) -> None:
        begun.set()
        may_end.wait(10)
        ended.append(due)

    schedule = Schedule(HandClock(), workers=2, name="test")
    schedule.put(Job("slow", MINUTE, slow))
    schedule.start()
    assert begun.wait(10)
    may_end.set()
    schedule.close()
    assert ended == [NOON]


def test_a_job_that_takes_long_is_not_run_beside_itself() -> None:
    clock = HandClock()
    schedule = Schedule(clock, workers=2, name="test")
    begun, may_end, second = threading.Event(), threading.Event(), threading.Event()
    other = threading.Event()
    running: list[int] = []
    together: list[int] = []

    def slow(due: int) -> None:
        running.append(due)
        together.append(len(running))
        if len(together) == 2:
            second.set()
        begun.set()
        may_end.wait(10)
        running.pop()

    schedule.put(Job("slow", MINUTE, slow))
    schedule.start()
    assert begun.wait(10)
    clock.now += MINUTE
    schedule.put(Job("slow", MINUTE, slow))  # a change meanwhile
    schedule.put(Job("other", MINUTE, lambda _: other.set()))
    assert other.wait(10)
    assert together == [1]
    may_end.set()
    assert second.wait(10)
    schedule.close()
    assert together == [1, 1]


@pytest.mark.parametrize(
    "wrong", [{"every_ticks": 0}, {"delay_ticks": -1}, {"made_up": 0}], ids=str
)
def test_a_job_that_cannot_be_due_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="job 'wrong'"):
        Job("wrong", **{"every_ticks": MINUTE, "run": print, **wrong})  # type: ignore[arg-type]


@given(
    last=st.integers(0, 10_000),
    until=st.integers(0, 10_000),
    every=st.integers(1, 500),
    offset=st.integers(0, 499),
    most=st.integers(1, 30),
)
def test_instants_are_as_counted_one_by_one(
    last: int, until: int, every: int, offset: int, most: int
) -> None:
    every_one = [at for at in range(last + 1, until + 1) if (at - offset) % every == 0]
    assert instants_after(last, until, every, offset, most) == every_one[-most:]


@given(key=st.text(), every=st.integers(10_000, 10**12))
def test_an_offset_lies_in_the_period_and_is_the_same_again(key: str, every: int) -> None:
    assert 0 <= offset_of(key, every) < every
    assert offset_of(key, every) == offset_of(key, every)
    assert newest_instant(every * 7, every, offset_of(key, every)) <= every * 7


@given(
    steps=st.lists(
        st.one_of(st.integers(-3 * MINUTE, 5 * MINUTE), st.just("restart")), max_size=40
    ),
    every=st.integers(TICKS_PER_SECOND, 3 * MINUTE),
    made_up=st.integers(1, 4),
)
def test_no_instant_is_done_twice_or_out_of_order_whatever_the_clock_does(
    steps: list[int | str], every: int, made_up: int
) -> None:
    clock = HandClock()
    done: list[int] = []
    schedule = Schedule(clock, workers=1, name="test")
    schedule.put(noting(done, every=every, made_up=made_up))
    for step in steps:
        if isinstance(step, str):
            schedule = Schedule(clock, workers=1, name="test")
            last = done[-1] if done else 0
            schedule.put(noting(done, every=every, made_up=made_up, last_due=last))
        else:
            clock.now += step
        schedule.run_due()
    assert done == sorted(set(done))
    assert all(due % every == 0 for due in done)
