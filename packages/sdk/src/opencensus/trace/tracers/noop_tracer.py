"""The tracer of a trace that is not sampled."""

from __future__ import annotations

from typing import Any

from opencensus.trace import blank_span as trace_span
from opencensus.trace import samplers, trace_options
from opencensus.trace.propagation import trace_context_http_header_format
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracers import base


class NoopTracer(base.Tracer):
    """Gives out blank spans and exports nothing.

    Code that reads the sampler, propagator or exporter of the current tracer finds one that never
    samples, the standard propagator, and no exporter.
    """

    sampler = samplers.AlwaysOffSampler()
    exporter = None
    propagator = trace_context_http_header_format.TraceContextPropagator()

    def __init__(self) -> None:
        self.span_context = SpanContext(trace_options=trace_options.TraceOptions("0"))

    def finish(self) -> None:
        """Do nothing."""

    def span(self, name: str = "span") -> Any:
        """Return a blank span."""
        return trace_span.BlankSpan(name)

    def start_span(self, name: str = "span") -> Any:
        """Return a blank span."""
        return trace_span.BlankSpan(name)

    def end_span(self) -> None:
        """Do nothing."""

    def current_span(self) -> Any:
        """Return a blank span."""
        return trace_span.BlankSpan()

    def add_attribute_to_current_span(self, attribute_key: str, attribute_value: Any) -> None:
        """Do nothing."""

    def list_collected_spans(self) -> list[Any] | None:
        """Return None: nothing is collected."""
        return None
