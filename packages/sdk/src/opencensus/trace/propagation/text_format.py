"""A span context as entries of any mapping of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPENCENSUS_TRACE_PREFIX = "opencensus-trace"
_TRACE_ID_KEY = f"{_OPENCENSUS_TRACE_PREFIX}-traceid"
_SPAN_ID_KEY = f"{_OPENCENSUS_TRACE_PREFIX}-spanid"
_TRACE_OPTIONS_KEY = f"{_OPENCENSUS_TRACE_PREFIX}-traceoptions"

DEFAULT_TRACE_OPTIONS = "1"
_NOT_SAMPLED = "0"

_MAX_OPTION_DIGITS = 3


class TextFormatPropagator:
    """Carries a span context in entries of a mapping."""

    def from_carrier(self, carrier: Mapping[str, Any]) -> SpanContext:
        """Return the context that the mapping holds; what is absent is new or, for the options, sampled.

        The case of the keys does not matter. Options are a number, its decimal text, or a bool;
        an id that is no text is as good as absent.
        """
        entries = {key.lower(): value for key, value in carrier.items() if isinstance(key, str)}
        return SpanContext(
            trace_id=_id(entries.get(_TRACE_ID_KEY)),
            span_id=_id(entries.get(_SPAN_ID_KEY)),
            trace_options=TraceOptions(_options(entries.get(_TRACE_OPTIONS_KEY, True))),
            from_header=True,
        )

    def to_carrier(self, span_context: SpanContext, carrier: dict[str, Any]) -> dict[str, Any]:
        """Add the context's entries to `carrier` and return it."""
        carrier[_TRACE_ID_KEY] = str(span_context.trace_id)
        if span_context.span_id is not None:
            carrier[_SPAN_ID_KEY] = str(span_context.span_id)
        carrier[_TRACE_OPTIONS_KEY] = str(span_context.trace_options.trace_options_byte)
        return carrier


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _options(value: Any) -> str:
    if isinstance(value, bool) or not value:
        return DEFAULT_TRACE_OPTIONS if value else _NOT_SAMPLED
    text = str(value).strip()
    if text.isascii() and text.isdecimal() and len(text) <= _MAX_OPTION_DIGITS:
        return text
    return _NOT_SAMPLED if text.lower() == "false" else DEFAULT_TRACE_OPTIONS
