"""Has a connection let go of what it holds, also while somebody keeps interrupting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from duckdb import InterruptException

from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS

if TYPE_CHECKING:
    import duckdb


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Undo a connection's transaction and let go of what is left of a result.

    Whatever a connection failed at, it may hold a day that is to be opened anew. An interrupt may
    hit the rollback too, and memory may be too short for it: the transaction would stay, aborted,
    and every later statement of the connection would fail. The former is tried again here; for the
    latter, whoever fails the next time calls this again.
    """
    while True:
        try:
            connection.rollback()
        except InterruptException:
            continue
        except ENGINE_ERRORS:  # there is no transaction, or the engine has ended it itself
            pass
        return
