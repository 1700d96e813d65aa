"""Conditions on a row's time go into each of the queries that are a scan together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, NOW, OPTIONS, Engine

from openinsights.kql.api import compile, emit
from openinsights.schema.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

HALVES = (
    "select * from requests where \"id\" < '5'",
    "select * from requests where \"id\" >= '5'",
)
INSIDE = (
    "requests | where tolong((timestamp - datetime(2000-01-01)) / 1ms) % 3 == 0 | project id",
    "requests | where (timestamp - datetime(2000-01-01)) % 3ms < 1ms | summarize count() by name",
    "requests | where timestamp > ago(1h) and (timestamp - ago(1d)) % 2ms == 0ms and name == 'a'",
    "requests | where bin(timestamp, 4ms) == bin(ago(1ms), 4ms)",
    "requests | extend at = timestamp | where (at - datetime(2000-01-01)) % 2ms == 0ms | project at, id",
    "let r = requests; union (r | where tolong(timestamp) % 20000 == 0),"
    " (r | where tolong(timestamp) % 30000 == 0)",
    "requests | where name == 'a' | where tolong(timestamp) % 20000 == 0 or timestamp < ago(5m)",
)
OUTSIDE = (
    "requests | where timestamp > ago(1h)",
    "requests | where tolong(timestamp) * itemCount % 3 == 0",
    "requests | where tolong(timestamp) + 5 > 7",
    "requests | where name == 'a' and strlen(name) == 1",
    "requests | extend timestamp = timestamp + 1ms | where tolong(timestamp) % 20000 == 0",
    "requests | top 3 by timestamp desc | where tolong(timestamp) % 20000 == 0",
    "requests | summarize timestamp = max(timestamp) by name | where tolong(timestamp) % 20000 == 0",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(DATABASE)
    engine.insert(
        "requests",
        [
            {"id": str(n), "name": "ab"[n % 2], "itemCount": 1, "timestamp": NOW - n * 10_000}
            for n in range(10)
        ],
    )
    yield engine
    engine.connection.close()


def both(query: str) -> tuple[Sql, Sql]:
    (statement,) = compile(query, DATABASE, OPTIONS).statements
    text = f"({' union all '.join(HALVES)})"
    return (
        emit(statement, {scan.id: Sql(text) for scan in statement.scans}),
        emit(statement, {scan.id: Sql(text, branches=HALVES) for scan in statement.scans}),
    )


@pytest.mark.parametrize("query", [*INSIDE, *OUTSIDE])
def test_rows_are_the_same(engine: Engine, query: str) -> None:
    whole, parts = (
        sorted(map(repr, engine.connection.execute(sql.text, sql.parameters or None).fetchall()))
        for sql in both(query)
    )
    assert whole == parts
    assert whole


@pytest.mark.parametrize("query", INSIDE)
def test_what_only_computes_a_time_stands_in_each(query: str) -> None:
    _, parts = both(query)
    assert parts.text.count(f"{HALVES[0]} and ") == parts.text.count(HALVES[0])
    assert parts.text.count(f"{HALVES[1]} and ") == parts.text.count(HALVES[1])


@pytest.mark.parametrize("query", OUTSIDE)
def test_all_else_stands_around_them(query: str) -> None:
    whole, parts = both(query)
    assert parts.text == whole.text
