"""Which operation a log record belongs to: its trace, its span, and whether that is sampled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

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
_NOT_WRITTEN: Any = object()


def operation_of(record: logging.LogRecord) -> Operation:
    """Return the operation that is written on a record, else that of the current context.

    Ids are on records that the logging integration made; they may come from another thread.
    """
    # Hot path, once per record.
    trace_id = getattr(record, "traceId", _NOT_WRITTEN)
    if trace_id is _NOT_WRITTEN:
        # It stands in while no tracer was made; no span has its trace.
        return NO_OPERATION if type(_get_tracer()) is NoopTracer else current_operation()
    trace_id = _unless_zero(trace_id, 32)
    if trace_id is None:
        return NO_OPERATION
    here = current_operation()
    return Operation(
        trace_id,
        _unless_zero(getattr(record, "spanId", None), 16),
        getattr(record, "traceSampled", None),
        here.sample_rate if here.trace_id == trace_id else None,
    )


def current_operation() -> Operation:
    """Return the operation of the current thread or task; OpenTelemetry's where it is inside ours."""
    tracer: Any = _get_tracer()
    if _opentelemetry.MODULE in _modules:
        found = _opentelemetry.outside()
        if found is not None:
            context = getattr(tracer, "span_context", None)
            same = getattr(context, "trace_id", None) == found.trace_id
            rate = getattr(context, "sample_rate", None) if same else None
            return Operation(found.trace_id, found.span_id, found.is_sampled, rate)
    if type(tracer) is NoopTracer:
        return NO_OPERATION
    try:
        context = tracer.span_context
        span = _get_span()
        if span is None or span.context_tracer.span_context is not context:
            span_id = context.span_id
        else:
            span_id = span.span_id
        return Operation(
            _unless_zero(context.trace_id, 32),
            _unless_zero(span_id, 16),
            context.trace_options.get_enabled(),
            getattr(context, "sample_rate", None),
        )
    except AttributeError:
        # A tracer of the host's own need not have all of this.
        return NO_OPERATION


def _unless_zero(identifier: object, length: int) -> str | None:
    if type(identifier) is not str or len(identifier) != length:
        return None
    return identifier if identifier.strip("0") else None
