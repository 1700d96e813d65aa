"""The span of one statement that an application sends to a database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opencensus.trace import attributes_helper, execution_context
from opencensus.trace import span as span_module
from opencensus.trace import status as status_module

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
INSTANCE = "db.instance"
STATEMENT = "db.statement"


@contextmanager
def traced_statement(
    component: str, method: str, statement: object, instance: str | None = None
) -> Iterator[None]:
    """Run the body inside the span of a statement; parameters are never recorded.

    Args:
        component: The kind of database, such as ``sqlite3``.
        method: The cursor's method that sends the statement.
        statement: What is sent.
        instance: The database's name or file.
    """
    if execution_context.is_exporter():
        yield
        return
    tracer: Any = execution_context.get_opencensus_tracer()
    # Any object with these methods may be the tracer: the host's own ones know no arguments.
    span: Any = tracer.start_span()
    span.name = f"{component}.query"
    span.span_kind = span_module.SpanKind.CLIENT
    tracer.add_attribute_to_current_span(COMPONENT, component)
    tracer.add_attribute_to_current_span(f"{component}.query", str(statement))
    tracer.add_attribute_to_current_span(f"{component}.cursor.method.name", method)
    if instance:
        tracer.add_attribute_to_current_span(INSTANCE, instance)
    try:
        yield
    except BaseException as error:
        span.set_status(status_module.Status.from_exception(error))
        raise
    finally:
        tracer.end_span()
