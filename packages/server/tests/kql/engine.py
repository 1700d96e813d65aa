"""Runs KQL on DuckDB in memory, for the tests of the compiler: stored tables are typed and empty,
or filled by the test.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from openinsights.kql.api import Compiled, CompileOptions, Database, Statement, compile, emit
from openinsights.kql.errors import KqlError
from openinsights.kql.sql.duckdb import TYPES, identifier
from openinsights.kql.sql.udf import FUNCTIONS
from openinsights.schema.sql import Sql
from openinsights.schema.table import Column, Table
from openinsights.schema.types import KqlType

NOW = 638_688_000_000_000_000  # 2024-12-03T00:00:00Z
EPOCH = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
OPTIONS = CompileOptions(NOW)


def table(name: str, columns: str, time_column: str = "timestamp") -> Table:
    """A table from `name:type, …`."""
    pairs = [pair.strip().split(":") for pair in columns.split(",")]
    return Table(name, tuple(Column(n.strip(), KqlType(t.strip())) for n, t in pairs), time_column)


REQUESTS = table(
    "requests",
    "timestamp:datetime, id:string, source:string, name:string, url:string, success:string,"
    "resultCode:string, duration:real, customDimensions:dynamic, customMeasurements:dynamic,"
    "operation_Name:string, operation_Id:string, operation_ParentId:string, user_Id:string,"
    "cloud_RoleName:string, itemCount:int",
)
TRACES = table(
    "traces",
    "timestamp:datetime, message:string, severityLevel:int, customDimensions:dynamic,"
    "operation_Name:string, operation_Id:string, cloud_RoleName:string, itemCount:int",
)
DATABASE = Database((REQUESTS, TRACES))


def only_mistake(text: str) -> KqlError:
    """The mistake of a query that has one."""
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    assert len(caught.value.diagnostics) == 1
    return caught.value


def python_value(value: Any, type_: KqlType) -> Any:
    """A physical value as users get it."""
    if value is None:
        return None
    if type_ is KqlType.DATETIME:
        days, rest = divmod(value, 864_000_000_000)
        return EPOCH + dt.timedelta(days=days, microseconds=rest // 10)
    if type_ is KqlType.TIMESPAN:
        return dt.timedelta(microseconds=value // 10)
    if type_ is KqlType.DYNAMIC:
        return json.loads(value)
    if type_ is KqlType.DECIMAL:
        return Decimal(value).normalize()
    return value


def text_value(value: Any, type_: KqlType) -> Any:
    """A physical value as replies spell it; ticks are not rounded."""
    from openinsights.kql.spelling import datetime_text, timespan_text

    if value is None:
        return None
    if type_ is KqlType.DATETIME:
        return datetime_text(value)
    if type_ is KqlType.TIMESPAN:
        return timespan_text(value)
    return python_value(value, type_)


class Engine:
    """A DuckDB connection that answers KQL."""

    def __init__(self, database: Database = DATABASE) -> None:
        self.database = database
        self.connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 2})
        for row in FUNCTIONS:
            self.connection.create_function(
                row.name, row.function, list(row.parameters), row.result, null_handling="special"
            )
        for stored in database.tables:
            columns = ", ".join(f"{identifier(c.name)} {TYPES[c.type]}" for c in stored.columns)
            self.connection.execute(f"CREATE TABLE {identifier(stored.name)} ({columns})")

    def insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Fill a table; what a row leaves out is the type's missing value."""
        stored = next(t for t in self.database.tables if t.name == name)
        for row in rows:
            values = [
                row.get(c.name, "" if c.type is KqlType.STRING else None) for c in stored.columns
            ]
            marks = ", ".join("?" for _ in values)
            self.connection.execute(f"INSERT INTO {identifier(name)} VALUES ({marks})", values)

    def compile(self, text: str) -> Compiled:
        return compile(text, self.database, CompileOptions(NOW, ask=self.ask))

    def ask(self, statement: Statement) -> str | None:
        sql = emit(statement, {scan.id: Sql(identifier(scan.table)) for scan in statement.scans})
        row = self.connection.execute(sql.text, sql.parameters or None).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def sql(self, text: str, statement: int = 0) -> Sql:
        found = self.compile(text).statements[statement]
        return emit(found, {scan.id: Sql(identifier(scan.table)) for scan in found.scans})

    def raw(
        self, text: str, statement: int = 0
    ) -> tuple[list[str], list[KqlType], list[tuple[Any, ...]]]:
        """Names, types and physical rows."""
        found = self.compile(text).statements[statement]
        sql = emit(found, {scan.id: Sql(identifier(scan.table)) for scan in found.scans})
        rows = self.connection.execute(sql.text, sql.parameters or None).fetchall()
        return [n for n, _ in found.columns], [t for _, t in found.columns], rows

    def run(self, text: str, statement: int = 0) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names, and rows as replies spell them."""
        names, types, rows = self.raw(text, statement)
        return names, [
            tuple(text_value(v, t) for v, t in zip(row, types, strict=True)) for row in rows
        ]


_engine: Engine | None = None


def score(text: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """For score.py: one engine for all cases."""
    global _engine
    if _engine is None:
        _engine = Engine()
    return _engine.run(text)
