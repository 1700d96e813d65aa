"""Tracing of any driver with the standard Python interface for databases, by wrapping it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import wrapt

from opencensus.ext.dbapi.statement import traced_statement

if TYPE_CHECKING:
    from collections.abc import Callable

_Proxy: Any = wrapt.ObjectProxy
"""A base class of no particular type: what is wrapped is the driver's."""

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
        return TracedConnection(conn_func(*args, **kwargs), component, name)

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
    def cursor(*args: Any, **kwargs: Any) -> TracedCursor:
        return TracedCursor(cursor_func(*args, **kwargs), component, instance)

    return cursor


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
        with traced_statement(component, method, statement, instance):
            return query_func(statement, *args, **kwargs)

    return query


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
        with traced_statement(self._self_component, method, statement, self._self_instance):
            result = getattr(self.__wrapped__, method)(statement, *args, **kwargs)
        return self if result is self.__wrapped__ else result
