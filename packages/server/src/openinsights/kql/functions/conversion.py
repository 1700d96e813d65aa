"""Conversions between types: one row for each pair, as `tostring`, `tolong` and the rest do them.

A conversion that fails gives null, never an error. Text becomes a whole number only if it is one:
`toint("3.7")` is null, while `toint(3.7)` is 3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.source import parse_datetime, parse_timespan
from openinsights.kql.spelling import json_of, json_text, real_text, text_of, timespan_text
from openinsights.schema.types import KqlType

B, I, L, R = KqlType.BOOL, KqlType.INT, KqlType.LONG, KqlType.REAL  # noqa: E741 - column heads
D, S, T, P = KqlType.DECIMAL, KqlType.STRING, KqlType.DATETIME, KqlType.TIMESPAN
G, Y = KqlType.GUID, KqlType.DYNAMIC

DECIMAL_SQL: Final = "DECIMAL(38,18)"
"""How decimals are computed: 20 digits before the point, 18 after it."""

TEXT_OF_DYNAMIC: Final = "json_extract_string({0}, '$')"
LONG_OF_TEXT: Final = (
    r"CASE WHEN regexp_full_match({0}, '\s*([+-]?[0-9]+|0[xX][0-9a-fA-F]+)\s*')"
    " THEN TRY_CAST({0} AS BIGINT) END"
)
BOOL_OF_TEXT: Final = (
    "CASE lower({0}) WHEN 'true' THEN true WHEN '1' THEN true"
    " WHEN 'false' THEN false WHEN '0' THEN false END"
)
DATETIME_TEXT: Final = (
    "strftime(make_timestamp({0} // 10 - 62135596800000000), '%Y-%m-%dT%H:%M:%S.')"
    " || lpad(CAST({0} % 10000000 AS VARCHAR), 7, '0') || 'Z'"
)


def parse_timespan_text(text: str) -> int | None:
    """A timespan's text to ticks, or null."""
    return parse_timespan(text)


def parse_datetime_text(text: str) -> int | None:
    """A datetime's text to ticks, or null."""
    return parse_datetime(text)


_DATETIME_UDF: Final = Udf(parse_datetime_text, ("VARCHAR",), "BIGINT")
_TIMESPAN_UDF: Final = Udf(parse_timespan_text, ("VARCHAR",), "BIGINT")
_TIMESPAN_TEXT_UDF: Final = Udf(timespan_text, ("BIGINT",), "VARCHAR")
_REAL_TEXT_UDF: Final = Udf(real_text, ("DOUBLE",), "VARCHAR")

_REAL_TEXT: Final = (
    "CASE WHEN isnan({0}) THEN 'NaN' WHEN isinf({0}) THEN"
    " CASE WHEN {0} > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE CAST({0} AS VARCHAR) END"
)

_P, _M = Null.PROPAGATES, Null.MAKES


def _fold_decimal(value: object) -> object:
    return Decimal(str(value))


def _fold_long(value: float) -> int:
    return int(value)


