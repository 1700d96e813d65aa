"""Scalar functions of series: arrays of numbers, as make-series and make_list make them.

Element by element: arithmetic, comparison, mathematics, filling of gaps, filters. Of the whole:
sums, products, similarities. Lines and seasons: regressions.py, seasons.py; results of several
columns: tuples.py.
"""

from __future__ import annotations

import itertools
import json
import math
import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.kql.functions.limits import MAX_WORK
from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.kql.source import parse_datetime
from openinsights.kql.spelling import json_text, real_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_Y, _R, _L = KqlType.DYNAMIC, KqlType.REAL, KqlType.LONG
_V: Final = "VARCHAR"
_MAX_LONG: Final = (1 << 63) - 1

Number = int | float | None
Json = Any  # values of any JSON shape pass through here


def number_of(value: Json) -> Number:
    """An element as a number; null for what is none. A datetime counts as its ticks."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        if len(value) >= 20 and value[4] == "-" and value[-1] == "Z":
            return parse_datetime(value)
    return None


def series_of(text: str | None) -> list[Number] | None:
    """The numbers of an array, null for elements that are none; None for what is no array."""
    value = json.loads(text) if text else None
    return [number_of(item) for item in value] if isinstance(value, list) else None


def floats_of(text: str | None) -> list[float] | None:
    """The numbers of an array; None unless all elements are numbers, and there are some."""
    series = series_of(text)
    if not series:
        return None
    numbers = [float(item) for item in series if item is not None]
    return numbers if len(numbers) == len(series) else None


def series_text(values: Sequence[Json]) -> str:
    """An array as JSON text; what JSON has no number for is written as text."""
    return json_text([_written(value) for value in values])


def _written(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return real_text(value)
    if isinstance(value, int) and abs(value) > _MAX_LONG:
        return float(value)
    return value


# Element by element.


def _pairs(left: str, right: str) -> list[tuple[Number, Number]] | None:
    """Elements side by side; a number stands beside each element of the other array."""
    a, b = json.loads(left), json.loads(right)
    if not isinstance(a, list) and not isinstance(b, list):
        return None
    size = max(len(side) for side in (a, b) if isinstance(side, list))
    return list(zip(_stretched(a, size), _stretched(b, size), strict=True))


def _stretched(value: Json, size: int) -> list[Number]:
    if not isinstance(value, list):
        return [number_of(value)] * size
    return [*(number_of(item) for item in value), *([None] * (size - len(value)))]


def _divide(left: float, right: float) -> float:
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)
    return left / right


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _of_pairs(function: Callable[[Any, Any], object]) -> Callable[[str, str], str | None]:
    def combine(left: str, right: str) -> str | None:
        pairs = _pairs(left, right)
        if pairs is None:
            return None
        return series_text([None if a is None or b is None else function(a, b) for a, b in pairs])

    return combine


def _of_each(function: Callable[[Any], object]) -> Callable[[str], str | None]:
    def each(text: str) -> str | None:
        series = series_of(text)
        if series is None:
            return None
        return series_text([None if item is None else _tried(function, item) for item in series])

    return each


def _tried(function: Callable[[Any], object], value: float) -> object:
    try:
        return function(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _logarithm(value: float) -> float:
    return -math.inf if value == 0 else math.log(value)


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(rounding(value)) if math.isfinite(value) else value


_PAIRWISE: Final[dict[str, Callable[[Any, Any], object]]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divide,
    "pow": _power,
    "greater": operator.gt,
    "greater_equals": operator.ge,
    "less": operator.lt,
    "less_equals": operator.le,
    "equals": operator.eq,
    "not_equals": operator.ne,
}

_EACH: Final[dict[str, Callable[[Any], object]]] = {
    "abs": abs,
    "exp": math.exp,
    "log": _logarithm,
    "sign": lambda value: (value > 0) - (value < 0),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "floor": _whole(math.floor),
    "ceiling": _whole(math.ceil),
}


# Filling of gaps. A gap is null, or the value that stands for one.


def _gaps(text: str, placeholder: str) -> tuple[list[Json], list[bool]] | None:
    items = json.loads(text)
    if not isinstance(items, list):
        return None
    missing = number_of(json.loads(placeholder))
    if missing is None:
        return items, [number_of(item) is None for item in items]
    return items, [number_of(item) == missing for item in items]


def fill_const(text: str, constant: str, placeholder: str) -> str | None:
    """A series with one value in its gaps."""
    found = _gaps(text, placeholder)
    if found is None:
        return None
    value = json.loads(constant)
    return series_text([value if gap else item for item, gap in zip(*found, strict=True)])


def fill_forward(text: str, placeholder: str) -> str | None:
    """A series with, in its gaps, the value before; gaps at the start stay."""
    found = _gaps(text, placeholder)
    return None if found is None else series_text(_carried(*found))


def fill_backward(text: str, placeholder: str) -> str | None:
    """A series with, in its gaps, the value after; gaps at the end stay."""
    found = _gaps(text, placeholder)
    if found is None:
        return None
    items, gaps = found
    return series_text(_carried(items[::-1], gaps[::-1])[::-1])


def _carried(items: list[Json], gaps: list[bool]) -> list[Json]:
    filled: list[Json] = []
    for place, (item, gap) in enumerate(zip(items, gaps, strict=True)):
        filled.append(filled[place - 1] if gap and place > 0 else item)
    return filled


def fill_linear(text: str, placeholder: str, fill_edges: bool, constant: str) -> str | None:
    """A series with its gaps on straight lines between their neighbours.

    Gaps at the ends take the nearest value, unless told not to. A series of whole numbers stays
    one. A series of nothing but gaps is filled with the constant.
    """
    found = _gaps(text, placeholder)
    if found is None:
        return None
    items, gaps = found
    known = [place for place, gap in enumerate(gaps) if not gap]
    if not known:
        return series_text([json.loads(constant)] * len(items))
    is_whole = all(isinstance(items[place], int) for place in known)
    filled = list(items)
    for before, after in itertools.pairwise(known):
        _interpolate(filled, before, after, is_whole=is_whole)
    if fill_edges:
        first, last = known[0], known[-1]
        filled[:first] = [items[first]] * first
        filled[last + 1 :] = [items[last]] * (len(items) - last - 1)
    return series_text(filled)


def _interpolate(filled: list[Json], before: int, after: int, *, is_whole: bool) -> None:
    low, high = number_of(filled[before]) or 0, number_of(filled[after]) or 0
    for place in range(before + 1, after):
        share = (place - before) / (after - before)
        value = low + (high - low) * share
        filled[place] = int(value) if is_whole else value


# Filters.


def fir(text: str, weights: str, normalize: bool | None, center: bool) -> str | None:
    """A series through a finite filter: each value and those before it, weighted.

    Args:
        text: the series.
        weights: of the value itself, of the one before, and so on.
        normalize: divide by the sum of the weights; None: if no weight is negative.
        center: take as many values after as before.
    """
    series, filter_ = floats_of(text), floats_of(weights)
    if series is None or filter_ is None:
        return None
    if len(filter_) * (len(series) + len(filter_)) > MAX_WORK:
        return None
    has_negative = any(weight < 0 for weight in filter_)
    if normalize and has_negative:
        return None
    if normalize or (normalize is None and not has_negative):
        total = math.fsum(filter_)
        filter_ = [_divide(weight, total) for weight in filter_]
    shift = len(filter_) // 2 if center else 0
    padded = np.concatenate([series, np.zeros(shift)])
    filtered = np.convolve(padded, filter_)[shift : shift + len(series)]
    return series_text(filtered.tolist())


def iir(text: str, numerators: str, denominators: str) -> str | None:
    """A series through a recursive filter."""
    series, above, below = floats_of(text), floats_of(numerators), floats_of(denominators)
    if series is None or above is None or below is None or below[0] == 0:
        return None
    if len(series) * (len(above) + len(below)) > MAX_WORK // 10:
        return None
    made: list[float] = []
    for place in range(len(series)):
        value = math.fsum(w * series[place - i] for i, w in enumerate(above) if i <= place)
        value -= math.fsum(w * made[place - i] for i, w in enumerate(below) if 0 < i <= place)
        made.append(value / below[0])
    return series_text(made)


# Of the whole.


def product(text: str) -> float | None:
    """The product of the elements; null unless all are numbers."""
    series = floats_of(text)
    return None if series is None else math.prod(series)


def magnitude(text: str) -> float | None:
    """The Euclidean length; null unless all elements are numbers."""
    series = floats_of(text)
    return None if series is None else math.sqrt(math.fsum(item * item for item in series))


def dot_product(left: str, right: str) -> float | None:
    """The sum of the products of elements side by side, as far as the shorter series reaches."""
    a, b = json.loads(left), json.loads(right)
    sizes = [len(side) for side in (a, b) if isinstance(side, list)]
    if not sizes:
        return None
    pairs = zip(_stretched(a, max(sizes)), _stretched(b, max(sizes)), strict=True)
    return math.fsum(float(x) * float(y) for x, y in pairs if x is not None and y is not None)


def pearson_correlation(left: str, right: str) -> float | None:
    """Pearson's coefficient; null unless both have the same number of numbers."""
    a, b = floats_of(left), floats_of(right)
    if a is None or b is None or len(a) != len(b):
        return None
    mean_a, mean_b = math.fsum(a) / len(a), math.fsum(b) / len(b)
    shared = math.fsum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread_a = math.fsum((x - mean_a) ** 2 for x in a)
    spread_b = math.fsum((y - mean_b) ** 2 for y in b)
    return _divide(shared, math.sqrt(spread_a * spread_b))


