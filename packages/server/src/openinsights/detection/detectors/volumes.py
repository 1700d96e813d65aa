"""More than usual of one kind: exceptions of a type, for the traffic that there is.

A type that was never seen is held against nothing at all, so a handful is enough once the resource
has been watched for a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.counts import UsualCounts, deviations, learn
from openinsights.detection.detectors.shares import scaled
from openinsights.detection.deviation import Band, Window, band
from openinsights.detection.look import Look, Sensitivity
from openinsights.detection.measures import Rate

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array

_MEASURE: Final = Rate()
COLUMNS: Final = _MEASURE.columns


@dataclass(frozen=True)
class Volumes:
    """Watches volumes.

    Attributes:
        least_hits: effective items that a window needs.
        least_ratio: by which factor the rate has to rise at least.
        windows: what is asked of them.
    """

    least_hits: float = 5.0
    least_ratio: float = 1.25
    windows: tuple[Window, ...] = (Window(4, 4.7, 2), Window(12, 4.2, 3), Window(36, 4.5, 4))

    def learn(self, slots: AnyArray) -> UsualCounts:
        """Return what is usual, from (units, 3, slots of past days)."""
        return learn(_MEASURE, slots)

    def look(
        self,
        usual: UsualCounts,
        recent: Array,
        slot_of_day: int,
        sensitivity: Sensitivity = Sensitivity.MEDIUM,
    ) -> Look:
        """Return what the newest steps show, from (units, 3, steps)."""
        windows = scaled(self.windows, sensitivity)
        found = deviations(_MEASURE, usual, recent, slot_of_day, windows)
        exposure, square, hits = found.sums.T
        weight = np.where(hits > 0, np.maximum(square / np.maximum(hits, 1e-9), 1.0), 1.0)
        expected = _MEASURE.natural(found.expected) * exposure
        fires = found.fires & (hits / weight >= self.least_hits)
        with np.errstate(invalid="ignore"):
            fires &= hits >= self.least_ratio * expected
        reach = windows[0].critical * found.deviation
        return Look(
            fires,
            found.calm,
            hits,
            expected,
            _MEASURE.natural(np.maximum(found.expected - reach, 0.0)) * exposure,
            _MEASURE.natural(found.expected + reach) * exposure,
            found.score,
            found.days,
            exposure,
            hits,
            found.steps,
        )

    def band(self, usual: UsualCounts, place: int, sums: Array, slots_of_day: Array) -> Band:
        """Return the expected band of how many came, from (slots, 3); see `deviation.band`."""
        found = band(_MEASURE, usual.usual, place, sums, slots_of_day, self.windows[0].critical)
        traffic = sums[:, 0]
        return Band(sums[:, 2], found.expected * traffic, found.low * traffic, found.high * traffic)
