"""Arithmetic: one row for each operator and pair of types. Times are ticks.

Whole numbers: division drops the fraction, the rest of a division is never negative, a division by
zero is null. Overflow of whole numbers is an error of the engine rather than a wrong number; a
timespan that no timespan can hold is null.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.functions.row import Function, Kind, Lowering, Null, Udf
from openinsights.kql.source import MAX_DATETIME
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

L, R, D = KqlType.LONG, KqlType.REAL, KqlType.DECIMAL
T, P, Y = KqlType.DATETIME, KqlType.TIMESPAN, KqlType.DYNAMIC

_MAX: Final = (1 << 63) - 1


def _checked(value: int) -> int:
    if not -_MAX - 1 <= value <= _MAX:
        raise OverflowError
    return value


def _nearest(value: float) -> int:
    """The whole number that is nearest, as the engine rounds: halves away from zero."""
    whole = math.floor(abs(value) + 0.5)
    return -whole if value < 0 else whole


def _datetime(value: int) -> int | None:
    """A datetime that there is, or null."""
    return value if 0 <= value <= MAX_DATETIME else None


def _divide(left: int, right: int) -> int | None:
    if right == 0:
        return None
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _modulo(left: int, right: int) -> int | None:
    return None if right == 0 else left % abs(right)


def _divide_real(left: float, right: float) -> float:
    if right == 0:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.inf if left > 0 else -math.inf
    return left / right


_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_UP)
_PLACES: Final = Decimal(1).scaleb(-18)
_DECIMAL: Final = "DECIMAL(38,18)"


def decimal_product(left: Decimal, right: Decimal | None) -> Decimal | None:
    """A product of decimals, to 18 digits after the point; None for null."""
    return None if right is None else _fitting(_EXACT.multiply(left, right))


def decimal_quotient(left: Decimal, right: Decimal | None) -> Decimal | None:
    """A quotient of decimals, to 18 digits after the point; None for null and by zero."""
    return None if not right else _fitting(_EXACT.divide(left, right))


def _fitting(value: Decimal) -> Decimal:
    """The value as decimals hold it.

    Raises:
        OverflowError: it has more than 20 digits before the point.
    """
    if abs(value) >= _LIMIT:
        raise OverflowError
    return value.quantize(_PLACES, context=_EXACT)


_LIMIT: Final = Decimal(10) ** 20

UDFS: Final = {
    f"kql_{function.__name__}": Udf(function, (_DECIMAL, _DECIMAL), _DECIMAL)
    for function in (decimal_product, decimal_quotient)
}
"""The engine's functions behind the operators."""

_WHOLE_MODULO: Final = "((({0} % NULLIF({1}, 0)) + abs({1})) % NULLIF(abs({1}), 0))"
_WIDE_MODULO: Final = "CAST(" + _WHOLE_MODULO.replace("{1}", "CAST({1} AS HUGEINT)") + " AS BIGINT)"


