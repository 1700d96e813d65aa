"""The B3 headers: one `b3` header or one `x-b3-*` header per fact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from opencensus.trace.propagation import _headers
from opencensus.trace.span_context import INVALID_SPAN_ID, SpanContext
from opencensus.trace.trace_options import TraceOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE_HEADER_KEY = "b3"
_TRACE_ID_KEY = "x-b3-traceid"
_SPAN_ID_KEY = "x-b3-spanid"
_SAMPLED_KEY = "x-b3-sampled"
_FLAGS_KEY = "x-b3-flags"

_SAMPLED_VALUES = ("1", "d", "true")
_DEBUG_FLAG = "1"
_SHORT_TRACE_ID_LENGTH = 16

_SAMPLING = "[01d]|true|false"
_SAMPLING_ONLY_RE = re.compile(_SAMPLING, re.IGNORECASE)
_WITH_IDS_RE = re.compile(
    f"([0-9a-f]{{32}}|[0-9a-f]{{16}})-([0-9a-f]{{16}})(?:-({_SAMPLING}))?(?:-[0-9a-f]{{16}})?",
    re.IGNORECASE,
)


class _Caller(NamedTuple):
    """What the headers say about the caller; None stands for what they do not say."""

    trace_id: str | None
    span_id: str | None
    sampled: str | None


class B3FormatPropagator:
    """Carries a span context in B3 headers.

    Source: openzipkin/b3-propagation. The single header wins over the others unless it has no form
    that is known. A caller that asks for debugging is sampled; a caller that leaves the decision
    open is not, as far as the span context goes: the tracer's sampler decides.
    """

    def from_headers(self, headers: Mapping[str, str] | None) -> SpanContext:
        """Return the caller's span context, or a new one when the headers hold none.

        Trace ids of 64 bits are padded with zeros on the left. Headers without ids decide about
        sampling alone.
        """
        if headers is None:
            return SpanContext(from_header=False)
        caller = _read_single(headers) or _read_several(headers)
        sampled = caller.sampled is not None and caller.sampled.strip().lower() in _SAMPLED_VALUES
        trace_options = TraceOptions("1" if sampled else "0")
        if not caller.trace_id or not caller.span_id:
            return SpanContext(trace_options=trace_options)
        trace_id = caller.trace_id.lower()
        if len(trace_id) == _SHORT_TRACE_ID_LENGTH:
            trace_id = "0" * _SHORT_TRACE_ID_LENGTH + trace_id
        return SpanContext(
            trace_id=trace_id,
            span_id=caller.span_id.lower(),
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


def _read_single(headers: Mapping[str, str]) -> _Caller | None:
    header = _headers.first(headers, _STATE_HEADER_KEY)
    if not header:
        return None
    header = header.strip()
    match = _WITH_IDS_RE.fullmatch(header)
    if match is not None:
        return _Caller(*match.groups())
    if _SAMPLING_ONLY_RE.fullmatch(header):
        return _Caller(None, None, header)
    return None


def _read_several(headers: Mapping[str, str]) -> _Caller:
    debug = _headers.first(headers, _FLAGS_KEY) == _DEBUG_FLAG
    return _Caller(
        _headers.first(headers, _TRACE_ID_KEY),
        _headers.first(headers, _SPAN_ID_KEY),
        "d" if debug else _headers.first(headers, _SAMPLED_KEY),
    )