def cosine_similarity(
    left: str, right: str, left_size: float | None, right_size: float | None
) -> float | None:
    """The cosine of the angle between two series, with their magnitudes if they are known."""
    a, b = floats_of(left), floats_of(right)
    if a is None or b is None or len(a) != len(b):
        return None
    size_a = magnitude(left) if left_size is None else left_size
    size_b = magnitude(right) if right_size is None else right_size
    shared = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return _divide(shared, (size_a or 0.0) * (size_b or 0.0))


def _statistics(series: list[Number], ignore_nonfinite: bool) -> dict[str, Json] | None:
    known = [(float(v), i) for i, v in enumerate(series) if v is not None and math.isfinite(v)]
    if not known or (len(known) < len(series) and not ignore_nonfinite):
        return None
    low, high = min(known), max(known, key=lambda pair: (pair[0], -pair[1]))
    total = math.fsum(value for value, _ in known)
    mean = total / len(known)
    squares = math.fsum((value - mean) ** 2 for value, _ in known)
    variance = squares / (len(known) - 1) if len(known) > 1 else 0.0
    return {
        "min": low[0],
        "min_idx": low[1],
        "max": high[0],
        "max_idx": high[1],
        "avg": mean,
        "stdev": math.sqrt(variance),
        "variance": variance,
        "sum": total,
        "len": len(series),
    }


