"""How far the newest windows are from what is usual, and whether that is more than noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.grid import SLOTS_PER_DAY, STEPS_PER_SLOT

if TYPE_CHECKING:
    from openinsights.detection.baseline import Baseline, Noise
    from openinsights.detection.grid import Array, Flags
    from openinsights.detection.measures import Measure

_BEFORE: Final = 8
"""Steps before a window that it is held against: forty minutes."""
KNOWN_DAYS: Final = 3.0
"""Days from which on the past of the same hour speaks alone."""
CALM: Final = 2.0
"""Deviations below which a unit is usual again."""
_LASTS: Final = 3.0
"""Deviations that a window needs before a longer one is looked at."""
_RISE: Final = 2.5
"""Deviations by which a window is above the time before it, while few days are known."""
OVER_TAIL: Final = 1.3
WITHOUT_STRONGEST: Final = 0.6
"""What a window needs without its strongest steps, of what it needs with them."""
_WITHIN_A_DAY: Final = 24
"""Steps above which a window is as much about this day as about now; and days differ by themselves,
in a way that a handful of past days says little about."""
LEARNING: Final = 0.6
"""How much more is needed of a unit on its first day; less with each day."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked of a window before it is a deviation.

    Attributes:
        steps: its length.
        critical: deviations that it needs.
        dropped: how many of its strongest steps it has to stand without, with most of that.
    """

    steps: int
    critical: float
    dropped: int


@dataclass(frozen=True, slots=True)
class Deviations:
    """What the newest windows say of each unit; arrays (units,).

    Attributes:
        value: of the deciding window, on the measure's scale.
        expected: what is usual at this time of day.
        deviation: the standard deviation of their difference.
        score: their difference in deviations; NaN where nothing can be said.
        fires: whether it is more than noise in some window.
        calm: whether the shortest window is usual again.
        steps: the length of the deciding window.
        days: past days that the expectation is known from.
        sums: (units, columns) of the deciding window.
    """

    value: Array
    expected: Array
    deviation: Array
    score: Array
    fires: Flags
    calm: Flags
    steps: Array
    days: Array
    sums: Array


def deviations(
    measure: Measure,
    baseline: Baseline,
    recent: Array,
    slot_of_day: int,
    windows: tuple[Window, ...],
) -> Deviations:
    """Return what the newest windows say.

    Args:
        measure: what is measured.
        baseline: what is usual.
        recent: (units, columns, steps), the newest last; at least the longest window and forty
            minutes before it.
        slot_of_day: of the newest step.
        windows: shortest first.
    """
    shortest = best = _of_window(measure, baseline, recent, slot_of_day, windows[0])
    # what is over already is not found in a longer window any more: nor is that looked at
    stands_out = ~shortest.calm
    for window in windows[1:]:
        if not stands_out.any():
            break
        found = _of_window(measure, baseline, recent, slot_of_day, window)
        better = found.fires & ~best.fires & stands_out
        with np.errstate(invalid="ignore"):
            stands_out = stands_out & (found.score >= _LASTS)
        if better.any():
            best = chosen(better, found, best)
    return replace(best, calm=shortest.calm)


@dataclass(frozen=True, slots=True)
class Band:
    """What was and what is expected, slot by slot; arrays (slots,), as people read them."""

    value: Array
    expected: Array
    low: Array
    high: Array


def band(
    measure: Measure,
    baseline: Baseline,
    place: int,
    sums: Array,
    slots_of_day: Array,
    critical: float,
) -> Band:
    """Return the expected band of a unit over past slots.

    Args:
        measure: what is measured.
        baseline: what is usual.
        place: of the unit.
        sums: (slots, columns).
        slots_of_day: of each of them.
        critical: half the width of the band, in deviations.
    """
    at = slots_of_day.astype(np.int64)
    value, noise = measure.value(sums)
    usual = baseline.noise[0]
    expected = baseline.expected[place, at]
    beyond = usual.stray[place] + baseline.variance[place, at]
    reach = critical * np.sqrt(np.nan_to_num(noise) * usual.scale[place] ** 2 + beyond)
    return Band(
        np.where(np.isfinite(value), measure.figure(sums), np.nan),
        measure.natural(expected),
        measure.natural(np.maximum(expected - reach, measure.least)),
        measure.natural(expected + reach),
    )


def _of_window(
    measure: Measure, baseline: Baseline, recent: Array, slot_of_day: int, window: Window
) -> Deviations:
    slot = (slot_of_day - window.steps // (2 * STEPS_PER_SLOT)) % SLOTS_PER_DAY
    expected, days = baseline.expected[:, slot], baseline.days[:, slot]
    sums = recent[:, :, -window.steps :].sum(axis=2)
    value, noise = measure.value(sums)
    usual = baseline.noise_of(window.steps)
    beyond = usual.stray + baseline.variance[:, slot]
    if window.steps > _WITHIN_A_DAY:
        beyond = beyond + measure.change(expected, measure.days_differ) ** 2
    deviation = np.sqrt(noise * usual.scale**2 + beyond + 1e-12)
    score = measure.difference(expected, sums) / deviation
    needed = np.maximum(window.critical, usual.tail * OVER_TAIL)
    needed = needed * (1.0 + LEARNING / (1.0 + days))
    with np.errstate(invalid="ignore"):
        fires = score >= needed
        calm = ~(score >= CALM)
    if fires.any():  # nearly never: what follows costs more than all before
        rest = without_strongest(measure, recent, window)
        spread = np.sqrt(measure.value(rest)[1] * usual.scale**2 + beyond + 1e-12)
        with np.errstate(invalid="ignore"):
            fires &= measure.difference(expected, rest) / spread >= needed * WITHOUT_STRONGEST
        fires &= has_risen(measure, recent, window, usual) | (days >= KNOWN_DAYS)
    steps = np.full(value.shape, float(window.steps))
    return Deviations(value, expected, deviation, score, fires, calm, steps, days, sums)


def without_strongest(measure: Measure, recent: Array, window: Window) -> Array:
    """Return the sums (units, columns) of the newest window without its steps of highest values."""
    newest = recent[:, :, -window.steps :]
    units, columns, steps = newest.shape
    single = measure.value(np.moveaxis(newest, 2, 1).reshape(units * steps, columns))[0]
    single = np.where(np.isfinite(single), single, -np.inf).reshape(units, steps)
    kept = np.argsort(single, axis=1, kind="stable")[:, : steps - window.dropped]
    return np.asarray(np.take_along_axis(newest, kept[:, None, :], axis=2).sum(axis=2))


def has_risen(measure: Measure, recent: Array, window: Window, usual: Noise) -> Flags:
    """Whether a window is above the forty minutes before it; true where that says nothing."""
    value, noise = measure.value(recent[:, :, -window.steps :].sum(axis=2))
    before = recent[:, :, -window.steps - _BEFORE : -window.steps].sum(axis=2)
    was, was_noise = measure.value(before)
    variance = (noise + was_noise) * usual.scale**2 + usual.stray
    with np.errstate(invalid="ignore"):
        return np.asarray((value - was) >= _RISE * np.sqrt(variance + 1e-12))


def chosen(flags: Flags, these: Deviations, others: Deviations) -> Deviations:
    """Return what one window says where the flags are set, and what another one says elsewhere."""

    def pick(one: Array, other: Array) -> Array:
        return np.where(flags if one.ndim == 1 else flags[:, None], one, other)

    return Deviations(
        pick(these.value, others.value),
        pick(these.expected, others.expected),
        pick(these.deviation, others.deviation),
        pick(these.score, others.score),
        these.fires | others.fires,
        others.calm,
        pick(these.steps, others.steps),
        pick(these.days, others.days),
        pick(these.sums, others.sums),
    )
