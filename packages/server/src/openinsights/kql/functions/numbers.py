"""Scalar functions of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.functions.conversion import DECIMAL_SQL
from openinsights.kql.functions.limits import MAX_CHARACTERS
from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_R, _L, _S, _B = KqlType.REAL, KqlType.LONG, KqlType.STRING, KqlType.BOOL
_REAL, _INT, _NUMBER = Kind.REAL, Kind.INTEGER, Kind.NUMBER


def _real(name: str, sql: str, *, aliases: tuple[str, ...] = ()) -> Function:
    return Function(name, (_REAL,), _R, sql, naming=Naming.FIRST, null=Null.MAKES, aliases=aliases)


def _same(types: Sequence[KqlType]) -> KqlType:
    return types[0]


def _abs_type(types: Sequence[KqlType]) -> KqlType:
    return _L if types[0] is KqlType.INT else types[0]


def _abs(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text = f"abs({arguments[0]})"
    return f"CAST({text} AS BIGINT)" if bound[0].type is KqlType.INT else text


_EXACT_POWERS: Final = 22
"""Powers of ten up to here are exact as reals."""
_PLACES: Final = range(-20, 19)
"""Places that a decimal or whole number can be rounded to with an effect."""
_SHORT: Final = 400
"""Characters of SQL that may be repeated; the engine computes what is repeated once."""


def _round(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if len(arguments) == 1:
        return f"round({arguments[0]})"
    if bound[0].type is not KqlType.REAL:
        if isinstance(bound[1], Constant):
            places = f"CAST(greatest(least({arguments[1]}, 400), -400) AS INTEGER)"
            return f"round({arguments[0]}, {places})"
        # The engine's function takes constants alone.
        type_ = DECIMAL_SQL if bound[0].type is KqlType.DECIMAL else "BIGINT"
        each = " ".join(f"WHEN {n} THEN CAST(round(v, {n}) AS {type_})" for n in _PLACES)
        places = f"greatest(least({arguments[1]}, {_PLACES[-1]}), {_PLACES[0]})"
        return f"list_transform([{arguments[0]}], lambda v: CASE {places} {each} END)[1]"
    # By scaling, as Kusto does: 2.15 is a little less than that, and still becomes 2.2.
    digits = bound[1].value if isinstance(bound[1], Constant) else None
    if isinstance(digits, int) and abs(digits) <= _EXACT_POWERS and len(arguments[0]) <= _SHORT:
        scaled, power = f"{arguments[0]} * 1e{digits}", f"1e{digits}"
        return (
            f"CASE WHEN isfinite({scaled}) THEN round({scaled}) / {power} ELSE {arguments[0]} END"
        )
    # The lambdas name both arguments, so that the text of a long one stands here once. They take
    # ten times as long.
    scaled = "round(v * p) / p"
    return (
        f"list_transform([{arguments[0]}], lambda v: list_transform([pow(10e0, {arguments[1]})],"
        f" lambda p: CASE WHEN p = 0 THEN v * 0 WHEN NOT isfinite({scaled}) THEN v"
        f" ELSE {scaled} END)[1])[1]"
    )


def tohex(value: int, length: int | None) -> str:
    """Hexadecimal digits in lower case; a negative number as its two's complement."""
    text = format(value & 0xFFFFFFFFFFFFFFFF, "x")
    return text.rjust(min(length or 0, MAX_CHARACTERS), "0")


def tohex_int(value: int, length: int | None) -> str:
    """Hexadecimal digits of a 32-bit number."""
    return format(value & 0xFFFFFFFF, "x").rjust(min(length or 0, MAX_CHARACTERS), "0")


