"""The W3C headers `traceparent` and `tracestate`."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from opencensus.trace.propagation import _headers
from opencensus.trace.propagation.tracestate_string_format import TracestateStringFormatter
from opencensus.trace.span_context import (
    _INVALID_TRACE_ID,
    INVALID_SPAN_ID,
    SpanContext,
    generate_span_id,
)
from opencensus.trace.trace_options import TraceOptions
from opencensus.trace.tracestate import MAX_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.trace.tracestate import Tracestate

_TRACEPARENT_HEADER_NAME = "traceparent"
_TRACESTATE_HEADER_NAME = "tracestate"
_TRACEPARENT_HEADER_FORMAT = (
    "^[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?[ \t]*$"
)
_TRACEPARENT_HEADER_FORMAT_RE = re.compile(_TRACEPARENT_HEADER_FORMAT)

_FORBIDDEN_VERSION = "ff"
_VERSION_WITHOUT_EXTENSIONS = "00"
_USUAL_FLAGS = ("00", "01")
"""Kept as they came: the same number in both notations."""


class TraceContextPropagator:
    """Carries a span context in the W3C headers.

    Source: W3C Trace Context, level 1; a later version is read as far as level 1 knows it.
    """

    def from_headers(self, headers: Mapping[str, str] | None) -> SpanContext:
        """Return the caller's span context, or a new one when the headers hold none.

        Several `traceparent` headers name no caller; several `tracestate` headers are one list.
        """
        parents = _headers.every(headers, _TRACEPARENT_HEADER_NAME)
        match = _TRACEPARENT_HEADER_FORMAT_RE.match(parents[0]) if len(parents) == 1 else None
        if match is None:
            return SpanContext()
        version, trace_id, span_id, flags, extension = match.groups()
        if (
            trace_id == _INVALID_TRACE_ID
            or span_id == INVALID_SPAN_ID
            or version == _FORBIDDEN_VERSION
            or (version == _VERSION_WITHOUT_EXTENSIONS and extension)
        ):
            return SpanContext()
        return SpanContext(
            trace_id=trace_id,
            span_id=span_id,
            trace_options=TraceOptions(flags if flags in _USUAL_FLAGS else str(int(flags, 16))),
            tracestate=_read_tracestate(_headers.every(headers, _TRACESTATE_HEADER_NAME)),
            from_header=True,
        )

    def to_headers(self, span_context: SpanContext) -> dict[str, str]:
        """Return the headers for a call to another process.

        Where no span is open, as in a trace that is not sampled, a new id stands for the caller.
        Of a tracestate that has grown too long, the oldest members are left out.
        """
        span_id = span_context.span_id or generate_span_id()
        flags = "01" if span_context.trace_options.get_enabled() else "00"
        headers = {_TRACEPARENT_HEADER_NAME: f"00-{span_context.trace_id}-{span_id}-{flags}"}
        tracestate = span_context.tracestate
        if tracestate:
            headers[_TRACESTATE_HEADER_NAME] = ",".join(
                f"{key}={value}" for key, value in islice(tracestate.items(), MAX_MEMBERS)
            )
        return headers


def _read_tracestate(headers: Sequence[str]) -> Tracestate | None:
    try:
        tracestate = TracestateStringFormatter().from_string(",".join(headers))
    except ValueError:
        return None
    return tracestate if tracestate.is_valid() else None
