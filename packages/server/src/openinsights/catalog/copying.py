"""Copy a catalog into another database.

Into PostgreSQL when a server outgrows its machine, into a file for a backup.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import is_shared, open_file, writing
from openinsights.catalog.errors import CatalogError
from openinsights.catalog.finite import finite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Row = dict[str, object]

_OF_THE_DATABASE: Final = (tables.changes, tables.leases, tables.oldest_schema, tables.tickets)
"""What says something about the database itself, and stays."""
_COPIED: Final = tuple(
    each for each in tables.metadata.sorted_tables if each not in _OF_THE_DATABASE
)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a table.

    Attributes:
        table: its name.
        rows: of the source; the target has each of them.
        added: of these, by this copy.
        changed: of these, how many the target had already, with other values, which stay.
    """

    table: str
    rows: int
    added: int
    changed: int


def copy_catalog(source: sa.Engine, target: sa.Engine) -> list[Copied]:
    """Add what the target lacks, all or nothing; done again it adds nothing.

    What the target has already stays as it is: servers that work on it may have changed it since.

    Args:
        source: an open catalog that nobody changes meanwhile.
        target: an open catalog.

    Raises:
        CatalogError: another row of the target is in the way of one of the source, such as a
            resource of the same name; nothing was copied.
    """
    with source.connect() as reading, writing(target) as connection:
        done = [_copy_table(reading, connection, table) for table in _COPIED]
        if is_shared(target):
            from openinsights.catalog.postgresql import restart_numbers

            restart_numbers(connection)
    return done


def copy_to_file(source: sa.Engine, path: Path) -> None:
    """Write a catalog as it stands into a file that is not there yet."""
    if not is_shared(source):
        with (
            closing(sqlite3.connect(str(source.url.database))) as reading,
            closing(sqlite3.connect(path)) as copy,
        ):
            reading.backup(copy)
        return
    target = open_file(path)
    try:
        copy_catalog(source.execution_options(isolation_level="REPEATABLE READ"), target)
    finally:
        target.dispose()


def _copy_table(reading: sa.Connection, writes: sa.Connection, table: sa.Table) -> Copied:
    rows = added = changed = 0
    for part in _parts(reading, table):
        known = _known(writes, table, part)
        missing = [row for row in part if _key(table, row) not in known]
        try:
            if missing:
                writes.execute(sa.insert(table), missing)
        except sa.exc.IntegrityError as error:
            raise CatalogError(
                f"cannot copy table {table.name}: the target holds another row under a name or key"
                " of the source; copy into an empty database, or delete that one first"
                f" ({str(error.orig).strip().splitlines()[0]})"
            ) from None
        differs = [
            row
            for row in part
            if (there := known.get(_key(table, row))) is not None and finite(there) != finite(row)
        ]
        if differs and any(each.autoincrement is True for each in table.primary_key):
            raise CatalogError(
                f"cannot copy table {table.name}: the target counted rows of its own; copy into an"
                " empty database"
            )
        rows, added, changed = rows + len(part), added + len(missing), changed + len(differs)
    return _verified(writes, table, Copied(table.name, rows, added, changed), reading)


def _verified(
    writes: sa.Connection, table: sa.Table, copied: Copied, reading: sa.Connection
) -> Copied:
    found = sum(len(_known(writes, table, part)) for part in _parts(reading, table))
    if found != copied.rows:
        raise CatalogError(
            f"cannot copy table {table.name}: {copied.rows} rows were read and {found} arrived"
        )
    return copied


def _parts(reading: sa.Connection, table: sa.Table) -> Iterator[list[Row]]:
    statement = sa.select(table).order_by(*table.primary_key)
    for part in reading.execute(statement).partitions(_AT_ONCE):
        yield [dict(row._mapping) for row in part]


def _known(connection: sa.Connection, table: sa.Table, part: list[Row]) -> dict[object, Row]:
    columns = list(table.primary_key)
    one = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
    keys = [_key(table, row) for row in part]
    found = connection.execute(sa.select(table).where(one.in_(keys)))
    return {_key(table, row): row for row in (dict(each._mapping) for each in found)}


def _key(table: sa.Table, row: Row) -> object:
    key = tuple(row[column.name] for column in table.primary_key)
    return key[0] if len(key) == 1 else key