def _tohex(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    length = arguments[1] if len(arguments) > 1 else "NULL"
    name = "tohex_int" if bound[0].type is KqlType.INT else "tohex"
    return f"kql_{name}(TRY_CAST({arguments[0]} AS BIGINT), CAST({length} AS BIGINT))"


def shift_left(value: int, count: int) -> int:
    """Shift within 64 bits."""
    shifted = (value << (count % 64)) & 0xFFFFFFFFFFFFFFFF
    return shifted - (1 << 64) if shifted >> 63 else shifted


_UNITS: Final = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def format_bytes(value: float, precision: float | None, unit: str | None) -> str:
    """A size with its unit; the largest unit that leaves a number of 1 or more."""
    if unit and unit in _UNITS:
        power = _UNITS.index(unit)
    else:
        power = 0
        while abs(value) >= 1024 ** (power + 1) and power < len(_UNITS) - 1:
            power += 1
    digits = 0 if precision is None else min(int(precision), 100)
    number = f"{round(value / 1024**power, digits):.{digits}f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {_UNITS[power]}"


UDFS: Final = {"kql_tohex_int": Udf(tohex_int, ("BIGINT", "BIGINT"), "VARCHAR")}

FUNCTIONS: Final = (
    Function("abs", (Kind.SUMMABLE,), _abs_type, _abs, naming=Naming.FIRST,
             fold=lambda value: abs(value)),
    Function("round", (_NUMBER, _INT), _same, _round, optional=1, naming=Naming.FIRST),
    Function("ceiling", (_REAL,), _R, "ceil({0})", naming=Naming.FIRST),
    _real("sqrt", "CASE WHEN {0} >= 0 THEN sqrt({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"),
    _real("exp", "exp({0})"),
    _real("exp2", "pow(2e0, {0})"),
    _real("exp10", "pow(10e0, {0})"),
    _real("log", "CASE WHEN {0} > 0 THEN ln({0}) END"),
    _real("log2", "CASE WHEN {0} > 0 THEN log2({0}) END"),
    _real("log10", "CASE WHEN {0} > 0 THEN log10({0}) END"),
    Function("pow", (_REAL, _REAL), _R, "pow({0}, {1})", naming=Naming.FIRST),
    Function("pi", (), _R, "pi()", fold=lambda: math.pi),
    _real("sin", "sin({0})"),
    _real("cos", "cos({0})"),
    _real("tan", "tan({0})"),
    Function("cot", (_REAL,), _R, "cot({0})", null=Null.MAKES),
    _real("asin", "CASE WHEN abs({0}) <= 1 THEN asin({0}) END"),
    _real("acos", "CASE WHEN abs({0}) <= 1 THEN acos({0}) END"),
    _real("atan", "atan({0})"),
    Function("atan2", (_REAL, _REAL), _R, "atan2({0}, {1})", naming=Naming.FIRST),
    Function("degrees", (_REAL,), _R, "degrees({0})"),
    Function("radians", (_REAL,), _R, "radians({0})"),
    Function("gamma", (_REAL,), _R, "gamma({0})", naming=Naming.FIRST),
    Function("loggamma", (_REAL,), _R, "lgamma({0})", naming=Naming.FIRST),
    Function("erf", (_REAL,), _R, "kql_erf({0})", naming=Naming.FIRST,
             python=Udf(math.erf, ("DOUBLE",), "DOUBLE")),
    Function("erfc", (_REAL,), _R, "kql_erfc({0})", naming=Naming.FIRST,
             python=Udf(math.erfc, ("DOUBLE",), "DOUBLE")),
    Function("sign", (_REAL,), _R, "CAST(sign({0}) AS DOUBLE)"),
    Function("isnan", (_REAL,), _B, "COALESCE(isnan({0}), false)", null=Null.NEVER),
    Function("isinf", (_REAL,), _B, "COALESCE(isinf({0}), false)", null=Null.NEVER),
    Function("isfinite", (_REAL,), _B, "COALESCE(isfinite({0}), false)", null=Null.NEVER),
    Function("binary_and", (_INT, _INT), _L, "({0} & {1})", naming=Naming.FIRST),
    Function("binary_or", (_INT, _INT), _L, "({0} | {1})", naming=Naming.FIRST),
    Function("binary_xor", (_INT, _INT), _L, "xor({0}, {1})", naming=Naming.FIRST),
    Function("binary_not", (_INT,), _L, "(~{0})", naming=Naming.FIRST),
    Function("binary_shift_left", (_INT, _INT), _L, "kql_binary_shift_left({0}, {1})",
             naming=Naming.FIRST, python=Udf(shift_left, ("BIGINT", "BIGINT"), "BIGINT")),
    Function("binary_shift_right", (_INT, _INT), _L, "({0} >> ({1} % 64))", naming=Naming.FIRST),
    Function("bitset_count_ones", (_INT,), _L, "CAST(bit_count({0}) AS BIGINT)",
             naming=Naming.FIRST),
    Function("tohex", (_NUMBER, _INT), _S, _tohex, optional=1, naming=Naming.FIRST,
             python=Udf(tohex, ("BIGINT", "BIGINT"), "VARCHAR"), null=Null.MAKES),
    Function("rand", (_INT,), _R,
             lambda a, b: "random()" if not a else f"floor(random() * {a[0]})",
             optional=1, null=Null.NEVER, naming=Naming.FIRST, volatile=True),
    Function("format_bytes", (_REAL, _REAL, Kind.STRING), _S,
             lambda a, b: f"kql_format_bytes({', '.join([*a, 'NULL', 'NULL'][:3])})",
             optional=2, naming=Naming.FIRST, null=Null.MAKES,
             python=Udf(format_bytes, ("DOUBLE", "DOUBLE", "VARCHAR"), "VARCHAR")),
)  # fmt: skip
"""The family's rows."""
