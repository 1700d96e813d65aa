"""The header `X-Cloud-Trace-Context`: trace id, decimal span id, options."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from opencensus.trace.propagation import _headers
from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRACE_CONTEXT_HEADER_NAME = "X-Cloud-Trace-Context"
_TRACE_CONTEXT_HEADER_FORMAT = (
    r"(?<![0-9a-fA-F])([0-9a-fA-F]{32})(?![0-9a-fA-F])(\/([0-9]{0,20}))?[^;]*(;o=([0-9]+))?"
)
_TRACE_CONTEXT_HEADER_RE = re.compile(_TRACE_CONTEXT_HEADER_FORMAT)
_TRACE_ID_DELIMETER = "/"
_SPAN_ID_DELIMETER = ";"

_LARGEST_SPAN_ID = 0xFFFFFFFFFFFFFFFF
_OPTIONS_IF_ABSENT = "1"
_MAX_OPTION_DIGITS = 3
_log = logging.getLogger(__name__)


class GoogleCloudFormatPropagator:
    """Carries a span context in the header of Google Cloud."""

    def from_header(self, header: str | None) -> SpanContext:
        """Return the caller's span context, or a new one when the header holds none.

        Absent options mean sampled.

        Raises:
            TypeError: The header is not a text.
        """
        if header is None:
            return SpanContext()
        match = _TRACE_CONTEXT_HEADER_RE.search(header)
        if match is None:
            _log.warning("cannot parse the header %s: a new trace starts", header)
            return SpanContext()
        return SpanContext(
            trace_id=match.group(1).lower(),
            span_id=_as_hexadecimal(match.group(3)),
            trace_options=TraceOptions(_options(match.group(5))),
            from_header=True,
        )

    def from_headers(self, headers: Mapping[str, str] | None) -> SpanContext:
        """Return the caller's span context, or a new one when the headers hold none."""
        return self.from_header(_headers.first(headers, _TRACE_CONTEXT_HEADER_NAME))

    def to_header(self, span_context: SpanContext) -> str:
        """Return the header's value; without an open span it names the trace only."""
        options = "1" if span_context.trace_options.get_enabled() else "0"
        span_id = span_context.span_id
        place = "" if span_id is None else f"{_TRACE_ID_DELIMETER}{int(span_id, 16)}"
        return f"{span_context.trace_id}{place}{_SPAN_ID_DELIMETER}o={options}"

    def to_headers(self, span_context: SpanContext) -> dict[str, str]:
        """Return the header for a call to another process."""
        return {_TRACE_CONTEXT_HEADER_NAME: self.to_header(span_context)}


def _as_hexadecimal(decimal: str | None) -> str | None:
    number = int(decimal) if decimal else 0
    return f"{number:016x}" if 0 < number <= _LARGEST_SPAN_ID else None


def _options(decimal: str | None) -> str:
    if not decimal or len(decimal) > _MAX_OPTION_DIGITS:
        return _OPTIONS_IF_ABSENT
    return decimal
