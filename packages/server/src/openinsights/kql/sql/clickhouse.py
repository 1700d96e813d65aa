"""How ClickHouse spells values, types and identifiers, and what else the emitter asks a dialect.

The text says all settings on which its meaning depends, so that no server's profile changes it.
"""
# ruff: noqa: S608 - writing SQL is this folder's purpose

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Aggregate
from openinsights.kql.sql.clickhouse_functions.aggregates import together
from openinsights.kql.sql.clickhouse_functions.json import elements, pairs
from openinsights.kql.sql.clickhouse_functions.registry import AGGREGATES, FUNCTIONS, ORDERED
from openinsights.kql.sql.clickhouse_functions.spelling import failing, quoted, told_apart
from openinsights.kql.sql.clickhouse_functions.strings import folded
from openinsights.kql.sql.dialect import KEPT_BANDS, LOWERED, PYTHON, Impossible, refused
from openinsights.schema.bands import NAN
from openinsights.schema.types import (
    BOOL,
    DATETIME,
    DECIMAL,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    KqlType,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Function, Lowering
    from openinsights.kql.sql.dialect import Capability

TYPES: Final = {
    BOOL: "Nullable(Bool)",
    INT: "Nullable(Int32)",
    LONG: "Nullable(Int64)",
    REAL: "Nullable(Float64)",
    DECIMAL: "Nullable(Decimal(38, 18))",
    STRING: "String",
    DATETIME: "Nullable(Int64)",
    TIMESPAN: "Nullable(Int64)",
    GUID: "Nullable(UUID)",
    DYNAMIC: "Nullable(String)",
}
"""The physical type of each KQL type."""

_ELEMENT_TYPES: Final = {
    type_: name.removeprefix("Nullable(").removesuffix(")") if "(" in name else name
    for type_, name in TYPES.items()
} | {DECIMAL: "Decimal(38, 18)"}

SETTINGS: Final = {
    "join_use_nulls": 1,
    "data_type_default_nullable": 0,
    "prefer_column_name_to_alias": 1,
    "enable_positional_arguments": 1,
    "enable_materialized_cte": 1,
    "precise_float_parsing": 1,
    "output_format_json_escape_forward_slashes": 0,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_decimal_trailing_zeros": 0,
    "transform_null_in": 0,
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 10_000_000,
    "max_subquery_depth": 1_000,
    "short_circuit_function_evaluation": "'enable'",
}
"""What the meaning of a statement depends on."""

_JOIN_WORDS: Final = {
    "inner": "INNER JOIN",
    "leftouter": "LEFT JOIN",
    "rightouter": "RIGHT JOIN",
    "fullouter": "FULL JOIN",
    "leftsemi": "LEFT SEMI JOIN",
    "leftanti": "LEFT ANTI JOIN",
}
_PARAMETER: Final = re.compile(r"\$(\w+)")
_CTE: Final = re.compile(r"\bq\d+\b")


def identifier(name: str) -> str:
    """A quoted identifier, whatever the name holds; a backslash is an escape to this engine."""
    if name.isidentifier():
        return f'"{name}"'
    text = name.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text or " "}"'


def literal(value: object, type_: KqlType) -> str:
    """A SQL constant of the physical type."""
    if value is None:
        name = TYPES[type_]
        return f"CAST(NULL AS {name if type_ is not STRING else 'Nullable(String)'})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if type_ is STRING or type_ is DYNAMIC:
        return quoted(str(value))
    if type_ is GUID:
        return f"toUUID({quoted(str(value))})"
    if type_ is REAL:
        return _real(float(str(value)))
    if type_ is DECIMAL:
        return f"toDecimal128({quoted(format(Decimal(str(value)), 'f'))}, 18)"
    return f"toInt{32 if type_ is INT else 64}({int(str(value))})"


