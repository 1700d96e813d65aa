"""A span for each statement sent to PostgreSQL: with psycopg2, psycopg 3 and asyncpg."""

from __future__ import annotations

import inspect  # noqa: F401
import logging
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext.dbapi.methods import Remembered, server_name, trace_methods, traced_method
from opencensus.ext.dbapi.statement import (
    Database,
    choose_sql_parameters,
    no_statements,
    open_statement,
)
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context, integrations
from opencensus.trace import span as span_module  # noqa: F401 - older code reads it here

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "postgresql"
CONN_WRAP_METHOD = "connect"
CURSOR_WRAP_METHOD = "cursor"
QUERY_WRAP_METHODS = ["execute", "executemany"]
STATEMENT_METHODS = ("execute", "executemany", "callproc")
ASYNCPG_METHODS = ("execute", "executemany", "fetch", "fetchmany", "fetchrow", "fetchval")
PREPARED_METHODS = ("executemany", "fetch", "fetchmany", "fetchrow", "fetchval")
UNKNOWN = Database(MODULE_NAME)

try:
    from psycopg2 import connect as pg_connect
    from psycopg2.extensions import connection as _connection_type
    from psycopg2.extensions import cursor as pgcursor
except ImportError:
    pg_connect = None
    _connection_type = pgcursor = object


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the statements of every driver that is installed; doing so twice traces them once.

    Connections of psycopg2 are traced that are opened from now on, through `psycopg2.connect`;
    those of the other drivers all.

    Args:
        tracer: Becomes the tracer of the current context.
        sql_parameters: Whether values in statements, and parameters, are recorded; None leaves
            that to the environment.

    Raises:
        ImportError: none of the drivers is installed.
    """
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    choose_sql_parameters(MODULE_NAME, sql_parameters)
    found = [name for name, trace in DRIVERS.items() if trace()]
    if not found:
        raise ImportError(f"none of these is installed: {', '.join(DRIVERS)}")
    log.info("Integrated module: %s (%s)", MODULE_NAME, ", ".join(found))
    integrations.add_integration(integrations._Integrations.POSTGRESQL)


def _trace_psycopg2() -> bool:
    if pg_connect is None:
        return False
    import psycopg2

    if not is_patched(psycopg2.connect):
        psycopg2.connect = connect
    return True


def _trace_psycopg() -> bool:
    try:
        import psycopg
    except ImportError:
        return False
    trace_methods((psycopg.Cursor, psycopg.AsyncCursor), STATEMENT_METHODS, _psycopg_database)
    for name in ("ServerCursor", "AsyncServerCursor"):
        trace_methods((getattr(psycopg, name),), STATEMENT_METHODS, _psycopg_database)
    return True


def _trace_asyncpg() -> bool:
    try:
        from asyncpg import Connection
        from asyncpg.prepared_stmt import PreparedStatement
    except ImportError:
        return False
    trace_methods((Connection,), ASYNCPG_METHODS, _asyncpg_database)
    if not is_patched(Connection.reset):
        Connection.reset = _untraced(Connection.reset)
    for name in PREPARED_METHODS:
        method = PreparedStatement.__dict__.get(name)
        if method is not None and not is_patched(method):
            traced = traced_method(method, _prepared_database, PreparedStatement.get_query)
            setattr(PreparedStatement, name, traced)
    return True


def _untraced(reset: Callable[..., Any]) -> Callable[..., Any]:
    """A pool resets each connection that comes back: no statement of the application's."""

    @wraps(reset)
    async def untraced(self: Any, *args: Any, **kwargs: Any) -> Any:
        with no_statements():
            return await reset(self, *args, **kwargs)

    return marked(untraced)


DRIVERS: dict[str, Callable[[], bool]] = {
    "psycopg2": _trace_psycopg2,
    "psycopg": _trace_psycopg,
    "asyncpg": _trace_asyncpg,
}
"""How each driver is traced; what is called returns whether the driver is there."""


def _facts(connection: Any) -> Database:
    info = connection.info
    return Database(MODULE_NAME, info.dbname, server_name(info.host, info.port))


_database_of_connection = Remembered(_facts, UNKNOWN)


def _psycopg_database(cursor: Any) -> Database:
    return _database_of_connection(cursor.connection)


