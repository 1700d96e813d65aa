"""The span of one statement that an application sends to a database."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from opencensus.trace import attributes_helper, execution_context
from opencensus.trace import span as span_module
from opencensus.trace import status as status_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
INSTANCE = "db.instance"
STATEMENT = "db.statement"
TYPE = "db.type"

_is_busy: ContextVar[bool] = ContextVar("opencensus_statement", default=False)
"""Whether a statement runs: what one layer sends through another is the same statement."""


@contextmanager
def traced_statement(
    component: str,
    method: str,
    statement: object,
    instance: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Run the body inside the span of a statement; parameters are never recorded.

    Inside the body of another one there is no span: the outermost layer knows most of the statement.

    Args:
        component: The kind of database, such as ``sqlite3``.
        method: The cursor's method that sends the statement.
        statement: What is sent.
        instance: The database's name or file.
        attributes: What is recorded of the statement instead of the component's own names for it
            and for the method.
    """
    if execution_context.is_exporter() or _is_busy.get():
        yield
        return
    tracer: Any = execution_context.get_opencensus_tracer()
    # Any object with these methods may be the tracer: the host's own ones know no arguments.
    span: Any = tracer.start_span()
    span.name = f"{component}.query"
    span.span_kind = span_module.SpanKind.CLIENT
    tracer.add_attribute_to_current_span(COMPONENT, component)
    if attributes is None:
        attributes = {
            f"{component}.query": str(statement),
            f"{component}.cursor.method.name": method,
        }
    for name, value in attributes.items():
        tracer.add_attribute_to_current_span(name, value)
    if instance:
        tracer.add_attribute_to_current_span(INSTANCE, instance)
    _is_busy.set(True)
    try:
        yield
    except BaseException as error:
        span.set_status(status_module.Status.from_exception(error))
        raise
    finally:
        _is_busy.set(False)
        tracer.end_span()
