"""Scalar functions of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.functions.limits import MAX_CHARACTERS
from openinsights.kql.sql.clickhouse_functions.conversion import one
from openinsights.kql.sql.clickhouse_functions.numbers_text import rounded
from openinsights.kql.sql.clickhouse_functions.spelling import failing, known_number, named
from openinsights.kql.sql.dialect import LOWERED, Impossible
from openinsights.schema.types import DECIMAL, INT, REAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_MOST_PLACES: Final = 22


def _abs(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text = f"abs({arguments[0]})"
    if bound[0].type in (REAL, DECIMAL):
        return text
    return (
        f"toInt64({text})" if bound[0].type is INT else f"accurateCast({text}, 'Nullable(Int64)')"
    )


def _round(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if bound[0].type is DECIMAL:
        raise Impossible("round of a decimal", LOWERED)
    if bound[0].type is not REAL:
        places = 0 if len(bound) == 1 else known_number(bound[1])
        if places is None or places < 0:
            raise Impossible("round of a whole number to tens and more", LOWERED)
        return f"toInt64({arguments[0]})"
    if len(arguments) == 1:
        return named(arguments[0], lambda v: f"if(isFinite({v}), {rounded(v)}, {v})", "f")
    digits = bound[1].value if isinstance(bound[1], Constant) else None
    if not isinstance(digits, int) or abs(digits) > _MOST_PLACES:
        raise Impossible("round to a number of digits that is not known in advance", LOWERED)

    def write(v: str) -> str:
        scaled = f"({v} * 1e{digits})"
        return f"if(isFinite({scaled}), {rounded(scaled)} / 1e{digits}, {v})"

    return named(arguments[0], write, "f")


def _where_positive(function: str) -> Lowering:
    return one(
        lambda value: named(
            value, lambda v: f"if({v} > 0 OR isNaN({v}), {function}({v}), NULL)", "f"
        )
    )


_MOST_POWER: Final = 5_000
"""Powers beyond it are nothing or infinite, and the engine's may have the wrong sign."""


def _power(base: str) -> Lowering:
    return one(
        lambda value: named(
            value,
            lambda v: (
                f"multiIf({v} > {_MOST_POWER}, inf, {v} < -{_MOST_POWER}, 0e0, pow({base}, {v}))"
            ),
            "f",
        )
    )


def _pow(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    base, power = arguments
    made = f"pow({base}, {power})"
    if isinstance(bound[1], Constant):
        return made
    return failing(f"abs({power}) > {_MOST_POWER}", f"a power of more than {_MOST_POWER}", made)


def _tohex(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if bound[0].type in (REAL, DECIMAL):
        raise Impossible("tohex of a real", LOWERED)
    digits = f"replaceRegexpOne(lower(hex({arguments[0]})), '^0+(.)', '\\\\1')"
    if len(arguments) == 1:
        return digits
    size = f"least(ifNull({arguments[1]}, 0), {MAX_CHARACTERS})"
    return named(digits, lambda d: f"if(length({d}) < {size}, leftPad({d}, {size}, '0'), {d})", "d")


FUNCTIONS: Final[dict[str, Lowering]] = {
    "abs": _abs,
    "round": _round,
    "ceiling": "ceil({0})",
    "sqrt": one(
        lambda value: named(
            value, lambda v: f"multiIf({v} >= 0, sqrt({v}), {v} IS NOT NULL, nan, NULL)", "f"
        )
    ),
    "exp": "exp({0})",
    "exp2": _power("2e0"),
    "exp10": _power("10e0"),
    "log": _where_positive("log"),
    "log2": _where_positive("log2"),
    "log10": _where_positive("log10"),
    "pow": _pow,
    "pi": "pi()",
    "sin": "sin({0})",
    "cos": "cos({0})",
    "tan": "tan({0})",
    "cot": "(1 / tan({0}))",
    "asin": "if(abs({0}) <= 1, asin({0}), NULL)",
    "acos": "if(abs({0}) <= 1, acos({0}), NULL)",
    "atan": "atan({0})",
    "atan2": "atan2({0}, {1})",
    "degrees": "degrees({0})",
    "radians": "radians({0})",
    "erf": "if(isNaN({0}), NULL, erf({0}))",
    "erfc": "if(isNaN({0}), NULL, erfc({0}))",
    "sign": "if(isNaN({0}), 0e0, toFloat64(sign({0})))",
    "isnan": "ifNull(isNaN({0}), false)",
    "isinf": "ifNull(isInfinite({0}), false)",
    "isfinite": "ifNull(isFinite({0}), false)",
    "binary_and": "bitAnd({0}, {1})",
    "binary_or": "bitOr({0}, {1})",
    "binary_xor": "bitXor({0}, {1})",
    "binary_not": "bitNot({0})",
    "binary_shift_left": "bitShiftLeft({0}, toInt64(positiveModulo({1}, 64)))",
    "bitset_count_ones": "toInt64(bitCount({0}))",
    "tohex": _tohex,
    "whole": one(lambda v: f"accurateCastOrNull({rounded(v)}, 'Int64')"),
    "percentage": "(100e0 * {0} / {1})",
    "apart": "abs({0} - {1})",
}
"""The family's rows."""
