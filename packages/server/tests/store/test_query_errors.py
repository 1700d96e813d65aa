"""What a caller is told when the engine gives up: a cause and no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from packages.server.tests.store.failing_connection import FailingConnection

from openinsights.clock import SystemClock
from openinsights.schema.sql import Sql
from openinsights.store.api import EngineFunction
from openinsights.store.duckdb.query_runner import run_query
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import QueryFailed, QueryOutOfRange, QueryTooLarge
from openinsights.store.limits import StoreLimits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> DuckDBStore:
    limits = StoreLimits(engine_memory_bytes=48 * 1024 * 1024)
    return open_duckdb_store(tmp_path, SystemClock(), limits=limits)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("select cast('x' as integer)", QueryOutOfRange),
        ("select list(i || repeat('x', 5000)) from range(200_000) t(i)", QueryTooLarge),
        ("select no_such_column", QueryFailed),
    ],
)
def test_an_engine_error_says_the_cause_and_no_sql(
    store: DuckDBStore, text: str, error: type[QueryFailed]
) -> None:
    with pytest.raises(error) as caught:
        store.run(Sql(text), timeout_s=60, max_rows=10)
    store.close()

    assert type(caught.value) is error
    assert "select" not in str(caught.value)


def test_rows_beyond_the_size_of_a_result_are_cut_off_and_said() -> None:
    small = open_duckdb_store(None, SystemClock(), limits=StoreLimits(result_bytes=100_000))
    try:
        rows = small.run(
            Sql("select repeat('x', 1000) from range(500_000)"), timeout_s=60, max_rows=500_000
        )
        whole = small.run(Sql("select 'x' from range(500)"), timeout_s=60, max_rows=500)
        one = small.run(Sql("select repeat('x', 200_000)"), timeout_s=60, max_rows=500)
    finally:
        small.close()

    assert (len(rows.rows), rows.truncated) == (100, True)
    assert (len(whole.rows), whole.truncated) == (500, False)
    assert (len(one.rows), one.truncated) == (1, True)


def test_functions_of_the_compiler_are_called_with_null_and_may_return_it(clock) -> None:
    function = EngineFunction(
        "swap_null", lambda text: "was null" if text is None else None, ("VARCHAR",), "VARCHAR"
    )
    store = open_duckdb_store(None, clock, functions=(function,))
    answer = store.run(Sql("select swap_null(null), swap_null('x')"), timeout_s=30, max_rows=1)
    store.close()
    assert answer.rows == [("was null", None)]


def test_a_query_for_which_the_engine_has_no_words_needed_too_much(store: DuckDBStore) -> None:
    """Memory ran out as the engine made the error's text."""
    error = SystemError("error return without exception set")
    cursor = FailingConnection(store._parts.root.cursor(), lambda _: True, error=error, times=1)
    with pytest.raises(QueryTooLarge, match="needs more memory"):
        run_query(cursor, Sql("select 1"), 60, 10, 1_000, None)
    with pytest.raises(duckdb.ConnectionException):
        cursor.execute("select 1")
    store.close()
