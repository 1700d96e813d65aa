"""What integrations do with spans, whatever they trace: open one, send its trace along, note an error."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

from opencensus.trace import _active_span, attributes_helper, exceptions_status
from opencensus.trace import span as span_module
from opencensus.trace import stack_trace as stack_trace_module
from opencensus.trace import tracer as tracer_module
from opencensus.trace.propagation import trace_context_http_header_format
from opencensus.trace.tracers.context_tracer import ContextTracer

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

ERROR_NAME = attributes_helper.COMMON_ATTRIBUTES["ERROR_NAME"]
ERROR_MESSAGE = attributes_helper.COMMON_ATTRIBUTES["ERROR_MESSAGE"]
STACKTRACE = attributes_helper.COMMON_ATTRIBUTES["STACKTRACE"]

_get_current_span = _active_span.slot.get
_Tracer = tracer_module.Tracer
_Span = span_module.Span
_CLIENT = span_module.SpanKind.CLIENT
_w3c = trace_context_http_header_format.TraceContextPropagator()


def open_client_span(tracer: Any, name: str, attributes: Mapping[str, Any]) -> Any:
    """Return the open span of a call that this process makes; it is the current one.

    Args:
        tracer: Any object that has the methods of one; `end_span` of it ends the span.
        name: The span's name.
        attributes: What is known before the call.

    Raises:
        Exception: Whatever the host's own tracers and callbacks of spans raise.
    """
    # Hot path, once per call and statement.
    own = tracer.tracer if tracer.__class__ is _Tracer else tracer
    if own.__class__ is ContextTracer:
        span = own.start_span(name)
        span.span_kind = _CLIENT
        if span.__class__ is _Span:
            span._add_attributes(attributes)
            return span
    else:
        # The host's own tracers know no arguments.
        span = tracer.start_span()
        span.name = name
        span.span_kind = _CLIENT
    for attribute, value in attributes.items():
        tracer.add_attribute_to_current_span(attribute, value)
    return span


def end_client_span(tracer: Any, span: Any) -> None:
    """End a span that :func:`open_client_span` opened.

    Raises:
        Exception: Whatever the host's own tracers raise.
    """
    # Hot path, once per call and statement.
    own = tracer.tracer if tracer.__class__ is _Tracer else tracer
    if own.__class__ is ContextTracer and _get_current_span() is span:
        own._end_current(span)
    else:
        tracer.end_span()


def context_of(tracer: Any, span: Any) -> Any:
    """Return the span context of a span that a tracer opened.

    Raises:
        AttributeError: Neither of them knows it.
    """
    context = getattr(tracer, "span_context", None)
    return span.context_tracer.span_context if context is None else context


def trace_headers(tracer: Any, span: Any) -> dict[str, str]:
    """Return the headers that carry the trace of the current span along; none where that fails.

    Args:
        tracer: The tracer that opened the span. Its propagator writes them, or else the W3C one.
        span: The current span.
    """
    try:
        propagator = getattr(tracer, "propagator", None) or _w3c
        headers: dict[str, str] = propagator.to_headers(context_of(tracer, span))
    except Exception:
        # A propagator may be the application's own code.
        logger.warning("trace cannot be sent along with the call", exc_info=True)
        return {}
    return headers


def note_error(span: Any, error: BaseException) -> None:
    """Note the exception that ended what a span stands for; never raises."""
    try:
        trace = error.__traceback__
        span.set_status(exceptions_status.unknown(error))
        span.stack_trace = stack_trace_module.StackTrace.from_traceback(trace)
        span.add_attribute(ERROR_NAME, type(error).__name__)
        span.add_attribute(ERROR_MESSAGE, str(error) or type(error).__name__)
        span.add_attribute(STACKTRACE, "".join(traceback.format_tb(trace)))
    except Exception:
        # Exceptions of the host may have no text.
        logger.warning("exception cannot be recorded", exc_info=True)
