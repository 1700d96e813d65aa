"""Periods of a series: the work behind series_periods_detect and series_periods_validate.

The original takes the correlation of a series with itself, turned around in a circle, between its
smallest and its largest value for the score of a lag; the score that is published for its one
documented series is exactly that. How it decides which lags are periods is documented by examples
alone. So a lag counts here if every such way would take it, none is reported if none would be,
and what lies in between is refused.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.kql.functions.limits import MAX_PERIODS
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.functions.series import floats_of, series_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_SHORTEST: Final = 4
_MOST_VALIDATED: Final = 16
_SURE_SCORE, _SURE_SHARE = 0.6, 0.1
"""From which score, and which share of all that the series varies, a hill is a period."""
_NO_SCORE, _NO_SHARE = 0.35, 0.02
"""Below one of these a hill is none."""
_UNSURE: Final = ""
"""What the functions give where it cannot be told; the SQL around them makes an error of it."""


class _Circle:
    """The correlation of a series with itself, by lag.

    Attributes:
        size: of the series.
        scores: of each lag, from 0 to 1.
        shares: of each frequency, how much of all that the series varies is its.
        larger: of each lag, how far the nearest lag with a higher score is.
    """

    def __init__(self, values: list[float]) -> None:
        self.size = len(values)
        largest = max(abs(value) for value in values) or 1.0
        series = np.asarray([value / largest for value in values])
        power = np.abs(np.fft.fft(series - series.mean())) ** 2
        circle = np.fft.ifft(power).real
        low, high = float(circle.min()), float(circle.max())
        if not high - low > 1e-12:
            circle, low, high = np.zeros(self.size), 0.0, 1.0
        self.scores = [float(score) for score in (circle - low) / (high - low)]
        half = power[1 : self.size // 2 + 1]
        self.shares = half / (half.sum() or 1.0)
        self.larger = _distances(self.scores)

    def is_hill(self, lag: int) -> bool:
        """Whether no lag around has a higher score."""
        return self.larger[lag] > max(2, lag // 4) and self.scores[lag] > 0

    def share(self, lag: int) -> float:
        """The share of the two frequencies that are next to a period's."""
        below = self.size // lag
        above = -(-self.size // lag)
        return float(max(self.shares[below - 1], self.shares[above - 1]))

    def hills(self, shortest: float, longest: float) -> list[int]:
        """The lags that may be periods, the best first."""
        first, last = max(_SHORTEST, shortest), min(self.size / 2, longest)
        found = [k for k in range(_SHORTEST, self.size // 2 + 1) if first <= k <= last]
        return sorted(filter(self.is_hill, found), key=lambda lag: -self.scores[lag])


def _distances(values: Sequence[float]) -> list[int]:
    """How far the nearest larger value is from each one, on either side."""
    found = [len(values)] * len(values)
    for places, step in ((range(len(values)), 1), (range(len(values) - 1, -1, -1), -1)):
        waiting: list[int] = []
        for place in places:
            while waiting and values[waiting[-1]] <= values[place]:
                waiting.pop()
            if waiting:
                found[place] = min(found[place], (place - waiting[-1]) * step)
            waiting.append(place)
    return found


def _sure(circle: _Circle, hills: list[int]) -> list[int] | None:
    """Those of the hills that are periods; null if that cannot be told."""
    sure = [
        lag
        for lag in hills
        if circle.scores[lag] >= _SURE_SCORE and circle.share(lag) >= _SURE_SHARE
    ]
    for lag in hills:
        is_none = circle.scores[lag] < _NO_SCORE or circle.share(lag) < _NO_SHARE
        if lag not in sure and not is_none:
            return None
    return sure


def _finite(text: str) -> list[float] | None:
    values = floats_of(text)
    return values if values is not None and all(map(math.isfinite, values)) else None


def detect(text: str, shortest: float, longest: float, count: int) -> str | None:
    """The periods of a series and their scores, padded with zeros; "" where it cannot be told."""
    values = _finite(text)
    if values is None or not 0 < count <= MAX_PERIODS:
        return None
    circle = _Circle(values)
    found = _sure(circle, circle.hills(shortest, longest))
    if found is None:
        return _UNSURE
    missing = [0.0] * max(count - len(found), 0)
    scores = [circle.scores[lag] for lag in found[:count]]
    return series_text([[float(lag) for lag in found[:count]] + missing, scores + missing])


def validate(text: str, periods: list[float | None]) -> str | None:
    """The periods asked for and their scores, 0 for what is none; "" where it cannot be told."""
    values = _finite(text)
    if values is None or any(period is None for period in periods):
        return None
    circle = _Circle(values)
    scores: list[float] = []
    for period in periods:
        score = _score(circle, period or 0.0)
        if score is None:
            return _UNSURE
        scores.append(score)
    return series_text([periods, scores])


def _score(circle: _Circle, period: float) -> float | None:
    if not _SHORTEST <= period <= circle.size / 2:
        return 0.0
    lag = int(period)
    if lag != period:
        return None
    if circle.is_hill(lag):
        return circle.scores[lag] if lag in (_sure(circle, [lag]) or ()) else None
    near = max(1, lag // 10)
    around = range(max(lag - near, 1), min(lag + near, circle.size - 1) + 1)
    return None if any(circle.is_hill(other) for other in around) else 0.0


def _or_unsure(name: str, called: Callable[[Sequence[str]], str]) -> Callable[..., str]:
    message = f"{name} refuses a series: whether it has a period cannot be told for certain"

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return (
            f"(list_transform([kql_{name}({called(arguments)})], lambda found:"
            f" CASE WHEN found = '' THEN error('{message}') ELSE found END)[1])"
        )

    return lower


_V: Final = "VARCHAR"
DETECT: Final = Function(
    "series_periods_detect",
    (Kind.DYNAMIC, Kind.REAL, Kind.REAL, Kind.INTEGER),
    KqlType.DYNAMIC,
    _or_unsure("series_periods_detect", ", ".join),
    null=Null.MAKES,
    python=Udf(detect, (_V, "DOUBLE", "DOUBLE", "BIGINT"), _V),
)
VALIDATE: Final = Function(
    "series_periods_validate",
    (Kind.DYNAMIC, *[Kind.REAL] * _MOST_VALIDATED),
    KqlType.DYNAMIC,
    _or_unsure("series_periods_validate", lambda a: f"{a[0]}, [{', '.join(a[1:])}]"),
    optional=_MOST_VALIDATED - 1,
    null=Null.MAKES,
    python=Udf(validate, (_V, "DOUBLE[]"), _V),
)
