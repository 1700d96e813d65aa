"""The grid of time that all series stand on: steps of five minutes, slots of fifteen, days.

A series is an array (units, columns, time). The newest hours are kept step by step; days are kept
slot by slot, from midnight UTC on, so that slot 0 of each day is the same time of day.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
AnyArray = NDArray[Any]  # columns of histories are kept in single precision

TICKS_PER_STEP: Final = 300 * TICKS_PER_SECOND
STEPS_PER_SLOT: Final = 3
TICKS_PER_SLOT: Final = STEPS_PER_SLOT * TICKS_PER_STEP
SLOTS_PER_DAY: Final = TICKS_PER_DAY // TICKS_PER_SLOT
STEPS_PER_DAY: Final = STEPS_PER_SLOT * SLOTS_PER_DAY
DAYS_KEPT: Final = 9
"""Today and eight days before it: a week, and a day that may be missing."""
DAYS_PER_WEEK: Final = 7


def day_of(slot: int) -> int:
    """Return the day of a slot that is counted since 0001-01-01."""
    return slot // SLOTS_PER_DAY


def is_weekend(day: int) -> bool:
    """Whether a day counted since 0001-01-01, a Monday, is a Saturday or a Sunday."""
    return day % DAYS_PER_WEEK >= DAYS_PER_WEEK - 2


def by_day(slots: AnyArray) -> AnyArray:
    """Return (units, columns, days, 96) of (units, columns, slots); whole days only."""
    units, columns, count = slots.shape
    return slots.reshape(units, columns, count // SLOTS_PER_DAY, SLOTS_PER_DAY)


def moving_sum(series: Array, reach: int) -> Array:
    """Return the sums over the last axis from `reach` before to `reach` after each place."""
    width = 2 * reach + 1
    padded = np.concatenate(
        [
            np.zeros((*series.shape[:-1], reach + 1)),
            series,
            np.zeros((*series.shape[:-1], reach)),
        ],
        axis=-1,
    )
    total = np.cumsum(padded, axis=-1)
    return np.asarray(total[..., width:] - total[..., :-width])
