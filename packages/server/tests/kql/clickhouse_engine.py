"""Runs KQL on ClickHouse's SQL, by chDB in this process: the second engine of the compiler's tests."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import DATABASE, NOW, Engine

from openinsights.kql.api import Compiled, CompileOptions, Database, Statement, compile, emit
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.sql.clickhouse import CLICKHOUSE, TYPES, identifier
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType
from openinsights.store.clickhouse.literals import bound

if TYPE_CHECKING:
    from chdb.session import Session

    from openinsights.schema.table import Column, Table

_REFUSED_THERE = re.compile(r"FUNCTION_THROW_IF_VALUE_IS_NON_ZERO")


class ClickHouseEngine(Engine):
    """A session of ClickHouse's engine that answers KQL; compile-time questions go to DuckDB."""

    def __init__(
        self, session: Session, asked: Engine, database: Database = DATABASE, name: str = "kql"
    ) -> None:
        self.database = database
        self.session = session
        self.asked = asked
        self.name = name
        session.query(f"CREATE DATABASE IF NOT EXISTS {name}")
        for stored in database.tables:
            columns = ", ".join(
                f"{identifier(c.name)} {_stored(stored, c)}" for c in stored.columns
            )
            session.query(f"DROP TABLE IF EXISTS {name}.{identifier(stored.name)}")
            session.query(
                f"CREATE TABLE {self.name}.{identifier(stored.name)} ({columns}) ENGINE = Memory"
            )

    def insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        stored = next(t for t in self.database.tables if t.name == name)
        lines = [
            json.dumps({c.name: _json(row.get(c.name), c.type) for c in stored.columns})
            for row in rows
        ]
        for at in range(0, len(lines), 1_000):
            listed = "\n".join(lines[at : at + 1_000])
            self.session.query(
                f"INSERT INTO {self.name}.{identifier(name)}"
                f" SETTINGS input_format_json_read_numbers_as_strings = 1,"
                f" precise_float_parsing = 1 FORMAT JSONEachRow\n{listed}"
            )

    def compile(self, text: str) -> Compiled:
        return compile(text, self.database, CompileOptions(NOW, ask=self.ask))

    def ask(self, statement: Statement) -> str | None:
        return self.asked.ask(statement)

    def sql(self, text: str, statement: int = 0) -> Sql:
        return self.emitted(self.compile(text).statements[statement])

    def emitted(self, statement: Statement) -> Sql:
        sources = {
            scan.id: Sql(f"{self.name}.{identifier(scan.table)}") for scan in statement.scans
        }
        return emit(statement, sources, dialect=CLICKHOUSE)

    def raw(
        self, text: str, statement: int = 0
    ) -> tuple[list[str], list[KqlType], list[tuple[Any, ...]]]:
        found = self.compile(text).statements[statement]
        types = [t for _, t in found.columns]
        return [n for n, _ in found.columns], types, self.rows(self.emitted(found), types)

    def rows(self, sql: Sql, types: list[KqlType]) -> list[tuple[Any, ...]]:
        """Physical rows of a statement.

        Raises:
            KqlUnsupported: the statement met a corner that it refuses.
        """
        text = bound(sql)
        text += ", output_format_json_quote_denormals = 1, output_format_json_quote_decimals = 1"
        try:
            answer = self.session.query(text, "JSONCompactEachRow").bytes().decode()
        except Exception as error:
            if _REFUSED_THERE.search(str(error)):
                raise KqlUnsupported(f"refused by a row: {str(error)[:200]}") from None
            raise
        rows = [json.loads(line, parse_float=str, parse_int=str) for line in answer.splitlines()]
        return [tuple(physical(v, t) for v, t in zip(row, types, strict=False)) for row in rows]


def _stored(table: Table, column: Column) -> str:
    """A column's type as a store has it: times are never null, and some texts have few values."""
    if column.name == table.time_column:
        return "Int64"
    if column.type is KqlType.STRING and column.name[0] in "cnort":
        return "LowCardinality(String)"
    return TYPES[column.type]


def _json(value: Any, type_: KqlType) -> Any:
    """A value as the engine reads it out of JSON."""
    if value is None:
        return "" if type_ is KqlType.STRING else None
    if isinstance(value, (float, UUID)):
        return str(value)
    return value


def physical(value: Any, type_: KqlType) -> Any:
    """A value out of the engine's JSON as DuckDB's client gives it."""
    if value is None or isinstance(value, bool):
        return value
    if type_ is KqlType.BOOL:
        return {"true": True, "false": False, "1": True, "0": False}[str(value)]
    if type_ in (KqlType.INT, KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN):
        return int(value)
    if type_ is KqlType.REAL:
        return float(value)
    if type_ is KqlType.DECIMAL:
        return Decimal(value)
    return UUID(value) if type_ is KqlType.GUID else value


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal; reals to nine digits, for sums are added up in any order."""
    if isinstance(left, float) or isinstance(right, float):
        if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
            return False
        if isinstance(left, bool) or isinstance(right, bool):
            return left is right
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def in_any_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in an order of their texts, reals to a few digits."""

    def key(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, (list, tuple)):
            return "[" + ",".join(map(key, value)) + "]"
        return repr(value)

    return sorted(rows, key=lambda row: key(list(row)))
