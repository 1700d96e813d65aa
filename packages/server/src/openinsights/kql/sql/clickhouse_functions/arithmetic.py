"""Arithmetic.

The engine's whole numbers go round where they do not fit: wider ones are used then, and what does
not fit in the end is an error, as in DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply, Constant
from openinsights.kql.sql.clickhouse_functions.numbers_text import rounded
from openinsights.kql.sql.clickhouse_functions.spelling import known_number, named
from openinsights.schema.types import DATETIME, INT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_LONG_BITS: Final = 63


def bits_of(bound: Bound) -> int:
    """How many bits the size of a whole number has at most, without its sign."""
    if isinstance(bound, Constant):
        return bound.value.bit_length() if isinstance(bound.value, int) else 0
    if bound.type is INT:
        return 31
    if bound.type is DATETIME:
        return 62
    if isinstance(bound, Apply):
        if bound.function.name == "int to long":
            return 31
        parts = [bits_of(part) for part in bound.arguments]
        if bound.function.name in ("long + long", "long - long", "timespan + timespan"):
            return min(max(parts) + 1, _LONG_BITS)
        if bound.function.name == "long * long":
            return min(sum(parts), _LONG_BITS)
        if bound.function.name == "datetime - datetime":
            return 62
    return _LONG_BITS


def checked(operator: str, left: str, right: str, bits: int) -> str:
    """A sum, difference or product that fails where it does not fit."""
    if bits < _LONG_BITS:
        return f"({left} {operator} {right})"
    return f"accurateCast(toInt128({left}) {operator} toInt128({right}), 'Nullable(Int64)')"


def _additive(operator: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        left, right = bits_of(bound[0]), bits_of(bound[1])
        if DATETIME in (bound[0].type, bound[1].type):
            # Both below 2 ** 62 stay below 2 ** 63.
            bits = max(left, right)
        else:
            bits = max(left, right) + 1
        return checked(operator, arguments[0], arguments[1], bits)

    return lower


def _times(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return checked("*", arguments[0], arguments[1], bits_of(bound[0]) + bits_of(bound[1]))


def _divide(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    left, right = arguments
    known = known_number(bound[1])
    if known is not None and known not in (0, -1):
        return f"intDiv({left}, {right})"
    return (
        f"multiIf({right} = 0 OR {left} IS NULL OR {right} IS NULL, NULL,"
        f" {right} = -1, accurateCast(-toInt128({left}), 'Nullable(Int64)'),"
        f" intDiv({left}, if({right} IN (0, -1), 1, {right})))"
    )


def remainder(value: str, divisor: str) -> str:
    """The rest of a division, never negative."""
    return f"toInt64(positiveModulo({value}, {divisor}))"


def _modulo(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    left, right = arguments
    known = known_number(bound[1])
    if known is not None and 0 < known < 1 << 62:
        return remainder(left, right)
    wide = f"positiveModulo(toInt128({left}), abs(toInt128(if({right} = 0, 1, {right}))))"
    return f"if({right} = 0 OR {right} IS NULL, NULL, accurateCast({wide}, 'Nullable(Int64)'))"


def _rounded_ticks(operator: str, *, halves: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        left, right = arguments
        product = f"({left} {operator} {right})"
        made = rounded(product) if halves else f"trunc({product})"
        return f"accurateCastOrNull({made}, 'Int64')"

    return lower


def _negated(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if bits_of(bound[0]) < _LONG_BITS or bound[0].type.value not in ("long", "timespan"):
        return f"(-({arguments[0]}))"
    return f"accurateCast(-toInt128({arguments[0]}), 'Nullable(Int64)')"


def _real_modulo(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    left, right = arguments
    return f"({left} - floor({left} / abs({right})) * abs({right}))"


def _of_dynamic(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    real, made, left, right = arguments
    whole = "IN ('Int64', 'UInt64')"
    return named(
        real,
        lambda v: (
            f"if({v} = trunc({v}) AND abs({v}) < 9e15 AND JSONType({left}) {whole}"
            f" AND JSONType({right}) {whole}, toString(accurateCastOrNull({v}, 'Int64')), {made})"
        ),
        "r",
    )


_PLUS, _MINUS = _additive("+"), _additive("-")
FUNCTIONS: Final[dict[str, Lowering]] = {
    "long + long": _PLUS,
    "datetime + timespan": _PLUS,
    "timespan + datetime": _PLUS,
    "timespan + timespan": _PLUS,
    "long - long": _MINUS,
    "datetime - timespan": _MINUS,
    "datetime - datetime": _MINUS,
    "timespan - timespan": _MINUS,
    "shifted": _PLUS,
    "before": _MINUS,
    "real + real": "({0} + {1})",
    "real - real": "({0} - {1})",
    "real * real": "({0} * {1})",
    "real / real": "({0} / {1})",
    "real % real": _real_modulo,
    "decimal + decimal": "({0} + {1})",
    "decimal - decimal": "({0} - {1})",
    "long * long": _times,
    "timespan * long": _times,
    "long * timespan": _times,
    "timespan * real": _rounded_ticks("*", halves=True),
    "real * timespan": _rounded_ticks("*", halves=True),
    "long / long": _divide,
    "timespan / long": _divide,
    "timespan / timespan": "(toFloat64({0}) / toFloat64({1}))",
    "datetime / timespan": "(toFloat64({0}) / toFloat64({1}))",
    "timespan / real": _rounded_ticks("/", halves=False),
    "long % long": _modulo,
    "timespan % timespan": _modulo,
    "datetime % timespan": _modulo,
    "negate": _negated,
    "number of dynamic values": _of_dynamic,
}
"""The family's rows."""
