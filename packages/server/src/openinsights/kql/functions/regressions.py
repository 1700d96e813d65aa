"""Scalar functions that fit lines and curves to a series.

Positions in a series count from 1, as the fitted interceptions show. Results of several columns
come out as one JSON array, which tuples.py takes apart, or as a bag for the `…_dynamic` forms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.functions.series import floats_of, series_text
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable

_V: Final = "VARCHAR"
Json = Any  # what goes into JSON


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a curve follows a series.

    Attributes:
        coefficients: of the powers of the position, the highest first.
        rsquare: share of the variance that the curve explains.
        variance: of the series.
        rvariance: of what the curve leaves.
        fitted: the curve at each position.
    """

    coefficients: list[float]
    rsquare: float
    variance: float
    rvariance: float
    fitted: list[float]


def fit(y: list[float], x: list[float] | None = None, degree: int = 1) -> Fit:
    """The best polynomial by least squares."""
    with np.errstate(all="ignore"):
        return _fit(y, x, degree)


def _fit(y: list[float], x: list[float] | None, degree: int) -> Fit:
    values = np.asarray(y, dtype=float)
    places = np.arange(1, len(y) + 1, dtype=float) if x is None else np.asarray(x, dtype=float)
    degree = min(degree, len(y) - 1)
    middle = places.mean()
    powers = np.vander(places - middle, degree + 1)
    centred, *_ = np.linalg.lstsq(powers, values, rcond=None)
    fitted = powers @ centred
    shifted = np.poly1d(centred)(np.poly1d([1.0, -middle]))
    coefficients = [0.0] * (degree - shifted.order) + shifted.coeffs.tolist()
    return _measured(values, fitted, coefficients)


def _measured(values: np.ndarray, fitted: np.ndarray, coefficients: list[float]) -> Fit:
    total = float(((values - values.mean()) ** 2).sum())
    rest = float(((values - fitted) ** 2).sum())
    freedom = max(len(values) - 1, 1)
    rsquare = 1.0 - rest / total if total > 0 else 1.0
    return Fit(coefficients, rsquare, total / freedom, rest / freedom, fitted.tolist())


def _line_parts(found: Fit) -> dict[str, Json]:
    slope, interception = ([0.0, *found.coefficients])[-2:]
    return {
        "rsquare": found.rsquare,
        "slope": slope,
        "variance": found.variance,
        "rvariance": found.rvariance,
        "interception": interception,
        "line_fit": found.fitted,
    }


def fit_line(text: str) -> str | None:
    """The straight line through a series: the six columns of series_fit_line."""
    series = floats_of(text)
    return None if series is None else series_text(list(_line_parts(fit(series)).values()))


def fit_line_dynamic(text: str) -> str | None:
    """The straight line through a series, as a bag."""
    series = floats_of(text)
    if series is None:
        return None
    parts = _line_parts(fit(series))
    return json_text({name: parts[name] for name in _IN_BAGS})


_IN_BAGS: Final = ("slope", "interception", "rsquare", "variance", "rvariance", "line_fit")
"""Order of the keys, as the original engine gives them."""


_FEW: Final = 256
"""Series of so many values are split everywhere; of longer ones the split is estimated."""


def _splits(series: list[float]) -> Iterable[int]:
    """Places at which a split may follow the series best."""
    if len(series) <= _FEW:
        return range(2, len(series) - 1)
    with np.errstate(all="ignore"):
        values = np.asarray(series) - np.mean(series)
        places = np.arange(len(series), dtype=float) - len(series) / 2
        before, after = _rests(places, values), _rests(places[::-1], values[::-1])[::-1]
        return [int(np.argmin(before[1:-2] + after[2:-1])) + 2]


def _rests(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What the straight line through the first values leaves of them, for each number of values."""
    count = np.arange(1, len(values) + 1)
    x, y = np.cumsum(places), np.cumsum(values)
    xx = np.cumsum(places * places) - x * x / count
    xy = np.cumsum(places * values) - x * y / count
    yy = np.cumsum(values * values) - y * y / count
    rests: np.ndarray = yy - np.divide(xy * xy, xx, out=np.zeros_like(xx), where=xx > 0)
    return rests


def _two_lines(series: list[float]) -> dict[str, Json]:
    """Two straight lines, split where they follow the series best."""
    best: tuple[float, int, Fit, Fit] | None = None
    for place in _splits(series):
        left, right = fit(series[:place]), fit(series[place:])
        rest = left.rvariance * (place - 1) + right.rvariance * (len(series) - place - 1)
        if best is None or rest < best[0]:
            best = rest, place, left, right
    if best is None:
        whole = fit(series)
        best = 0.0, len(series), whole, Fit([0.0, 0.0], math.nan, math.nan, math.nan, [])
    _, place, left, right = best
    with np.errstate(all="ignore"):
        whole = _measured(np.asarray(series), np.asarray([*left.fitted, *right.fitted]), [])
    return {
        "rsquare": whole.rsquare,
        "split_idx": place,
        "variance": whole.variance,
        "rvariance": whole.rvariance,
        "line_fit": whole.fitted,
        "right": _side(right),
        "left": _side(left),
    }


def _side(found: Fit) -> dict[str, Json]:
    parts = _line_parts(found)
    return {name: parts[name] for name in SIDE}


SIDE: Final = ("rsquare", "slope", "interception", "variance", "rvariance")
"""What is told of each of two lines."""


def fit_2lines(text: str) -> str | None:
    """Two straight lines through a series: the fifteen columns of series_fit_2lines."""
    series = floats_of(text)
    if series is None:
        return None
    parts = _two_lines(series)
    right, left = parts.pop("right"), parts.pop("left")
    return series_text([*parts.values(), *right.values(), *left.values()])


def fit_2lines_dynamic(text: str) -> str | None:
    """Two straight lines through a series, as a bag."""
    series = floats_of(text)
    return None if series is None else json_text(_two_lines(series))


def fit_poly(text: str, positions: str, degree: int) -> str | None:
    """A polynomial through a series: the five columns of series_fit_poly.

    Args:
        text: the series.
        positions: where its values stand; JSON null for 1, 2, 3, …
        degree: of the polynomial.
    """
    series = floats_of(text)
    places = None if positions == "null" else floats_of(positions)
    if series is None or not 1 <= degree <= 30:
        return None
    if positions != "null" and (places is None or len(places) != len(series)):
        return None
    found = fit(series, places, degree)
    parts = [found.rsquare, found.coefficients, found.variance, found.rvariance, found.fitted]
    return series_text(parts)


def _bag(name: str, function: Any) -> Function:
    return Function(
        name,
        (Kind.DYNAMIC,),
        KqlType.DYNAMIC,
        f"kql_{name}({{0}})",
        null=Null.MAKES,
        python=Udf(function, (_V,), _V),
    )


FUNCTIONS: Final = (
    _bag("series_fit_line_dynamic", fit_line_dynamic),
    _bag("series_fit_2lines_dynamic", fit_2lines_dynamic),
)
"""The family's rows of one value."""
