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
    span: Any = tracer.start_span(name=f"{component}.query")
    span.span_kind = span_module.SpanKind.CLIENT
    span.add_attribute(COMPONENT, component)
    span.add_attribute(f"{component}.query", str(statement))
    span.add_attribute(f"{component}.cursor.method.name", method)
    if instance:
        span.add_attribute(INSTANCE, instance)
    try:
        yield
    except BaseException as error:
        span.set_status(status_module.Status.from_exception(error))
        raise
    finally:
        tracer.end_span()
