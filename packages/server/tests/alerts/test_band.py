"""What is usual: learned from enough history alone, by hour and weekday, whatever bad days were there."""

from __future__ import annotations

import numpy as np
import pytest

from openinsights.alerts.band import Learning, Usual, learn
from openinsights.clock import TICKS_PER_DAY

WINDOW = TICKS_PER_DAY // 288
MONDAY = 738_997 * TICKS_PER_DAY - (738_997 % 7) * TICKS_PER_DAY


def history(days, of, noise=0.0, seed=1):
    """Windows of five minutes that end on a Monday at 00:00, with `of(hour, weekday)` as their level."""
    ends = MONDAY - np.arange(days * 288)[::-1] * WINDOW
    hours = (ends - WINDOW // 2) // (TICKS_PER_DAY // 24) % 24
    weekdays = (ends - WINDOW // 2) // TICKS_PER_DAY % 7
    level = np.array([of(int(h), int(d)) for h, d in zip(hours, weekdays, strict=True)])
    return ends, level + np.random.default_rng(seed).normal(0, 1, ends.size) * noise


def usual(days, of, noise=1.0, *, is_count=False):
    ends, values = history(days, of, noise)
    return learn(ends, values, MONDAY, WINDOW, is_count=is_count)


@pytest.mark.parametrize(
    ("days", "step", "told"),
    [(2, 1, "there are 2.0 days and 576 windows"), (4, 60, "and 20 windows")],
)
def test_too_little_history_says_what_is_missing(days, step, told):
    ends, values = history(days, lambda hour, day: 10.0)
    found = learn(ends[::step], values[::step], MONDAY, WINDOW, is_count=False)
    assert isinstance(found, Learning)
    assert told in str(found)


def test_no_history_says_so():
    empty = np.array([], dtype=np.int64)
    found = learn(empty, empty.astype(float), MONDAY, WINDOW, is_count=True)
    assert str(found).endswith("there are 0.0 days and 0 windows")


def test_the_band_holds_nearly_all_that_is_usual_and_is_narrower_the_higher_the_sensitivity():
    found = usual(10, lambda hour, day: 50.0, noise=4.0)
    ends, values = history(10, lambda hour, day: 50.0, noise=4.0, seed=2)
    outside = {}
    for sensitivity in ("High", "Medium", "Low"):
        bands = [found.band(int(end), WINDOW, sensitivity) for end in ends]
        outside[sensitivity] = np.mean(
            [not low <= value <= high for (low, high), value in zip(bands, values, strict=True)]
        )
    assert 0.003 < outside["High"] < 0.03
    assert outside["Medium"] < 0.002
    assert outside["Low"] == 0.0


def test_the_middle_follows_the_hours_of_the_day():
    found = usual(10, lambda hour, day: 100.0 if 8 <= hour < 18 else 10.0)
    noon, night = MONDAY + TICKS_PER_DAY // 2, MONDAY + TICKS_PER_DAY // 8
    assert found.band(noon, WINDOW, "Low")[0] > 50 > found.band(night, WINDOW, "Low")[1]


def test_weekends_count_once_there_are_three_weeks():
    shape = lambda hour, day: 10.0 if day >= 5 else 100.0  # noqa: E731
    saturday = MONDAY + 5 * TICKS_PER_DAY + TICKS_PER_DAY // 2
    assert usual(10, shape).band(saturday, WINDOW, "Medium")[0] > 50
    assert usual(28, shape).band(saturday, WINDOW, "Medium")[1] < 50
    tuesday = MONDAY + TICKS_PER_DAY + TICKS_PER_DAY // 2
    assert usual(28, shape).band(tuesday, WINDOW, "Medium")[0] > 50


def test_a_bad_day_does_not_become_what_is_usual():
    ends, values = history(10, lambda hour, day: 50.0, noise=2.0)
    clean = learn(ends, values, MONDAY, WINDOW, is_count=False)
    values[-288:] += 500
    found = learn(ends, values, MONDAY, WINDOW, is_count=False)
    for hour in range(24):
        end = MONDAY + hour * TICKS_PER_DAY // 24 + WINDOW
        assert found.band(end, WINDOW, "Low")[1] < clean.band(end, WINDOW, "Low")[1] + 5


def test_a_series_that_never_moved_has_room_and_counts_have_more():
    flat = usual(5, lambda hour, day: 100.0, noise=0.0)
    assert flat.band(MONDAY, WINDOW, "High") == pytest.approx((95.0, 105.0))
    few = usual(5, lambda hour, day: 4.0, noise=0.0, is_count=True)
    assert few.band(MONDAY, WINDOW, "Medium") == pytest.approx((0.0, 11.0))


def test_what_never_was_below_zero_has_no_band_below_and_other_series_have():
    assert usual(5, lambda hour, day: 1.0, noise=0.0).band(MONDAY, WINDOW, "Low")[0] > 0
    ends, values = history(5, lambda hour, day: 0.0, noise=3.0)
    assert learn(ends, np.abs(values), MONDAY, WINDOW, is_count=False).floor == 0.0
    assert learn(ends, values, MONDAY, WINDOW, is_count=False).band(MONDAY, WINDOW, "Low")[0] < -5


def test_what_comes_after_and_what_is_no_number_is_not_looked_at():
    ends, values = history(10, lambda hour, day: 50.0, noise=2.0)
    before = learn(ends, values, MONDAY - TICKS_PER_DAY, WINDOW, is_count=False)
    values[-288:] = 9_999.0
    values[::50] = np.nan
    after = learn(ends, values, MONDAY - TICKS_PER_DAY, WINDOW, is_count=False)
    assert isinstance(before, Usual)
    assert np.allclose(before.middle, after.middle, atol=1.0)
