"""What every sampler can do, and the two that always decide the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencensus.trace.span_context import SpanContext


class Sampler:
    """The interface of a sampler."""

    def should_sample(self, span_context: SpanContext) -> bool:
        """Return whether the trace is recorded; MUST NOT change `span_context`."""
        raise NotImplementedError

    def sample_rate(self, span_context: SpanContext) -> float | None:
        """Return which percentage of such traces is recorded; None where all are or nobody knows.

        Asked right after `should_sample` wanted the trace, in the same thread. What is recorded of
        the trace counts 100 / rate times.
        """
        return None


class AlwaysOnSampler(Sampler):
    """Records every trace."""

    def should_sample(self, span_context: SpanContext) -> bool:
        """Return True."""
        return True


class AlwaysOffSampler(Sampler):
    """Records no trace, not even one that its caller recorded."""

    def should_sample(self, span_context: SpanContext) -> bool:
        """Return False."""
        return False
