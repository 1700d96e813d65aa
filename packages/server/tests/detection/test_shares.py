"""A rise of failures: found when it is one, and not before."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_series import failures, watched

from openinsights.detection.detectors.shares import COLUMNS, Shares
from openinsights.detection.look import Look, Sensitivity


def look_at(series: np.ndarray, sensitivity: Sensitivity = Sensitivity.MEDIUM) -> Look:
    history = watched(series, COLUMNS, ["GET /"])
    detector = Shares()
    usual = detector.learn(history.slots)
    return detector.look(usual, history.recent, history.slot_of_day, sensitivity)


def with_fault(series: np.ndarray, share: float, steps: int = 4) -> np.ndarray:
    """The last steps fail that much, exactly."""
    changed = series.copy()
    changed[0, 2, -steps:] = np.round(changed[0, 0, -steps:] * share)
    return changed


def test_a_rise_of_failures_is_found_after_twenty_minutes() -> None:
    seen = look_at(with_fault(failures(8), 0.08))
    assert seen.fires[0]
    assert seen.value[0] == pytest.approx(0.08, abs=0.005)
    assert seen.expected[0] == pytest.approx(0.01, abs=0.003)
    assert seen.low[0] < seen.expected[0] < seen.high[0] < seen.value[0]


def test_usual_failures_are_no_finding() -> None:
    seen = look_at(failures(8))
    assert not seen.fires[0]
    assert seen.calm[0]


def test_a_single_step_of_failures_is_no_finding() -> None:
    """A deploy fails for a minute or two."""
    series = failures(8)
    series[0, 2, -2] = series[0, 0, -2] * 0.3
    assert not look_at(series).fires[0]


def test_nearly_no_traffic_is_no_finding() -> None:
    series = failures(8, rows=0.2)
    series[0, :2, -4:] = 1
    series[0, 2, -4:] = 1
    assert not look_at(series).fires[0]


def test_little_traffic_needs_a_larger_rise() -> None:
    small = failures(8, rows=10)
    assert not look_at(with_fault(small, 0.08)).fires[0]
    assert look_at(with_fault(small, 0.8)).fires[0]


def test_sampled_items_are_worth_no_more_than_those_that_are_stored() -> None:
    """400 failures of items that stand for 100 each are 4."""
    stored = with_fault(failures(8, rows=20), 0.2)
    sampled = with_fault(failures(8, rows=0.2, weight=100), 0.2)
    assert stored[0, 0].mean() == pytest.approx(sampled[0, 0].mean(), rel=0.2)
    assert look_at(stored).fires[0]
    assert not look_at(sampled).fires[0]


def test_the_first_day_needs_a_larger_rise() -> None:
    modest = 0.038
    assert look_at(with_fault(failures(8), modest)).fires[0]
    assert not look_at(with_fault(failures(0.4), modest)).fires[0]
    assert look_at(with_fault(failures(0.4), 0.3)).fires[0]


def test_what_happens_each_day_at_this_time_is_usual() -> None:
    series = failures(8)
    for day in range(1, 9):
        end = day * 288
        series[0, 2, end - 6 : end] = np.round(series[0, 0, end - 6 : end] * 0.1)
    assert not look_at(series).fires[0]


def test_an_incident_of_another_day_does_not_become_usual() -> None:
    series = failures(8)
    end = 5 * 288
    series[0, 2, end - 12 : end] = series[0, 0, end - 12 : end] * 0.5
    assert look_at(with_fault(series, 0.1)).fires[0]


def test_sensitivity_says_how_much_is_needed() -> None:
    series = with_fault(failures(8), 0.033, steps=4)
    scores = {each: look_at(series, each).fires[0] for each in Sensitivity}
    assert scores[Sensitivity.HIGH]
    assert not scores[Sensitivity.LOW]


def test_a_handful_over_hours_is_found_where_nearly_none_were_expected() -> None:
    """An hour of so little traffic tells nothing; three of them do."""
    series = failures(8, rows=15, share=0.0003)
    series[0, 2, -36:] = 0
    assert not look_at(series).fires[0]
    series[0, 2, -34::5] = 1
    seen = look_at(series)
    assert seen.fires[0]
    assert seen.steps[0] == 36


def test_what_ended_an_hour_ago_is_found_in_no_longer_window() -> None:
    series = failures(8, rows=15, share=0.0003)
    series[0, 2, -36:] = 0
    series[0, 2, -36:-14:2] = 1
    series[0, 2, -2] = 1
    assert not look_at(series).fires[0]


def test_the_few_failures_of_some_days_are_usual_not_unusual_days() -> None:
    """Of eight days three had a failure at this time: that is what is expected, not nothing."""
    series = failures(8, rows=15, share=0.0)
    for day in (2, 4, 6):
        series[0, 2, day * 288 - 6] = 1
    series[0, 2, -4:] = 0
    assert look_at(series).expected[0] > 0.5 * 3 / (8 * 15 * 15)


def test_what_comes_now_and_then_goes_on_while_the_newest_minutes_are_empty() -> None:
    """One in a quarter of an hour where one in a day is usual: no burst, and not over."""
    series = failures(8, rows=15, share=0.0)
    series[0, 2, 100::288] = 1
    series[0, 2, -48:] = 0
    assert not look_at(series).fires[0]
    series[0, 2, -33:-4:3] = 1
    seen = look_at(series)
    assert seen.fires[0]
    assert seen.steps[0] == 36
    burst = series.copy()
    burst[0, 2, -36:] = 0
    burst[0, 2, -20] = burst[0, 2, -19] = 5
    assert not look_at(burst).fires[0]
