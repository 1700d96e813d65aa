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

from openinsights.detection.grid import SLOTS_PER_DAY, STEPS_PER_SLOT, by_day, moving_sum

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array, Flags
    from openinsights.detection.measures import Measure

_REACH: Final = 2
"""Slots before and after a time of day that are pooled with it."""
_LONG_REACH: Final = 6
_HOUR: Final = 4 * STEPS_PER_SLOT
_TO_DEVIATION: Final = 1.4826
"""Of a median absolute deviation: to the standard deviation of a normal one."""
_TAIL: Final = 0.99
"""The part of past slots that a finding has to exceed."""
_CHANCE: Final = 3.0
"""Sampling deviations up to which a day is no unusual one."""
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
        pooled: (units, columns, 96) the sums that it is of; zero where it is of the level alone.
        noise: of windows of a slot, of an hour, and of three hours.
    """

    expected: Array
    variance: Array
    days: Array
    pooled: Array
    noise: tuple[Noise, Noise, Noise]

    def noise_of(self, steps: int) -> Noise:
        """Return the noise of windows of about so many steps."""
        return self.noise[0 if steps <= 2 * STEPS_PER_SLOT else 1 if steps <= 2 * _HOUR else 2]


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
        pooled,
        (
            _noise(measure, sums, expected),
            _noise(measure, _around(sums, _REACH), expected),
            _noise(measure, _around(sums, _LONG_REACH), expected),
        ),
    )


def _noise(measure: Measure, sums: Array, expected: Array) -> Noise:
    days = by_day(sums)
    units, columns, count, slots = days.shape
    flat = np.moveaxis(days, 2, 1).reshape(units * count, columns, slots)
    usual = np.repeat(expected, count, axis=0)
    value, noise = (each.reshape(units, -1) for each in measure.value(flat))
    residual = value - measure.at(usual, flat).reshape(units, -1)
    scale, stray = _fitted(residual, noise, measure.least_scale)
    difference = measure.difference(usual, flat).reshape(units, -1)
    deviations = difference / np.sqrt(noise * scale[:, None] ** 2 + stray[:, None] + 1e-12)
    return Noise(scale, stray, _tails(deviations))


def _around(sums: Array, reach: int) -> Array:
    """Return the sums around each slot; zero beside what is not known in full."""
    known = (sums[:, :1] > 0).astype(np.float64)
    # a whole number of hours: without the slot in the middle
    return np.where(moving_sum(known, reach) > 2 * reach, moving_sum(sums, reach) - sums, 0.0)


def _without_outliers(measure: Measure, around: Array) -> tuple[Array, Array]:
    """Return (units, columns, 96) pooled over days, and how many days there were."""
    units, columns, days, slots = around.shape
    flat = np.moveaxis(around, 2, 1).reshape(units * days, columns, slots)
    value, noise = (each.reshape(units, days, slots) for each in measure.value(flat))
    known = np.isfinite(value)
    count = known.sum(axis=1)
    order = np.argsort(np.where(known, value, np.inf), axis=1, kind="stable")
    ranks = np.argsort(order, axis=1, kind="stable")
    above = np.where(count >= 7, 2, np.where(count >= 4, 1, 0))
    below = np.where(count >= 5, 1, 0)
    kept = known & (ranks >= below[:, None]) & (ranks < (count - above)[:, None])
    # of few items the most unusual days are those that have any: chance is no outlier
    middle = measure.value((around * kept[:, None]).sum(axis=2))[0]
    strays = measure.difference(np.repeat(middle, days, axis=0), flat).reshape(known.shape)
    with np.errstate(invalid="ignore"):
        kept |= known & (np.abs(strays) < _CHANCE * np.sqrt(noise))
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


def _fitted(residual: Array, noise: Array, least_scale: float) -> tuple[Array, Array]:
    """Return the factor on sampling noise and the variance beyond it, from the middle of them."""
    known = np.isfinite(residual)
    squares = np.where(known, residual, 0.0) ** 2
    variances = np.where(known, noise, 1.0)
    count = known.sum(axis=1)
    plain = _deviations(squares / variances, known)
    scale = np.where((plain <= 1.0) & (count >= _FEW), np.maximum(plain, least_scale), 1.0)
    beyond = (plain > 1.0) & (count >= _FEW)
    stray = np.zeros(len(count))
    if beyond.any():
        stray[beyond] = _beyond(squares[beyond], variances[beyond], known[beyond])
    return scale, stray


def _deviations(squares: Array, known: Flags) -> Array:
    """The standard deviations as the middle of the squares tells them; 0 for nothing known."""
    middle = [
        np.median(row[at]) if at.any() else 0.0 for row, at in zip(squares, known, strict=True)
    ]
    return np.asarray(np.sqrt(middle) * _TO_DEVIATION)


def _beyond(squares: Array, variances: Array, known: Flags) -> Array:
    """Return the variance beyond sampling with which half of the strays are usual ones."""
    low, high = np.zeros(len(squares)), _deviations(squares, known) ** 2 + 1e-12
    half = known.sum(axis=1) / 2
    for _ in range(24):
        middle = (low + high) / 2
        usual = (variances + middle[:, None]) / _TO_DEVIATION**2
        is_more = np.count_nonzero((squares > usual) & known, axis=1) > half
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    return high


def _tails(deviations: Array) -> Array:
    tails = np.zeros(deviations.shape[0])
    for unit, row in enumerate(deviations):
        known = row[np.isfinite(row)]
        if known.size >= SLOTS_PER_DAY:
            tails[unit] = float(np.quantile(known, _TAIL))
    return tails
