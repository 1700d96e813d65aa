"""Tracing of any driver with the standard Python interface for databases.

Connections and cursors get methods that trace; those whose type allows no such thing are wrapped.
"""

from __future__ import annotations

import logging  # noqa: F401
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any

import wrapt

from opencensus.ext.dbapi.statement import Database, open_statement
from opencensus.ext.patched import is_patched, marked

# Older code reads and replaces these modules here.
from opencensus.trace import execution_context  # noqa: F401
from opencensus.trace import span as span_module  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

_Proxy: Any = wrapt.ObjectProxy
"""A base class of no particular type: what is wrapped is the driver's."""

CURSOR_WRAP_METHOD = "cursor"
QUERY_WRAP_METHODS = ["execute", "executemany"]

DEFAULT_COMPONENT = "mysql"
"""What a driver is called that was wrapped without saying what it is."""


def wrap_conn(
    conn_func: Callable[..., Any],
    component: str = DEFAULT_COMPONENT,
    instance: str | None = None,
) -> Callable[..., Any]:
    """Return a ``connect`` function whose connections trace their statements.

    Args:
        conn_func: The driver's own function.
        component: The kind of database.
        instance: The database's name; by default the one that is connected to.
    """

    @wraps(conn_func)
    def connect(*args: Any, **kwargs: Any) -> Any:
        name = instance or kwargs.get("database") or kwargs.get("db") or kwargs.get("dbname")
        connection = conn_func(*args, **kwargs)
        cursor_func = getattr(connection, CURSOR_WRAP_METHOD)
        if is_patched(cursor_func):
            return connection
        try:
            traced = wrap_cursor(cursor_func, **_unusual(component, name))
            setattr(connection, cursor_func.__name__, traced)
        except (AttributeError, TypeError):
            # A type without room for attributes, such as most of those written in C.
            return TracedConnection(connection, component, name)
        return connection

    return connect


def wrap_cursor(
    cursor_func: Callable[..., Any],
    component: str = DEFAULT_COMPONENT,
    instance: str | None = None,
) -> Callable[..., Any]:
    """Return a ``cursor`` function whose cursors trace their statements.

    Args:
        cursor_func: The connection's own function.
        component: The kind of database.
        instance: The database's name.
    """

    @wraps(cursor_func)
    def cursor(*args: Any, **kwargs: Any) -> Any:
        made = cursor_func(*args, **kwargs)
        try:
            for method in QUERY_WRAP_METHODS:
                query_func = getattr(made, method)
                if not is_patched(query_func):
                    traced = trace_cursor_query(query_func, **_unusual(component, instance))
                    setattr(made, query_func.__name__, traced)
        except (AttributeError, TypeError):
            return TracedCursor(made, component, instance)
        return made

    return marked(cursor)


def trace_cursor_query(
    query_func: Callable[..., Any],
    component: str = DEFAULT_COMPONENT,
    instance: str | None = None,
) -> Callable[..., Any]:
    """Return a cursor's bound ``execute`` or ``executemany`` that runs inside a span of its own.

    Args:
        query_func: The cursor's own method.
        component: The kind of database.
        instance: The database's name.
    """
    method = getattr(query_func, "__name__", "execute")

    @wraps(query_func)
    def query(statement: Any, *args: Any, **kwargs: Any) -> Any:
        with _statement(component, instance, method, statement, args):
            return query_func(statement, *args, **kwargs)

    return marked(query)


def _statement(
    component: str, instance: str | None, method: str, statement: object, args: tuple[Any, ...]
) -> AbstractContextManager[object]:
    parameters = args[0] if args else None
    opened = open_statement(Database(component, instance), method, statement, parameters)
    return nullcontext() if opened is None else opened


def _unusual(component: str, instance: str | None) -> dict[str, str]:
    """Return what differs from the defaults: older code replaces functions that know no more."""
    differing = {} if component == DEFAULT_COMPONENT else {"component": component}
    return differing if instance is None else {**differing, "instance": instance}


class TracedConnection(_Proxy):  # type: ignore[misc]  # Any is a base on purpose
    """A connection whose cursors trace their statements; all else is the driver's."""

    def __init__(self, connection: Any, component: str, instance: str | None) -> None:
        super().__init__(connection)
        self._self_component = component
        self._self_instance = instance

    def cursor(self, *args: Any, **kwargs: Any) -> TracedCursor:
        """Return a cursor that traces its statements."""
        cursor = self.__wrapped__.cursor(*args, **kwargs)
        return TracedCursor(cursor, self._self_component, self._self_instance)

    def __enter__(self) -> Any:
        entered = self.__wrapped__.__enter__()
        if entered is self.__wrapped__:
            return self
        if hasattr(entered, "execute"):
            return TracedCursor(entered, self._self_component, self._self_instance)
        return entered


class TracedCursor(_Proxy):  # type: ignore[misc]  # Any is a base on purpose
    """A cursor that traces its statements; all else is the driver's."""

    def __init__(self, cursor: Any, component: str, instance: str | None) -> None:
        super().__init__(cursor)
        self._self_component = component
        self._self_instance = instance

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a statement inside a span of its own."""
        return self._traced("execute", statement, args, kwargs)

    def executemany(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a statement for many parameters inside one span."""
        return self._traced("executemany", statement, args, kwargs)

    def __enter__(self) -> TracedCursor:
        self.__wrapped__.__enter__()
        return self

    def __iter__(self) -> Any:
        return iter(self.__wrapped__)

    def _traced(
        self, method: str, statement: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        with _statement(self._self_component, self._self_instance, method, statement, args):
            result = getattr(self.__wrapped__, method)(statement, *args, **kwargs)
        return self if result is self.__wrapped__ else result
