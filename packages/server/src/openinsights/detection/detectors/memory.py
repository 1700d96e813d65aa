"""Memory that grows without end: private bytes of an instance, over two days.

A robust slope (the median of all pairs), held against how much the hours stray from it. A day with
its rise and fall is no leak: an hour has to be above the same hour of the day before, too. What has
been dropped (a restart) begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.look import Look, Sensitivity

if TYPE_CHECKING:
    from openinsights.detection.grid import AnyArray, Array

HOURS: Final = 72
"""What the detector looks at, hour by hour: the two days that grow, and one before them."""
_FITTED: Final = 48
_DAY: Final = 24
_LEAST_HOURS: Final = 30
_RESTART: Final = 0.75
"""A level below this part of the hour before is that of a new process."""


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


@dataclass(frozen=True)
class Leaks:
    """Watches memory.

    Attributes:
        critical: deviations that the slope needs.
        least_part: the part of the level by which a day has to add at least.
        least_bytes: and how many bytes.
        first_day: how much more is needed of what is known for a day only.
    """

    critical: float = 5.0
    least_part: float = 0.02
    least_bytes: float = 4e6
    first_day: float = 2.0

    def look(self, hours: Array, sensitivity: Sensitivity = Sensitivity.MEDIUM) -> Look:
        """Return what the newest hours show.

        Args:
            hours: (instances, 72) mean private bytes; NaN where nothing was said.
            sensitivity: how much is needed.
        """
        grown = [growth_of(row) for row in hours]
        fires = np.array(
            [self._fires(row, each, sensitivity) for row, each in zip(hours, grown, strict=True)],
            dtype=bool,
        )
        calm = np.array(
            [
                each is None or not _still_grows(row, each)
                for row, each in zip(hours, grown, strict=True)
            ],
            dtype=bool,
        )
        figures = np.array(
            [
                (0.0,) * 6
                if each is None
                else (each.end, each.start, each.stray, each.score, each.per_day, each.hours)
                for each in grown
            ]
        ).reshape(len(grown), 6)
        value, start, stray, score, per_day, known = figures.T
        return Look(
            fires,
            calm,
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

    def _fires(self, row: Array, growth: Growth | None, sensitivity: Sensitivity) -> bool:
        if growth is None or growth.per_day < max(self.least_bytes, self.least_part * growth.start):
            return False
        needed = self.critical * sensitivity.value
        if np.isfinite(row).sum() < HOURS - 6:
            needed *= self.first_day
            if growth.end - growth.start < 0.15 * growth.start:
                return False
        return growth.score >= needed and _still_grows(row, growth) and _is_no_season(row, growth)


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
