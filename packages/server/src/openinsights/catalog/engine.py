"""Open the catalog's database and bring its schema up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from openinsights.catalog.errors import CatalogError
from openinsights.catalog.tables import HEAD, metadata

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a resource must outlive a crash before its rows are accepted
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)


def open_memory() -> sa.Engine:
    """Return an empty catalog that lives in memory, usable from any thread."""
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
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
    try:
        _migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _migrate(engine: sa.Engine, path: Path) -> None:
    try:
        with engine.begin() as connection:
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


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision


def _is_unknown_revision(error: Exception) -> bool:
    return type(error).__name__ == "CommandError" and "locate revision" in str(error)


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
