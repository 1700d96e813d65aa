"""A role that says nothing any more although it always does at this time.

What makes a silence a finding: it came suddenly, it is longer than the role's own pauses, and at
the rate that is usual now, in the last hour as on past days of the same kind, so many items would
have come that nobody believes in chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.deviation import Band
from openinsights.detection.grid import (
    SLOTS_PER_DAY,
    STEPS_PER_SLOT,
    is_weekend,
    moving_sum,
)
from openinsights.detection.look import Look, Sensitivity

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array, Flags

COLUMNS: Final = ("count", "square")
_HOUR: Final = 12
_REACH: Final = 2
_KNOWN_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class UsualVolume:
    """What a role sends.

    Attributes:
        least: (units, 96, 2) items of a step at each time of day, on the quietest day of its kind:
            workdays, weekends; NaN where no such day is known.
        pause: (units,) the longest pause of past days, in steps.
        clumps: (units,) variance of slots over their mean: 1 for arrivals by chance.
        days: days that are known at all.
    """

    least: Array
    pause: Array
    clumps: Array
    days: float


@dataclass(frozen=True)
class Silences:
    """Watches for silence.

    Attributes:
        least_steps: its least length in steps of five minutes.
        critical: expected arrivals, clumps taken into account, that have to be missing.
        first_days: how much more is needed before two days are known. A time of day that was
            never seen says nothing: a role that stops in the evening may do so every day.
    """

    least_steps: int = 3
    critical: float = 12.0
    first_days: float = 2.5

    def learn(self, slots: AnyArray, known: Flags, first_day: int) -> UsualVolume:
        """Return what is usual, from (units, 2, slots of past days).

        Args:
            slots: whole days of 96 slots.
            known: (slots,) which of them are known.
            first_day: the day of the first slot, counted since 0001-01-01.
        """
        counts = np.asarray(slots[:, 0], dtype=np.float64)
        units = counts.shape[0]
        # the quietest of the slots around, so that the edge of a pause counts as one
        around = moving_sum(counts, _REACH) / (2 * _REACH + 1)
        quiet = np.minimum(around, counts).reshape(units, -1, SLOTS_PER_DAY)
        kinds = np.array([is_weekend(first_day + day) for day in range(quiet.shape[1])], dtype=bool)
        at = known.reshape(-1, SLOTS_PER_DAY)
        least = np.stack(
            [_least(quiet, at & (kinds == bool(kind))[:, None]) for kind in (0, 1)], axis=2
        )
        # a kind of day that was not seen yet is taken for the other one
        least = np.where(np.isnan(least), _least(quiet, at)[:, :, None], least) / STEPS_PER_SLOT
        said = counts[:, known]
        squares = np.asarray(slots[:, 1])[:, known]
        return UsualVolume(
            least, _pauses(said), _clumps(said, squares), float(at.sum() / SLOTS_PER_DAY)
        )

    def look(
        self,
        usual: UsualVolume,
        recent: Array,
        slot_of_day: int,
        day: int,
        sensitivity: Sensitivity = Sensitivity.MEDIUM,
    ) -> Look:
        """Return what the newest steps show, from (units, 2, steps)."""
        counts = recent[:, 0]
        silent = _trailing_zeros(counts)
        hour, earlier = _before(counts, silent, 0), _before(counts, silent, _HOUR)
        rate = hour.mean(axis=1)
        season = usual.least[:, slot_of_day, int(is_weekend(day))]
        learned = np.isfinite(season)
        usual_rate = np.where(learned, np.minimum(rate, season), 0.0)
        few = usual.days < _KNOWN_DAYS
        needed = self.critical * sensitivity.value * (self.first_days if few else 1.0)
        missing = usual_rate * silent / usual.clumps
        sudden = ((hour > 0).mean(axis=1) >= 0.9) & (rate >= 0.5 * earlier.mean(axis=1))
        within = silent <= counts.shape[1] - 2 * _HOUR
        least = self.least_steps * (2 if few else 1)
        fires = sudden & within & (missing >= needed) & (silent >= least)
        fires &= silent > usual.pause * 1.2 + 1
        zero = np.zeros(len(silent))
        return Look(
            fires,
            silent == 0,
            zero,
            usual_rate * silent,
            usual_rate * silent * 0.5,
            usual_rate * silent * 1.5,
            np.sqrt(2.0 * missing),
            np.where(learned, usual.days, 0.0),
            usual_rate * silent,
            zero,
            silent.astype(np.float64),
        )

    def band(self, usual: UsualVolume, place: int, sums: Array, slots_of_day: Array) -> Band:
        """Return what came, and what comes on the quietest day, from (slots, 2)."""
        least = usual.least[place, slots_of_day.astype(np.int64), 0] * STEPS_PER_SLOT
        return Band(sums[:, 0], least, least, np.full(least.shape, np.nan))


def _least(quiet: Array, known: Flags) -> Array:
    """Return (units, 96) of the quietest known day at each time of day; NaN where none is known."""
    least = np.where(known, quiet, np.inf).min(axis=1)
    return np.asarray(np.where(np.isfinite(least), least, np.nan))


def _trailing_zeros(counts: Array) -> Array:
    said = counts[:, ::-1] > 0
    return np.asarray(np.where(said.any(axis=1), said.argmax(axis=1), counts.shape[1]))


def _before(counts: Array, silent: Array, skipped: int) -> Array:
    """Return (units, 12): an hour before the silence, the newest of them that much earlier."""
    ends = counts.shape[1] - silent - skipped
    places = np.clip(ends[:, None] - np.arange(1, _HOUR + 1), 0, counts.shape[1] - 1)
    return np.take_along_axis(counts, places.astype(np.int64), axis=1)


def _pauses(counts: Array) -> Array:
    """Return the longest pause in steps that is not most of a night: those the season knows."""
    longest = np.zeros(counts.shape[0])
    for unit, row in enumerate(counts):
        said = np.flatnonzero(row > 0)
        if said.size > 1:
            gaps = np.diff(said) - 1
            short = gaps[gaps <= SLOTS_PER_DAY // 8]
            # the longest one may have been an incident: the second longest is a habit
            longest[unit] = np.sort(short)[-2] * STEPS_PER_SLOT if short.size > 1 else 0
    return longest


def _clumps(counts: Array, squares: Array) -> Array:
    """Return by how much slots vary more than arrivals by chance, neighbours taken as the mean."""
    change = np.diff(counts, axis=1)
    both = (counts[:, 1:] > 0) & (counts[:, :-1] > 0)
    mean = (counts[:, 1:] + counts[:, :-1]) / 2
    clumps = np.ones(counts.shape[0])
    weight = squares.sum(axis=1) / np.maximum(counts.sum(axis=1), 1e-9)
    for unit in range(counts.shape[0]):
        at = both[unit]
        if at.sum() >= 8:
            ratios = change[unit, at] ** 2 / (2 * mean[unit, at])
            clumps[unit] = np.median(ratios) / 0.455  # the median of a squared normal
    # a volume that strays by a fifth is no clump of arrivals: what is missing is all of it
    return np.asarray(np.clip(clumps, np.maximum(weight, 1.0), _most(counts, both)))


def _most(counts: Array, both: Flags) -> Array:
    usual = np.array(
        [np.median(row[1:][at]) if at.any() else 1.0 for row, at in zip(counts, both, strict=True)]
    )
    return np.maximum(usual / STEPS_PER_SLOT / 4.0, 1.0)
