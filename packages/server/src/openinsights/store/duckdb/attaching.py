"""A further file that a connection writes or reads for a moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.undoing import roll_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, statement: str, alias: str) -> Iterator[None]:
    """Have a file attached meanwhile; one that could not be detached the last time goes first.

    Args:
        connection: that uses it.
        statement: attaches it.
        alias: what the statement calls it; nobody else may use that name.

    Raises:
        duckdb.Error: it cannot be attached, or not be detached now.
    """
    connection.execute(ddl.DETACH.format(alias=alias))
    connection.execute(statement)
    try:
        yield
    except BaseException:
        roll_back(connection)
        raise
    finally:
        connection.execute(ddl.DETACH.format(alias=alias))
