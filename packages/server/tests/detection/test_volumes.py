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
