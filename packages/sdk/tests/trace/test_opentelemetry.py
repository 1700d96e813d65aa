"""Beside a real OpenTelemetry in the same program: one trace, in both directions."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
import threading
from types import SimpleNamespace

import flask
import pytest

from opencensus.ext.azure.log_operation import NO_OPERATION, current_operation, operation_of
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.ext.logging.context import current_attributes
from opencensus.log import ATTR_DEFAULTS, get_log_attrs
from opencensus.trace import execution_context, samplers
from opencensus.trace._carried import Carried
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracer import Tracer
from opencensus.trace.tracestate import Tracestate

_kept: dict[str, object] = {}


@pytest.fixture
def otel():
    """OpenTelemetry, which the process has imported for as long as the test runs.

    Where others have imported it before, it stays: a second copy would not know the first one's types.
    """
    was_there = "opentelemetry.trace" in sys.modules
    if not was_there:
        sys.modules.update(_kept)
    from opentelemetry import context, propagate, trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    token = context.attach(context.Context())
    yield SimpleNamespace(
        trace=trace,
        context=context,
        propagate=propagate,
        tracer=provider.get_tracer("tests"),
        span=lambda name: next(span for span in spans.get_finished_spans() if span.name == name),
    )
    assert not trace.get_current_span().get_span_context().is_valid
    context.detach(token)
    if was_there:
        return
    _kept.update({n: m for n, m in sys.modules.items() if n.partition(".")[0] == "opentelemetry"})
    for name in _kept:
        sys.modules.pop(name, None)


def _tracer(collector, **options):
    return Tracer(exporter=collector, sampler=samplers.AlwaysOnSampler(), **options)


def _ids(span):
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}", bool(context.trace_flags & 1)


def test_a_tracer_made_inside_a_span_of_theirs_continues_its_trace(otel, collector):
    """The retired client knew nothing of OpenTelemetry: the spans of one request were two traces."""
    with otel.tracer.start_as_current_span("theirs") as theirs:
        tracer = _tracer(collector)
        with tracer.span("ours"):
            pass
    trace_id, span_id, _ = _ids(theirs)
    ours = collector.spans["ours"]
    assert (ours.context.trace_id, ours.parent_span_id) == (trace_id, span_id)


def test_their_spans_inside_ours_have_it_for_a_parent(otel, collector):
    tracer = _tracer(collector)
    with tracer.span("ours") as ours, otel.tracer.start_as_current_span("theirs"):
        pass
    theirs = otel.span("theirs")
    assert f"{theirs.context.trace_id:032x}" == tracer.span_context.trace_id
    assert f"{theirs.parent.span_id:016x}" == ours.span_id


def test_ours_and_theirs_may_lie_inside_each_other_again_and_again(otel, collector):
    tracer = _tracer(collector)
    with tracer.span("1") as first:
        with otel.tracer.start_as_current_span("2") as second:
            with tracer.span("3") as third:
                with otel.tracer.start_as_current_span("4"), tracer.span("5"):
                    pass
                with tracer.span("5 again"):
                    pass
                assert tracer.current_span() is third
            assert otel.trace.get_current_span() is second
            assert tracer.current_span() is first
            with tracer.span("3 again"):
                pass
        with tracer.span("2 again"):
            pass
    assert tracer.current_span() is None
    parents = {name: data.parent_span_id for name, data in collector.spans.items()}
    assert parents == {
        "1": None,
        "3": _ids(second)[1],
        "5": f"{otel.span('4').context.span_id:016x}",
        "5 again": third.span_id,
        "3 again": _ids(second)[1],
        "2 again": first.span_id,
    }
    assert f"{otel.span('4').parent.span_id:016x}" == third.span_id


def test_theirs_sees_our_ids_flags_and_tracestate_and_can_send_them_on(otel, collector):
    context = SpanContext(tracestate=Tracestate(vendor="1"))
    tracer = _tracer(collector, span_context=context)
    with tracer.span("ours") as ours:
        seen = otel.trace.get_current_span()
        assert isinstance(seen, otel.trace.NonRecordingSpan)
        assert not seen.is_recording()
        assert _ids(seen) == (context.trace_id, ours.span_id, True)
        headers: dict[str, str] = {}
        otel.propagate.inject(headers)
    assert headers == {
        "traceparent": f"00-{context.trace_id}-{ours.span_id}-01",
        "tracestate": "vendor=1",
    }


def test_their_tracestate_and_decision_come_along(otel, collector):
    carrier = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "vendor=1"}
    token = otel.context.attach(otel.propagate.extract(carrier))
    tracer = Tracer(exporter=collector, sampler=samplers.ProbabilitySampler(0))
    otel.context.detach(token)
    assert tracer.span_context.trace_options.get_enabled()
    assert (tracer.span_context.trace_id, tracer.span_context.span_id) == ("a" * 32, "b" * 16)
    assert tracer.span_context.tracestate == Tracestate(vendor="1")
    token = otel.context.attach(
        otel.propagate.extract({**carrier, "traceparent": f"00-{'a' * 32}-{'b' * 16}-00"})
    )
    tracer = Tracer(exporter=collector, sampler=samplers.ProbabilitySampler(0))
    otel.context.detach(token)
    assert not tracer.span_context.trace_options.get_enabled()


def test_a_trace_that_is_given_is_not_changed_and_spans_of_another_trace_are_no_parents(
    otel, collector
):
    with otel.tracer.start_as_current_span("theirs") as theirs:
        tracer = _tracer(collector, span_context=SpanContext("a" * 32, "b" * 16))
        with tracer.span("ours") as ours:
            assert _ids(otel.trace.get_current_span())[:2] == ("a" * 32, ours.span_id)
        assert otel.trace.get_current_span() is theirs
    assert collector.spans["ours"].context.trace_id == "a" * 32
    assert collector.spans["ours"].parent_span_id == "b" * 16


def test_spans_that_stay_open_leave_nothing_behind_once_the_outer_one_ends(otel, collector):
    tracer = _tracer(collector)
    with tracer.span("outer"):
        tracer.start_span("left open")
        with otel.tracer.start_as_current_span("theirs"):
            tracer.start_span("left open too")
    assert tracer.current_span() is None
    assert set(collector.spans) == {"outer", "left open", "left open too"}


def test_finish_ends_what_is_open(otel, collector):
    tracer = _tracer(collector)
    tracer.start_span("ours")
    with otel.tracer.start_as_current_span("theirs"):
        tracer.start_span("inner")
    tracer.finish()
    assert set(collector.spans) == {"ours", "inner"}


def test_what_else_they_keep_in_their_context_stays(otel, collector):
    tracer = _tracer(collector)
    with tracer.span("ours"):
        token = otel.context.attach(otel.context.set_value("key", "value"))
        with tracer.span("inner"):
            assert otel.context.get_value("key") == "value"
        assert otel.context.get_value("key") == "value"
        tracer.end_span()
        assert otel.context.get_value("key") == "value"
        otel.context.detach(token)
    otel.context.attach(otel.context.Context())


def test_a_span_that_ends_in_another_thread_or_task_is_no_error(otel, collector, caplog):
    tracer = _tracer(collector)

    async def main():
        span = tracer.start_span("in a task")

        async def end():
            span.__exit__(None, None, None)
            assert not otel.trace.get_current_span().get_span_context().is_valid

        await asyncio.create_task(end())

    asyncio.run(main())
    span = tracer.start_span("in a thread")
    thread = threading.Thread(target=span.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    assert set(collector.spans) == {"in a task", "in a thread"}
    execution_context.set_current_span(None)
    with tracer.span("afterwards"):
        pass
    assert collector.spans["afterwards"].parent_span_id is None
    assert caplog.messages == []
    otel.context.attach(otel.context.Context())


def test_tasks_keep_to_themselves(otel, collector):
    tracer = _tracer(collector)

    async def work(name):
        with tracer.span(name) as ours:
            await asyncio.sleep(0)
            with otel.tracer.start_as_current_span(f"theirs of {name}"):
                await asyncio.sleep(0)
            return ours.span_id

    async def main():
        with tracer.span("outer") as outer:
            return outer.span_id, await asyncio.gather(*(work(name) for name in "abc"))

    outer, inner = asyncio.run(main())
    assert {collector.spans[name].parent_span_id for name in "abc"} == {outer}
    for name, span_id in zip("abc", inner, strict=True):
        assert f"{otel.span(f'theirs of {name}').parent.span_id:016x}" == span_id


def test_their_context_goes_along_into_threads_with_ours(otel, collector):
    seen = []
    tracer = _tracer(collector)
    with tracer.span("ours") as ours, otel.tracer.start_as_current_span("theirs") as theirs:
        carried = Carried()

    def work():
        carried.apply()
        seen.extend([otel.trace.get_current_span(), tracer.current_span()])
        with tracer.span("inner"):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [theirs, ours]
    assert collector.spans["inner"].parent_span_id == _ids(theirs)[1]


def test_an_unsampled_trace_is_invisible_and_does_no_harm(otel, collector):
    tracer = Tracer(exporter=collector, sampler=samplers.AlwaysOffSampler())
    with tracer.span("blank"):
        assert not otel.trace.get_current_span().get_span_context().is_valid
        with otel.tracer.start_as_current_span("theirs"):
            pass
    assert otel.span("theirs").parent is None


def test_logs_belong_to_the_innermost_span_of_either(otel, collector):
    assert current_attributes() == get_log_attrs() == ATTR_DEFAULTS
    assert current_operation() == NO_OPERATION
    with otel.tracer.start_as_current_span("theirs alone") as theirs:
        assert current_attributes() == get_log_attrs() == _ids(theirs)
        assert current_operation() == (*_ids(theirs), None)
        assert operation_of(logging.makeLogRecord({})) == (*_ids(theirs), None)
    tracer = Tracer(exporter=collector, sampler=_Quarter())
    trace_id = tracer.span_context.trace_id
    with tracer.span("ours") as ours:
        assert current_attributes() == get_log_attrs() == (trace_id, ours.span_id, True)
        assert current_operation() == (trace_id, ours.span_id, True, 25)
        with otel.tracer.start_as_current_span("theirs") as theirs:
            assert current_attributes() == get_log_attrs() == _ids(theirs)
            assert current_operation() == (*_ids(theirs), 25)


class _Quarter(samplers.Sampler):
    def should_sample(self, span_context):
        return True

    def sample_rate(self, span_context):
        return 25


@pytest.mark.parametrize("from_caller", [False, True])
def test_a_request_that_both_instrument_is_one_trace(otel, collector, from_caller):
    """A header brings both to the caller's trace; without one, ours continues theirs."""
    app = flask.Flask("program_of_both", root_path=".")
    FlaskMiddleware(app, exporter=collector, sampler=samplers.AlwaysOnSampler())
    app.add_url_rule("/", "index", lambda: "hello")
    parent = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"} if from_caller else {}
    with otel.tracer.start_as_current_span("server", otel.propagate.extract(parent)) as server:
        assert app.test_client().get("/", headers=parent).status_code == 200
    (request,) = [span for export in collector.exports for span in export]
    assert (request.context.trace_id, request.parent_span_id) == _ids(server)[:2]
    assert (request.context.trace_id == "a" * 32) is from_caller


