"""A span for each statement that an application sends to SQLite.

Connections and cursors stay instances of the standard library's types, or of the application's
own factories: what is traced is a subclass of each.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext.dbapi.statement import traced_statement
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "sqlite3"
COMPONENT = "sqlite3"
FACTORY_POSITION = 5
"""Where ``sqlite3.connect`` takes its factory among the positional arguments."""


def trace_integration(tracer: Any = None) -> None:
    """Trace the statements of connections opened from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
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
        connection._opencensus_instance = _instance(database)
        return connection

    return marked(traced_connect)


@cache
def traced_connection(base: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """Return a subclass of a connection type whose cursors trace their statements."""

    class TracedConnection(base):  # type: ignore[valid-type, misc]
        _opencensus_instance: str | None = None

        def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
            cursor = super().cursor(_traced_cursor(factory))
            cursor._opencensus_instance = self._opencensus_instance
            return cursor

        # The base's own short cuts make their cursors without asking ``cursor``.
        def execute(self, sql: str, *args: Any) -> Any:
            return self.cursor().execute(sql, *args)

        def executemany(self, sql: str, *args: Any) -> Any:
            return self.cursor().executemany(sql, *args)

        def executescript(self, sql_script: str) -> Any:
            return self.cursor().executescript(sql_script)

    TracedConnection.__name__ = base.__name__
    TracedConnection.__qualname__ = base.__qualname__
    return TracedConnection


@cache
def _traced_cursor(base: type[sqlite3.Cursor]) -> type[sqlite3.Cursor]:
    class TracedCursor(base):  # type: ignore[valid-type, misc]
        _opencensus_instance: str | None = None

        def execute(self, sql: str, *args: Any) -> Any:
            with traced_statement(COMPONENT, "execute", sql, self._opencensus_instance):
                return super().execute(sql, *args)

        def executemany(self, sql: str, *args: Any) -> Any:
            with traced_statement(COMPONENT, "executemany", sql, self._opencensus_instance):
                return super().executemany(sql, *args)

        def executescript(self, sql_script: str) -> Any:
            with traced_statement(
                COMPONENT, "executescript", sql_script, self._opencensus_instance
            ):
                return super().executescript(sql_script)

    TracedCursor.__name__ = base.__name__
    TracedCursor.__qualname__ = base.__qualname__
    return TracedCursor


def _instance(database: Any) -> str:
    """Return the database's file name; folders say where an application lies, not what it calls."""
    name = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
    return os.path.basename(name.partition("?")[0]) or name  # noqa: PTH119 - may be a URI