def _whole_modulo(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """A remainder that is not negative; the sum on the way overflows only for huge divisors."""
    divisor = bound[1].value if isinstance(bound[1], Constant) else None
    is_small = isinstance(divisor, int) and abs(divisor) < _MAX // 2
    return (_WHOLE_MODULO if is_small else _WIDE_MODULO).format(*arguments)


_WHOLE_DIVIDE: Final = "({0} // NULLIF({1}, 0))"
_REAL_DIVIDE: Final = "({0} / {1})"
_REAL_MODULO: Final = "({0} - floor({0} / abs({1})) * abs({1}))"
_DECIMAL_MODULO: Final = "((({0} % NULLIF({1}, 0)) + abs({1})) % NULLIF(abs({1}), 0))"
_OF_TICKS: Final = "CAST(trunc({0} {op} {1}) AS BIGINT)"

_Fold = Callable[..., object] | None
_ROWS: Final[tuple[tuple[str, KqlType, KqlType, KqlType, Lowering, _Fold], ...]] = (
    # operator, left, right, result, SQL, fold
    ("+", L, L, L, "({0} + {1})", lambda a, b: _checked(a + b)),
    ("+", R, R, R, "({0} + {1})", lambda a, b: a + b),
    ("+", D, D, D, "({0} + {1})", None),
    ("+", T, P, T, "({0} + {1})", lambda a, b: _datetime(a + b)),
    ("+", P, T, T, "({0} + {1})", lambda a, b: _datetime(a + b)),
    ("+", P, P, P, "({0} + {1})", lambda a, b: _checked(a + b)),
    ("-", L, L, L, "({0} - {1})", lambda a, b: _checked(a - b)),
    ("-", R, R, R, "({0} - {1})", lambda a, b: a - b),
    ("-", D, D, D, "({0} - {1})", None),
    ("-", T, P, T, "({0} - {1})", lambda a, b: _datetime(a - b)),
    ("-", T, T, P, "({0} - {1})", lambda a, b: _checked(a - b)),
    ("-", P, P, P, "({0} - {1})", lambda a, b: _checked(a - b)),
    ("*", L, L, L, "({0} * {1})", lambda a, b: _checked(a * b)),
    ("*", R, R, R, "({0} * {1})", lambda a, b: a * b),
    ("*", D, D, D, "kql_decimal_product({0}, {1})", None),
    ("*", P, L, P, "({0} * {1})", lambda a, b: _checked(a * b)),
    ("*", L, P, P, "({0} * {1})", lambda a, b: _checked(a * b)),
    ("*", P, R, P, "TRY_CAST(round({0} * {1}) AS BIGINT)", lambda a, b: _checked(_nearest(a * b))),
    ("*", R, P, P, "TRY_CAST(round({0} * {1}) AS BIGINT)", lambda a, b: _checked(_nearest(a * b))),
    ("/", L, L, L, _WHOLE_DIVIDE, _divide),
    ("/", R, R, R, _REAL_DIVIDE, _divide_real),
    ("/", D, D, D, "kql_decimal_quotient({0}, {1})", None),
    ("/", P, P, R, "(CAST({0} AS DOUBLE) / {1})", lambda a, b: _divide_real(float(a), float(b))),
    ("/", T, P, R, "(CAST({0} AS DOUBLE) / {1})", lambda a, b: _divide_real(float(a), float(b))),
    ("/", P, L, P, _WHOLE_DIVIDE, _divide),
    ("/", P, R, P, "TRY_CAST(trunc({0} / {1}) AS BIGINT)", lambda a, b: _checked(int(a / b))),
    ("%", L, L, L, _whole_modulo, _modulo),
    ("%", R, R, R, _REAL_MODULO, None),
    ("%", D, D, D, _DECIMAL_MODULO, None),
    ("%", P, P, P, _whole_modulo, _modulo),
    ("%", T, P, P, _whole_modulo, _modulo),
)  # fmt: skip

_KINDS: Final = {
    L: Kind.INTEGER,
    R: Kind.REAL,
    D: Kind.NUMBER,
    T: Kind.DATETIME,
    P: Kind.TIMESPAN,
}


def _makes_null(sql: Lowering) -> bool:
    return isinstance(sql, str) and sql.startswith(("TRY_CAST", "kql_"))


ARITHMETIC: Final[dict[tuple[str, KqlType, KqlType], Function]] = {
    (operator, left, right): Function(
        name=f"{left} {operator} {right}",
        parameters=(_KINDS[left], _KINDS[right]),
        result=result,
        duckdb=sql,
        fold=fold,
        null=Null.MAKES if _makes_null(sql) else Null.PROPAGATES,
    )
    for operator, left, right, result, sql, fold in _ROWS
}
"""Each operator for each pair of types that it is defined for."""

_NUMBERS: Final = {KqlType.INT: 0, L: 0, R: 1, D: 2}
_BY_RANK: Final = (L, R, D)

NEGATE: Final = Function(
    name="negate",
    parameters=(Kind.NUMBER,),
    result=lambda types: types[0],
    duckdb="(-({0}))",
    fold=lambda value: _checked(-value) if isinstance(value, int) else -value,
)
"""`-x`."""


OF_DYNAMIC: Final = Function(
    name="number of dynamic values",
    parameters=(Kind.REAL, Kind.DYNAMIC, Kind.DYNAMIC, Kind.DYNAMIC),
    result=Y,
    duckdb=(
        "CASE WHEN {0} = trunc({0}) AND abs({0}) < 9e15"
        " AND json_type({2}) IN ('UBIGINT', 'BIGINT') AND json_type({3}) IN ('UBIGINT', 'BIGINT')"
        " THEN CAST(CAST({0} AS BIGINT) AS VARCHAR) ELSE {1} END"
    ),
)
"""What an operator makes of two dynamic values: whole if both are and it can be, else real.

The arguments are the result as a real and as a dynamic value, and both operands.
"""


def find(operator: str, left: KqlType, right: KqlType) -> tuple[Function, KqlType, KqlType] | None:
    """The row for operands of these types, and the types to convert them to; None: undefined."""
    if left is Y:
        left = _partner(operator, right, is_left=True)
    elif right is Y:
        right = _partner(operator, left, is_left=False)
    if left in _NUMBERS and right in _NUMBERS:
        left = right = _BY_RANK[max(_NUMBERS[left], _NUMBERS[right])]
    elif left is KqlType.INT:
        left = L
    elif right is KqlType.INT:
        right = L
    elif D in (left, right) and P in (left, right):
        left, right = (R if type_ is D else type_ for type_ in (left, right))
    found = ARITHMETIC.get((operator, left, right))
    return None if found is None else (found, left, right)


def _partner(operator: str, other: KqlType, *, is_left: bool) -> KqlType:
    """What a dynamic operand is taken for beside an operand of the other type."""
    if other is T:
        if operator == "-" and is_left:
            return T
        return T if operator == "-" else P
    if other is P and operator in ("*", "/"):
        return R if operator == "*" else P
    if other is P and operator == "-" and is_left:
        return P
    return other
