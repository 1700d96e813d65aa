"""Spans of OpenTelemetry's API are spans of ours, and those of both are one trace."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from opencensus.ext._http import meter
from opencensus.ext._http.meter import RequestMeter
from opencensus.trace import execution_context
from opencensus.trace._carried import Carried
from opencensus.trace.samplers import AlwaysOffSampler, AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer


def ids(span: Any) -> tuple[str, str]:
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def test_span_has_what_it_was_given(bridge: Any, span_list: Any) -> None:
    other = bridge.tracer.start_span("other")
    link = bridge.trace.Link(other.get_span_context(), {"why": "batch"})
    second = 1_700_000_000_000_000_000
    span = bridge.tracer.start_span("work", attributes={"a": 1}, links=[link], start_time=second)
    span.set_attributes({"b": [1, 2]})
    span.add_event("half", {"percent": 50}, second + 1_000_000)
    span.update_name("all work")
    span.set_status(bridge.trace.StatusCode.ERROR, "no more")
    span.end(second + 5_000_000_000)
    span.end(second + 9_000_000_000)
    span.set_attribute("late", 1)
    span.add_event("late")

    found = span_list.named("all work")
    assert (found.context.trace_id, found.span_id) == ids(span)
    assert found.parent_span_id is None
    assert found.attributes == {"a": 1, "b": [1, 2]}
    assert found.start_time == "2023-11-14T22:13:20.000000Z"
    assert found.end_time == "2023-11-14T22:13:25.000000Z"
    (event,) = found.annotations
    assert (event.description, event.attributes.attributes) == ("half", {"percent": 50})
    assert event.timestamp == "2023-11-14T22:13:20.001000Z"
    (linked,) = found.links
    assert (linked.trace_id, linked.span_id) == ids(other)
    assert linked.attributes == {"why": "batch"}
    assert (found.status.code, found.status.message) == (2, "no more")
    assert found.span_kind == SpanKind.UNSPECIFIED
    assert not span.is_recording()


def test_what_instrumentations_read_of_a_span_is_there(bridge: Any) -> None:
    code = bridge.trace.StatusCode
    with bridge.tracer.start_as_current_span("above") as above:
        span = bridge.tracer.start_span("sell", None, bridge.kind.SERVER, {"a": 1}, None, 7)
    span.set_status(code.ERROR, "bad")
    assert (span.name, span.kind, dict(span.attributes)) == ("sell", bridge.kind.SERVER, {"a": 1})
    assert (span.context, span.parent) == (span.get_span_context(), above.context)
    assert (span.status.status_code, span.status.description) == (code.ERROR, "bad")
    assert (above.parent, span.start_time, span.end_time) == (None, 7, None)
    span.end(9)
    assert span.end_time == 9


def test_more_attributes_and_events_are_kept_than_our_own_spans_hold(
    bridge: Any, span_list: Any
) -> None:
    with bridge.tracer.start_as_current_span("wide") as span:
        for number in range(130):
            span.set_attribute(f"a{number}", number)
            span.add_event(f"e{number}")
    found = span_list.named("wide")
    assert list(found.attributes) == [f"a{number}" for number in range(128)]
    assert [one.description for one in found.annotations] == [f"e{n}" for n in range(2, 130)]


def test_that_it_went_well_is_the_last_word(bridge: Any, span_list: Any) -> None:
    code = bridge.trace.StatusCode
    with bridge.tracer.start_as_current_span("well") as span:
        span.set_status(code.ERROR, "not yet")
        span.set_status(bridge.trace.Status(code.OK))
        span.set_status(code.ERROR, "too late")
    with bridge.tracer.start_as_current_span("badly") as span:
        span.set_status(bridge.trace.Status(code.ERROR, "bad"))
        span.set_status(code.UNSET)
    assert span_list.named("well").status.is_ok
    assert span_list.named("badly").status.message == "bad"


@pytest.mark.parametrize("starts", ["current", "with"])
def test_exception_is_noted_and_goes_on(bridge: Any, span_list: Any, starts: str) -> None:
    start = bridge.tracer.start_as_current_span if starts == "current" else bridge.tracer.start_span
    with pytest.raises(LookupError, match="no such price"), start("sell"):
        raise LookupError("no such price")
    found = span_list.named("sell")
    assert (found.status.code, found.status.message) == (2, "LookupError: no such price")
    (event,) = found.annotations
    said = event.attributes.attributes
    assert (said["exception.type"], said["exception.message"]) == ("LookupError", "no such price")
    assert 'raise LookupError("no such price")' in said["exception.stacktrace"]


def test_their_spans_nest_and_continue_callers(bridge: Any, span_list: Any) -> None:
    carrier = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "vendor=1"}
    caller = bridge.propagate.extract(carrier)
    served_span = bridge.tracer.start_as_current_span("served", caller, bridge.kind.SERVER)
    with served_span as served, bridge.tracer.start_as_current_span("inside"):
        sent: dict[str, str] = {}
        bridge.propagate.inject(sent)
    inside, outside = span_list.named("inside"), span_list.named("served")
    assert outside.context.trace_id == inside.context.trace_id == "a" * 32
    assert (outside.parent_span_id, inside.parent_span_id) == ("b" * 16, ids(served)[1])
    assert outside.span_kind == SpanKind.SERVER
    assert sent["traceparent"] == f"00-{'a' * 32}-{inside.span_id}-01"
    assert sent["tracestate"] == "vendor=1"


def test_each_root_is_a_trace(bridge: Any, span_list: Any, tracer: Any) -> None:
    for name in "ab":
        with bridge.tracer.start_as_current_span(name):
            pass
    traces = {span.context.trace_id for span in span_list.spans}
    assert len(traces) == 2
    assert tracer.span_context.trace_id not in traces


def test_ours_is_the_parent_of_theirs_and_theirs_of_ours(bridge: Any, span_list: Any) -> None:
    tracer = Tracer(exporter=span_list, sampler=AlwaysOnSampler())
    with tracer.span("1"), bridge.tracer.start_as_current_span("2"):
        with tracer.span("3"), bridge.tracer.start_as_current_span("4"):
            pass
        with bridge.tracer.start_as_current_span("5"):
            pass
    spans = {span.name: span for span in span_list.spans}
    assert {span.context.trace_id for span in spans.values()} == {tracer.span_context.trace_id}
    above = {one.span_id: name for name, one in spans.items()}
    parents = {name: above.get(one.parent_span_id) for name, one in spans.items()}
    assert parents == {"1": None, "2": "1", "3": "2", "4": "3", "5": "2"}


def test_our_integrations_inside_a_span_of_theirs_are_below_it(
    bridge: Any, span_list: Any, tracer: Any
) -> None:
    """They take the current tracer: inside, that is one of the trace of their span."""
    with bridge.tracer.start_as_current_span("theirs") as theirs:
        current = execution_context.get_opencensus_tracer()
        with current.span("ours"):
            headers = current.propagator.to_headers(current.span_context)
    ours = span_list.named("ours")
    assert (ours.context.trace_id, ours.parent_span_id) == ids(theirs)
    assert headers["traceparent"] == f"00-{ids(theirs)[0]}-{ours.span_id}-01"
    assert execution_context.get_opencensus_tracer() is tracer


def test_tracer_is_followed_into_tasks_and_threads(bridge: Any, span_list: Any) -> None:
    def ours(name: str) -> None:
        with execution_context.get_opencensus_tracer().span(name):
            pass

    async def main() -> None:
        with bridge.tracer.start_as_current_span("theirs"):
            await asyncio.gather(asyncio.to_thread(ours, "pooled"), asyncio.create_task(task()))

            def run(context: Any) -> None:
                token = bridge.context.attach(context)
                ours("thread")
                bridge.context.detach(token)
                ours("nowhere")

            thread = threading.Thread(target=run, args=(bridge.context.get_current(),))
            thread.start()
            thread.join()

            def carried(context: Carried) -> None:
                context.apply()
                ours("carried")

            thread = threading.Thread(target=carried, args=(Carried(),))
            thread.start()
            thread.join()

    async def task() -> None:
        ours("task")

    asyncio.run(main())
    theirs = span_list.named("theirs")
    found = {span.name: (span.context.trace_id, span.parent_span_id) for span in span_list.spans}
    inside = (theirs.context.trace_id, theirs.span_id)
    assert found == {
        "theirs": (theirs.context.trace_id, None),
        **dict.fromkeys(("pooled", "task", "thread", "carried"), inside),
    }


def test_decorated_functions_are_spans(bridge: Any, span_list: Any) -> None:
    @bridge.tracer.start_as_current_span("plain")
    def plain() -> int:
        return 1

    @bridge.tracer.start_as_current_span("awaited")
    async def awaited() -> int:
        await asyncio.sleep(0)
        return 2

    assert (plain(), asyncio.run(awaited())) == (1, 2)
    assert [span.name for span in span_list.spans] == ["plain", "awaited"]


def test_what_is_not_sampled_is_not_recorded_and_its_caller_hears_of_it(
    bridge: Any, span_list: Any
) -> None:
    bridge.provider.sampler = AlwaysOffSampler()
    with bridge.tracer.start_as_current_span("1") as span:
        bridge.provider.sampler = AlwaysOnSampler()
        with bridge.tracer.start_as_current_span("2"):
            carrier: dict[str, str] = {}
            bridge.propagate.inject(carrier)
    assert not span.is_recording()
    assert carrier["traceparent"].startswith(f"00-{ids(span)[0]}-")
    assert carrier["traceparent"].endswith("-00")
    assert span_list.spans == []


def test_inside_a_request_of_ours_that_is_not_recorded_nothing_is(
    bridge: Any, span_list: Any
) -> None:
    Tracer(exporter=span_list, sampler=AlwaysOffSampler())
    with bridge.tracer.start_as_current_span("inside"):
        pass
    assert span_list.spans == []


def test_sampling_rate_goes_along(bridge: Any, span_list: Any) -> None:
    class Half(AlwaysOnSampler):
        def sample_rate(self, span_context: Any) -> float:
            return 50

    bridge.provider.sampler = Half()
    with bridge.tracer.start_as_current_span("1"), bridge.tracer.start_as_current_span("2"):
        pass
    assert [span.context.sample_rate for span in span_list.spans] == [50, 50]


def test_sending_of_telemetry_is_no_span(bridge: Any, span_list: Any) -> None:
    execution_context.set_is_exporter(True)
    with bridge.tracer.start_as_current_span("sending"):
        pass
    assert span_list.spans == []


def test_failures_of_the_applications_parts_do_not_reach_it(
    bridge: Any, span_list: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(AlwaysOnSampler):
        def should_sample(self, span_context: Any) -> bool:
            raise OSError("no sampler")

    bridge.provider.sampler = Broken()
    with bridge.tracer.start_as_current_span("work") as span:
        span.set_attribute("a", 1)
    assert "cannot be traced" in caplog.text
    assert span_list.spans == []


@pytest.fixture
def meters(monkeypatch: pytest.MonkeyPatch) -> tuple[RequestMeter, RequestMeter]:
    """Those of requests and of calls: servers of other tests may still run in this process."""
    own = RequestMeter("served_here"), RequestMeter("called_here")
    monkeypatch.setattr(meter, "served", own[0])
    monkeypatch.setattr(meter, "called", own[1])
    return own


@pytest.mark.parametrize("method", ["http.method", "http.request.method"])
def test_requests_and_calls_are_counted_once(bridge: Any, meters: Any, method: str) -> None:
    served, called = meters
    told = {method: "GET"}
    with bridge.tracer.start_as_current_span("GET", kind=bridge.kind.SERVER, attributes=told):
        with bridge.tracer.start_as_current_span("GET", kind=bridge.kind.SERVER, attributes=told):
            assert served.begin() is None, "an integration below counts nothing"
        with bridge.tracer.start_as_current_span("GET", kind=bridge.kind.CLIENT, attributes=told):
            assert called.begin() is None
        with bridge.tracer.start_as_current_span("select", kind=bridge.kind.CLIENT):
            pass

    assert (served.total.requests, called.total.requests) == (1, 1)


def test_what_ends_elsewhere_hides_no_later_request(bridge: Any, meters: Any) -> None:
    served, _ = meters
    span = bridge.tracer.start_span("GET", None, bridge.kind.SERVER, {"http.method": "GET"})
    ending = threading.Thread(target=span.end)
    ending.start()
    ending.join()

    assert served.total.requests == 1
    began = served.begin()
    served.end(began)
    assert served.total.requests == 2
