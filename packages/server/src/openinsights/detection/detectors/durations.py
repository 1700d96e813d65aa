"""Slower than usual: the average and the 90th percentile of durations against the past week.

Both have to rise: a few very slow items move the average alone, and a change of what is asked moves
the percentile alone. Everything is weighted by `itemCount`. More load than usual explains some of
it: a burst that makes everything a little slower is no finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.baseline import Baseline, learn
from openinsights.detection.detectors.shares import scaled
from openinsights.detection.deviation import Band, Window, band, deviations
from openinsights.detection.grid import SLOTS_PER_DAY, STEPS_PER_SLOT, by_day, moving_sum
from openinsights.detection.look import Look, Sensitivity
from openinsights.detection.measures import Duration

if TYPE_CHECKING:
    from openinsights.detection.deviation import Deviations
    from openinsights.detection.grid import AnyArray, Array, Flags

COLUMNS: Final = ("count", "square", "total_ms", "ninety_ms")
"""Weighted items, squares of weights, and the weighted totals of durations and percentiles."""
_AVERAGE: Final = Duration()
_NINETY: Final = Duration(spread=1.7)
_LOAD_EXPLAINS: Final = 0.3
"""Double the load explains this power of two."""
_MOST_LOAD: Final = 4.0
_OTHER_NEEDS: Final = 0.4
"""What the weaker of the two figures needs of what the stronger one does."""


@dataclass(frozen=True, slots=True)
class UsualDurations:
    """What is usual of averages and of 90th percentiles; and (units, 96) items of a step."""

    average: Baseline
    ninety: Baseline
    load: Array


@dataclass(frozen=True)
class Durations:
    """Watches durations.

    Attributes:
        least_size: effective items that a window needs.
        least_ratio: by which factor the slower figure has to rise at least.
        least_ms: and by how many milliseconds.
        windows: what is asked of them.
    """

    least_size: float = 20.0
    least_ratio: float = 1.1
    least_ms: float = 2.0
    windows: tuple[Window, ...] = (Window(6, 4.8, 2), Window(12, 4.4, 4))

    def learn(self, slots: AnyArray) -> UsualDurations:
        """Return what is usual, from (units, 4, slots of past days)."""
        return UsualDurations(
            learn(_AVERAGE, slots[:, :3]), learn(_NINETY, slots[:, (0, 1, 3)]), _load(slots)
        )

    def look(
        self,
        usual: UsualDurations,
        recent: Array,
        slot_of_day: int,
        sensitivity: Sensitivity = Sensitivity.MEDIUM,
    ) -> Look:
        """Return what the newest steps show, from (units, 4, steps)."""
        windows = scaled(self.windows, sensitivity)
        parts = (recent[:, :3], recent[:, (0, 1, 3)])
        average = deviations(_AVERAGE, usual.average, parts[0], slot_of_day, windows)
        ninety = deviations(_NINETY, usual.ninety, parts[1], slot_of_day, windows)
        by_average, by_ninety = average.fires, ninety.fires
        weak = tuple(
            Window(each.steps, each.critical * _OTHER_NEEDS, each.dropped) for each in windows
        )
        if by_average.any():
            other = deviations(_NINETY, usual.ninety, parts[1], slot_of_day, weak)
            by_average = by_average & other.fires
        if by_ninety.any():
            other = deviations(_AVERAGE, usual.average, parts[0], slot_of_day, weak)
            by_ninety = by_ninety & other.fires
        load = usual.load[:, (slot_of_day - 1) % SLOTS_PER_DAY]
        return self._look(average, ninety, by_average, by_ninety, windows[0].critical, load)

    def band(self, usual: UsualDurations, place: int, sums: Array, slots_of_day: Array) -> Band:
        """Return the expected band of the average, from (slots, 4); see `deviation.band`."""
        critical = self.windows[0].critical
        return band(_AVERAGE, usual.average, place, sums[:, :3], slots_of_day, critical)

    def _look(
        self,
        average: Deviations,
        ninety: Deviations,
        by_average: Flags,
        by_ninety: Flags,
        critical: float,
        usual_load: Array,
    ) -> Look:
        takes_ninety = by_ninety & ~(by_average & (average.score > ninety.score))

        def pick(one: Array, other: Array) -> Array:
            return np.asarray(np.where(takes_ninety, one, other))

        value = _AVERAGE.natural(pick(ninety.value, average.value))
        centre = pick(ninety.expected, average.expected)
        expected = _AVERAGE.natural(centre)
        reach = critical * pick(ninety.deviation, average.deviation)
        size = _AVERAGE.effective(average.sums)
        fires = (by_average | by_ninety) & (size >= self.least_size)
        load = average.sums[:, 0] / average.steps / np.maximum(usual_load, 1e-9)
        explained = np.where(usual_load > 0, np.clip(load, 1.0, _MOST_LOAD) ** _LOAD_EXPLAINS, 1.0)
        with np.errstate(invalid="ignore"):
            fires &= value >= expected * explained * self.least_ratio
            fires &= value - expected >= self.least_ms
        return Look(
            fires,
            average.calm & ninety.calm,
            value,
            expected,
            _AVERAGE.natural(centre - reach),
            _AVERAGE.natural(centre + reach),
            pick(ninety.score, average.score),
            average.days,
            average.sums[:, 0],
            average.sums[:, 0],
            average.steps,
        )


def _load(slots: AnyArray) -> Array:
    """Return the items of a step at each time of day, in the middle of the days; 0 for unknown."""
    count = np.asarray(slots[:, :1], dtype=np.float64)
    around = by_day(moving_sum(count, 2))[:, 0] / 5 / STEPS_PER_SLOT
    known = np.where(around > 0, around, np.nan)
    some = np.asarray(np.isfinite(known).any(axis=1))
    known = np.where(some[:, None], known, 0.0)
    return np.asarray(np.where(some, np.nanmedian(known, axis=1), 0.0))
