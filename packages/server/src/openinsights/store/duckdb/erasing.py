"""Writing a day anew, without the bytes of rows that were deleted from it.

The engine keeps the place of deleted rows and what stood there. So what is left goes to a new file
of the day's next number, which takes the place of the old one when it is whole and synced. Keys that
were kept apart list their texts, and the entries of operations name their ids: neither is copied,
both are made again when the day is tidied.
"""
# ruff: noqa: S608 - names of ours

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openinsights.schema.catalog import CLASSIC
from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.attaching import attached

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

NOTE = "create table if not exists {alias}.to_erase (noted BOOLEAN)"
"""Says within the transaction that deletes that its rows are to be erased; no copy has it."""
IS_NOTED = (
    "select count(*) from duckdb_tables() where database_name = $alias and table_name = 'to_erase'"
)
_ALIAS = "written_anew"


def write_anew(connection: duckdb.DuckDBPyConnection, alias: str, target: Path) -> None:
    """Copy what a day has to a new file, synced.

    Raises:
        duckdb.Error: it cannot be written; half a file may be there.
    """
    with attached(connection, ddl.attach(str(target), _ALIAS, is_new=True), _ALIAS):
        connection.execute("begin")
        for statement in ddl.create_day(_ALIAS):
            connection.execute(statement)
        for table in CLASSIC:
            names = ", ".join(ddl.quoted(column.name) for column in table.columns)
            name = ddl.quoted(table.name)
            connection.execute(
                f"insert into {_ALIAS}.{name} ({names}) select {names} from {alias}.{name}"
            )
        for name in (ddl.BODIES, ddl.SEQUENCES):
            connection.execute(f"insert into {_ALIAS}.{name} select * from {alias}.{name}")
        connection.execute("commit")
        connection.execute(f"checkpoint {_ALIAS}")
    with target.open("rb") as file:
        os.fsync(file.fileno())
