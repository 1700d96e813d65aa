"""A role that says nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from made_up_series import FIRST, failures, watched

from openinsights.detection.detectors.silence import COLUMNS, Silences
from openinsights.detection.grid import STEPS_PER_DAY

if TYPE_CHECKING:
    from openinsights.detection.look import Look


def look_at(series: np.ndarray) -> Look:
    history = watched(series[:, :2], COLUMNS, ["web"])
    detector = Silences()
    usual = detector.learn(history.slots, history.known, history.first_day)
    day = history.step // STEPS_PER_DAY
    return detector.look(usual, history.recent, history.slot_of_day, day)


def test_a_role_that_falls_silent_is_found_after_a_quarter_of_an_hour() -> None:
    series = failures(8.5, rows=30)
    series[:, :, -3:] = 0
    seen = look_at(series)
    assert seen.fires[0]
    assert seen.expected[0] > 50


def test_a_role_that_pauses_at_this_time_of_each_day_is_left_alone() -> None:
    series = failures(8.5, rows=30)
    hour = np.arange(series.shape[2]) % STEPS_PER_DAY
    series[:, :, (hour >= 141)] = 0
    assert not look_at(series).fires[0]


def test_a_role_that_pauses_on_weekends_is_left_alone() -> None:
    series = failures(13, rows=30)  # a Monday to the Saturday after the next
    day = np.arange(series.shape[2]) // STEPS_PER_DAY
    series[:, :, day % 7 >= 5] = 0
    assert FIRST // STEPS_PER_DAY % 7 == 0
    assert not look_at(series[:, :, : 12 * STEPS_PER_DAY + 4]).fires[0]


def test_a_role_that_says_little_is_not_missed_soon() -> None:
    series = failures(8.5, rows=1.5)
    series[:, :, -3:] = 0
    assert not look_at(series).fires[0]


def test_a_time_of_day_that_was_never_seen_says_nothing() -> None:
    series = failures(0.5, rows=30)
    series[:, :, -6:] = 0
    assert not look_at(series).fires[0]


def test_a_role_that_speaks_again_is_calm() -> None:
    series = failures(8.5, rows=30)
    series[:, :, -5:-1] = 0
    assert look_at(series).calm[0]
