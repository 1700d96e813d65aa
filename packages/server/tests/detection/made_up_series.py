"""Series for the tests of detectors: steady traffic with noise from a seed."""

from __future__ import annotations

import numpy as np

from openinsights.detection.grid import STEPS_PER_DAY
from openinsights.detection.history import History

MONDAY = 739_000 // 7 * 7
FIRST = MONDAY * STEPS_PER_DAY


def failures(
    days: float, rows: float = 200.0, share: float = 0.01, seed: int = 7, weight: int = 1
) -> np.ndarray:
    """(1, 3, steps): count, square and hits of one unit; `rows` are those that are stored."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rows, int(days * STEPS_PER_DAY))
    hits = rng.binomial(count, share)
    return np.stack([count * weight, count * weight**2, hits * weight])[None].astype(float)


def durations(days: float, rows: float = 200.0, ms: float = 100.0, seed: int = 7) -> np.ndarray:
    """(1, 4, steps): count, square and the weighted totals of average and 90th percentile."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rows, int(days * STEPS_PER_DAY)).astype(float)
    average = ms * np.exp(rng.normal(0, 0.05, count.size))
    return np.stack([count, count, count * average, count * average * 2.2])[None]


def watched(series: np.ndarray, columns: tuple[str, ...], units: list[str]) -> History:
    """A history that has seen all of the series."""
    steps = series.shape[2]
    history = History(columns, FIRST - 1)
    for start in range(0, steps, 36):
        part = series[:, :, start : start + 36]
        history.advance(FIRST + start + part.shape[2] - 1)
        history.put(FIRST + start, units, part)
    return history
