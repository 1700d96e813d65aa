"""Slower than usual: both the average and the 90th percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_up_series import durations, watched

from openinsights.detection.detectors.durations import COLUMNS, Durations

if TYPE_CHECKING:
    import numpy as np

    from openinsights.detection.look import Look


def look_at(series: np.ndarray) -> Look:
    history = watched(series, COLUMNS, ["GET /"])
    detector = Durations()
    return detector.look(detector.learn(history.slots), history.recent, history.slot_of_day)


def test_a_slower_operation_is_found() -> None:
    series = durations(8)
    series[0, 2:, -6:] *= 1.6
    seen = look_at(series)
    assert seen.fires[0]
    assert seen.value[0] / seen.expected[0] == pytest.approx(1.6, rel=0.1)


def test_usual_durations_are_no_finding() -> None:
    assert not look_at(durations(8)).fires[0]


def test_an_average_that_rises_alone_is_no_finding() -> None:
    """A few very slow items among many move it."""
    series = durations(8)
    series[0, 2, -6:] *= 1.6
    assert not look_at(series).fires[0]


def test_a_tenth_more_is_no_finding_however_sure() -> None:
    series = durations(8, rows=5000)
    series[0, 2:, -12:] *= 1.08
    assert not look_at(series).fires[0]


def test_milliseconds_more_are_no_finding() -> None:
    series = durations(8, ms=0.5)
    series[0, 2:, -6:] *= 2
    assert not look_at(series).fires[0]


def test_a_burst_of_traffic_explains_some_slowness() -> None:
    slower = durations(8)
    slower[0, 2:, -6:] *= 1.3
    assert look_at(slower).fires[0]
    burst = slower.copy()
    burst[0, :, -6:] *= 3
    assert not look_at(burst).fires[0]
