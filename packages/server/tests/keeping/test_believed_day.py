"""A clock that leaps ahead does not make everything old."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.app import open_parts
from openinsights.clock import TICKS_PER_DAY
from openinsights.data_folder import DataFolder
from openinsights.keeping.believed_day import (
    DAYS_UNTIL_BELIEVED,
    MOST_DAYS_UNSEEN,
    BelievedDay,
    Sight,
    seen,
)
from openinsights.settings import resolve

TODAY = 740_000
YEARS = 15 * 365


@dataclass
class SettableClock:
    """The days that passed, and how far somebody set the clock ahead."""

    passed: float = 0.0
    ahead: int = 0

    def now_ticks(self) -> int:
        return int((TODAY + self.passed + self.ahead) * TICKS_PER_DAY)

    def monotonic_s(self) -> float:
        return self.passed * 86_400.0


def days_of(believed, clock, count):
    found = []
    for _ in range(count):
        clock.passed += 1
        found.append(believed.day() - TODAY)
    return found


def test_a_clock_that_goes_on_is_followed(tmp_path) -> None:
    clock = SettableClock()
    believed = BelievedDay(clock, None, tmp_path / "today.json")
    assert days_of(believed, clock, 3) == [1, 2, 3]
    clock.passed += 400
    assert believed.day() == TODAY + 403, "as long as this process saw them pass"


def test_a_leap_is_believed_when_the_clock_has_gone_on_from_there(tmp_path, caplog) -> None:
    clock = SettableClock()
    believed = BelievedDay(clock, None, tmp_path / "today.json")
    clock.ahead = YEARS
    assert days_of(believed, clock, 4) == [0, 0, 0, YEARS + 4]
    (told,) = [one for one in caplog.records if "leapt" in one.message]
    assert told.levelno == logging.ERROR
    assert "goes on" not in told.message
    assert "2042-" in told.message


def test_a_clock_that_is_set_right_again_changes_nothing(tmp_path) -> None:
    clock = SettableClock()
    believed = BelievedDay(clock, None, tmp_path / "today.json")
    clock.ahead = YEARS
    assert days_of(believed, clock, 2) == [0, 0]
    clock.ahead = 0
    assert days_of(believed, clock, 2) == [3, 4]
    clock.ahead = YEARS
    assert days_of(believed, clock, 2) == [4, 4], "the days of the first leap do not count"


def test_a_clock_that_is_set_back_is_followed_at_once() -> None:
    clock = SettableClock()
    believed = BelievedDay(clock, None)
    clock.ahead = -30
    assert believed.day() == TODAY - 30


@pytest.mark.parametrize("off", [1, MOST_DAYS_UNSEEN, MOST_DAYS_UNSEEN + 1, 400])
def test_days_in_which_nothing_ran_are_believed_if_they_are_few(tmp_path, off: int) -> None:
    file = tmp_path / "today.json"
    BelievedDay(SettableClock(), None, file)
    later = SettableClock(passed=off)
    believed = BelievedDay(later, TODAY, file)
    assert believed.day() - TODAY == (off if off <= MOST_DAYS_UNSEEN else 0)
    # each run is short, and the days between the starts count
    for _ in range(DAYS_UNTIL_BELIEVED):
        later.passed += 1
        believed = BelievedDay(later, TODAY, file)
    assert believed.day() == TODAY + off + DAYS_UNTIL_BELIEVED


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"believed": "x"}', b"[]"])
def test_without_a_memory_the_newest_telemetry_says_when_the_clock_was_right(
    tmp_path, content
) -> None:
    file = tmp_path / "today.json"
    if content is not None:
        file.write_bytes(content)
    assert BelievedDay(SettableClock(), TODAY - 100, file).day() == TODAY - 100
    file.unlink()
    assert BelievedDay(SettableClock(), TODAY + 100, file).day() == TODAY


def test_a_file_that_cannot_be_written_is_no_reason_to_stop(tmp_path, caplog) -> None:
    clock = SettableClock()
    believed = BelievedDay(clock, None, tmp_path / "gone" / "today.json")
    assert days_of(believed, clock, 2) == [1, 2]
    assert "cannot note the day" in caplog.text


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9_000, 9_000)), max_size=30))
def test_whatever_is_done_to_the_clock_no_more_is_believed_than_it_said_for_days(steps) -> None:
    sight, said = Sight(TODAY), [TODAY]
    for passed, ahead in steps:
        day = said[-1] + passed + ahead
        before = sight
        sight, said = seen(sight, day, passed), [*said, day]
        assert sight.believed <= max(day, before.believed)
        leapt = sight.believed - before.believed > passed + MOST_DAYS_UNSEEN
        if leapt:
            assert before.leapt_to is not None
            assert day - before.leapt_to >= DAYS_UNTIL_BELIEVED


@contextmanager
def parts_on(folder, clock):
    with ExitStack() as opened:
        held = opened.enter_context(DataFolder(folder))
        yield open_parts(held, resolve(), clock, opened)


def test_retention_deletes_nothing_after_a_leap_running_or_at_the_start(
    tmp_path, store_a_row
) -> None:
    clock = SettableClock()
    with parts_on(tmp_path / "data", clock) as parts:
        shop = parts.resources.create("shop")
        for age in (0, 80):
            store_a_row(parts, shop, TODAY - age)
        clock.ahead = YEARS
        parts.keeper.keep()
        assert len(parts.store.stored_days()) == 2
    with parts_on(tmp_path / "data", clock) as parts:
        parts.keeper.keep()
        assert len(parts.store.stored_days()) == 2
        clock.ahead = 0
        clock.passed = 11
        parts.keeper.keep()
        assert [each.day for each in parts.store.stored_days()] == [TODAY], "the old one is old"
        clock.ahead = YEARS
        for _ in range(DAYS_UNTIL_BELIEVED + 1):
            parts.keeper.keep()
            clock.passed += 1
        parts.keeper.keep()
        assert parts.store.stored_days() == []


def test_an_old_backup_that_is_restored_is_not_let_go_at_once(tmp_path, store_a_row) -> None:
    """What a restore brings has no memory of the day beside it."""
    with parts_on(tmp_path / "data", SettableClock()) as parts:
        store_a_row(parts, parts.resources.create("shop"), TODAY)
        (tmp_path / "data" / "telemetry" / "today.json").unlink()
    with parts_on(tmp_path / "data", SettableClock(passed=200)) as parts:
        parts.keeper.keep()
        assert len(parts.store.stored_days()) == 1
