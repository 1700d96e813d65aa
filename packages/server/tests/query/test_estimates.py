"""Counts and percentiles of more rows than memory holds are estimates, and say nothing false."""

from __future__ import annotations

import random

import duckdb
import pytest

from openinsights.clock import SystemClock
from openinsights.kql.api import CompileOptions, Database, compile, emit
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.catalog import ALL
from openinsights.schema.sql import Sql
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import QueryTooLarge


def estimated(text: str, rows: str) -> list[tuple[object, ...]]:
    """The answer of a query to requests, in little memory; `rows` is SQL."""
    statement = compile(text, Database(ALL), CompileOptions(0)).statements[0]
    sql = emit(statement, {statement.scans[0].id: Sql(rows)}, is_frugal=True)
    connection = duckdb.connect(config={"memory_limit": "256MB", "threads": 2})
    return connection.execute(sql.text, dict(sql.parameters) or None).fetchall()


@pytest.mark.parametrize("count", [0, 1, 10, 1000, 60_000, 190_000, 220_000, 1_500_000, 3_000_000])
def test_different_values_are_counted_within_two_percent(count: int) -> None:
    text = "requests | summarize dcount(name), dcount(duration), dcountif(name, duration >= 0)"
    rows = f"(select 'n' || (i % {max(count, 1)}) as name, (i % {max(count, 1)})::DOUBLE as duration from range({count}) as r(i))"
    for found in estimated(text, rows)[0]:
        assert found == pytest.approx(count, rel=0.02, abs=1)


def test_groups_are_counted_apart_and_nulls_are_no_values() -> None:
    text = "requests | summarize dcount(itemCount) by name | order by name asc"
    rows = "(select 'g' || (i % 3) as name, case when i % 3 = 0 then null else i % 3000 end as itemCount from range(30000) as r(i))"
    assert estimated(text, rows) == [
        ("g0", 0),
        ("g1", pytest.approx(1000, rel=0.01)),
        ("g2", pytest.approx(1000, rel=0.01)),
    ]


def test_percentiles_are_near() -> None:
    text = "requests | summarize percentiles(duration, 5, 50, 95), percentile(itemCount, 50), percentile(name, 50)"
    rows = "(select 'n' as name, i::DOUBLE as duration, i::INTEGER as itemCount from range(100000) as r(i))"
    low, middle, high, whole, name = estimated(text, rows)[0]
    assert low == pytest.approx(5_000, rel=0.03)
    assert middle == pytest.approx(50_000, rel=0.01)
    assert high == pytest.approx(95_000, rel=0.01)
    assert isinstance(whole, int)
    assert whole == pytest.approx(50_000, rel=0.01)
    assert name == "n"


def test_exact_numbers_that_do_not_fit_are_asked_for_again_as_estimates(monkeypatch) -> None:
    store = open_duckdb_store(None, SystemClock(), functions=engine_functions())
    run = store.run
    asked: list[str] = []

    def too_large(sql: Sql, **more: object) -> object:
        asked.append(sql.text)
        if "bitstring_agg" not in sql.text:
            raise QueryTooLarge("cannot finish the query")
        return run(sql, **more)

    monkeypatch.setattr(store, "run", too_large)
    queries = QueryService(store, _no_resource, SystemClock())
    result = queries.run(QueryRequest("requests | summarize dcount(name)"))
    assert [tuple(row) for row in result.tables[0].rows] == [(0,)]
    assert len(asked) == 2
    with pytest.raises(QueryTooLarge):
        queries.run(QueryRequest("requests | summarize make_set(name)"))
    store.close()


def _no_resource(name: str) -> None:
    raise AssertionError(name)


def test_texts_are_told_apart_by_more_than_their_beginning() -> None:
    draw = random.Random(1)
    values = {"".join(draw.choice("ab") for _ in range(20)) for _ in range(5000)}
    statement = compile(
        "requests | summarize dcount(name)", Database(ALL), CompileOptions(0)
    ).statements[0]
    sql = emit(statement, {statement.scans[0].id: Sql("(select unnest($names) as name)")})
    row = duckdb.connect().execute(sql.text, {"names": [*values, *values]}).fetchone()
    assert row == (len(values),)
