"""The tracer that programs make: one per trace, recording it or not as the sampler decides."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from opencensus.trace import _opentelemetry, execution_context, print_exporter, samplers
from opencensus.trace.propagation import trace_context_http_header_format
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracers import context_tracer, noop_tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from opencensus.trace.base_exporter import Exporter
    from opencensus.trace.tracers import base

F = TypeVar("F", bound="Callable[..., Any]")

# Hot path, once per trace: the slot itself, without the function around it.
_set_tracer = execution_context._tracer_slot.set

_COROUTINE_FUNCTION = 0x80
"""The flag that the compiler sets in the code of an `async def`."""


class Tracer:
    """Opens the spans of one trace.

    The sampler is asked once, here. The new tracer becomes the tracer of the current context.

    Args:
        span_context: The trace that is continued; by default that of OpenTelemetry's current span,
            and where there is none a new one.
        sampler: Decides whether the trace is recorded; by default one in 10,000 is.
        exporter: Receives each span when it ends; by default prints it.
        propagator: Reads and writes the headers of calls; by default the W3C ones.
    """

    def __init__(
        self,
        span_context: SpanContext | None = None,
        sampler: samplers.Sampler | None = None,
        exporter: Exporter | None = None,
        propagator: Any = None,
    ) -> None:
        if span_context is None:
            span_context = _opentelemetry.continued() or SpanContext()
        self.span_context: SpanContext = span_context
        self.sampler: Any = samplers.ProbabilitySampler() if sampler is None else sampler
        self.exporter: Any = print_exporter.PrintExporter() if exporter is None else exporter
        self.propagator: Any = (
            trace_context_http_header_format.TraceContextPropagator()
            if propagator is None
            else propagator
        )
        self.tracer = self.get_tracer()
        self.store_tracer()

    def should_sample(self) -> bool:
        """Return whether the sampler wants this trace to be recorded."""
        sampled: bool = self.sampler.should_sample(self.span_context)
        return sampled

    def get_tracer(self) -> base.Tracer:
        """Ask the sampler; return a tracer that records, and mark the trace, or one that does not."""
        if not self.should_sample():
            return noop_tracer.NoopTracer()
        # Before the trace is marked: a sampler tells its own traces from those of a caller by that.
        rate = getattr(self.sampler, "sample_rate", None)
        self.span_context.sample_rate = rate(self.span_context) if callable(rate) else None
        self.span_context.trace_options.set_enabled(True)
        return context_tracer.ContextTracer(exporter=self.exporter, span_context=self.span_context)

    def store_tracer(self) -> None:
        """Make this the tracer of the current context."""
        _set_tracer(self)

    def finish(self) -> None:
        """End every open span of this tracer and export it."""
        self.tracer.finish()

    def span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; use it with `with`."""
        return self.tracer.span(name)

    def start_span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; `end_span` ends it."""
        return self.tracer.start_span(name)

    def end_span(self) -> None:
        """End the current span, export it, and make its parent the current one."""
        self.tracer.end_span()

    def current_span(self) -> Any:
        """Return the innermost open span of this thread or task, or None."""
        return self.tracer.current_span()

    def add_attribute_to_current_span(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value to the current span."""
        self.tracer.add_attribute_to_current_span(attribute_key, attribute_value)

    def trace_decorator(self) -> Callable[[F], F]:
        """Return a decorator that runs a function, plain or `async`, in a span of its name."""
        return self._traced

    def _traced(self, func: Any) -> Any:
        code = getattr(func, "__code__", None)
        if code is not None and code.co_flags & _COROUTINE_FUNCTION:

            @wraps(func)
            async def call_async_in_span(*args: Any, **kwargs: Any) -> Any:
                span = self.tracer.start_span(name=func.__name__)
                try:
                    result = await func(*args, **kwargs)
                except BaseException as error:
                    span.__exit__(type(error), error, error.__traceback__)
                    raise
                self._end(span)
                return result

            return call_async_in_span

        @wraps(func)
        def call_in_span(*args: Any, **kwargs: Any) -> Any:
            span = self.tracer.start_span(name=func.__name__)
            try:
                result = func(*args, **kwargs)
            except BaseException as error:
                span.__exit__(type(error), error, error.__traceback__)
                raise
            self._end(span)
            return result

        return call_in_span

    def _end(self, span: Any) -> None:
        if isinstance(self.tracer, context_tracer.ContextTracer):
            self.tracer._end_through(span)
        else:
            self.tracer.end_span()
