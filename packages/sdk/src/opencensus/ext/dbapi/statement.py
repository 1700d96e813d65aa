"""The span of one statement that an application sends to a database."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from opencensus.ext.dbapi.literals import MOST_CHARACTERS, without_literals
from opencensus.ext.spans import end_client_span, open_client_span
from opencensus.trace import attributes_helper, execution_context
from opencensus.trace import status as status_module
from opencensus.trace.tracers.noop_tracer import NoopTracer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

logger = logging.getLogger(__name__)

COMPONENT: Final = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
INSTANCE: Final = "db.instance"
SERVER: Final = "db.server"
STATEMENT: Final = "db.statement"
TYPE: Final = "db.type"

SQL_PARAMETERS_VARIABLE: Final = "OPENCENSUS_SQL_PARAMETERS"
"""`true` records values in statements, and parameters, wherever the program does not say."""

_KEPT_VARIABLE: Any = getattr(os.environ, "encodekey", str)(SQL_PARAMETERS_VARIABLE)
"""The same name as `os.environ` keeps it."""

_is_open: ContextVar[bool] = ContextVar("opencensus_statement", default=False)
"""Whether a statement runs: what one layer sends through another is the same statement."""

_chosen: dict[str, bool] = {}
"""What the program said about values, by the integration's name."""


@dataclass(frozen=True)
class Database:
    """What is told of a database with each statement.

    Args:
        component: The kind of database, such as ``postgresql``: the dependency's type.
        name: The database's name or file.
        server: Its host, with a port where it has one.
        prefix: The integration's name, with which spans and attributes begin; by default the
            component.
    """

    component: str
    name: str | None = None
    server: str | None = None
    prefix: str = ""


def choose_sql_parameters(prefix: str, sql_parameters: bool | None) -> None:
    """Say whether an integration records values; None leaves that to the environment."""
    if sql_parameters is None:
        _chosen.pop(prefix, None)
    else:
        _chosen[prefix] = sql_parameters


def records_values(prefix: str) -> bool:
    """Return whether an integration records values in statements, and parameters."""
    # Hot path, once per statement: asking the environment for what is not there raises and catches.
    chosen = _chosen.get(prefix)
    if chosen is not None:
        return chosen
    environ = os.environ
    kept = getattr(environ, "_data", environ)
    if kept is not environ and _KEPT_VARIABLE not in kept:
        return False
    return environ.get(SQL_PARAMETERS_VARIABLE, "").lower() == "true"


def statement_text(statement: object) -> str:
    """Return a statement as text, whatever its driver takes: bytes and composed ones too."""
    if isinstance(statement, str):
        return statement
    if isinstance(statement, bytes | bytearray):
        return bytes(statement[:MOST_CHARACTERS]).decode(errors="replace")
    compose = getattr(statement, "as_string", None)
    if callable(compose):
        try:
            return str(compose(None))
        except Exception:
            # Composed texts of older drivers need a connection for their names.
            return HIDDEN_COMPOSED
    return str(statement)


HIDDEN_COMPOSED: Final = "(composed)"
"""What is recorded of a composed statement that only its connection can write out."""


def shown_text(statement: object, component: str, prefix: str) -> str:
    """Return a statement as it is recorded: without values, unless the program wants them."""
    text = statement_text(statement)
    return text if records_values(prefix) else without_literals(text, component)


def open_statement(
    database: Database,
    method: str,
    statement: object,
    parameters: object = None,
    *,
    name: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    tracer: Any = None,
    covers: bool = True,
) -> OpenStatement | None:
    """Return the open span of a statement; None when it has none of its own.

    It has none inside another statement, since the outermost layer knows most of it; none while
    telemetry is being sent; and none where nothing is recorded. Never raises.

    Args:
        database: Where it goes.
        method: The driver's method that sends it.
        statement: What is sent, in any form that drivers take.
        parameters: What is sent for its placeholders; recorded only where the program said so.
        name: The span's name; by default the prefix with ``.query``.
        attributes: What is recorded instead of statement and method.
        tracer: What receives the span; by default the tracer of the context.
        covers: Whether what is sent before it ends is a part of it. Not where nobody can promise
            that it ends.
    """
    if _is_open.get() or execution_context.is_exporter():
        return None
    if tracer is None:
        tracer = execution_context.get_opencensus_tracer()
    if isinstance(getattr(tracer, "tracer", tracer), NoopTracer):
        return None
    try:
        prefix = database.prefix or database.component
        if attributes is None:
            attributes = _described(database, prefix, method, statement, parameters)
        return OpenStatement(tracer, database, name or f"{prefix}.query", attributes, covers)
    except Exception:
        # Statements, span callbacks and tracers may be the application's own code.
        logger.warning("statement cannot be traced", exc_info=True)
        return None


def _described(
    database: Database, prefix: str, method: str, statement: object, parameters: object
) -> Mapping[str, str]:
    if not records_values(prefix):
        text = statement if statement.__class__ is str else statement_text(statement)
        return _without_values(text[:MOST_CHARACTERS], database.component, prefix, method)
    described = {f"{prefix}.query": statement_text(statement)}
    if parameters is not None:
        described[f"{prefix}.query.parameters"] = str(parameters)[:MOST_CHARACTERS]
    described[f"{prefix}.cursor.method.name"] = method
    return described


@lru_cache(maxsize=512)
def _without_values(text: str, component: str, prefix: str, method: str) -> Mapping[str, str]:
    """Return what is recorded of a statement whose values are not; nobody may change it."""
    return {
        f"{prefix}.query": without_literals(text, component),
        f"{prefix}.cursor.method.name": method,
    }


@contextmanager
def no_statements() -> Iterator[None]:
    """Run the body without spans of statements: what a driver sends for itself, such as a reset."""
    was_open = _is_open.get()
    _is_open.set(True)
    try:
        yield
    finally:
        _is_open.set(was_open)


class OpenStatement:
    """The span of a statement that is on its way; `with` ends it, or :meth:`end`."""

    def __init__(
        self,
        tracer: Any,
        database: Database,
        name: str,
        attributes: Mapping[str, Any],
        covers: bool = True,
    ) -> None:
        # Hot path, once per statement.
        self._tracer = tracer
        known = {COMPONENT: database.component, **attributes}
        if database.name:
            known[INSTANCE] = database.name
        if database.server:
            known[SERVER] = database.server
        self.span: Any = open_client_span(tracer, name, known)
        self._covers = covers
        if covers:
            _is_open.set(True)

    def end(
        self, error: BaseException | None = None, status: status_module.Status | None = None
    ) -> None:
        """End the span, with what went wrong or how it ended."""
        if self._covers:
            _is_open.set(False)
        try:
            if error is not None:
                status = status_module.Status.from_exception(error)
            if status is not None:
                self.span.set_status(status)
            end_client_span(self._tracer, self.span)
        except Exception:
            logger.warning("the span of a statement cannot be ended", exc_info=True)

    def __enter__(self) -> OpenStatement:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end(exception)


@contextmanager
def traced_statement(
    component: str,
    method: str,
    statement: object,
    instance: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Run the body inside the span of a statement; see :func:`open_statement`.

    Args:
        component: The kind of database, such as ``sqlite3``.
        method: The cursor's method that sends the statement.
        statement: What is sent.
        instance: The database's name or file.
        attributes: What is recorded of the statement instead of the component's own names for it
            and for the method.
    """
    database = Database(component, instance)
    opened = open_statement(database, method, statement, attributes=attributes)
    if opened is None:
        yield
        return
    with opened:
        yield
