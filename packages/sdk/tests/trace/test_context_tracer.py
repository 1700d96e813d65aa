from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import Span
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracer import Tracer
from opencensus.trace.tracers.context_tracer import ContextTracer


@pytest.fixture
def tracer(collector):
    return ContextTracer(exporter=collector)


def test_nested_spans_have_their_parents_and_are_exported_inner_first(tracer, collector):
    with tracer.span("outer") as outer, tracer.span("inner") as inner:
        assert tracer.current_span() is inner
    assert collector.names == ["inner", "outer"]
    assert collector.spans["inner"].parent_span_id == outer.span_id
    assert collector.spans["outer"].parent_span_id is None
    assert tracer.current_span() is None
    assert tracer.list_collected_spans() == []


def test_children_made_by_a_span_are_exported_with_it_depth_first(tracer, collector):
    with tracer.span("parent") as parent:
        child = parent.span("child")
        child.span("grandchild")
    assert [[data.name for data in export] for export in collector.exports] == [
        ["grandchild", "child", "parent"]
    ]
    assert [data.child_span_count for data in collector.exports[0]] == [0, 1, 1]


def test_the_root_continues_the_remote_parent(collector):
    remote = SpanContext(trace_id="a" * 32, span_id="b" * 16)
    tracer = ContextTracer(exporter=collector, span_context=remote)
    with tracer.span("root"):
        pass
    with tracer.span("second root"):
        pass
    assert [data.parent_span_id for data in collector.spans.values()] == ["b" * 16, "b" * 16]
    assert collector.spans["root"].context is remote


def test_the_span_context_names_the_innermost_open_span(tracer):
    assert tracer.span_context.span_id is None
    with tracer.span("outer") as outer:
        assert tracer.span_context.span_id == outer.span_id
        with tracer.span("inner") as inner:
            assert tracer.span_context.span_id == inner.span_id
        assert tracer.span_context.span_id == outer.span_id
    assert tracer.span_context.span_id is None


def test_an_exported_span_shows_its_parent_as_the_place_of_its_context(collector):
    seen = []
    collector.export = lambda datas: seen.extend((d.name, d.context.span_id) for d in datas)
    tracer = ContextTracer(exporter=collector)
    with tracer.span("outer") as outer, tracer.span("inner"):
        pass
    assert seen == [("inner", outer.span_id), ("outer", None)]


def test_concurrent_tasks_that_share_a_tracer_keep_their_parents(tracer, collector):
    async def work(name, others):
        with tracer.span(name) as span:
            assert tracer.span_context.span_id == span.span_id
            await others.wait()
            assert tracer.span_context.span_id == span.span_id
            with tracer.span(f"{name} inner"):
                await asyncio.sleep(0)

    async def main():
        everyone = asyncio.Barrier(3) if hasattr(asyncio, "Barrier") else _Barrier(3)
        await asyncio.gather(*(work(name, everyone) for name in "abc"))

    asyncio.run(main())
    for name in "abc":
        assert collector.spans[name].parent_span_id is None
        assert collector.spans[f"{name} inner"].parent_span_id == collector.spans[name].span_id


class _Barrier:
    """`asyncio.Barrier` for Python 3.10."""

    def __init__(self, parties):
        self.missing = parties
        self.complete = asyncio.Event()

    async def wait(self):
        self.missing -= 1
        if not self.missing:
            self.complete.set()
        await self.complete.wait()


def test_tasks_started_inside_a_span_are_its_children(tracer, collector):
    async def work(name):
        with tracer.span(name):
            await asyncio.sleep(0)

    async def main():
        with tracer.span("parent"):
            await asyncio.gather(work("one"), work("two"))

    asyncio.run(main())
    parent = collector.spans["parent"]
    assert collector.spans["one"].parent_span_id == parent.span_id
    assert collector.spans["two"].parent_span_id == parent.span_id


def test_concurrent_threads_that_share_a_tracer_keep_their_parents(tracer, collector):
    everyone = threading.Barrier(8)

    def work(number):
        with tracer.span(f"t{number}"):
            everyone.wait(timeout=30)
            for step in range(50):
                with tracer.span(f"t{number}.{step}"):
                    pass

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work, number) for number in range(8)]:
            future.result(timeout=30)
    assert len(collector.spans) == 8 * 51
    for name, data in collector.spans.items():
        thread, _, step = name.partition(".")
        assert data.parent_span_id == (collector.spans[thread].span_id if step else None)
    assert tracer.list_collected_spans() == []


