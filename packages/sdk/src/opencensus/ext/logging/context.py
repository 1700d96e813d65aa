"""Which trace and span a log record belongs to."""

from __future__ import annotations

import sys
from typing import Any

from opencensus.log import ATTR_DEFAULTS, _attributes
from opencensus.trace import _active_span, _opentelemetry, execution_context
from opencensus.trace.tracers.noop_tracer import NoopTracer

_modules = sys.modules
_get_tracer = execution_context._tracer_slot.get
_get_span = _active_span.slot.get


def current_attributes() -> tuple[Any, Any, Any]:
    """Return the ids of the current trace and span, and whether it is sampled.

    The same as `get_log_attrs`, which reports a tracer that fails.
    """
    # Hot path, once per record.
    if _opentelemetry.MODULE in _modules:
        found = _opentelemetry.outside()
        if found is not None:
            return found[:3]
    tracer: Any = _get_tracer()
    if type(tracer) is NoopTracer:
        return ATTR_DEFAULTS
    try:
        context = tracer.span_context
        span = _get_span()
        if span is None or span.context_tracer.span_context is not context:
            span_id = context.span_id
        else:
            span_id = span.span_id
        return context.trace_id, span_id or ATTR_DEFAULTS.span_id, context.trace_options.enabled
    except Exception:
        # In silence: what is logged here would come here again.
        return _attributes(_context_of(tracer), _say_nothing)


def _context_of(tracer: Any) -> Any:
    try:
        return tracer.span_context
    except Exception:
        return None


def _say_nothing(message: str, what: str) -> None:
    pass
