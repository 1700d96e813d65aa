"""How the metadata of a call carries the trace: as W3C headers, and in bytes for older peers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opencensus.ext.grpc import GRPC_TRACE_KEY
from opencensus.trace.propagation import binary_format, trace_context_http_header_format

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)

_binary = binary_format.BinaryFormatPropagator()
_w3c = trace_context_http_header_format.TraceContextPropagator()


def with_trace(metadata: Iterable[Any] | None, tracer: Any, span: Any) -> tuple[Any, ...]:
    """Return metadata with the trace of a span; what it had under these names is replaced."""
    given = tuple(metadata or ())
    try:
        context = getattr(tracer, "span_context", None)
        if context is None:
            context = span.context_tracer.span_context
        propagator = getattr(tracer, "propagator", None) or _w3c
        added: dict[str, Any] = {
            name.lower(): value for name, value in propagator.to_headers(context).items()
        }
        added[GRPC_TRACE_KEY] = _binary.to_header(context)
    except Exception:
        # A propagator may be the application's own code.
        log.warning("trace cannot be sent along with the call", exc_info=True)
        return given
    kept = [one for one in given if one[0] not in added]
    return (*kept, *added.items())


def caller_of(metadata: Iterable[Any] | None, propagator: Any) -> Any:
    """Return the span context of the caller; a new one when the metadata names none."""
    texts: dict[str, str] = {}
    binary = None
    for name, value in metadata or ():
        if name == GRPC_TRACE_KEY:
            binary = value
        elif isinstance(value, str):
            texts[name] = value
    context = (propagator or _w3c).from_headers(texts)
    if not context.from_header and binary is not None:
        return _binary.from_header(binary)
    return context
