"""Open the catalog's database and bring its schema up to date."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from openinsights.catalog.errors import CatalogError
from openinsights.catalog.tables import HEAD, metadata, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_WRITES = "openinsights_writes"
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a resource must outlive a crash before its rows are accepted
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA secure_delete = ON",  # what a purge looked for may be what had to go
)


def open_memory() -> sa.Engine:
    """Return an empty catalog that lives in memory, usable from any thread."""
    # one connection, which is the database: threads take turns to have it
    engine = sa.create_engine(
        "sqlite://",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    metadata.create_all(engine)
    return engine


def open_file(path: Path) -> sa.Engine:
    """Return the catalog kept in a file, made or migrated to the newest schema where needed.

    Raises:
        CatalogError: the file is no catalog, or a newer version of the program wrote it.
    """
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    try:
        _migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Begin a transaction that may write from its first statement on; it is committed at the end.

    What it reads stays true until it writes. One that reads first and then wants to write fails at
    once, however long it would wait, if somebody else has written in between.
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


def forget_overwritten(engine: sa.Engine) -> None:
    """Let nothing of what was overwritten or deleted stand in the catalog's files."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _migrate(engine: sa.Engine, path: Path) -> None:
    try:
        with engine.begin() as connection:
            names = sa.inspect(connection).get_table_names()
            if not names:
                _create(connection)
                return
            if versions.name not in names:
                raise CatalogError(f"cannot open catalog {path}: it is another program's database")
            revision = connection.scalar(sa.select(versions.c.version_num))
            if revision == HEAD:
                return
            from openinsights.catalog.migrations.migrate import upgrade

            upgrade(connection)
    except sa.exc.DatabaseError as error:
        raise CatalogError(f"cannot open catalog {path}: {error.orig}") from error
    except Exception as error:
        if not _is_unknown_revision(error):
            raise
        raise CatalogError(
            f"cannot open catalog {path}: a newer version of OpenInsights wrote it (schema"
            f" {revision}, known up to {HEAD}); install that version"
        ) from error


def _create(connection: sa.Connection) -> None:
    """Make the newest schema at once, as if every migration had run: no need to load alembic."""
    metadata.create_all(connection)
    versions.create(connection)
    connection.execute(sa.insert(versions).values(version_num=HEAD))


def _is_unknown_revision(error: Exception) -> bool:
    return type(error).__name__ == "CommandError" and "locate revision" in str(error)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transactions leave CREATE TABLE out: a crash would leave half a schema.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