def test_an_exception_becomes_status_and_stack_trace_and_goes_on(tracer, collector):
    with pytest.raises(ValueError, match="broken"), tracer.span("fails"):
        raise ValueError("broken")
    data = collector.spans["fails"]
    assert data.status.__dict__ == {"code": 2, "message": "broken", "details": None}
    frames = data.stack_trace.format_stack_trace_json()["stack_frames"]["frame"]
    assert frames[0]["function_name"]["value"] == (
        "test_an_exception_becomes_status_and_stack_trace_and_goes_on"
    )


def test_leaving_a_span_ends_what_was_left_open_inside(tracer, collector):
    with tracer.span("outer"):
        tracer.start_span("left open")
    assert collector.names == ["left open", "outer"]
    assert tracer.current_span() is None


def test_a_span_ended_inside_its_block_is_exported_once(tracer, collector):
    with tracer.span("outer"), tracer.span("inner"):
        tracer.end_span()
    assert collector.names == ["inner", "outer"]


def test_a_span_can_be_ended_from_another_thread(tracer, collector):
    span = tracer.start_span("handed over")
    thread = threading.Thread(target=span.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    assert collector.names == ["handed over"]
    assert collector.spans["handed over"].end_time is not None
    with span:
        pass
    assert collector.names == ["handed over"]


def test_finish_ends_open_spans_of_every_thread(tracer, collector):
    thread = threading.Thread(target=tracer.start_span, args=("of a thread",))
    thread.start()
    thread.join()
    tracer.start_span("outer")
    tracer.start_span("inner")
    tracer.finish()
    assert collector.names == ["inner", "outer", "of a thread"]
    assert tracer.current_span() is None
    tracer.finish()
    assert len(collector.exports) == 3


def test_ending_without_a_span_only_warns(tracer, collector, caplog):
    tracer.end_span()
    assert caplog.messages == ["No active span, cannot do end_span."]
    assert collector.exports == []


def test_a_tracer_leaves_the_current_span_of_another_one_to_its_owner(collector):
    first = ContextTracer(exporter=collector)
    silent = []
    second = ContextTracer(
        exporter=type("E", (), {"export": lambda _, datas: silent.extend(datas)})()
    )
    first.start_span("of the first")
    second.end_span()
    assert collector.spans["of the first"].context is first.span_context
    assert silent == []


def test_an_exporter_that_fails_does_not_reach_the_program(caplog):
    class Failing:
        def export(self, span_datas):
            raise OSError("disk full")

    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=Failing())
    with tracer.span("work"):
        result = 1
    assert result == 1
    assert execution_context.get_current_span() is None
    assert "cannot export the span work" in caplog.text


def test_adding_an_attribute_reaches_the_current_span(tracer, caplog):
    with tracer.span("work") as span:
        tracer.add_attribute_to_current_span("key", "value")
    assert dict(span.attributes) == {"key": "value"}
    tracer.add_attribute_to_current_span("key", "value")
    assert "No active span" in caplog.text


def test_an_exporter_given_later_receives_the_spans_that_end_from_then_on(collector):
    class Taking:
        def take_span(self, span):
            raise AssertionError("replaced before any span ended")

    tracer = ContextTracer(exporter=Taking())
    with tracer.span("work"):
        tracer.exporter = collector
    assert collector.names == ["work"]


def test_a_subclass_decides_what_the_current_span_is(collector):
    class Pinned(ContextTracer):
        pinned = None

        def current_span(self):
            return self.pinned or super().current_span()

    tracer = Pinned(exporter=collector)
    outer = tracer.start_span("outer")
    tracer.start_span("between")
    tracer.pinned = outer
    assert tracer.start_span("inner").parent_span is outer
    tracer.end_span()
    assert collector.names == ["outer"]


def test_open_spans_may_be_replaced_and_are_ended_at_finish(tracer, collector):
    tracer._spans_list = [Span("left over")]
    tracer.finish()
    assert tracer._spans_list == []
    assert collector.names == ["left over"]


def test_children_added_by_hand_are_exported_with_their_span(tracer, collector):
    with tracer.span("parent") as parent:
        parent._child_spans.append(Span("child", parent_span=parent))
        assert parent.children == parent._child_spans
    assert collector.names == ["child", "parent"]
    parent._child_spans = []
    assert list(parent) == [parent]
