"""Scalar functions that give several values at once: series_stats, series_fit_line, ….

`extend f(x)` makes one column of each, `extend (a, b) = f(x)` names the first ones, `f(x)[1]` takes
one; anywhere else the first counts. A row's function gives all values as one JSON array, of which
each column takes its part. array_sort_asc and array_sort_desc give as many arrays as they take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Constant
from openinsights.kql.functions import dynamics, periods, regressions, seasons, series
from openinsights.kql.functions.row import Function, Kind, Lowering, Null, Special, Udf
from openinsights.kql.scope import FunctionVariable
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call, Node

Made = list[tuple[str, Bound]]
NameOf = Callable[["Node"], "str | None"]

_R, _L, _Y = KqlType.REAL, KqlType.LONG, KqlType.DYNAMIC
_V: Final = "VARCHAR"
_BIG: Final = "BIGINT"


@dataclass(frozen=True, slots=True)
class Several:
    """A function of several values.

    Attributes:
        function: gives them as one JSON array.
        parts: the end of each column's name, and its type.
    """

    function: Function
    parts: tuple[tuple[str, KqlType], ...]


def _with_defaults(name: str, required: int, defaults: Sequence[str]) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return f"kql_{name}({', '.join([*arguments, *defaults[len(arguments) - required :]])})"

    return lower


def _anomalies_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    defaults = ("1.5e0", "CAST(-1 AS BIGINT)", "'avg'", "CAST(0 AS BIGINT)", "'ctukey'", "0.6e0")
    given = [*arguments, *defaults[len(arguments) - 1 :]]
    rest = f"{given[5]} || ' ' || CAST({given[6]} AS VARCHAR)"
    return f"kql_series_decompose_anomalies({', '.join([*given[:5], rest])})"


_SQL_TYPES: Final = {Kind.BOOL: "BOOLEAN", Kind.REAL: "DOUBLE", Kind.INTEGER: _BIG}


def _several(
    name: str,
    function: Callable[..., str | None],
    parameters: tuple[Kind, ...],
    parts: tuple[tuple[str, KqlType], ...],
    defaults: tuple[str, ...] = (),
) -> Several:
    required = len(parameters) - len(defaults)
    udf = Udf(function, tuple(_SQL_TYPES.get(kind, _V) for kind in parameters), _V)
    row = Function(
        name,
        parameters,
        _Y,
        _with_defaults(name, required, defaults),
        optional=len(defaults),
        null=Null.MAKES,
        python=udf,
    )
    return Several(row, parts)


_DYN, _INT, _REAL, _TEXT = Kind.DYNAMIC, Kind.INTEGER, Kind.REAL, Kind.STRING
_SIDE: Final = tuple((name, _R) for name in regressions.SIDE)
_COMPONENTS: Final = (("baseline", _Y), ("seasonal", _Y), ("trend", _Y), ("residual", _Y))
_WHOLE_SEASON: Final = ("CAST(-1 AS BIGINT)", "'avg'", "CAST(0 AS BIGINT)", "0.6e0")
_FORECAST: Final = ("CAST(-1 AS BIGINT)", "'avg'", "0.6e0")
_PERIODS: Final = (("periods", _Y), ("scores", _Y))
_COMPLEX: Final = (("real", _Y), ("imag", _Y))


def _forecast(text: str, points: int, period: int, trend: str, threshold: float) -> str | None:
    return seasons.decompose_text(text, period, trend, points, threshold)


TUPLES: Final = {
    row.function.name: row
    for row in (
        _several(
            "series_stats",
            series.stats,
            (_DYN, Kind.BOOL),
            tuple((name, _L if name.endswith("_idx") else _R) for name in series.STATISTICS),
            ("false",),
        ),
        _several(
            "series_fit_line",
            regressions.fit_line,
            (_DYN,),
            (
                ("rsquare", _R),
                ("slope", _R),
                ("variance", _R),
                ("rvariance", _R),
                ("interception", _R),
                ("line_fit", _Y),
            ),
        ),
        _several(
            "series_fit_2lines",
            regressions.fit_2lines,
            (_DYN,),
            (
                ("rsquare", _R),
                ("split_idx", _L),
                ("variance", _R),
                ("rvariance", _R),
                ("line_fit", _Y),
                *((f"right_{name}", type_) for name, type_ in _SIDE),
                *((f"left_{name}", type_) for name, type_ in _SIDE),
            ),
        ),
        _several(
            "series_fit_poly",
            regressions.fit_poly,
            (_DYN, Kind.JSON, _INT),
            (
                ("rsquare", _R),
                ("coefficients", _Y),
                ("variance", _R),
                ("rvariance", _R),
                ("poly_fit", _Y),
            ),
            ("'null'", "CAST(1 AS BIGINT)"),
        ),
        _several("series_fft", series.fourier, (_DYN, Kind.JSON), _COMPLEX, ("'null'",)),
        _several("series_ifft", series.inverse_fourier, (_DYN, Kind.JSON), _COMPLEX, ("'null'",)),
        _several(
            "series_decompose",
            seasons.decompose_text,
            (_DYN, _INT, _TEXT, _INT, _REAL),
            _COMPONENTS,
            _WHOLE_SEASON,
        ),
        _several(
            "series_decompose_forecast",
            _forecast,
            (_DYN, _INT, _INT, _TEXT, _REAL),
            _COMPONENTS,
            _FORECAST,
        ),
        Several(
            Function(
                "series_decompose_anomalies",
                (_DYN, _REAL, _INT, _TEXT, _INT, _TEXT, _REAL),
                _Y,
                _anomalies_sql,
                optional=6,
                null=Null.MAKES,
                python=Udf(seasons.anomalies_text, (_V, "DOUBLE", _BIG, _V, _BIG, _V), _V),
            ),
            (("ad_flag", _Y), ("ad_score", _Y), ("baseline", _Y)),
        ),
        Several(periods.DETECT, _PERIODS),
        Several(periods.VALIDATE, _PERIODS),
    )
}
"""The functions, by name."""


def values_of(expressions: Expressions, call: Call, name_of: NameOf) -> Made | None:
    """The values of a call with the names of their columns; None if the function gives one value.

    Raises:
        KqlSemanticError: the arguments do not fit.
    """
    if isinstance(expressions.scope.find(call.name), FunctionVariable):
        return None
    if call.name in dynamics.SORTS:
        return _sorted(expressions, call, name_of)
    row = TUPLES.get(call.name)
    if row is None:
        return None
    whole = apply(row.function, expressions.arguments(row.function, call))
    first = name_of(call.arguments[0]) or ""
    return [
        (
            f"{call.name}_{first}_{name}",
            expressions.convert(dynamics.element(whole, place), type_),
        )
        for place, (name, type_) in enumerate(row.parts)
    ]


def _sorted(expressions: Expressions, call: Call, name_of: NameOf) -> Made:
    whole = dynamics.sorted_arrays(expressions, call, dynamics.SORTS[call.name])
    arrays = list(call.arguments)
    if len(arrays) > 1 and expressions.bind(arrays[-1]).type is KqlType.BOOL:
        arrays.pop()
    return [
        (f"{name_of(node) or f'array{place}'}_sorted", dynamics.element(whole, place))
        for place, node in enumerate(arrays)
    ]


def value_at(expressions: Expressions, call: Call, index: Bound) -> Bound | None:
    """`f(x)[1]`: one of the values; None if the function gives one value, or there is no such."""
    values = values_of(expressions, call, _no_name)
    if values is None or not isinstance(index, Constant) or not isinstance(index.value, int):
        return None
    return values[index.value][1] if 0 <= index.value < len(values) else None


def _no_name(node: Node) -> str | None:
    return None


def _first(expressions: Expressions, call: Call) -> Bound:
    values = values_of(expressions, call, _no_name)
    if not values:
        raise AssertionError("BUG: a function of several values gives none")
    return values[0][1]


SPECIALS: Final = (Special((*TUPLES, *dynamics.SORTS), _first),)
"""Where one value is needed, the first counts."""
