"""How the metadata of a call carries the trace: as W3C headers, and in bytes for older peers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.ext.grpc import GRPC_TRACE_KEY
from opencensus.ext.spans import context_of, trace_headers
from opencensus.trace.propagation import binary_format, trace_context_http_header_format

if TYPE_CHECKING:
    from collections.abc import Iterable

_binary = binary_format.BinaryFormatPropagator()
_w3c = trace_context_http_header_format.TraceContextPropagator()


def with_trace(metadata: Iterable[Any] | None, tracer: Any, span: Any) -> tuple[Any, ...]:
    """Return metadata with the trace of a span; what it had under these names is replaced."""
    given = tuple(metadata or ())
    headers = trace_headers(tracer, span)
    if not headers:
        return given
    added: dict[str, Any] = {name.lower(): value for name, value in headers.items()}
    added[GRPC_TRACE_KEY] = _binary.to_header(context_of(tracer, span))
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