def _real(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "(-inf)"
    text = repr(value)
    text = text if "e" in text else text + "e0"
    return text if value >= 0 and not text.startswith("-") else f"({text})"


class _ClickHouse:
    """ClickHouse 26 with its own functions alone."""

    name: Final = "clickhouse"
    title: Final = "ClickHouse"
    types: Final = TYPES
    capabilities: Final[frozenset[Capability]] = frozenset((KEPT_BANDS,))
    orders_by_number: Final = True
    lists_percentiles: Final = False
    join_words: Final = _JOIN_WORDS
    random: Final = "rand64()"
    identifier = staticmethod(identifier)
    literal = staticmethod(literal)

    # The variables of lambdas have plain names, which hide columns of these names.
    prefix: Final = ":"

    @staticmethod
    def column(scan: int, name: str) -> str:
        return f"s{scan}.{identifier(name)}"

    @staticmethod
    def list_name(number: int) -> str:
        return f'": list {number}"'

    @staticmethod
    def key(text: str, type_: KqlType) -> str:
        return told_apart(text, type_)

    @staticmethod
    def ordered(text: str, type_: KqlType) -> str:
        return f"toString({text})" if type_ is GUID else text

    def lowering(self, function: Function | Aggregate, *, is_ordered: bool = False) -> Lowering:
        if isinstance(function, Aggregate):
            found = ORDERED.get(function.name) if is_ordered else None
            found = found or AGGREGATES.get(function.name)
        else:
            found = FUNCTIONS.get(function.name)
        if found is None:
            raise refused(self, _title(function), _lacked(function))
        if isinstance(found, str):
            return found
        lower = found

        def lowered(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
            try:
                return lower(arguments, bound)
            except Impossible as error:
                raise refused(self, error.what, error.lacks) from None

        return lowered

    @staticmethod
    def frugal(function: Aggregate) -> Lowering | None:
        return None

    @staticmethod
    def rows(rows: Sequence[Sequence[str]], names: Sequence[str], types: Sequence[KqlType]) -> str:
        tuples = ", ".join([f"tuple({', '.join(row)})" for row in rows])
        kinds = ", ".join([TYPES[type_] for type_ in types])
        made = f"arrayJoin(CAST([{tuples}] AS Array(Tuple({kinds}))))"
        columns = ", ".join([f"tupleElement(t, {n}) AS {name}" for n, name in enumerate(names, 1)])
        return f"(SELECT {columns} FROM (SELECT {made} AS t)) AS v"

    @staticmethod
    def numbers(count: str, *, is_subquery: bool) -> str:
        last = f"assumeNotNull(ifNull({count}, -1))"
        return f"(SELECT toInt64(arrayJoin(range(toUInt64(greatest({last} + 1, 0))))) AS i) AS n"

    @staticmethod
    def is_nan(real: str) -> str:
        return f"isNaN({real})"

    @staticmethod
    def whole_quotient(left: str, right: str) -> str:
        return f"intDiv({left}, nullIf({right}, 0))"

    @staticmethod
    def lowered_text(text: str) -> str:
        return folded(text)

    @staticmethod
    def elements(json: str, limit: int | None) -> str:
        bags = f"arrayMap(kv -> concat('{{', toJSONString(kv.1), ':', kv.2, '}}'), {pairs(json)})"
        text = (
            f"multiIf(startsWith(ifNull({json}, ''), '['), {elements(json)},"
            f" startsWith(ifNull({json}, ''), '{{'), {bags}, [ifNull({json}, 'null')])"
        )
        return f"arraySlice({text}, 1, {limit})" if limit is not None else text

    @staticmethod
    def expanded(
        source: str,
        columns: Sequence[str],
        lists: Sequence[tuple[str, str]],
        index: str | None,
    ) -> str:
        longest = ", ".join([f"length({name})" for name, _ in lists])
        size = f"greatest({longest})" if len(lists) > 1 else longest
        numbers = f"range({size})"
        place = '": place"'
        items = [
            f"if({place} < length({name}), {name}[{place} + 1], NULL) AS {item}"
            for name, item in lists
        ]
        if index is not None:
            items.append(f"toInt64({place}) AS {index}")
        listed = ", ".join([*columns, *items])
        return f"SELECT {listed} FROM {source} ARRAY JOIN {numbers} AS {place}"

    @staticmethod
    def parameter(name: str, type_: KqlType) -> str:
        return f"CAST(${name} AS Array({_ELEMENT_TYPES[type_]}))"

    @staticmethod
    def sent(values: list[object]) -> list[object]:
        # Texts are read much sooner than calls of functions are, which others need.
        return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]

    @staticmethod
    def parameters_in(text: str) -> set[str]:
        return set(_PARAMETER.findall(text))

    @staticmethod
    def among(value: str, parameter: str) -> str:
        return f"{value} IN {parameter}"

    @staticmethod
    def refusing(condition: str, message: str, otherwise: str) -> str:
        return failing(condition, message, otherwise)

    @staticmethod
    def together(texts: list[str]) -> list[str]:
        return together(texts)

    @staticmethod
    def field(struct: str, name: str) -> str:
        return f"tupleElement({struct}, {quoted(name)})"

    @staticmethod
    def bands(band: str, least: str, weight: str) -> str:
        values = ", ".join([f"assumeNotNull({each})" for each in (band, least, weight)])
        listed = f"arraySort(b -> b.1, groupArrayIf(tuple({values}), {band} IS NOT NULL))"
        return failing(f"max({band}) = {NAN}", "NaN is among the values", listed, none="[]")

    @staticmethod
    def bands_reached(bands: str, wanted: Sequence[str]) -> str:
        sums = f"arrayCumSum(b -> b.3, {bands})"
        hits = []
        for place, weight in enumerate(wanted):
            first = f"arrayFirstIndex(s -> s >= assumeNotNull({weight}), {sums})"
            following = f"if(at < length({bands}), {bands}[at + 1].2, NULL)"
            hit = f"tuple({place}, {sums}[at] - {bands}[at].3, {bands}[at].2, {following})"
            typed = f"CAST({hit} AS Tuple(n Int64, p Int64, l Float64, u Nullable(Float64)))"
            # nearly all of the weight is reached by the last one, whatever rounding says
            at = f"if({first} = 0, length({bands}), {first})"
            hits.append(f"arrayMap(at -> {typed}, [{at}])[1]")
        return f"arrayJoin([{', '.join(hits)}])"

    @staticmethod
    def total(sum_of: str, type_: KqlType) -> str:
        if type_ is REAL:
            return f"ifNull(sum({sum_of}), 0e0)"
        return f"accurateCast(ifNull(sum(toInt128({sum_of})), 0), {quoted(TYPES[type_])})"

    @staticmethod
    def result(text: str, type_: KqlType) -> str:
        return f"CAST({text} AS {TYPES[type_]})" if type_ is BOOL else text

    @staticmethod
    def statement(ctes: Sequence[tuple[str, str]], text: str, *, is_recursive: bool) -> str:
        settings = ", ".join([f"{name} = {value}" for name, value in SETTINGS.items()])
        if not ctes:
            return f"{text}\nSETTINGS {settings}"
        # The engine writes a common table expression into each place where it is read.
        read: dict[str, int] = {}
        for body in [*(body for _, body in ctes), text]:
            for name in _CTE.findall(body):
                read[name] = read.get(name, 0) + 1
        listed = []
        for name, body in ctes:
            kept = (
                "" if body.startswith("MATERIALIZED") or read.get(name, 0) < 2 else "MATERIALIZED "
            )
            if body.startswith("MATERIALIZED") and read.get(name, 0) < 2:
                body = body.removeprefix("MATERIALIZED ")
            listed.append(f"{name} AS {kept}{body}")
        joined = ",\n".join(listed)
        return f"WITH {joined}\n{text}\nSETTINGS {settings}"


def _title(function: Function | Aggregate) -> str:
    return f"{function.name}(…)" if " " not in function.name else f"'{function.name}'"


def _lacked(function: Function | Aggregate) -> Capability:
    if function.python is not None:
        return PYTHON
    sql = function.duckdb
    return PYTHON if isinstance(sql, str) and "kql_" in sql else LOWERED


CLICKHOUSE: Final = _ClickHouse()
"""The dialect of a cluster."""
