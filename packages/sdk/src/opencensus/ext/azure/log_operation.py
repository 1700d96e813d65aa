"""Which operation a log record belongs to: its trace, its span, and whether that is sampled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from opencensus.trace import _active_span, _opentelemetry, execution_context
from opencensus.trace.tracers.noop_tracer import NoopTracer

if TYPE_CHECKING:
    import logging

_modules = sys.modules
_get_tracer = execution_context._tracer_slot.get
_get_span = _active_span.slot.get


class Operation(NamedTuple):
    """The trace and span during which a record was made; None where there is none.

    ``is_sampled`` is None where only the ids are known. ``sample_rate`` is the percent of such traces that are recorded, where that is known and not all.
    """

    trace_id: str | None
    span_id: str | None
    is_sampled: bool | None
    sample_rate: float | None


NO_OPERATION = Operation(None, None, None, None)

Place: TypeAlias = tuple[Any, Any, Any, Any]
"""What tells an operation later: the trace, the span, whether it is sampled, the tracer's context.

Where the trace is ``_HERE``, it and whether it is sampled are those of the context.
"""

_NOWHERE: Place = (None, None, None, None)
_HERE: Any = object()
_NOT_WRITTEN: Any = object()


def place_of(record: logging.LogRecord) -> Place:
    """Return from what the operation of a record can be told later.

    Ids are on records that the logging integration made; they may come from another thread.
    """
    # Hot path, once per record: this costs a small part of telling the operation.
    trace_id = getattr(record, "traceId", _NOT_WRITTEN)
    if trace_id is _NOT_WRITTEN:
        if type(_get_tracer()) is NoopTracer and _opentelemetry.MODULE not in _modules:
            # It stands in while no tracer was made; no span has its trace.
            return _NOWHERE
        return _current_place()
    context = getattr(_get_tracer(), "span_context", None)
    span_id = getattr(record, "spanId", None)
    return trace_id, span_id, getattr(record, "traceSampled", None), context


def operation_at(place: Place) -> Operation:
    """Return the operation that was told by a place."""
    trace_id, span_id, is_sampled, context = place
    try:
        if trace_id is _HERE:
            trace_id, is_sampled = context.trace_id, context.trace_options.get_enabled()
        trace_id = _unless_zero(trace_id, 32)
        if trace_id is None:
            return NO_OPERATION
        is_same = getattr(context, "trace_id", None) == trace_id
        rate = getattr(context, "sample_rate", None) if is_same else None
        return Operation(trace_id, _unless_zero(span_id, 16), is_sampled, rate)
    except AttributeError:
        # A tracer of the host's own need not have all of this.
        return NO_OPERATION


def operation_of(record: logging.LogRecord) -> Operation:
    """Return the operation that is written on a record, else that of the current context."""
    return operation_at(place_of(record))


def current_operation() -> Operation:
    """Return the operation of the current thread or task; OpenTelemetry's where it is inside ours."""
    return operation_at(_current_place())


def _current_place() -> Place:
    tracer: Any = _get_tracer()
    context = getattr(tracer, "span_context", None)
    if _opentelemetry.MODULE in _modules:
        found = _opentelemetry.outside()
        if found is not None:
            return found.trace_id, found.span_id, found.is_sampled, context
    if context is None or type(tracer) is NoopTracer:
        return _NOWHERE
    span: Any = _get_span()
    try:
        if span is None or span.context_tracer.span_context is not context:
            span = context
        return _HERE, span.span_id, None, context
    except AttributeError:
        # A span of the host's own need not have all of this.
        return _NOWHERE


def _unless_zero(identifier: object, length: int) -> str | None:
    if type(identifier) is not str or len(identifier) != length:
        return None
    return identifier if identifier.strip("0") else None
