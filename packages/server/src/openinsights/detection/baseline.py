"""What is usual: learned from the slots of past days, for each unit and time of day.

The expectation of a time of day pools the same time (and half an hour around it) of past days, the
most unusual days left out, so that an incident of last week does not become what is normal. How
much single slots stray from it tells the noise that is not sampling; how far the furthest of them
strayed is what a finding has to exceed, so that a resource with bursts of its own is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.grid import SLOTS_PER_DAY, by_day, moving_sum

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array
    from openinsights.detection.measures import Measure

_REACH: Final = 2
"""Slots before and after a time of day that are pooled with it."""
_TO_DEVIATION: Final = 1.4826
"""Of a median absolute deviation: to the standard deviation of a normal one."""
_TAIL: Final = 0.99
"""The part of past slots that a finding has to exceed."""
_LEAST_SCALE: Final = 0.5
_FEW: Final = 12
"""Slots below which nothing is said about their noise."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How much windows of one length stray from what is expected; arrays (units,).

    Attributes:
        scale: by how much sampling noise is smaller than the measure assumes.
        stray: variance beyond sampling.
        tail: how many deviations the furthest usual windows stray upwards.
    """

    scale: Array
    stray: Array
    tail: Array


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual for each unit and slot of the day.

    Attributes:
        expected: (units, 96) on the measure's scale; NaN where nothing is known.
        variance: (units, 96) of the expectation itself.
        days: (units, 96) past days that it is known from.
        noise: of windows of a slot, and of an hour.
    """

    expected: Array
    variance: Array
    days: Array
    noise: tuple[Noise, Noise]


def learn(measure: Measure, slots: AnyArray) -> Baseline:
    """Learn from past slots.

    Args:
        measure: what is measured.
        slots: (units, columns, whole days of 96 slots), oldest first; zero where nothing is
            known, which is how times of findings are left out.
    """
    sums = np.asarray(slots, dtype=np.float64)
    around = by_day(moving_sum(sums, _REACH))
    pooled, days = _without_outliers(measure, around)
    expected, variance = measure.value(pooled)
    differ = measure.change(expected, measure.days_differ)
    variance = variance + differ**2 / np.maximum(days, 1.0)
    expected, variance = _with_level(measure, sums, expected, variance)
    return Baseline(
        expected,
        variance,
        days,
        (_noise(measure, sums, expected), _noise(measure, _hours(sums), expected)),
    )


def _noise(measure: Measure, sums: Array, expected: Array) -> Noise:
    residual, noise = _strays(measure, by_day(sums), expected)
    scale, stray = _fitted(residual, noise)
    deviations = residual / np.sqrt(noise * scale[:, None] ** 2 + stray[:, None] + 1e-12)
    return Noise(scale, stray, _tails(deviations))


def _hours(sums: Array) -> Array:
    """Return the sums of hours around each slot; zero beside what is not known in full."""
    known = (sums[:, :1] > 0).astype(np.float64)
    around = moving_sum(sums, _REACH) - sums[:, :, :]
    return np.where(moving_sum(known, _REACH) > 2 * _REACH, around, 0.0)


def _without_outliers(measure: Measure, around: Array) -> tuple[Array, Array]:
    """Return (units, columns, 96) pooled over days, and how many days there were."""
    units, columns, days, slots = around.shape
    flat = np.moveaxis(around, 2, 1).reshape(units * days, columns, slots)
    value = measure.value(flat)[0].reshape(units, days, slots)
    known = np.isfinite(value)
    count = known.sum(axis=1)
    order = np.argsort(np.where(known, value, np.inf), axis=1, kind="stable")
    ranks = np.argsort(order, axis=1, kind="stable")
    above = np.where(count >= 7, 2, np.where(count >= 4, 1, 0))
    below = np.where(count >= 5, 1, 0)
    kept = known & (ranks >= below[:, None]) & (ranks < (count - above)[:, None])
    return (around * kept[:, None]).sum(axis=2), count.astype(np.float64)


def _with_level(
    measure: Measure, sums: Array, expected: Array, variance: Array
) -> tuple[Array, Array]:
    """Fill times of day that were never seen with the level of all that is known."""
    level, level_variance = measure.value(sums.sum(axis=2))
    hole = ~np.isfinite(expected)
    unknown = measure.change(level, measure.hours_differ) ** 2
    return (
        np.where(hole, level[:, None], expected),
        np.where(hole, (level_variance + unknown)[:, None], variance),
    )


def _strays(measure: Measure, days: Array, expected: Array) -> tuple[Array, Array]:
    """Return (units, slots) of what each past slot strays, and its sampling variance."""
    units, columns, count, slots = days.shape
    flat = np.moveaxis(days, 2, 1).reshape(units * count, columns, slots)
    value, noise = measure.value(flat)
    residual = value - measure.at(np.repeat(expected, count, axis=0), flat)
    return residual.reshape(units, -1), noise.reshape(units, -1)


def _fitted(residual: Array, noise: Array) -> tuple[Array, Array]:
    """Return the factor on sampling noise and the variance beyond it, from the middle of them."""
    units = residual.shape[0]
    scale, stray = np.ones(units), np.zeros(units)
    for unit in range(units):
        known = np.isfinite(residual[unit])
        if known.sum() < _FEW:
            continue
        strays, variances = residual[unit][known], noise[unit][known]
        plain = _deviation(strays / np.sqrt(variances))
        if plain <= 1.0:
            scale[unit] = max(plain, _LEAST_SCALE)
        else:
            stray[unit] = _beyond(strays, variances)
    return scale, stray


def _deviation(values: Array) -> float:
    """The standard deviation as the middle of the values tells it."""
    return float(np.median(np.abs(values)) * _TO_DEVIATION)


def _beyond(strays: Array, variances: Array) -> float:
    low, high = 0.0, float(_deviation(strays) ** 2) + 1e-12
    for _ in range(24):
        middle = (low + high) / 2
        if _deviation(strays / np.sqrt(variances + middle)) > 1.0:
            low = middle
        else:
            high = middle
    return high


def _tails(deviations: Array) -> Array:
    tails = np.zeros(deviations.shape[0])
    for unit, row in enumerate(deviations):
        known = row[np.isfinite(row)]
        if known.size >= SLOTS_PER_DAY:
            tails[unit] = float(np.quantile(known, _TAIL))
    return tails
