"""Open the catalog's database and bring its schema up to date.

SQLite is opened here, PostgreSQL in `postgresql.py`; whoever uses an engine does not tell them apart.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from openinsights.catalog.errors import CatalogError, CatalogUnavailable
from openinsights.catalog.tables import HEAD, OLDEST_SCHEMA, metadata, oldest_schema, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry

_WRITES = "openinsights_writes"
_WRITING = 0x6F69_7772_6974
"""The advisory lock of PostgreSQL that whoever writes holds until the end of the transaction."""
_PRIMARY_CODE = 0xFF
"""SQLite's codes say in their lower byte what went wrong, in the others more closely why."""
_BUSY_TIMEOUT_MS = 5000
_JOURNAL_RETRY_S = 0.01
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a resource must outlive a crash before its rows are accepted
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA secure_delete = ON",  # what a purge looked for may be what had to go
)


def open_catalog(url: str, path: Path | None) -> sa.Engine:
    """Return the catalog that a server or a command works on.

    Args:
        url: of a PostgreSQL database; "" for none.
        path: the file where there is no URL; None keeps it in memory.

    Raises:
        CatalogError: it cannot be opened; the message says why.
    """
    if url:
        from openinsights.catalog.postgresql import open_postgresql

        return open_postgresql(url)
    return open_memory() if path is None else open_file(path)


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
        CatalogUnavailable: somebody else writes to it for longer than a writer waits.
    """
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "handle_error", _tell_clearly)
    try:
        _migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_shared(engine: sa.Engine) -> bool:
    """Whether other servers may change the catalog too."""
    return engine.dialect.name == "postgresql"


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Begin a transaction that may write from its first statement on; it is committed at the end.

    What it reads stays true until it writes. One that reads first and then wants to write fails at
    once, however long it would wait, if somebody else has written in between. Writers take turns,
    on every server: PostgreSQL too has one at a time, for what is written is little.

    Raises:
        CatalogUnavailable: others wrote for so long that its turn did not come; nothing is written.
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITING)))
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
        with engine.connect() as connection:
            if _revision(connection) == HEAD:
                return
        # programs that open it together look again once it is their turn
        with writing(engine) as connection:
            names = sa.inspect(connection).get_table_names()
            if not names:
                _create(connection)
                return
            if versions.name not in names:
                raise CatalogError(f"cannot open catalog {path}: it is another program's database")
            revision = _revision(connection)
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


def _revision(connection: sa.Connection) -> str:
    """Return the revision of the schema; "" where there is none."""
    if not sa.inspect(connection).has_table(versions.name):
        return ""
    return str(connection.scalar(sa.select(versions.c.version_num)))


def _create(connection: sa.Connection) -> None:
    """Make the newest schema at once, as if every migration had run: no need to load alembic."""
    metadata.create_all(connection)
    versions.create(connection)
    connection.execute(sa.insert(versions).values(version_num=HEAD))
    connection.execute(sa.insert(oldest_schema).values(version_num=OLDEST_SCHEMA))


def _is_unknown_revision(error: Exception) -> bool:
    return type(error).__name__ == "CommandError" and "locate revision" in str(error)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _tell_clearly(context: ExceptionContext) -> None:
    """Tell a writer whose turn did not come apart from what is wrong: the same may go well later."""
    error = context.original_exception
    if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
        raise CatalogUnavailable(
            "cannot change the catalog now: something else writes to it; try again"
        ) from error


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transactions leave CREATE TABLE out: a crash would leave half a schema.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: DBAPICursor) -> None:
    """Switch the file to write-ahead logging, waiting for those that open it at the same time."""
    give_up = time.monotonic() + _BUSY_TIMEOUT_MS / 1e3
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # The switch makes a writer of a reader. Of two that do, SQLite refuses one at once: each
            # would wait for the other to stop reading.
            if not _is_busy(error) or time.monotonic() > give_up:
                raise
        time.sleep(_JOURNAL_RETRY_S)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