STATISTICS: Final = ("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance")
"""The columns of series_stats."""


def stats(text: str, ignore_nonfinite: bool) -> str | None:
    """The statistics of a series, in the order of the columns of series_stats."""
    series = series_of(text)
    found = None if series is None else _statistics(series, ignore_nonfinite)
    return None if found is None else series_text([found[name] for name in STATISTICS])


def stats_dynamic(text: str, ignore_nonfinite: bool) -> str | None:
    """The statistics of a series as a bag."""
    series = series_of(text)
    found = None if series is None else _statistics(series, ignore_nonfinite)
    return None if found is None else json_text(found)


def fourier(text: str, imaginary: str) -> str | None:
    """The discrete Fourier transform: real and imaginary parts as an array of arrays."""
    return _transformed(text, imaginary, inverse=False)


def inverse_fourier(text: str, imaginary: str) -> str | None:
    """The inverse of the discrete Fourier transform, as an array of arrays."""
    return _transformed(text, imaginary, inverse=True)


def _transformed(text: str, imaginary: str, *, inverse: bool) -> str | None:
    real = floats_of(text)
    other = None if imaginary == "null" else floats_of(imaginary)
    if real is None or (imaginary != "null" and (other is None or len(other) != len(real))):
        return None
    values = np.asarray(real) + (0 if other is None else 1j * np.asarray(other))
    found = np.fft.ifft(values) if inverse else np.fft.fft(values)
    return series_text([found.real.tolist(), found.imag.tolist()])


