"""A span for each statement that an application sends to SQLite.

Connections and cursors stay instances of the standard library's types, or of the application's
own factories: what is traced is a subclass of each.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext.dbapi.statement import (
    Database,
    choose_sql_parameters,
    open_statement,
)
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "sqlite3"
COMPONENT = "sqlite3"
STATEMENT_METHODS = ("execute", "executemany", "executescript")
_INSTANCE = "_opencensus_instance"
FACTORY_POSITION = 5
"""Where ``sqlite3.connect`` takes its factory among the positional arguments."""


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the statements of connections opened from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
        sql_parameters: Whether values in statements, and parameters, are recorded; None leaves
            that to the environment.
    """
    choose_sql_parameters(COMPONENT, sql_parameters)
    logger.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    if not is_patched(sqlite3.connect):
        traced = wrap_connect(sqlite3.connect)
        sqlite3.connect = sqlite3.dbapi2.connect = traced


def wrap_connect(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function like ``sqlite3.connect`` whose connections trace their statements."""

    @wraps(connect)
    def traced_connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        position = FACTORY_POSITION - 1
        if len(args) > position:
            args = (*args[:position], traced_connection(args[position]), *args[position + 1 :])
        else:
            factory = kwargs.get("factory", sqlite3.Connection)
            kwargs = {**kwargs, "factory": traced_connection(factory)}
        connection = connect(database, *args, **kwargs)
        if hasattr(connection, _INSTANCE):
            setattr(connection, _INSTANCE, _instance(database))
        return connection

    return marked(traced_connect)


@cache
def traced_connection(factory: Any) -> Any:
    """Return a subclass of a connection type whose statements are traced.

    A factory that is no type is returned as it is: its connections are not traced.
    """
    if not isinstance(factory, type):
        return factory
    base: Any = factory

    class TracedConnection(base):  # type: ignore[misc]  # any connection type
        _opencensus_instance: str | None = None

        def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
            cursor = super().cursor(_traced_cursor(factory))
            if hasattr(cursor, _INSTANCE):
                setattr(cursor, _INSTANCE, self._opencensus_instance)
            return cursor

    for name in STATEMENT_METHODS:
        # The standard short cuts make plain cursors; those of other types may do anything.
        is_standard = getattr(base, name) is getattr(sqlite3.Connection, name)
        make = _through_cursor if is_standard else _around
        setattr(TracedConnection, name, make(base, name))
    return _named_like(TracedConnection, base)


@cache
def _traced_cursor(factory: Any) -> Any:
    if not isinstance(factory, type):
        return factory
    base: Any = factory

    class TracedCursor(base):  # type: ignore[misc]  # any cursor type
        _opencensus_instance: str | None = None

    for name in STATEMENT_METHODS:
        setattr(TracedCursor, name, _around(base, name))
    return _named_like(TracedCursor, base)


def _through_cursor(base: Any, name: str) -> Callable[..., Any]:
    """Return a connection's short cut that uses a traced cursor."""

    @wraps(getattr(base, name))
    def short_cut(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.cursor(), name)(*args, **kwargs)

    return short_cut


def _around(base: Any, name: str) -> Callable[..., Any]:
    """Return a method that runs the base's inside a span, unless one inside another does already."""
    method = getattr(base, name)

    @wraps(method)
    def traced(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        # Hot path, once per statement.
        database = _database(self._opencensus_instance)
        opened = open_statement(database, name, statement, args[0] if args else None)
        if opened is None:
            return method(self, statement, *args, **kwargs)
        with opened:
            return method(self, statement, *args, **kwargs)

    return traced


@lru_cache(maxsize=64)
def _database(instance: str | None) -> Database:
    return Database(COMPONENT, instance)


def _named_like(traced: Any, base: Any) -> Any:
    traced.__name__ = base.__name__
    traced.__qualname__ = base.__qualname__
    traced.__module__ = base.__module__
    return traced


def _instance(database: Any) -> str:
    """Return the database's file name; folders say where an application lies, not what it calls."""
    name = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
    return os.path.basename(name.partition("?")[0]) or name  # noqa: PTH119 - may be a URI
