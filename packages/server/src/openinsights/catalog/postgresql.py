"""Open a catalog that lives in PostgreSQL, which several servers may share.

psycopg is loaded here, when a URL is given, and nowhere else: it belongs to the extra `cluster`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog.errors import CatalogError, CatalogUnavailable
from openinsights.catalog.finite import finite
from openinsights.catalog.tables import HEAD, metadata, oldest_schema, versions

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

SCHEMES: Final = ("postgresql", "postgresql+psycopg")
_MIGRATING: Final = 0x6F69_6D69_6772
"""The advisory lock of whoever changes the schema: one server at a time."""
_MIGRATION_PATIENCE_S: Final = 3600.0
_CONNECTIONS: Final = 5
_MORE_CONNECTIONS: Final = 10
_PATIENCE_S: Final = 10
_SESSION: Final = {
    "lock_timeout": "5s",
    # a server that the network has cut off holds its locks no longer than this
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "30s",
    "timezone": "UTC",
}


def is_postgresql(text: str) -> bool:
    """Whether a text is the URL of a PostgreSQL database."""
    return text.partition("://")[0].lower() in SCHEMES


def shown(url: str) -> str:
    """Return a URL as people may see it: without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        return "the URL that was given"


def open_postgresql(url: str) -> sa.Engine:
    """Return the catalog of a URL, its tables made or migrated to the newest schema where needed.

    Args:
        url: `postgresql://user:password@host:port/database`, with libpq's parameters behind a `?`.

    Raises:
        CatalogError: the URL cannot be used, psycopg is not installed, the database belongs to
            another program, or a newer version of the program says that this one must not use it.
        CatalogUnavailable: the database does not answer.
    """
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            _migrate(connection, shown(url))
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise CatalogError(f"cannot open catalog {shown(url)}: {_first_line(error.orig)}") from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def schema_at(url: str) -> str:
    """Return the revision of the catalog of a URL, "" where there is none yet; changes nothing.

    Raises:
        CatalogError: the URL cannot be used, or psycopg is not installed.
        CatalogUnavailable: the database does not answer.
    """
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            if versions.name not in sa.inspect(connection).get_table_names():
                return ""
            return str(connection.scalar(sa.select(versions.c.version_num)))
    finally:
        engine.dispose()


def engine_of(url: str) -> sa.Engine:
    """Return the engine of a URL; nothing is asked yet.

    Raises:
        CatalogError: the URL cannot be used, or psycopg is not installed.
    """
    try:
        import psycopg  # noqa: F401 - said here in words that help, before SQLAlchemy loads it

        from openinsights.catalog.patient_connection import (
            ANSWER_PATIENCE_S,
            IDLE_PATIENCE_S,
            PatientConnection,
        )
    except ImportError:
        raise CatalogError(
            "cannot keep the catalog in PostgreSQL: psycopg is not installed; install it with:"
            " pip install 'openinsights[cluster]'"
        ) from None
    if not is_postgresql(url):
        raise CatalogError(
            "cannot use the catalog's URL: it has to begin with postgresql://, as in"
            " postgresql://user:password@host:5432/openinsights"
        )
    try:
        parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        raise CatalogError(
            "cannot read the catalog's URL: write postgresql://user:password@host:5432/openinsights,"
            " with %XX for signs of the password that have a meaning in URLs"
        ) from None
    if not parsed.database:
        raise CatalogError(f"cannot use the catalog's URL {shown(url)}: it names no database")
    engine = sa.create_engine(
        parsed,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=_PATIENCE_S,
        pool_pre_ping=True,  # a connection that was lost meanwhile is made anew, once
        connect_args=_connection_arguments(dict(parsed.query)),
        json_serializer=_json,
        hide_parameters=True,
    )

    def connect(
        _: object, __: object, places: list[Any], named: dict[str, Any]
    ) -> PatientConnection:
        return PatientConnection.connect(*places, **named)

    def ask_soon(connection: PatientConnection | None, *_: object) -> None:
        if connection is not None:
            connection.patience_s = IDLE_PATIENCE_S

    def work(connection: PatientConnection, *_: object) -> None:
        connection.patience_s = ANSWER_PATIENCE_S

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "checkin", ask_soon)
    sa.event.listen(engine, "checkout", work)
    sa.event.listen(engine, "handle_error", _tell_clearly)
    return engine


def _connection_arguments(given: dict[str, Any]) -> dict[str, Any]:
    ours = {
        "application_name": "openinsights",
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 10_000,
        "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
    }
    return {name: value for name, value in ours.items() if name not in given}


def _tell_clearly(context: ExceptionContext) -> None:
    """Tell apart what passes (no connection, a lock that nobody let go) from what is wrong."""
    import psycopg

    error = context.original_exception
    if context.is_pre_ping:
        return  # the pool makes another connection
    if isinstance(error, psycopg.OperationalError):
        raise CatalogUnavailable(
            f"cannot reach the catalog's database: {_first_line(error)}"
        ) from error


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _migrate(connection: sa.Connection, name: str) -> None:
    # set anew when the connection is next taken from the pool
    connection.connection.dbapi_connection.patience_s = _MIGRATION_PATIENCE_S  # type: ignore[union-attr]
    connection.execute(sa.text("SET LOCAL lock_timeout = '120s'"))
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
    names = set(sa.inspect(connection).get_table_names())
    if versions.name not in names:
        if names:
            raise CatalogError(
                f"cannot open catalog {name}: the database holds tables of another program, such as"
                f" {min(names)}; name a database of its own"
            )
        _upgrade(connection)
        return
    revision = str(connection.scalar(sa.select(versions.c.version_num)))
    if revision == HEAD:
        return
    if revision < HEAD:
        _upgrade(connection)
        return
    needs = connection.scalar(sa.select(oldest_schema.c.version_num))
    if needs is None or str(needs) > HEAD:
        raise CatalogError(
            f"cannot open catalog {name}: a newer version of OpenInsights wrote it (schema"
            f" {revision}, for programs that know {needs}; known up to {HEAD}); install that version"
        )


def _upgrade(connection: sa.Connection) -> None:
    from openinsights.catalog.migrations.migrate import upgrade

    upgrade(connection)


def restart_numbers(connection: sa.Connection) -> None:
    """Let numbers that the database counts go on behind those that rows brought along."""
    for table in metadata.tables.values():
        for column in table.columns:
            if column.autoincrement is True:
                highest = sa.func.coalesce(sa.select(sa.func.max(column)).scalar_subquery(), 0)
                sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(sa.select(sa.func.setval(sequence, highest + 1, False)))


def _json(value: object) -> str:
    """Return JSON that PostgreSQL takes: it knows no NaN and no infinity, Python writes both."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(finite(value), allow_nan=False)
