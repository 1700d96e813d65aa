"""Which trace and span a log record belongs to."""

from __future__ import annotations

from opencensus.log import ATTR_DEFAULTS, LogAttrs, get_log_attrs
from opencensus.trace import execution_context
from opencensus.trace.tracers import noop_tracer


def current_attributes() -> LogAttrs:
    """Return the ids of the current trace and span; zeros where no tracer was made.

    The tracer that stands in while there is none has a trace id too, but one that no span of any
    trace shares: records must not carry it.
    """
    if isinstance(execution_context.get_opencensus_tracer(), noop_tracer.NoopTracer):
        return ATTR_DEFAULTS
    return get_log_attrs()
