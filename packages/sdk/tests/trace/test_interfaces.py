"""What has to be implemented says so, and the parent of no parent does nothing."""

from __future__ import annotations

import pytest

from opencensus.trace.base_exporter import Exporter
from opencensus.trace.base_span import BaseSpan
from opencensus.trace.blank_span import BlankSpan
from opencensus.trace.samplers import Sampler
from opencensus.trace.tracers.base import NullContextManager, Tracer
from opencensus.trace.tracers.context_tracer import ContextTracer


@pytest.mark.parametrize(
    "call",
    [
        Tracer().finish,
        Tracer().span,
        Tracer().start_span,
        Tracer().end_span,
        Tracer().current_span,
        Tracer().list_collected_spans,
        lambda: Tracer().add_attribute_to_current_span("a", 1),
        lambda: BaseSpan.on_create(print),
        lambda: BaseSpan().children,
        BaseSpan().span,
        lambda: BaseSpan().add_attribute("a", 1),
        lambda: BaseSpan().add_annotation("a"),
        lambda: BaseSpan().add_message_event(None),
        lambda: BaseSpan().add_link(None),
        lambda: BaseSpan().set_status(None),
        BaseSpan().start,
        BaseSpan().finish,
        lambda: list(BaseSpan()),
        BaseSpan().__enter__,
        lambda: BaseSpan().__exit__(None, None, None),
        lambda: Exporter().emit([]),
        lambda: Exporter().export([]),
        lambda: Sampler().should_sample(None),
    ],
)
def test_an_interface_is_not_an_implementation(call):
    with pytest.raises(NotImplementedError):
        call()


def test_the_parent_of_no_parent_may_carry_a_remote_id():
    with NullContextManager("a" * 16) as parent:
        assert parent.span_id == "a" * 16
        assert parent.span().span_id is None
        assert parent.name is None


def test_a_blank_span_takes_everything_and_keeps_nothing(monkeypatch):
    blank = BlankSpan("name", span_id="ignored", attributes={"a": 1}, links=[1])
    blank.add_annotation("a", b=1)
    blank.add_message_event(None)
    blank.add_link("no link")
    blank.set_status("no status")
    blank.start()
    blank.finish()
    BlankSpan.on_create(lambda span: pytest.fail("a blank span is not told of"))
    child = blank.span("child")
    assert (blank.attributes, blank.links, blank.children) == ({}, [], [])
    assert (blank.start_time, blank.end_time, blank.status) == (None, None, None)
    assert list(blank) == [blank]
    assert child.name == "child"
    assert len({blank.span_id, child.span_id, "ignored"}) == 3


def test_a_tracer_of_another_make_ends_the_spans_it_opened(collector):
    class Counting(Tracer):
        ended = 0

        def end_span(self):
            self.ended += 1

    other = Counting()
    tracer = ContextTracer(exporter=collector)
    with tracer.span("work") as span:
        span.context_tracer = other
    assert other.ended == 1


def test_a_blank_spans_id_is_made_by_the_function_of_its_time(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("opencensus.trace.blank_span.generate_span_id", lambda: "of then")
        blank = BlankSpan()
    assert blank.span_id == blank.span_id == "of then"
    assert BlankSpan().span_id != BlankSpan().span_id


def test_a_blank_span_lists_all_that_it_has():
    assert {name for name in dir(BlankSpan()) if not hasattr(BlankSpan(), name)} == set()
    assert {"attributes", "links", "parent_span", "span_id"} <= set(dir(BlankSpan()))