_ROWS: Final[tuple[tuple[KqlType, KqlType, str, Null, object], ...]] = (
    # from, to, SQL, null, fold
    (B, I, "CAST({0} AS INTEGER)", _P, int),
    (B, L, "CAST({0} AS BIGINT)", _P, int),
    (B, R, "CAST(CAST({0} AS INTEGER) AS DOUBLE)", _P, float),
    (B, D, f"CAST(CAST({{0}} AS INTEGER) AS {DECIMAL_SQL})", _P, None),
    (B, S, "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' ELSE '' END", Null.NEVER, None),
    (B, Y, "CAST({0} AS VARCHAR)", _P, None),
    (I, B, "({0} <> 0)", _P, bool),
    (I, L, "CAST({0} AS BIGINT)", _P, int),
    (I, R, "CAST({0} AS DOUBLE)", _P, float),
    (I, D, f"CAST({{0}} AS {DECIMAL_SQL})", _P, _fold_decimal),
    (I, S, "CAST({0} AS VARCHAR)", _P, str),
    (I, T, "CAST({0} AS BIGINT)", _P, int),
    (I, P, "CAST({0} AS BIGINT)", _P, int),
    (I, Y, "CAST({0} AS VARCHAR)", _P, str),
    (L, B, "({0} <> 0)", _P, bool),
    (L, I, "TRY_CAST({0} AS INTEGER)", _M, None),
    (L, R, "CAST({0} AS DOUBLE)", _P, float),
    (L, D, f"CAST({{0}} AS {DECIMAL_SQL})", _P, _fold_decimal),
    (L, S, "CAST({0} AS VARCHAR)", _P, str),
    (L, T, "{0}", _P, int),
    (L, P, "{0}", _P, int),
    (L, Y, "CAST({0} AS VARCHAR)", _P, str),
    (R, B, "({0} <> 0)", _P, bool),
    (R, I, "TRY_CAST(trunc({0}) AS INTEGER)", _M, None),
    (R, L, "TRY_CAST(trunc({0}) AS BIGINT)", _M, _fold_long),
    (R, D, f"TRY_CAST({{0}} AS {DECIMAL_SQL})", _M, None),
    (R, S, _REAL_TEXT, _P, real_text),
    (R, T, "TRY_CAST(trunc({0}) AS BIGINT)", _M, _fold_long),
    (R, P, "TRY_CAST(trunc({0}) AS BIGINT)", _M, _fold_long),
    (
        R,
        Y,
        "CASE WHEN isfinite({0}) THEN CAST({0} AS VARCHAR)"
        " ELSE '\"' || " + _REAL_TEXT + " || '\"' END",
        _P,
        None,
    ),
    (D, B, "({0} <> 0)", _P, None),
    (D, I, "TRY_CAST(trunc({0}) AS INTEGER)", _M, None),
    (D, L, "TRY_CAST(trunc({0}) AS BIGINT)", _M, None),
    (D, R, "CAST({0} AS DOUBLE)", _P, None),
    (D, S, "kql_decimal_text(CAST({0} AS VARCHAR))", _P, None),
    (D, T, "TRY_CAST(trunc({0}) AS BIGINT)", _M, None),
    (D, P, "TRY_CAST(trunc({0}) AS BIGINT)", _M, None),
    (D, Y, "'\"' || kql_decimal_text(CAST({0} AS VARCHAR)) || '\"'", _P, None),
    (S, B, BOOL_OF_TEXT, _M, None),
    (S, I, "TRY_CAST(" + LONG_OF_TEXT + " AS INTEGER)", _M, None),
    (S, L, LONG_OF_TEXT, _M, None),
    (S, R, "TRY_CAST({0} AS DOUBLE)", _M, None),
    (S, D, f"TRY_CAST({{0}} AS {DECIMAL_SQL})", _M, None),
    (S, T, "kql_to_datetime({0})", _M, parse_datetime),
    (S, P, "kql_to_timespan({0})", _M, parse_timespan),
    (S, G, "TRY_CAST({0} AS UUID)", _M, None),
    (S, Y, "CAST(to_json({0}) AS VARCHAR)", _P, json_text),
    (T, L, "{0}", _P, int),
    (T, I, "TRY_CAST({0} AS INTEGER)", _M, None),
    (T, R, "CAST({0} AS DOUBLE)", _P, float),
    (T, D, f"CAST({{0}} AS {DECIMAL_SQL})", _P, None),
    (T, S, DATETIME_TEXT, _P, lambda ticks: text_of(ticks, T)),
    (T, P, "{0}", _P, int),
    (T, Y, "'\"' || " + DATETIME_TEXT + " || '\"'", _P, None),
    (P, L, "{0}", _P, int),
    (P, I, "TRY_CAST({0} AS INTEGER)", _M, None),
    (P, R, "CAST({0} AS DOUBLE)", _P, float),
    (P, D, f"CAST({{0}} AS {DECIMAL_SQL})", _P, None),
    (P, S, "kql_timespan_text({0})", _P, timespan_text),
    (P, T, "{0}", _P, int),
    (P, Y, "'\"' || kql_timespan_text({0}) || '\"'", _P, None),
    (G, S, "CAST({0} AS VARCHAR)", _P, str),
    (G, Y, "'\"' || CAST({0} AS VARCHAR) || '\"'", _P, None),
    (Y, B, BOOL_OF_TEXT.format(TEXT_OF_DYNAMIC), _M, None),
    (
        Y,
        I,
        "TRY_CAST(CASE WHEN json_type({0}) = 'DOUBLE' THEN trunc(TRY_CAST({0} AS DOUBLE))"
        " ELSE " + LONG_OF_TEXT.format(TEXT_OF_DYNAMIC) + " END AS INTEGER)",
        _M,
        None,
    ),
    (
        Y,
        L,
        "CASE WHEN json_type({0}) = 'DOUBLE' THEN TRY_CAST(trunc(TRY_CAST({0} AS DOUBLE))"
        " AS BIGINT) ELSE " + LONG_OF_TEXT.format(TEXT_OF_DYNAMIC) + " END",
        _M,
        None,
    ),
    (Y, R, "TRY_CAST(" + TEXT_OF_DYNAMIC + " AS DOUBLE)", _M, None),
    (Y, D, "TRY_CAST(" + TEXT_OF_DYNAMIC + f" AS {DECIMAL_SQL})", _M, None),
    (Y, S, TEXT_OF_DYNAMIC, _M, None),
    (Y, T, "kql_to_datetime(" + TEXT_OF_DYNAMIC + ")", _M, None),
    (Y, P, "kql_to_timespan(" + TEXT_OF_DYNAMIC + ")", _M, None),
    (Y, G, "TRY_CAST(" + TEXT_OF_DYNAMIC + " AS UUID)", _M, None),
)


