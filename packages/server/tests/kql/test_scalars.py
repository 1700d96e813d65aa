"""`toscalar` is asked while the query is compiled, where that means the same, and is a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, NOW, OPTIONS, Engine

from openinsights.kql.api import CompileOptions, compile, emit
from openinsights.schema.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.kql.api import Statement

MINUTE = 600_000_000

ASKED = (
    "let n = toscalar(requests | count); requests | where itemCount < n | project id",
    "let every = toscalar(requests | summarize 1 + count() / 2); requests | extend every",
    "let t = requests | where duration > 1; let n = toscalar(t | count);"
    " t | extend n | union (t | where itemCount == n | extend n)",
    "let at = toscalar(requests | summarize max(timestamp)); requests | where timestamp == at",
    "let span = toscalar(requests | summarize max(timestamp) - min(timestamp)); print span",
    "let mean = toscalar(requests | summarize avg(duration)); requests | where duration > mean",
    "let all = toscalar(requests | summarize countif(duration > 1) == count()); print all, not(all)",
    "let none = toscalar(requests | where id == 'z' | project duration); print isnull(none), none",
    "let none = toscalar(requests | project itemCount = toint('x')); print 1 + none",
    "let a = toscalar(requests | count); let b = toscalar(requests | where itemCount < a | count);"
    " print a, b",
    "requests | summarize n = count() by big = duration > toscalar(requests | summarize avg(duration))",
    "print toscalar(requests | top 1 by timestamp asc | project duration), real(nan), 0.1",
)
"""Queries of which every toscalar is a number, a time or a truth."""
NOT_ASKED = (
    "let name = toscalar(requests | top 1 by id asc | project name); requests | where name == name",
    "let names = toscalar(requests | summarize make_list(id)); print array_length(names)",
    "let kept = materialize(requests | where duration > 1); let n = toscalar(kept | count);"
    " kept | extend n",
    "let one = toscalar(requests | extend r = rand() | project r >= 0); requests | where one",
)
"""What may be of any size, is read once for several readers, or differs from one reading to the next."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(DATABASE)
    engine.insert(
        "requests",
        [
            {"id": id_, "name": f"n{id_}", "duration": duration, "itemCount": count,
             "timestamp": NOW - minutes * MINUTE}
            for id_, duration, count, minutes in (("1", 0.5, 1, 1), ("2", 2.25, 2, 5), ("3", 7.1, 9, 8))
        ],
    )  # fmt: skip
    yield engine
    engine.connection.close()


def rows(engine: Engine, statement: Statement) -> list[str]:
    sql = emit(statement, {scan.id: Sql(scan.table) for scan in statement.scans})
    return sorted(map(repr, engine.connection.execute(sql.text, sql.parameters or None).fetchall()))


@pytest.mark.parametrize("query", [*ASKED, *NOT_ASKED])
def test_answers_are_those_of_one_statement(engine: Engine, query: str) -> None:
    (whole,) = compile(query, DATABASE, OPTIONS).statements
    (rest,) = engine.compile(query).statements
    assert rest.columns == whole.columns
    assert rows(engine, rest) == rows(engine, whole)


@pytest.mark.parametrize("query", ASKED)
def test_what_was_asked_is_read_no_more(engine: Engine, query: str) -> None:
    (whole,) = compile(query, DATABASE, OPTIONS).statements
    (rest,) = engine.compile(query).statements
    assert len(rest.scans) < len(whole.scans)


@pytest.mark.parametrize("query", NOT_ASKED)
def test_other_values_stay_in_the_statement(query: str) -> None:
    def ask(statement: Statement) -> str:
        raise AssertionError(statement)

    (whole,) = compile(query, DATABASE, OPTIONS).statements
    (rest,) = compile(query, DATABASE, CompileOptions(NOW, ask=ask)).statements
    assert len(rest.scans) == len(whole.scans)


def test_a_time_bounds_the_scan(engine: Engine) -> None:
    query = (
        "let at = toscalar(requests | summarize max(timestamp)); requests | where timestamp >= at"
    )
    (statement,) = engine.compile(query).statements
    assert [scan.time_from for scan in statement.scans] == [NOW - MINUTE]
