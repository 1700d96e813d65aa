"""A rise of the share of items that are hit: failed requests, failed calls, severe traces.

The last twenty minutes (an hour and three, for small rises) against the same time of past days and
what the hours before say. The floor adapts to the volume: a share has to rise by more than what so
few items can tell, and either by half a point or to its double.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.counts import UsualCounts, deviations, learn
from openinsights.detection.deviation import Band, Window, band
from openinsights.detection.look import Look, Sensitivity
from openinsights.detection.measures import Share

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array

_MEASURE: Final = Share()
COLUMNS: Final = _MEASURE.columns


@dataclass(frozen=True)
class Shares:
    """Watches shares.

    Attributes:
        least_hits: hits that a window needs, in effective items.
        least_size: effective items that a window needs: nearly no traffic is no finding.
        least_rise: by how much the share has to rise at least.
        plain_rise: a rise by which it need not double.
        windows: what is asked of them.
    """

    least_hits: float = 5.0
    least_size: float = 12.0
    least_rise: float = 0.001
    plain_rise: float = 0.005
    windows: tuple[Window, ...] = (Window(4, 4.7, 2), Window(12, 4.3, 3), Window(36, 4.6, 4))

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
        size = _MEASURE.effective(found.sums)
        share = found.sums[:, 2] / np.maximum(found.sums[:, 0], 1e-9)
        expected = _MEASURE.natural(found.expected)
        fires = found.fires & (size >= self.least_size)
        fires &= (share * size >= self.least_hits) & (share - expected >= self.least_rise)
        fires &= (share - expected >= self.plain_rise) | (share >= 2 * expected)
        reach = windows[0].critical * found.deviation
        return Look(
            fires,
            found.calm,
            share,
            expected,
            _MEASURE.natural(np.maximum(found.expected - reach, 0.0)),
            _MEASURE.natural(found.expected + reach),
            found.score,
            found.days,
            found.sums[:, 0],
            found.sums[:, 2],
            found.steps,
        )

    def band(self, usual: UsualCounts, place: int, sums: Array, slots_of_day: Array) -> Band:
        """Return the expected band over past slots, from (slots, 3); see `deviation.band`."""
        return band(_MEASURE, usual.usual, place, sums, slots_of_day, self.windows[0].critical)


def scaled(windows: tuple[Window, ...], sensitivity: Sensitivity) -> tuple[Window, ...]:
    """Return windows that ask for more or less."""
    return tuple(
        Window(each.steps, each.critical * sensitivity.value, each.dropped) for each in windows
    )