# Rows.


def _defaulted(name: str, *defaults: str) -> Callable[[Sequence[str], Sequence[Bound]], str]:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        missing = len(arguments) - 1
        return f"kql_{name}({', '.join([*arguments, *defaults[missing:]])})"

    return lower


def _row(
    name: str,
    function: Callable[..., object],
    parameters: tuple[Kind, ...],
    defaults: tuple[str, ...] = (),
    result: KqlType = _Y,
    naming: Naming = Naming.NONE,
) -> Function:
    types = {Kind.BOOL: "BOOLEAN", Kind.REAL: "DOUBLE", Kind.INTEGER: "BIGINT"}
    udf = Udf(
        function,
        tuple(types.get(kind, _V) for kind in parameters),
        {_Y: _V, _R: "DOUBLE", _L: "BIGINT"}[result],
    )
    shown = len(parameters) - 1 - len(defaults)
    return Function(
        name,
        parameters,
        result,
        _defaulted(name, *([""] * shown), *defaults),
        optional=len(defaults),
        null=Null.MAKES,
        naming=naming,
        python=udf,
    )


_DYN, _JSON, _BOOL = Kind.DYNAMIC, Kind.JSON, Kind.BOOL
_FIRST: Final = Naming.FIRST
_NO_FLAG: Final = "CAST(NULL AS BOOLEAN)"
_NO_REAL: Final = "CAST(NULL AS DOUBLE)"

FUNCTIONS: Final = (
    *(
        _row(f"series_{name}", _of_pairs(function), (_JSON, _JSON))
        for name, function in _PAIRWISE.items()
    ),
    *(_row(f"series_{name}", _of_each(function), (_DYN,)) for name, function in _EACH.items()),
    _row("series_fill_const", fill_const, (_DYN, _JSON, _JSON), ("'0'", "'null'"), naming=_FIRST),
    _row("series_fill_forward", fill_forward, (_DYN, _JSON), ("'null'",), naming=_FIRST),
    _row("series_fill_backward", fill_backward, (_DYN, _JSON), ("'null'",), naming=_FIRST),
    _row(
        "series_fill_linear",
        fill_linear,
        (_DYN, _JSON, _BOOL, _JSON),
        ("'null'", "true", "'0.0'"),
        naming=_FIRST,
    ),
    _row("series_fir", fir, (_DYN, _DYN, _BOOL, _BOOL), (_NO_FLAG, "false"), naming=_FIRST),
    _row("series_iir", iir, (_DYN, _DYN, _DYN), naming=_FIRST),
    _row("series_stats_dynamic", stats_dynamic, (_DYN, _BOOL), ("false",)),
    _row("series_product", product, (_DYN,), result=_R),
    _row("series_magnitude", magnitude, (_DYN,), result=_R),
    _row("series_dot_product", dot_product, (_JSON, _JSON), result=_R),
    _row("series_pearson_correlation", pearson_correlation, (_DYN, _DYN), result=_R),
    _row(
        "series_cosine_similarity",
        cosine_similarity,
        (_DYN, _DYN, Kind.REAL, Kind.REAL),
        (_NO_REAL, _NO_REAL),
        result=_R,
    ),
)
"""The family's rows."""
