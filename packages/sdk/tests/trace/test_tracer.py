from __future__ import annotations

import asyncio

import pytest

from opencensus.trace import execution_context, print_exporter, samplers
from opencensus.trace.blank_span import BlankSpan
from opencensus.trace.propagation.trace_context_http_header_format import TraceContextPropagator
from opencensus.trace.span import Span
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracer import Tracer
from opencensus.trace.tracers.context_tracer import ContextTracer
from opencensus.trace.tracers.noop_tracer import NoopTracer


def test_defaults():
    tracer = Tracer()
    assert isinstance(tracer.span_context, SpanContext)
    assert tracer.sampler.rate == 1e-4
    assert isinstance(tracer.exporter, print_exporter.PrintExporter)
    assert isinstance(tracer.propagator, TraceContextPropagator)


def test_the_last_tracer_made_is_the_one_of_the_context():
    Tracer()
    last = Tracer()
    assert execution_context.get_opencensus_tracer() is last


def test_a_sampled_trace_is_marked_and_recorded(collector):
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=collector)
    assert isinstance(tracer.tracer, ContextTracer)
    assert tracer.span_context.trace_options.get_enabled()
    with tracer.span("work") as span:
        assert isinstance(span, Span)
        assert tracer.current_span() is span
    assert collector.names == ["work"]


def test_a_trace_that_is_not_sampled_is_not_recorded(collector):
    tracer = Tracer(sampler=samplers.AlwaysOffSampler(), exporter=collector)
    assert isinstance(tracer.tracer, NoopTracer)
    assert not tracer.span_context.trace_options.get_enabled()
    with tracer.span("work") as span:
        assert isinstance(span, BlankSpan)
        span.add_attribute("key", "value")
        assert span.attributes == {}
    tracer.start_span("more")
    tracer.add_attribute_to_current_span("key", "value")
    tracer.end_span()
    tracer.finish()
    assert collector.exports == []
    assert tracer.tracer.list_collected_spans() is None


def test_the_sampler_is_asked_once():
    class Counting(samplers.Sampler):
        asked = 0

        def should_sample(self, span_context):
            self.asked += 1
            return False

    sampler = Counting()
    tracer = Tracer(sampler=sampler)
    for _ in range(3):
        with tracer.span():
            pass
    assert sampler.asked == 1


def test_a_decorated_function_runs_in_a_span_of_its_name(collector):
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=collector)

    @tracer.trace_decorator()
    def add(one, *, other):
        """Adds."""
        return one + other

    assert add(1, other=2) == 3
    assert add.__name__ == "add"
    assert add.__doc__ == "Adds."
    assert collector.names == ["add"]


def test_a_decorated_function_that_raises_ends_its_span(collector):
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=collector)

    @tracer.trace_decorator()
    def fail():
        raise KeyError("missing")

    with pytest.raises(KeyError):
        fail()
    assert collector.spans["fail"].status.code == 2
    assert tracer.current_span() is None


def test_a_decorated_coroutine_is_measured_until_it_returns(collector):
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=collector)

    @tracer.trace_decorator()
    async def outer():
        await asyncio.sleep(0)
        await inner()
        return 5

    @tracer.trace_decorator()
    async def inner():
        await asyncio.sleep(0)

    @tracer.trace_decorator()
    async def fail():
        raise ValueError("broken")

    assert asyncio.run(outer()) == 5
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(fail())
    assert collector.names == ["inner", "outer", "fail"]
    assert collector.spans["inner"].parent_span_id == collector.spans["outer"].span_id
    assert collector.spans["fail"].status.message == "broken"


def test_the_tracer_of_an_untouched_context_can_be_asked_like_any_other():
    tracer = execution_context.get_opencensus_tracer()
    assert isinstance(tracer, NoopTracer)
    assert not tracer.sampler.should_sample(tracer.span_context)
    assert tracer.exporter is None
    assert "traceparent" in tracer.propagator.to_headers(tracer.span_context)
