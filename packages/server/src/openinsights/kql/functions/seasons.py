"""Scalar functions that take a series apart: season, trend, residual, anomalies, forecast.

A season is the median of the values in the same phase. Where no period is given one is looked for:
the lag of the highest peak of the correlation of the series with itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.kql.functions.regressions import fit
from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.kql.functions.series import Number, series_of, series_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
_FENCES: Final = {"tukey": (25.0, 75.0, 1.0), "ctukey": (10.0, 90.0, 0.36067156396620237)}
"""For each kind of test: low and high percentile, and the unit of a score as a share of the
distance between them. Source: scores given by the emulator of the original engine."""
_SHORTEST_PERIOD: Final = 4
_SAME_PEAK: Final = 0.02
"""Multiples of a period correlate about as well as the period; the shortest of them counts."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The parts of a series; null where the series has no value."""

    baseline: list[float]
    seasonal: list[float]
    trend: list[float]
    residual: list[Number]


def find_period(values: np.ndarray) -> tuple[int, float]:
    """The period of a series and how well it repeats, from 0 to 1; (0, 0.0) for none."""
    size = len(values)
    places = np.arange(size, dtype=float)
    if size < 2 * _SHORTEST_PERIOD:
        return 0, 0.0
    slope, start = np.polyfit(places, values, 1)
    rest = values - slope * places - start
    if float(np.abs(rest).max()) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        return 0, 0.0
    lags = range(_SHORTEST_PERIOD - 1, size // 2 + 1)
    scores = {lag: _correlation(rest[:-lag], rest[lag:]) for lag in lags}
    peaks = [
        lag
        for lag in range(_SHORTEST_PERIOD, size // 2)
        if scores[lag] >= scores[lag - 1] and scores[lag] > scores[lag + 1]
    ]
    if not peaks:
        return 0, 0.0
    best = max(scores[lag] for lag in peaks)
    period = next(lag for lag in peaks if scores[lag] >= best - _SAME_PEAK)
    return period, max(scores[period], 0.0)


def _correlation(left: np.ndarray, right: np.ndarray) -> float:
    a, b = left - left.mean(), right - right.mean()
    spread = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / spread if spread > 0 else 0.0


def _season(values: np.ndarray, period: int, size: int) -> np.ndarray:
    """The median of each phase, repeated over the whole series."""
    if not 0 < period <= len(values):
        return np.zeros(size)
    phases = [values[phase::period] for phase in range(period)]
    medians = [_median(phase[~np.isnan(phase)]) for phase in phases]
    return np.asarray([medians[place % period] for place in range(size)])


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _detected(values: np.ndarray, threshold: float) -> int:
    known = values[~np.isnan(values)]
    filled = np.where(np.isnan(values), known.mean() if len(known) else 0.0, values)
    period, score = find_period(filled)
    return period if score >= threshold else 0


def _trend(values: np.ndarray, kind: str, size: int) -> np.ndarray:
    known = [(place + 1.0, float(v)) for place, v in enumerate(values) if not math.isnan(v)]
    if not known or kind == "none":
        return np.zeros(size)
    if kind == "avg":
        return np.full(size, math.fsum(value for _, value in known) / len(known))
    coefficients = fit([value for _, value in known], [place for place, _ in known]).coefficients
    return np.polyval(coefficients, np.arange(1, size + 1, dtype=float))


def decompose(
    series: list[Number], period: int, trend: str, test_points: int, threshold: float
) -> Decomposition | None:
    """Take a series apart; the last test points are not learnt from. Null for unknown trends."""
    size = len(series)
    if trend not in ("avg", "linefit", "none") or not 0 <= test_points < max(size, 1):
        return None
    values = np.asarray([math.nan if v is None else float(v) for v in series])
    learnt = values[: size - test_points]
    length = _detected(learnt, threshold) if period < 0 else period
    seasonal = _season(learnt, length, size)
    trended = _trend(learnt - seasonal[: len(learnt)], trend, size)
    baseline = seasonal + trended
    rest = values - baseline
    return Decomposition(
        baseline.tolist(),
        seasonal.tolist(),
        trended.tolist(),
        [None if math.isnan(value) else float(value) for value in rest],
    )


def decompose_text(
    text: str, period: int, trend: str, test_points: int, threshold: float
) -> str | None:
    """Baseline, seasonal, trend and residual as an array of arrays."""
    series = series_of(text)
    found = None if series is None else decompose(series, period, trend, test_points, threshold)
    if found is None:
        return None
    return series_text([found.baseline, found.seasonal, found.trend, found.residual])


def anomalies_text(
    text: str, limit: float, period: int, trend: str, test_points: int, rest: str
) -> str | None:
    """Flags, scores and baseline as an array of arrays.

    Args:
        text: the series.
        limit: score from which a value is an anomaly.
        period: of the season; -1 to look for one, 0 for none.
        trend: avg, linefit or none.
        test_points: how many of the last values not to learn from.
        rest: kind of test and threshold of seasonality, with a space between.
    """
    kind, _, threshold = rest.partition(" ")
    series = series_of(text)
    if series is None or kind not in _FENCES:
        return None
    found = decompose(series, period, trend, test_points, float(threshold))
    if found is None:
        return None
    scores = scores_of(found.residual, kind, test_points)
    flags = [int(score >= limit) - int(score <= -limit) for score in scores]
    return series_text([flags, scores, found.baseline])


def scores_of(series: list[Number], kind: str, test_points: int = 0) -> list[float]:
    """How far each value lies outside what is usual, signed; 0 for the usual and for nulls."""
    low, high, unit = _FENCES[kind]
    learnt = [v for v in series[: len(series) - test_points] if v is not None and math.isfinite(v)]
    if not learnt:
        return [0.0] * len(series)
    bottom, top = (float(edge) for edge in np.percentile(learnt, [low, high]))
    size = (top - bottom) * unit
    return [_score(value, bottom, top, size) for value in series]


def _score(value: Number, bottom: float, top: float, size: float) -> float:
    if value is None or math.isnan(value):
        return 0.0
    excess = value - top if value > top else min(value - bottom, 0.0)
    if excess == 0:
        return 0.0
    return excess / size if size > 0 else math.copysign(math.inf, excess)


def outliers(text: str, kind: str, ignored: str) -> str | None:
    """The score of each value; null for an unknown kind of test."""
    series = series_of(text)
    if series is None or kind not in _FENCES:
        return None
    if ignored != "null":
        series = [None if value == float(ignored) else value for value in series]
    return series_text(scores_of(series, kind))


def seasonal(text: str, period: int, test_points: int) -> str | None:
    """The seasonal part of a series; a period of -1 is looked for."""
    series = series_of(text)
    if series is None:
        return None
    found = decompose(series, period, "none", test_points, 0.6)
    return None if found is None else series_text(found.seasonal)


_OUTLIERS: Final = ("'ctukey'", "'null'")
_OTHER_EDGES: Final = (
    "series_outliers(…) runs with the percentiles 10 and 90 alone: how far a score reaches with"
    " others is not documented"
)


def _outliers_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    given = [*arguments, *_OUTLIERS[len(arguments) - 1 :]]
    scores = f"kql_series_outliers({', '.join(given[:3])})"
    if len(arguments) <= 3:
        return scores
    edges = f"{given[3]} = 10" + (f" AND {given[4]} = 90" if len(given) > 4 else "")
    # A row at a time, since the engine raises the errors of constants before it runs.
    return (
        f"(list_transform([{given[1]} = 'tukey' OR ({edges})], lambda known: CASE WHEN known"
        f" THEN {scores} ELSE error('{_OTHER_EDGES}') END)[1])"
    )


_SEASONAL: Final = ("CAST(-1 AS BIGINT)", "CAST(0 AS BIGINT)")

FUNCTIONS: Final = (
    Function(
        "series_outliers",
        (Kind.DYNAMIC, Kind.STRING, Kind.JSON, Kind.REAL, Kind.REAL),
        KqlType.DYNAMIC,
        _outliers_sql,
        optional=4,
        null=Null.MAKES,
        naming=Naming.FIRST,
        python=Udf(outliers, (_V, _V, _V), _V),
    ),
    Function(
        "series_seasonal",
        (Kind.DYNAMIC, Kind.INTEGER, Kind.INTEGER),
        KqlType.DYNAMIC,
        lambda a, b: f"kql_series_seasonal({', '.join([*a, *_SEASONAL[len(a) - 1 :]])})",
        optional=2,
        null=Null.MAKES,
        python=Udf(seasonal, (_V, "BIGINT", "BIGINT"), _V),
    ),
)
"""The family's rows of one value."""
