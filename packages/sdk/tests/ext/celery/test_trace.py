from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import EncodeError

from opencensus.ext.celery import trace
from opencensus.trace.span import SpanKind


@pytest.fixture
def app(tracer: Any) -> Any:
    trace.trace_integration(tracer)
    trace.trace_integration(tracer)
    return Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)


def test_sending_a_task_is_a_call_that_carries_the_trace(
    app: Any, tracer: Any, span_list: Any
) -> None:
    with tracer.span(name="order") as order, app.connection_for_write() as connection:
        app.send_task("bill", (7,), queue="bills", headers={"mine": "1"}, connection=connection)
        with connection.SimpleQueue("bills") as queue:
            headers = queue.get(timeout=5).headers

    span = span_list.named("send bill")
    assert headers["mine"] == "1"
    assert headers["traceparent"] == f"00-{tracer.span_context.trace_id}-{span.span_id}-01"
    assert span.parent_span_id == order.span_id
    assert span.span_kind == SpanKind.CLIENT
    assert span.attributes["component"] == "celery"
    assert span.attributes["celery.queue"] == "bills"
    assert span.attributes["dependency.target"] == "bills"
    assert span.attributes["celery.task_id"] == headers["id"]


def test_a_task_that_runs_in_place_is_a_child(app: Any, tracer: Any, span_list: Any) -> None:
    @app.task(name="bill")
    def bill(number: int) -> int:
        with tracer_here().span(name="inside"):
            return number * 2

    def tracer_here() -> Any:
        from opencensus.trace import execution_context

        return execution_context.get_opencensus_tracer()

    with tracer.span(name="order") as order:
        assert bill.apply((21,)).get() == 42

    span = span_list.named("bill")
    assert span.parent_span_id == order.span_id
    assert span.context.trace_id == tracer.span_context.trace_id
    assert span_list.named("inside").parent_span_id == span.span_id
    assert span.span_kind == SpanKind.SERVER
    assert span.attributes["celery.state"] == "SUCCESS"
    assert tracer.current_span() is None


def test_a_task_that_raises_says_so(app: Any, tracer: Any, span_list: Any) -> None:
    @app.task(name="bill")
    def bill() -> None:
        raise ValueError("no such order")

    assert isinstance(bill.apply().result, ValueError)

    span = span_list.named("bill")
    assert span.status.code == 2
    assert span.attributes["error.name"] == "ValueError"
    assert span.attributes["error.message"] == "no such order"
    assert "bill" in span.attributes["stacktrace"]
    assert span.attributes["celery.state"] == "FAILURE"


def test_a_task_that_cannot_be_sent_ends_its_span(app: Any, tracer: Any, span_list: Any) -> None:
    with pytest.raises(EncodeError):
        app.send_task("bill", (object(),))

    assert span_list.named("send bill").status.code == 2
    assert tracer.current_span() is None


def test_a_tracer_that_is_made_later_is_used(
    span_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opencensus.trace.samplers import AlwaysOnSampler
    from opencensus.trace.tracer import Tracer

    monkeypatch.setitem(trace._chosen, "tracer", None)
    trace.trace_integration()
    shop = Celery("shop", broker="memory://", set_as_current=False)

    @shop.task(name="bill")
    def bill() -> int:
        return 42

    Tracer(exporter=span_list, sampler=AlwaysOnSampler())
    assert bill.apply().get() == 42

    assert span_list.named("bill").status.is_ok


def test_a_task_that_cannot_be_described_is_sent(
    app: Any, tracer: Any, span_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "_describe", lambda *_: 1 / 0)
    with app.connection_for_write() as connection:
        app.send_task("bill", (7,), queue="undescribed", connection=connection)
        with connection.SimpleQueue("undescribed") as queue:
            assert queue.get(timeout=5).headers["task"] == "bill"

    assert len(span_list.spans) == 1
