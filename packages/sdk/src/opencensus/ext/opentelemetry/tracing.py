"""The provider of tracers for OpenTelemetry's API: its spans go to exporters of ours."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry import trace as api
from opentelemetry.trace import SpanKind
from opentelemetry.util._decorator import _agnosticcontextmanager

from opencensus.ext.opentelemetry.spans import BridgedSpan
from opencensus.trace import _opentelemetry, execution_context, samplers
from opencensus.trace import tracer as tracer_module
from opencensus.trace.span_context import SpanContext, generate_span_id, generate_trace_id
from opencensus.trace.trace_options import TraceOptions
from opencensus.trace.tracers.context_tracer import ContextTracer
from opencensus.trace.tracers.noop_tracer import NoopTracer

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes

log = logging.getLogger(__name__)


class TracerProvider(api.TracerProvider):
    """Gives instrumentations a tracer whose spans are sampled and sent as ours are.

    A span whose parent is one of ours belongs to its trace and goes where that goes. Otherwise the
    sampler is asked once for each trace that begins here or comes from another process.

    Args:
        sampler: Decides whether a trace is recorded; by default all are.
        exporter: Receives each span when it ends; by default prints it.
        propagator: Writes the headers of our own calls within these traces; by default W3C's.
        program: The tracer of the whole program, whose own trace is not that of every span.
        without: Names of instrumentations whose spans are not recorded: those of libraries that
            are traced here.
    """

    def __init__(
        self,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
        program: Any = None,
        without: Container[str] = frozenset(),
    ) -> None:
        self.sampler = samplers.AlwaysOnSampler() if sampler is None else sampler
        self.exporter = exporter
        self.propagator = propagator
        self.program = program
        self.without = without

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> api.Tracer:
        """Return a tracer; all are alike, but those of `without`."""
        if instrumenting_module_name in self.without:
            return api.NoOpTracer()
        return BridgedTracer(self)


class BridgedTracer(api.Tracer):
    """Starts spans for one instrumentation. Never raises.

    Args:
        provider: Says how they are sampled and where they go.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[api.Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> api.Span:
        """Start a span below the one in the context, without making it the current one."""
        if execution_context.is_exporter():
            return api.INVALID_SPAN
        try:
            above = api.get_current_span(context)
            found = above.get_span_context()
            tracer = _tracer_of(self._provider, above, found)
            if tracer is None:
                return _unrecorded(found)
            span = BridgedSpan(
                tracer,
                name,
                found,
                kind,
                start_time,
                records_exceptions=record_exception,
                fails_with_exceptions=set_status_on_exception,
            )
            span.set_attributes(attributes or {})
            span.count()
            for link in links or ():
                span.add_link(link.context, link.attributes)
        except Exception:
            # Samplers, exporters and callbacks of spans may be the application's own code.
            log.warning("a span of OpenTelemetry cannot be traced", exc_info=True)
            return api.INVALID_SPAN
        return span

    @_agnosticcontextmanager
    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[api.Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[api.Span]:
        """Start a span and make it the current one for a `with` block or a decorated function."""
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with api.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span


class _TracerOfTrace(tracer_module.Tracer):
    """One of our tracers that does not become the current one by being made."""

    def store_tracer(self) -> None:
        """Leave the current tracer where it is: a started span need not be the current one."""


class _TracerBelow(_TracerOfTrace):
    """A tracer of ours that goes on with the recording of another one, with no new decision."""

    def __init__(self, recording: ContextTracer, propagator: Any) -> None:
        self._recording = recording
        super().__init__(recording.span_context, None, recording.exporter, propagator)

    def get_tracer(self) -> Any:
        """Return the tracer that records."""
        return self._recording


def _tracer_of(provider: TracerProvider, above: api.Span, found: api.SpanContext) -> Any:
    """Return the tracer of ours for a new span; None where its trace is not recorded.

    Args:
        provider: Says how new traces are sampled.
        above: The span above it, whoever made it.
        found: What that is known by.
    """
    if isinstance(above, BridgedSpan):
        return above.tracer
    here: Any = execution_context.get_opencensus_tracer()
    if not found.is_valid:
        is_unsampled = here is not provider.program and not isinstance(here, NoopTracer)
        if is_unsampled and isinstance(getattr(here, "tracer", None), NoopTracer):
            # A request of ours that is not recorded: what is in it is not either.
            return None
        return _begun(provider, SpanContext())
    trace_id = f"{found.trace_id:032x}"
    if not found.is_remote:
        if not found.trace_flags & api.TraceFlags.SAMPLED:
            return None
        ours = _recording_of(trace_id, here)
        if ours is not None:
            return ours
    context = SpanContext(
        trace_id=trace_id,
        span_id=f"{found.span_id:016x}",
        trace_options=TraceOptions(str(int(found.trace_flags & api.TraceFlags.SAMPLED))),
        tracestate=_opentelemetry._tracestate(found.trace_state),
        from_header=found.is_remote,
    )
    return _begun(provider, context)


def _recording_of(trace_id: str, here: Any) -> Any:
    """Return a tracer of ours that records the trace in this context; None where there is none."""
    if getattr(getattr(here, "span_context", None), "trace_id", None) == trace_id and isinstance(
        getattr(here, "tracer", None), ContextTracer
    ):
        return here
    recording = getattr(execution_context.get_current_span(), "context_tracer", None)
    if isinstance(recording, ContextTracer) and recording.trace_id == trace_id:
        return _TracerBelow(recording, getattr(here, "propagator", None))
    return None


def _begun(provider: TracerProvider, context: SpanContext) -> Any:
    tracer = _TracerOfTrace(context, provider.sampler, provider.exporter, provider.propagator)
    return tracer if isinstance(tracer.tracer, ContextTracer) else None


def _unrecorded(above: api.SpanContext) -> api.Span:
    """Return a span that has ids, so that what is below it is not recorded either."""
    return api.NonRecordingSpan(
        api.SpanContext(
            above.trace_id if above.is_valid else int(generate_trace_id(), 16),
            int(generate_span_id(), 16),
            is_remote=False,
            trace_flags=api.TraceFlags(api.TraceFlags.DEFAULT),
            trace_state=above.trace_state if above.is_valid else None,
        )
    )
