"""How DuckDB spells values, types and identifiers, and what else the emitter asks a dialect."""
# ruff: noqa: S608 - writing SQL is this folder's purpose

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.conversion import DECIMAL_SQL
from openinsights.kql.functions.strings import quoted
from openinsights.kql.sql.dialect import CAPABILITIES
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

    from openinsights.kql.functions.row import Aggregate, Function, Lowering
    from openinsights.kql.sql.dialect import Capability

TYPES: Final = {
    BOOL: "BOOLEAN",
    INT: "INTEGER",
    LONG: "BIGINT",
    REAL: "DOUBLE",
    DECIMAL: DECIMAL_SQL,
    STRING: "VARCHAR",
    DATETIME: "BIGINT",
    TIMESPAN: "BIGINT",
    GUID: "UUID",
    DYNAMIC: "VARCHAR",
}
"""The physical type of each KQL type."""

_JOIN_WORDS: Final = {
    "inner": "JOIN",
    "leftouter": "LEFT JOIN",
    "rightouter": "RIGHT JOIN",
    "fullouter": "FULL JOIN",
    "leftsemi": "SEMI JOIN",
    "leftanti": "ANTI JOIN",
}
_ELEMENTS: Final = (
    "CASE json_type({0}) WHEN 'ARRAY' THEN CAST(json_extract({0}, '$[*]') AS VARCHAR[])"
    " WHEN 'OBJECT' THEN kql_bag_elements({0}) ELSE [{0}] END"
)
_PARAMETER: Final = re.compile(r"\$(\w+)")


def identifier(name: str) -> str:
    """A quoted SQL identifier, whatever the name holds; the engine has none that are empty."""
    if name.isidentifier():
        return f'"{name}"'
    return '"' + (name.replace("\0", "").replace('"', '""') or " ") + '"'


def literal(value: object, type_: KqlType) -> str:
    """A SQL constant of the physical type."""
    if value is None:
        return f"CAST(NULL AS {TYPES[type_]})"
    if value is True or value is False:
        return "true" if value else "false"
    if type_ is STRING or type_ is DYNAMIC:
        return quoted(value if type(value) is str else str(value))
    if type_ is GUID:
        return f"CAST({quoted(str(value))} AS UUID)"
    if type_ is REAL:
        return _real(float(str(value)))
    if type_ is DECIMAL:
        return f"CAST({quoted(format(Decimal(str(value)), 'f'))} AS {DECIMAL_SQL})"
    number = value if type(value) is int else int(str(value))
    if type_ is INT:
        return str(number) if number >= 0 else f"({number})"
    return f"CAST({number} AS BIGINT)"


def _real(value: float) -> str:
    if math.isnan(value):
        return "CAST('nan' AS DOUBLE)"
    if math.isinf(value):
        return f"CAST('{'' if value > 0 else '-'}inf' AS DOUBLE)"
    text = repr(value)
    text = text if "e" in text else text + "e0"
    return text if value >= 0 and not text.startswith("-") else f"({text})"