def _asyncpg_facts(connection: Any) -> Database:
    address = connection._addr
    server = server_name(*address[:2]) if isinstance(address, tuple) else str(address)
    return Database(MODULE_NAME, connection._params.database, server)


_asyncpg_database = Remembered(_asyncpg_facts, UNKNOWN)


def _prepared_database(prepared: Any) -> Database:
    return _asyncpg_database(prepared._connection)


def _connect(*args: Any, **kwargs: Any) -> Any:
    """Open a connection of psycopg2 whose statements are traced; it stays one of the given type."""
    kwargs["connection_factory"] = traced_connection(
        kwargs.get("connection_factory") or _connection_type
    )
    return pg_connect(*args, **kwargs)


connect = marked(wraps(pg_connect)(_connect)) if pg_connect is not None else marked(_connect)


class _Tracing(_connection_type):  # type: ignore[misc]  # the driver's, when it is installed
    """A connection below the application's own type, which may choose cursors of its own."""

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 1:
            args = (args[0], self._opencensus_traced(args[1]), *args[2:])
        else:
            kwargs["cursor_factory"] = self._opencensus_traced(kwargs.get("cursor_factory"))
        return super().cursor(*args, **kwargs)

    def _opencensus_traced(self, factory: Any) -> Any:
        return traced_cursor(factory or self.cursor_factory or pgcursor)


@cache
def traced_connection(factory: Any) -> Any:
    """Return a subclass of psycopg2's connection whose cursors trace their statements.

    A factory that is no such type is returned as it is: its connections are not traced.
    """
    if factory is _connection_type:
        return _named_like(type("connection", (_Tracing,), {}), factory)
    if not (isinstance(factory, type) and issubclass(factory, _connection_type)):
        return factory
    if issubclass(factory, _Tracing):
        return factory
    return _named_like(type(factory.__name__, (factory, _Tracing), {}), factory)


@cache
def traced_cursor(factory: Any) -> Any:
    """Return a subclass of a type of cursors whose statements are traced; others as they are."""
    if not isinstance(factory, type) or not issubclass(factory, pgcursor):
        return factory
    traced = {
        name: _around(factory, name)
        for name in STATEMENT_METHODS
        if not is_patched(getattr(factory, name))
    }
    return _named_like(type(factory.__name__, (factory,), traced), factory) if traced else factory


def _around(base: Any, name: str) -> Callable[..., Any]:
    method = getattr(base, name)

    # The driver's methods are written in C and have another name than the type's.
    @wraps(method, assigned=("__doc__", "__name__"))
    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        statement = args[0] if args else kwargs.get("query", kwargs.get("procname"))
        parameters = args[1] if len(args) > 1 else kwargs.get("vars", kwargs.get("vars_list"))
        opened = open_statement(_psycopg_database(self), name, _text(statement, self), parameters)
        if opened is None:
            return method(self, *args, **kwargs)
        with opened:
            return method(self, *args, **kwargs)

    return marked(traced)


def _text(statement: Any, cursor: Any) -> object:
    """Return a composed statement as text, which psycopg2 does with a cursor."""
    compose = getattr(statement, "as_string", None)
    if compose is None:
        return statement
    try:
        return str(compose(cursor))
    except Exception:
        # What cannot be written out is the driver's to refuse.
        return str(statement)


def trace_cursor_query(query_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a cursor's bound ``execute`` or ``executemany`` that runs in a span of its own."""

    @wraps(query_func)
    def call(query: Any, *args: Any, **kwargs: Any) -> Any:
        name = getattr(query_func, "__name__", "execute")
        opened = open_statement(UNKNOWN, name, query, args[0] if args else None)
        if opened is None:
            return query_func(query, *args, **kwargs)
        with opened:
            return query_func(query, *args, **kwargs)

    return marked(call)


def _named_like(traced: Any, base: Any) -> Any:
    traced.__name__ = base.__name__
    traced.__qualname__ = base.__qualname__
    traced.__module__ = base.__module__
    return traced


TraceCursor: Any = traced_cursor(pgcursor) if pg_connect is not None else None
"""What psycopg2's own type of cursors becomes; for connections opened without `connect`."""
