"""The sampler that records a fixed share of all traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.trace.samplers._base import Sampler

if TYPE_CHECKING:
    from opencensus.trace.span_context import SpanContext

DEFAULT_SAMPLING_RATE = 1e-4

_LARGEST_LOWER_LONG = 0xFFFFFFFFFFFFFFFF


class ProbabilitySampler(Sampler):
    """Records a share of all traces, and every trace that its caller recorded.

    The trace id decides, so that all processes with the same rate choose the same traces.

    Args:
        rate: The share, from 0 (none) to 1 (all). Default: `DEFAULT_SAMPLING_RATE`.

    Raises:
        ValueError: The rate is outside 0 to 1.
    """

    def __init__(self, rate: float | None = None) -> None:
        if rate is None:
            rate = DEFAULT_SAMPLING_RATE
        if not 0 <= rate <= 1:
            raise ValueError("Rate must between 0 and 1.")
        self.rate = rate

    def should_sample(self, span_context: SpanContext) -> bool:
        """Return whether the caller recorded the trace or its id falls within the rate."""
        if span_context.trace_options.get_enabled():
            return True
        lower_long = get_lower_long_from_trace_id(span_context.trace_id)
        return lower_long <= self.rate * _LARGEST_LOWER_LONG

    def sample_rate(self, span_context: SpanContext) -> float | None:
        """Return the rate in percent; None at a rate of all, and for what the caller decided."""
        if span_context.trace_options.get_enabled() or not 0 < self.rate < 1:
            return None
        return 100 * self.rate


def get_lower_long_from_trace_id(trace_id: str) -> int:
    """Return the number that the last 16 of the 32 digits of a trace id stand for."""
    return int(trace_id[16:], 16)
