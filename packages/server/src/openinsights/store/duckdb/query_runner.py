"""Runs read-only queries, each on a cursor of its own, with an end in time and in rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb

from openinsights.store.errors import QueryCancelled, QueryFailed, QueryTimeout
from openinsights.store.rowset import RowSet

if TYPE_CHECKING:
    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation


def run_query(
    cursor: duckdb.DuckDBPyConnection,
    sql: Sql,
    timeout_s: float,
    max_rows: int,
    cancellation: Cancellation | None,
) -> RowSet:
    """Run a query on a cursor that is this query's own, and close the cursor; see `Store.run`."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        cursor.interrupt()

    timer = threading.Timer(timeout_s, expire)
    timer.daemon = True
    timer.start()
    try:
        if cancellation is not None:
            cancellation.attach(cursor.interrupt)
            if cancellation.cancelled:
                raise QueryCancelled("cannot finish the query: it was cancelled")
        cursor.execute(sql.text, dict(sql.parameters) or None)
        rows = cursor.fetchmany(max_rows + 1)
        columns = tuple(column[0] for column in cursor.description or ())
    except duckdb.InterruptException as error:
        if expired.is_set():
            raise QueryTimeout(f"cannot finish the query within {timeout_s:g} s") from error
        raise QueryCancelled("cannot finish the query: it was cancelled") from error
    except duckdb.Error as error:
        raise QueryFailed(f"cannot run the query: {error}") from error
    finally:
        timer.cancel()
        if cancellation is not None:
            cancellation.attach(None)
        cursor.close()
    return RowSet(columns, rows[:max_rows], truncated=len(rows) > max_rows)
