"""More exceptions than the traffic explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from made_up_series import FIRST, failures, watched

from openinsights.detection.detectors.volumes import COLUMNS, Volumes
from openinsights.detection.history import History
from openinsights.detection.watch import WHOLE

if TYPE_CHECKING:
    from openinsights.detection.look import Look


def exceptions(rate: float = 0.01, days: float = 8) -> np.ndarray:
    """(1, 3, steps): exposure, square and hits."""
    made = failures(days, share=rate)
    return np.stack([made[0, 0], made[0, 2], made[0, 2]])[None]


def look_at(series: np.ndarray) -> Look:
    history = watched(series, COLUMNS, ["ValueError"])
    detector = Volumes()
    return detector.look(detector.learn(history.slots), history.recent, history.slot_of_day)


def test_more_of_a_type_is_found() -> None:
    series = exceptions()
    series[0, 1:, -4:] = 12
    seen = look_at(series)
    assert seen.fires[0]
    assert seen.value[0] == 48
    assert 4 < seen.expected[0] < 12


def never_seen(hits: float) -> Look:
    """A type that comes for the first time, on a resource that was watched for eight days."""
    requests = watched(failures(8), ("count", "square", "hits"), [WHOLE])
    history = History(COLUMNS, FIRST - 1)
    history.advance(requests.step)
    history.put(requests.step - 3, ["ValueError"], np.full((1, 3, 4), hits))
    history.fill(0, requests, WHOLE)
    detector = Volumes()
    return detector.look(detector.learn(history.slots), history.recent, history.slot_of_day)


def test_a_type_that_was_never_seen_is_found_from_a_handful_on() -> None:
    assert never_seen(3).fires[0]
    assert not never_seen(1).fires[0]


def test_a_burst_of_traffic_explains_its_exceptions() -> None:
    series = exceptions()
    series[0, :, -6:] *= 4
    assert not look_at(series).fires[0]


def test_what_has_been_too_much_for_hours_is_no_news() -> None:
    """A day that differs is not found again each hour; the same rise is, when it is sudden."""
    sudden, lasting = exceptions(rate=0.1), exceptions(rate=0.1)
    sudden[0, 1:, -4:] *= 2.5
    lasting[0, 1:, -48:] *= 2.5
    assert look_at(sudden).fires[0]
    seen = look_at(lasting)
    assert not seen.fires[0]
    assert not seen.calm[0]  # but a finding that is open goes on


def test_a_type_that_strays_by_itself_needs_a_larger_rise() -> None:
    steady, straying = exceptions(rate=0.1), exceptions(rate=0.1)
    factors = np.exp(np.random.default_rng(5).normal(0, 0.5, straying.shape[2] // 12))
    straying[0, 1:] = np.round(straying[0, 1:] * np.repeat(factors, 12))
    for each in (steady, straying):
        each[0, 1:, -48:-4] = 20
        each[0, 1:, -4:] = 45
    assert look_at(steady).fires[0]
    assert not look_at(straying).fires[0]


def test_a_calm_week_promises_no_calm_morning() -> None:
    """Seven mornings say little of how mornings differ, however many five minutes they have."""
    seen = {}
    for factor in (1.6, 3.0):
        series = exceptions(rate=0.1)
        series[0, 0], series[0, 1:] = 200, 20  # as steady as can be
        series[0, 1:, -12:] = 20 * factor
        seen[factor] = look_at(series).fires[0]
    assert not seen[1.6]
    assert seen[3.0]
