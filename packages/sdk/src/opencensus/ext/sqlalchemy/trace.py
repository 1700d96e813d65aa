"""A span for each statement that SQLAlchemy sends, whatever the driver, waited for or awaited."""

from __future__ import annotations

import logging
import os
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import engine, event

from opencensus.ext.dbapi.methods import Remembered, server_name
from opencensus.ext.dbapi.statement import (
    Database,
    OpenStatement,
    choose_sql_parameters,
    open_statement,
)
from opencensus.trace import execution_context, integrations
from opencensus.trace import span as span_module  # noqa: F401 - older code reads it here

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "sqlalchemy"
UNKNOWN = Database(MODULE_NAME, prefix=MODULE_NAME)


@dataclass(frozen=True)
class _Sent:
    """A statement between its events; without a span when it is part of another one."""

    connection: Any
    cursor: Any
    opened: OpenStatement | None


_sent: ContextVar[tuple[_Sent, ...]] = ContextVar("opencensus_sqlalchemy_sent", default=())
"""What was sent and did not end: more than one when a listener asks while a statement is sent."""


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the statements of all engines from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
        sql_parameters: Whether values in statements, and parameters, are recorded; None leaves
            that to the environment.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    choose_sql_parameters(MODULE_NAME, sql_parameters)
    trace_engine(engine.Engine)
    integrations.add_integration(integrations._Integrations.SQLALCHEMY)


def trace_engine(engine: Any) -> None:
    """Trace the statements of one engine, an async one too, or of a type of engines."""
    target = getattr(engine, "sync_engine", engine)
    if isinstance(target, property):
        # The type of async engines: each has an engine of the plain type inside.
        target = _engine_type()
    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": _before_cursor_execute,
        "after_cursor_execute": _after_cursor_execute,
        "handle_error": _handle_error,
    }
    for name, listener in listeners.items():
        if not event.contains(target, name, listener):
            event.listen(target, name, listener)


def _engine_type() -> Any:
    return engine.Engine


def _before_cursor_execute(
    conn: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: bool
) -> None:
    sent = _sent.get()
    if (
        sent
        and cursor is not None
        and sent[-1].connection is conn
        and sent[-1].cursor is not cursor
    ):
        # A connection sends one statement at a time: the one before ended without an event.
        _end(sent[-1], None)
        sent = sent[:-1]
    method = "executemany" if executemany else "execute"
    database = _database_of(getattr(conn, "engine", None))
    opened = open_statement(database, method, statement, parameters or None)
    _sent.set((*sent, _Sent(conn, cursor, opened)))


def _after_cursor_execute(
    conn: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: bool
) -> None:
    sent = _sent.get()
    if sent and sent[-1].cursor is cursor:
        _ended(sent, None)


def _handle_error(exception_context: Any) -> None:
    sent = _sent.get()
    if not sent or sent[-1].connection is not exception_context.connection:
        return
    context = exception_context.execution_context
    if context is None or context.cursor is sent[-1].cursor:
        _ended(sent, exception_context.original_exception)


def _ended(sent: tuple[_Sent, ...], error: BaseException | None) -> None:
    _sent.set(sent[:-1])
    _end(sent[-1], error)


def _end(sent: _Sent, error: BaseException | None) -> None:
    if sent.opened is not None:
        sent.opened.end(error)


def _database(engine: Any) -> Database:
    url = engine.url
    name, server = url.database, server_name(url.host, url.port)
    if name and server is None:
        # A file: folders say where an application lies, not what it calls.
        name = os.path.basename(name.partition("?")[0]) or name  # noqa: PTH119 - may be a URI
    return Database(engine.dialect.name, name, server, MODULE_NAME)


_database_of = Remembered(_database, UNKNOWN)
