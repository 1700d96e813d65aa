"""The identity of a trace and of the place in it where work goes on."""

from __future__ import annotations

import logging
import random
import re
from typing import TYPE_CHECKING, Any

from opencensus.common import _forks
from opencensus.trace import _active_span, base_span
from opencensus.trace import trace_options as trace_options_module

if TYPE_CHECKING:
    from collections.abc import Mapping

_INVALID_TRACE_ID = "0" * 32
INVALID_SPAN_ID = "0" * 16

TRACE_ID_PATTERN = re.compile("[0-9a-f]{32}")
SPAN_ID_PATTERN = re.compile("[0-9a-f]{16}")

DEFAULT_OPTIONS = "0"

_log = logging.getLogger(__name__)

# A generator of our own: a program that seeds the shared one must not repeat its ids.
_id_source = random.Random()  # noqa: S311 (ids need to differ, not to be secret)
_random_bits = _id_source.getrandbits
_forks.call_in_child(_id_source.seed)


class SpanContext:
    """Which trace this is, which span of it is open, whether it is sampled, and its baggage.

    `span_id` is the innermost span of this trace that is open in the current thread or task. Where
    none is open it is the id given here or assigned later: usually the span of a remote caller.

    Args:
        trace_id: 32 lower-case hexadecimal digits, not all zero. Another text is reported and
            replaced by a new id.
        span_id: 16 lower-case hexadecimal digits, not all zero. Another text is reported and
            dropped.
        trace_options: By default not sampled.
        tracestate: What other tracing systems sent along.
        from_header: Whether the ids came with a request. An id that was refused makes it False.

    Raises:
        AssertionError: An id is not a text.
    """

    sample_rate: float | None = None
    """Percent of such traces that are recorded, where that is known and not all; see `samplers`."""

    def __init__(
        self,
        trace_id: str | None = None,
        span_id: str | None = None,
        trace_options: trace_options_module.TraceOptions | None = None,
        tracestate: Mapping[str, str] | None = None,
        from_header: bool = False,
    ) -> None:
        if trace_options is None:
            trace_options = trace_options_module.TraceOptions(DEFAULT_OPTIONS)
        self.from_header = from_header
        self.trace_id = generate_trace_id() if trace_id is None else self._check_trace_id(trace_id)
        self._outer_span_id = None if span_id is None else self._check_span_id(span_id)
        self.trace_options = trace_options
        self.tracestate = tracestate

    @property
    def span_id(self) -> Any:
        """The innermost open span of this trace here, otherwise the one it continues, or None."""
        span = _active_span.slot.get()
        while isinstance(span, base_span.BaseSpan):
            tracer = getattr(span, "context_tracer", None)
            if tracer is not None and getattr(tracer, "span_context", None) is self:
                return span.span_id
            span = span.parent_span
        return self._outer_span_id

    @span_id.setter
    def span_id(self, span_id: Any) -> None:
        self._outer_span_id = span_id

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(trace_id={self.trace_id}, span_id={self.span_id}, "
            f"trace_options={self.trace_options}, tracestate={self.tracestate})"
        )

    def _check_span_id(self, span_id: str) -> str | None:
        assert isinstance(span_id, str)  # noqa: S101 (a programmer's mistake)
        if span_id == INVALID_SPAN_ID:
            _log.warning("Span_id %s is invalid (cannot be all zero)", span_id)
        elif SPAN_ID_PATTERN.fullmatch(span_id):
            return span_id
        else:
            _log.warning("Span_id %s does not match the required format", span_id)
        self.from_header = False
        return None

    def _check_trace_id(self, trace_id: str) -> str:
        assert isinstance(trace_id, str)  # noqa: S101 (a programmer's mistake)
        if trace_id == _INVALID_TRACE_ID:
            _log.warning(
                "Trace_id %s is invalid (cannot be all zero), generating a new one.", trace_id
            )
        elif TRACE_ID_PATTERN.fullmatch(trace_id):
            return trace_id
        else:
            _log.warning(
                "Trace_id %s does not match the required format, generating a new one.", trace_id
            )
        self.from_header = False
        return generate_trace_id()


def generate_span_id() -> str:
    """Return a new random span id: 16 hexadecimal digits, never all zero."""
    # Hot path, once per span.
    return (_random_bits(64) or 1).to_bytes(8, "big").hex()


def generate_trace_id() -> str:
    """Return a new random trace id: 32 hexadecimal digits, never all zero."""
    return (_random_bits(128) or 1).to_bytes(16, "big").hex()