class _DuckDB:
    """DuckDB 2.0 with the functions of sql/udf.py."""

    name: Final = "duckdb"
    title: Final = "DuckDB"
    types: Final = TYPES
    capabilities: Final[frozenset[Capability]] = frozenset(CAPABILITIES)
    orders_by_number: Final = False
    lists_percentiles: Final = True
    join_words: Final = _JOIN_WORDS
    random: Final = "random()"
    identifier = staticmethod(identifier)
    literal = staticmethod(literal)

    prefix: Final = ""

    @staticmethod
    def column(scan: int, name: str) -> str:
        return identifier(name)

    @staticmethod
    def list_name(number: int) -> str:
        return f"l{number}"

    @staticmethod
    def key(text: str, type_: KqlType) -> str:
        return text

    @staticmethod
    def ordered(text: str, type_: KqlType) -> str:
        return text

    @staticmethod
    def lowering(function: Function | Aggregate, *, is_ordered: bool = False) -> Lowering:
        return function.duckdb

    @staticmethod
    def frugal(function: Aggregate) -> Lowering | None:
        return function.frugal

    @staticmethod
    def rows(rows: Sequence[Sequence[str]], names: Sequence[str], types: Sequence[KqlType]) -> str:
        listed = ", ".join(["(" + ", ".join(row) + ")" for row in rows])
        return f"(VALUES {listed}) AS v({', '.join(names)})"

    @staticmethod
    def numbers(count: str, *, is_subquery: bool) -> str:
        if is_subquery:
            # A table function takes no subquery, so these numbers come as a list.
            return f"(SELECT unnest(generate_series(0, {count})) AS i) AS n"
        return f"range(0, {count} + 1) AS n(i)"

    @staticmethod
    def is_nan(real: str) -> str:
        return f"isnan({real})"

    @staticmethod
    def whole_quotient(left: str, right: str) -> str:
        return f"({left} // NULLIF({right}, 0))"

    @staticmethod
    def lowered_text(text: str) -> str:
        return f"lower({text})"

    @staticmethod
    def elements(json: str, limit: int | None) -> str:
        text = _ELEMENTS.format(json)
        return f"({text})[1:{limit}]" if limit is not None else text

    @staticmethod
    def expanded(
        source: str,
        columns: Sequence[str],
        lists: Sequence[tuple[str, str]],
        index: str | None,
    ) -> str:
        items = [f"unnest({name}) AS {element}" for name, element in lists]
        if index is not None:
            longest = ", ".join(f"COALESCE(len({name}), 0)" for name, _ in lists)
            items.append(f"unnest(generate_series(0, greatest({longest}) - 1)) AS {index}")
        return f"SELECT {', '.join([*columns, *items])} FROM {source}"

    @staticmethod
    def parameter(name: str, type_: KqlType) -> str:
        return f"CAST(${name} AS {TYPES[type_]}[])"

    @staticmethod
    def sent(values: list[object]) -> list[object]:
        return values

    @staticmethod
    def parameters_in(text: str) -> set[str]:
        return set(_PARAMETER.findall(text))

    @staticmethod
    def among(value: str, parameter: str) -> str:
        return f"list_contains({parameter}, {value})"

    @staticmethod
    def refusing(condition: str, message: str, otherwise: str) -> str:
        return f"CASE WHEN {condition} THEN error({quoted(message)}) ELSE {otherwise} END"

    @staticmethod
    def together(texts: list[str]) -> list[str]:
        return texts

    @staticmethod
    def field(struct: str, name: str) -> str:
        return f"{struct}.{name}"

    @staticmethod
    def bands(band: str, least: str, weight: str) -> str:
        entry = f"{{'b': {band}, 'l': {least}, 'w': {weight}, 'p': CAST(0 AS BIGINT)}}"
        return f"list({entry} ORDER BY {band}) FILTER (WHERE {band} IS NOT NULL)"

    @staticmethod
    def bands_reached(bands: str, wanted: Sequence[str]) -> str:
        # Adds up the weights until the share is reached; `p` is the weight before the band.
        next_band = "{'b': band.b, 'l': band.l, 'w': reached.w + band.w, 'p': reached.w}"
        hits = ", ".join(
            f"list_transform([list_reduce({bands}, lambda reached, band:"
            f" CASE WHEN reached.w >= {weight} THEN reached ELSE {next_band} END)],"
            f" lambda hit: {{'n': {place}, 'p': hit.p, 'l': hit.l,"
            f" 'u': list_filter({bands}, lambda band: band.b > hit.b)[1].l}})[1]"
            for place, weight in enumerate(wanted)
        )
        return f"unnest([{hits}])"

    @staticmethod
    def total(sum_of: str, type_: KqlType) -> str:
        return f"CAST(COALESCE(sum({sum_of}), 0) AS {TYPES[type_]})"

    @staticmethod
    def result(text: str, type_: KqlType) -> str:
        return text

    @staticmethod
    def statement(ctes: Sequence[tuple[str, str]], text: str, *, is_recursive: bool) -> str:
        if not ctes:
            return text
        listed = ",\n".join([f"{name} AS {body}" for name, body in ctes])
        return f"{'WITH RECURSIVE' if is_recursive else 'WITH'} {listed}\n{text}"


DUCKDB: Final = _DuckDB()
"""The dialect of the engine that is built in."""