def test_a_broken_or_half_imported_opentelemetry_harms_no_span(collector, monkeypatch):
    for module in (
        SimpleNamespace(),
        SimpleNamespace(get_current_span=lambda: 1 / 0),
        SimpleNamespace(get_current_span=lambda: object()),
        None,
    ):
        monkeypatch.setitem(sys.modules, "opentelemetry.trace", module)
        tracer = _tracer(collector)
        with tracer.span("outer") as outer, tracer.span("inner"):
            assert current_attributes()[0] == tracer.span_context.trace_id
        assert collector.spans["inner"].parent_span_id == outer.span_id
        assert tracer.current_span() is None


def test_opentelemetry_is_never_imported_by_us():
    program = """
        import sys
        import opencensus.ext.azure.trace_exporter, opencensus.ext.azure.log_exporter
        import opencensus.ext.logging.trace
        from opencensus.trace import samplers, tracer
        class Nowhere:
            def export(self, span_datas): pass
        opencensus.ext.logging.trace.trace_integration()
        traced = tracer.Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Nowhere())
        with traced.span("ours"):
            import logging; logging.getLogger().warning("x")
        assert not [name for name in sys.modules if name.startswith("opentelemetry")]
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)


def test_nothing_is_logged_where_all_is_well(otel, collector, caplog):
    caplog.set_level(logging.DEBUG)
    tracer = _tracer(collector)
    with tracer.span("ours"), otel.tracer.start_as_current_span("theirs"), tracer.span("inner"):
        pass
    assert caplog.messages == []
