"""What is usual: a band around what a series did at such times, learned from its history.

Pure. The middle is the median of the same hour of the day, and of the same hour of the week once
there are three weeks; the width goes by how far values usually lie from that middle. Medians all
through: a day that was bad does not become what is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Ticks = NDArray[np.int64]

LEAST_DAYS: Final = 3
LEAST_SAMPLES: Final = 30
HISTORY_DAYS: Final = 10
"""The level and the width come from so many days."""
WEEKLY_AFTER_DAYS: Final = 21
LONGEST_DAYS: Final = 28
"""So many days are looked at, once there are three weeks of them."""
WIDTHS: Final[Mapping[str, float]] = {"High": 2.5, "Medium": 3.5, "Low": 5.0}
"""How many usual deviations are usual, by sensitivity."""

_TICKS_PER_HOUR: Final = TICKS_PER_DAY // 24
_HOURS_OF_WEEK: Final = 7 * 24
_LEAST_OF_HOUR: Final = 5
"""An hour with fewer samples goes by the whole day."""
_LEAST_OF_WEEKS_HOUR: Final = 3
_NORMAL: Final = 1.4826
"""From the median of absolute deviations to a standard deviation, for normal noise."""
_LEAST_PART: Final = 0.02
"""A series that never moved is still given this part of its level."""


@dataclass(frozen=True, slots=True)
class Learning:
    """That there is too little history.

    Attributes:
        days: that there are.
        samples: that there are.
    """

    days: float
    samples: int

    def __str__(self) -> str:
        return (
            f"learning what is usual: {LEAST_DAYS} days and {LEAST_SAMPLES} windows with data are"
            f" needed, there are {self.days:.1f} days and {self.samples} windows"
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in each hour of the week.

    Attributes:
        middle: by hour of the week, from Monday 00:00 UTC.
        width: how far from it is usual, for a sensitivity of 1.
        floor: no value is below; minus infinity when some were below 0.
    """

    middle: Reals
    width: Reals
    floor: float

    def band(self, end: int, window_ticks: int, sensitivity: str) -> tuple[float, float]:
        """Return the edges of what is usual in the window that ends at `end`."""
        hour = (end - max(1, window_ticks // 2)) // _TICKS_PER_HOUR % _HOURS_OF_WEEK
        reach = WIDTHS[sensitivity] * float(self.width[hour])
        middle = float(self.middle[hour])
        return max(middle - reach, self.floor), middle + reach


def learn(
    ends: Ticks, values: Reals, until: int, window_ticks: int, *, is_count: bool
) -> Usual | Learning:
    """Return what is usual, from history; or that there is too little.

    Args:
        ends: of windows, in ticks, rising; those after `until` are not looked at.
        values: measured in them.
        until: the end of the history.
        window_ticks: how long a window is.
        is_count: whether the values count something, so that small ones vary by chance.
    """
    known = (ends <= until) & (ends > until - LONGEST_DAYS * TICKS_PER_DAY) & np.isfinite(values)
    ends, values = ends[known], values[known]
    span = float(ends[-1] - ends[0] + window_ticks) / TICKS_PER_DAY if ends.size else 0.0
    if span < LEAST_DAYS or ends.size < LEAST_SAMPLES:
        return Learning(span, int(ends.size))
    recent = ends > until - HISTORY_DAYS * TICKS_PER_DAY
    if int(recent.sum()) < LEAST_SAMPLES:
        return Learning(span, int(recent.sum()))
    # a window belongs to the hour in which its middle lies
    hours = (ends - max(1, window_ticks // 2)) // _TICKS_PER_HOUR % _HOURS_OF_WEEK
    middle = _middle(hours, values, recent, is_weekly=span >= WEEKLY_AFTER_DAYS)
    off = np.abs(values - middle[hours])
    width = _width(hours[recent] % 24, off[recent])
    least = _LEAST_PART * np.abs(middle)
    if is_count:
        least = np.maximum(least, np.sqrt(np.maximum(middle, 1.0)))
    floor = 0.0 if float(values.min()) >= 0 else -np.inf
    return Usual(middle, np.maximum(np.tile(width, 7), np.maximum(least, 1e-9)), floor)


def _middle(hours: Ticks, values: Reals, recent: NDArray[np.bool_], *, is_weekly: bool) -> Reals:
    level = float(np.median(values[recent]))
    of_day = _medians(hours[recent] % 24, values[recent], 24, _LEAST_OF_HOUR)
    daily = np.tile(np.where(np.isnan(of_day), level, of_day), 7)
    if not is_weekly:
        return daily
    of_week = _medians(hours, values, _HOURS_OF_WEEK, _LEAST_OF_WEEKS_HOUR)
    return np.where(np.isnan(of_week), daily, of_week)


def _width(hours: Ticks, off: Reals) -> Reals:
    """Return the usual deviation by hour of the day; the hours beside it count too."""
    whole = float(np.median(off)) * _NORMAL
    found = np.full(24, whole)
    for hour in range(24):
        near = off[np.isin(hours, [(hour - 1) % 24, hour, (hour + 1) % 24])]
        if near.size >= LEAST_SAMPLES:
            found[hour] = max(float(np.median(near)) * _NORMAL, whole / 4)
    return found


def _medians(groups: Ticks, values: Reals, count: int, least: int) -> Reals:
    """Return the median of each group, NaN for those with fewer values than `least`."""
    found = np.full(count, np.nan)
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(count + 1))
    ordered = values[order]
    for group in range(count):
        first, last = bounds[group], bounds[group + 1]
        if last - first >= least:
            found[group] = np.median(ordered[first:last])
    return found
