"""What a caller is told when the engine gives up: a cause and no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.clock import SystemClock
from openinsights.schema.sql import Sql
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
