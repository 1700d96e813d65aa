"""Functions that choose among their arguments, bins, and what operators ask of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.source import MAX_DATETIME
from openinsights.kql.sql.clickhouse_functions.arithmetic import bits_of, checked, remainder
from openinsights.kql.sql.clickhouse_functions.conversion import datetime_text, timespan_text
from openinsights.kql.sql.clickhouse_functions.spelling import failing
from openinsights.kql.sql.dialect import LOWERED, Impossible
from openinsights.schema.types import DATETIME, REAL, STRING, TIMESPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_MOST: Final = 1_048_576


def _case(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pairs = zip(arguments[0:-1:2], arguments[1:-1:2], strict=True)
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in pairs)
    return f"(CASE {whens} ELSE {arguments[-1]} END)"


def _coalesce_text(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    parts = ", ".join(f"nullIf({part}, '')" for part in arguments)
    return f"coalesce({parts}, '')"


def _extreme(word: str) -> Lowering:
    """The greatest or least of those that are not null; NaN is the greatest."""

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        if bound[0].type is not REAL:
            made = f"array{'Max' if word == 'greatest' else 'Min'}(l)"
            if bound[0].type is STRING:
                return f"{word}({', '.join(arguments)})"
            kept = f"arrayFilter(v -> v IS NOT NULL, [{', '.join(arguments)}])"
            return f"arrayMap(l -> if(empty(l), NULL, {made}), [{kept}])[1]"
        kept = f"arrayFilter(v -> v IS NOT NULL AND NOT isNaN(v), [{', '.join(arguments)}])"
        some = " OR ".join(f"ifNull(isNaN({text}), false)" for text in arguments)
        if word == "greatest":
            return f"if({some}, nan, arrayMap(l -> if(empty(l), NULL, arrayMax(l)), [{kept}])[1])"
        return f"arrayMap(l -> if(empty(l), if({some}, nan, NULL), arrayMin(l)), [{kept}])[1]"

    return lower


def _bin(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, size = arguments
    if bound[0].type is DATETIME:
        return f"({value} - {value} % {size})"
    if isinstance(bound[1], Constant):
        bits = bits_of(bound[0])
        rest = remainder(value, size)
        return checked("-", value, rest, max(bits, bits_of(bound[1])) + 1)
    rest = f"toInt64(positiveModulo({value}, ifNull({size}, 1)))"
    made = checked("-", value, rest, 63)
    return f"if({size} IS NULL, NULL, {made})"


def _bin_real(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, size = arguments
    known = bound[1].value if isinstance(bound[1], Constant) else None
    divisor = size if isinstance(known, float) and known > 0 else f"if({size} > 0, {size}, NULL)"
    return f"(floor({value} / {divisor}) * {size})"


def _bin_at(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, size, at = arguments
    if not isinstance(bound[1], Constant) or not bound[1].value:
        raise Impossible("bin_at with a size that is not known in advance", LOWERED)
    # DuckDB's remainder has the sign of the number; this takes two of them, as it does.
    moved = f"(toInt128({value}) - toInt128({at}))"
    rest = f"((({moved} % {size}) + {size}) % {size})"
    return f"accurateCast(toInt128({at}) + {moved} - {rest}, 'Nullable(Int64)')"


def _bin_at_real(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, size, at = arguments
    return f"({at} + floor(({value} - {at}) / {size}) * {size})"


def _count_of(first: str, last: str, step: str) -> str:
    """How many values a range has: at most as many as an array may have."""
    wide = f"intDiv(toInt128({last}) - toInt128({first}), toInt128({step})) + 1"
    goes = f"if({step} > 0, {last} >= {first}, {last} <= {first})"
    return f"if({goes}, toUInt64(least({wide}, {_MOST})), 0)"


def _range(spelt: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        unknown = " OR ".join(f"{part} IS NULL" for part in arguments)
        first, last, step = (f"assumeNotNull({part})" for part in arguments)
        value = f"({first} + toInt64(i) * {step})"
        text = value
        if spelt != "long":
            text = f"arrayMap(x -> {_time_text(spelt, 'x')}, [{value}])[1]"
        count = _count_of(first, last, f"if({step} = 0, 1, {step})")
        made = f"arrayMap(i -> {text}, range({count}))"
        if spelt == "datetime":
            beyond = f"{arguments[1]} > {MAX_DATETIME} OR {arguments[0]} < 0"
            made = failing(beyond, "the range goes beyond the calendar", made, "[]")
        return f"if({unknown} OR {step} = 0, NULL, toJSONString({made}))"

    return lower


def _time_text(spelt: str, value: str) -> str:
    return datetime_text(value) if spelt == "datetime" else timespan_text(value)


def _whole_steps(value: str, origin: str, step: str) -> str:
    """Whole steps from an origin to a value, rounded down."""
    moved = f"({value} - {origin})"
    return f"intDiv({moved} - toInt64(positiveModulo({moved}, {step})), {step})"


def _real_steps(function: str) -> Lowering:
    return f"accurateCastOrNull({function}(({{0}} - {{1}}) / nullIf({{2}}, 0)), 'Int64')"


def _axis(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    first, count, step = arguments
    at = f"({first} + toInt64(i) * {step})"
    kind = bound[0].type
    if kind is DATETIME:
        text = f"arrayMap(x -> {datetime_text('x')}, [{at}])[1]"
    elif kind is TIMESPAN:
        text = f"arrayMap(x -> {timespan_text('x')}, [{at}])[1]"
    elif kind is REAL:
        raise Impossible("make-series along an axis of reals", LOWERED)
    else:
        text = at
    numbers = f"range(toUInt64(greatest(ifNull({count}, 0), 0)))"
    return f"toJSONString(arrayMap(i -> {text}, {numbers}))"


def _filled(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    places, cells, count, blank = arguments
    each = f"if(has(p, toInt64(i)), {cells}[indexOf(p, toInt64(i))], {blank})"
    numbers = f"range(toUInt64(least(greatest(ifNull({count}, 0), 0), {_MOST})))"
    made = f"arrayMap(p -> concat('[', arrayStringConcat(arrayMap(i -> {each}, {numbers}), ','), ']'), [{places}])[1]"
    return f"if({count} IS NULL, NULL, {made})"


def _bounded_count(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    count, most = arguments
    known = bound[1].value if isinstance(bound[1], Constant) else most
    return failing(f"{count} > {most}", f"a series of more than {known} values", count)


def _no_decimals(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    raise Impossible("a bin of decimals", LOWERED)


FUNCTIONS: Final[dict[str, Lowering]] = {
    "case": _case,
    "coalesce": "coalesce({*})",
    "coalesce of strings": _coalesce_text,
    "greatest of": _extreme("greatest"),
    "least of": _extreme("least"),
    "isnull": "({0} IS NULL)",
    "bin": _bin,
    "positive": "if({0} > 0, {0}, NULL)",
    "bin of decimals": _no_decimals,
    "bin of reals": _bin_real,
    "bin_at": _bin_at,
    "bin_at of reals": _bin_at_real,
    "range of longs": _range("long"),
    "range of datetimes": _range("datetime"),
    "range of timespans": _range("timespan"),
    "whole steps": lambda a, _: _whole_steps(*a),
    "whole steps before": lambda a, _: f"({_whole_steps(f'({a[0]} - 1)', a[1], a[2])} + 1)",
    "real steps": _real_steps("floor"),
    "real steps before": _real_steps("ceil"),
    "positive step": lambda a, _: failing(
        f"{a[0]} <= 0", "the step of a series must be more than 0", a[0]
    ),
    "count of steps": "greatest({0} - {1}, toInt64(0))",
    "next step": "({0} + 1)",
    "place on axis": "({0} + {1} * {2})",
    "moved places": "arrayMap(x -> x - {1}, {0})",
    "bounded count": _bounded_count,
    "filled series": _filled,
    "axis": _axis,
    "any places": "notEmpty({0})",
    "null text": "CAST(NULL AS Nullable(String))",
    "present": "({0} IS NOT NULL)",
    "where present": "if({0}, {1}, NULL)",
    "same key": "({0} IS NOT DISTINCT FROM {1})",
    "count or zero": "ifNull({0}, 0)",
    "value or wildcard": "if({1} IS NULL, {2}, {0})",
    "weight if": "if({1}, {0}, 0e0)",
    "flag": "toInt64(if({0}, 1, 0))",
    "as int": "accurateCast({0}, 'Nullable(Int32)')",
    "as long": "toInt64({0})",
    "changed": "toInt64(if({2} = 1 OR {0} IS DISTINCT FROM {1}, 1, 0))",
    "start": "if({0} = 1, {1}, NULL)",
}
"""The family's rows."""
