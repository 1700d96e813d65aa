"""The B3 headers: one `b3` header or one `x-b3-*` header per fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.trace.span_context import INVALID_SPAN_ID, SpanContext
from opencensus.trace.trace_options import TraceOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE_HEADER_KEY = "b3"
_TRACE_ID_KEY = "x-b3-traceid"
_SPAN_ID_KEY = "x-b3-spanid"
_SAMPLED_KEY = "x-b3-sampled"

_SAMPLED_VALUES = ("1", "d", "true", "True")


class B3FormatPropagator:
    """Carries a span context in B3 headers."""

    def from_headers(self, headers: Mapping[str, str] | None) -> SpanContext:
        """Return the caller's span context, or a new one when the headers hold none.

        Trace ids of 64 bits are padded with zeros on the left.
        """
        if headers is None:
            return SpanContext(from_header=False)
        trace_id, span_id, sampled = _read_single_header(headers.get(_STATE_HEADER_KEY))
        trace_id = trace_id or headers.get(_TRACE_ID_KEY)
        span_id = span_id or headers.get(_SPAN_ID_KEY)
        sampled = sampled or headers.get(_SAMPLED_KEY)
        trace_options = TraceOptions("1" if sampled in _SAMPLED_VALUES else "0")
        if not trace_id or not span_id:
            return SpanContext(trace_options=trace_options)
        return SpanContext(
            trace_id=trace_id.zfill(32),
            span_id=span_id,
            trace_options=trace_options,
            from_header=True,
        )

    def to_headers(self, span_context: SpanContext) -> dict[str, str]:
        """Return the headers for a call to another process; zeros stand for no open span."""
        return {
            _TRACE_ID_KEY: span_context.trace_id,
            _SPAN_ID_KEY: span_context.span_id or INVALID_SPAN_ID,
            _SAMPLED_KEY: "1" if span_context.trace_options.get_enabled() else "0",
        }


def _read_single_header(header: str | None) -> tuple[str | None, str | None, str | None]:
    if not header:
        return None, None, None
    fields = header.split("-", 3)
    if len(fields) == 1:
        return None, None, fields[0]
    return fields[0], fields[1], fields[2] if len(fields) > 2 else None