def decimal_text(value: Decimal) -> str:
    """A decimal without the zeros that its column's scale added."""
    return _without_zeros(format(value, "f"))


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_UDFS: Final = {
    "kql_to_datetime": _DATETIME_UDF,
    "kql_to_timespan": _TIMESPAN_UDF,
    "kql_timespan_text": _TIMESPAN_TEXT_UDF,
    "kql_decimal_text": Udf(_without_zeros, ("VARCHAR",), "VARCHAR"),
}

UDFS: Final = _UDFS
"""The engine's functions that the conversions call."""

_KINDS: Final = {
    B: Kind.BOOL, I: Kind.INTEGER, L: Kind.INTEGER, R: Kind.REAL, D: Kind.NUMBER, S: Kind.STRING,
    T: Kind.DATETIME, P: Kind.TIMESPAN, G: Kind.GUID, Y: Kind.DYNAMIC,
}  # fmt: skip

CONVERSIONS: Final[dict[tuple[KqlType, KqlType], Function]] = {
    (source, target): Function(
        name=f"{source} to {target}",
        parameters=(_KINDS[source],),
        result=target,
        duckdb=sql,
        null=null,
        fold=fold,  # type: ignore[arg-type]  # the table mixes types and callables
    )
    for source, target, sql, null, fold in _ROWS
}
"""The conversion for each pair of types that has one."""


def _json_function(type_: KqlType) -> Function:
    if type_ is Y:
        sql, fold = "COALESCE({0}, 'null')", lambda value: "null" if value is None else value
    elif type_ is S:
        sql, fold = "CAST(to_json({0}) AS VARCHAR)", json_text
    else:
        sql = "COALESCE(" + str(CONVERSIONS[type_, Y].duckdb) + ", 'null')"

        def fold(value: object) -> str:
            return json_text(json_of(value, type_))

    return Function(
        name=f"json of {type_}", parameters=(Kind.ANY,), result=S, duckdb=sql, null=Null.NEVER,
        fold=fold if type_ in (S, Y, I, L, B) else None,
    )  # fmt: skip


JSON_OF: Final = {type_: _json_function(type_) for type_ in KqlType}
"""The JSON text that stands for a value inside a dynamic one; null becomes 'null'."""

STRING_AS_NUMBER: Final = Function(
    name="string as number",
    parameters=(Kind.STRING,),
    result=R,
    duckdb=(
        "COALESCE(TRY_CAST({0} AS DOUBLE),"
        " CASE lower({0}) WHEN 'true' THEN 1e0 WHEN 'false' THEN 0e0 END)"
    ),
    null=Null.MAKES,
)
"""A string compared with a number: `success == 1` holds for 'True' and for '1'."""

DYNAMIC_AS_NUMBER: Final = Function(
    name="dynamic as number",
    parameters=(Kind.DYNAMIC,),
    result=D,
    duckdb="TRY_CAST(" + TEXT_OF_DYNAMIC + " AS DECIMAL(38,10))",
    null=Null.MAKES,
)
"""A dynamic value compared with a whole number: exact, and 12.7 is not 13."""
