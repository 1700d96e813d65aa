"""Memory that grows without end: private bytes of an instance, over two or three days.

Either by a robust slope (the median of all pairs), held against how much the hours stray from it;
there an hour has to be above the same hour of the day before, too, since a day with its rise and
fall is no leak. Or by what hours are above the same hours of the day before, for two days on end:
where memory rises and falls with the day, the line is lost in that, and those are not. What has
been dropped (a restart) begins anew. The Monday after a calm weekend grows as well: a leak reaches
beyond the days before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.look import Look, Sensitivity

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array

HOURS: Final = 192
"""What the detector looks at, hour by hour: what grows, and the days before it."""
GROWING: Final = 72
"""The newest of them: two days that grow, and one before them."""
_FITTED: Final = 48
_DAY: Final = 24
_LEAST_HOURS: Final = 30
_RESTART: Final = 0.75
"""A level below this part of the hour before is that of a new process."""
_BLOCK: Final = 6
"""Hours that are one observation of how a day is above the one before: noise lasts for hours."""
_LEAST_DAYS_BEFORE: Final = 2
_OVER: Final = 0.3
"""Growth from day to day below this part of the whole is none any more."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How one instance grew.

    Attributes:
        per_day: bytes.
        score: the slope in its own deviations.
        start: where the line began, bytes.
        end: where it is now.
        stray: deviation of hours from the line.
        hours: hours that it is known from.
    """

    per_day: float
    score: float
    start: float
    end: float
    stray: float
    hours: int


@dataclass(frozen=True, slots=True)
class DailyGrowth:
    """How much hours are above the same hours of the day before, for two days.

    Attributes:
        per_day: bytes.
        score: that in its own deviations.
        least: bytes in the half day that grew least.
    """

    per_day: float
    score: float
    least: float


@dataclass(frozen=True)
class Leaks:
    """Watches memory.

    Attributes:
        critical: deviations that the slope needs.
        critical_daily: deviations that the growth from day to day needs, which knows no season.
        least_half_day: the part of that growth that each half day needs.
        beyond: days' growth by which the newest day has to be above the days before what grows.
        least_part: the part of the level by which a day has to add at least.
        least_bytes: and how many bytes.
        first_day: how much more is needed of what is known for a day only.
    """

    critical: float = 5.0
    critical_daily: float = 6.0
    least_half_day: float = 0.3
    beyond: float = 1.0
    least_part: float = 0.02
    least_bytes: float = 4e6
    first_day: float = 2.0

    def look(self, hours: Array, sensitivity: Sensitivity = Sensitivity.MEDIUM) -> Look:
        """Return what the newest hours show.

        Args:
            hours: (instances, 192) mean private bytes; NaN where nothing was said.
            sensitivity: how much is needed.
        """
        seen = [self._seen(row, sensitivity) for row in hours]
        table = np.array(seen, dtype=np.float64).reshape(len(seen), 8)
        fires, calm, value, start, stray, score, per_day, known = table.T
        return Look(
            fires.astype(bool),
            calm.astype(bool),
            value,
            start,
            start - 3 * stray,
            start + 3 * stray,
            score,
            known / _DAY,
            known,
            per_day,
            known * 12,
        )

    def _seen(self, hours: Array, sensitivity: Sensitivity) -> tuple[float, ...]:
        """Return fires, calm, value, start, stray, score, growth a day, and hours, of one."""
        row = hours[-GROWING:]
        growth = growth_of(row)
        if growth is None:
            return (False, True, *(0.0,) * 6)
        daily = daily_growth_of(row)
        by_line = self._fires(row, growth, sensitivity)
        by_days = daily is not None and self._fires_daily(daily, growth.start, sensitivity)
        least = self.beyond * max(growth.per_day, 0.0 if daily is None else daily.per_day)
        fires = (by_line or by_days) and _is_beyond(hours, least)
        # what rises and falls with the day rests at night, and leaks all the same
        calm = not _still_grows(row, growth) and not _still_above(row, growth)
        score = growth.score
        if by_days and daily is not None:
            score = max(score, daily.score)
        figures = (growth.end, growth.start, growth.stray, score, growth.per_day, growth.hours)
        return (fires, calm, *figures)

    def _fires(self, row: Array, growth: Growth, sensitivity: Sensitivity) -> bool:
        if growth.per_day < self._least(growth.start):
            return False
        needed = self.critical * sensitivity.value
        if np.isfinite(row).sum() < GROWING - 6:
            needed *= self.first_day
            if growth.end - growth.start < 0.15 * growth.start:
                return False
        return growth.score >= needed and _still_grows(row, growth) and _is_no_season(row, growth)

    def _fires_daily(self, daily: DailyGrowth, start: float, sensitivity: Sensitivity) -> bool:
        return (
            daily.per_day >= self._least(start)
            and daily.score >= self.critical_daily * sensitivity.value
            and daily.least >= self.least_half_day * daily.per_day
        )

    def _least(self, start: float) -> float:
        return max(self.least_bytes, self.least_part * start)


def growth_of(row: Array) -> Growth | None:
    """Return how an instance grew since its start; None when too little is known."""
    places = _fitted(row)
    if places.size < _LEAST_HOURS or places[-1] - places[0] < _LEAST_HOURS:
        return None
    if np.isnan(row[-3:]).all():
        return None
    at, level = places.astype(np.float64), row[places]
    slope = _slope(at, level)
    start = float(np.median(level - slope * (at - at[0])))
    stray = float(np.median(np.abs(level - start - slope * (at - at[0]))) * 1.4826)
    stray = max(stray, 1e-4 * abs(start), 1.0)
    rest = level - start - slope * (at - at[0])
    # hours that follow each other are alike: that many fewer are independent
    alike = float(np.clip(np.corrcoef(rest[1:], rest[:-1])[0, 1] if rest.std() > 0 else 0, 0, 0.9))
    error = stray / np.sqrt(((at - at.mean()) ** 2).sum()) * np.sqrt((1 + alike) / (1 - alike))
    end = start + slope * (at[-1] - at[0])
    return Growth(slope * _DAY, slope / error, start, float(end), stray, int(places.size))


def daily_growth_of(row: Array) -> DailyGrowth | None:
    """Return how two days are above the days before them; None when too little is known.

    By blocks of hours: the noise of an hour is that of the next, too, so hours are not as many
    observations as they are. A weekend's end is in one of the two days only, and strays.
    """
    if _since_restart(row):
        return None
    change = row[_DAY:] - row[:-_DAY]
    blocks = change.reshape(-1, _BLOCK)
    if (np.isfinite(blocks).sum(axis=1) < _BLOCK / 2).any():
        return None
    means = np.nanmean(blocks, axis=1)
    halves = np.nanmedian(change.reshape(-1, _DAY // 2), axis=1)
    error = max(float(means.std(ddof=1)), 1e-4 * float(np.nanmedian(row)), 1.0)
    per_day = float(means.mean())
    return DailyGrowth(per_day, per_day / error * np.sqrt(means.size), float(halves.min()))


def _is_beyond(hours: Array, least: float) -> bool:
    """Whether the newest day is above the middle of those before what grows, by so many bytes.

    In the middle, since a process that leaks and is restarted has been as high before. True when
    too few of them are known.
    """
    newest = hours[-_DAY:]
    before = hours[: len(hours) - GROWING].reshape(-1, _DAY)
    known = np.isfinite(newest) & (np.isfinite(before).sum(axis=0) >= _LEAST_DAYS_BEFORE)
    if np.count_nonzero(known) < _DAY / 2:
        return True
    return bool(np.median(newest[known] - np.nanmedian(before[:, known], axis=0)) >= least)


def _still_above(row: Array, growth: Growth) -> bool:
    """Whether the newest hours are above the same ones of the day before."""
    change = row[-_BLOCK:] - row[-_BLOCK - _DAY : -_DAY]
    change = change[np.isfinite(change)]
    return bool(change.size and np.median(change) >= _OVER * max(growth.per_day, 1.0))


def _fitted(row: Array) -> AnyArray:
    """Return the hours that a line is laid through."""
    since = max(_since_restart(row), len(row) - _FITTED)
    return np.flatnonzero(np.isfinite(row[since:])) + since


def _since_restart(row: Array) -> int:
    since, before = 0, np.nan
    for hour, level in enumerate(row):
        if np.isfinite(level):
            if level < before * _RESTART:
                since = hour
            before = level
    return since


def _slope(at: Array, level: Array) -> float:
    one, other = np.triu_indices(at.size, 1)
    return float(np.median((level[other] - level[one]) / (at[other] - at[one])))


def _still_grows(row: Array, growth: Growth) -> bool:
    """Whether what is newer grows, too: a process that has just begun fills up and then stays."""
    places = _fitted(row)
    return all(
        _slope(newer.astype(np.float64), row[newer]) * _DAY >= part * growth.per_day
        for newer, part in ((places[places.size // 4 :], 0.6), (places[places.size // 2 :], 0.3))
    )


def _is_no_season(row: Array, growth: Growth) -> bool:
    """Whether hours are above the same hours of the day before, where both are known."""
    change = row[_DAY:] - row[: len(row) - _DAY]
    newer, older = change[_DAY:], change[:_DAY]
    newer, older = newer[np.isfinite(newer)], older[np.isfinite(older)]
    if newer.size < _LEAST_HOURS - _DAY:
        return False
    is_above = np.mean(newer > 0) >= 0.85 and np.mean(newer[-8:] > 0) >= 0.75
    is_above &= np.median(newer) >= growth.per_day / 2
    # the day before has to have grown too: Mondays are above Sundays, but Sundays not Saturdays
    return bool(is_above and (older.size < _DAY / 2 or np.mean(older > 0) >= 0.65))
