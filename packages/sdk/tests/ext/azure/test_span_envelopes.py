"""What a span becomes on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.link import Link
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.span_context import SpanContext
from opencensus.trace.status import Status
from opencensus.trace.time_event import MessageEvent, Type
from opencensus.trace.tracer import Tracer
from opencensus.trace.tracestate import Tracestate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openinsights_wire.envelope import Envelope

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[AzureExporter]:
    made = AzureExporter(
        connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
        storage_path=str(tmp_path),
        export_interval=600,
    )
    yield made
    made.shutdown(0)


class Keeping:
    """Takes finished spans as the exporter does, and shows what it makes of them."""

    def __init__(self, exporter: AzureExporter) -> None:
        self.spans: list[Any] = []
        self.exporter = exporter

    def take_span(self, span: Any) -> None:
        self.spans.append(span)

    def export(self, span_datas: Any) -> None:
        raise AssertionError("spans are taken as they are")

    @property
    def envelopes(self) -> list[Envelope]:
        return [one for span in self.spans for one in self.exporter._convert(span)]


@pytest.fixture
def record(exporter: AzureExporter) -> Callable[..., list[Envelope]]:
    def make(fill: Callable[[Any], object], context: SpanContext | None = None) -> list[Envelope]:
        keeping = Keeping(exporter)
        tracer = Tracer(context, sampler=AlwaysOnSampler(), exporter=keeping)
        with tracer.span("work") as span:
            fill(span)
        return keeping.envelopes

    return make


def test_a_failed_span_of_the_process_says_so(exporter: AzureExporter) -> None:
    """The retired client reports success for every span of the process, even one that raised."""
    keeping = Keeping(exporter)
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=keeping)
    with pytest.raises(ValueError, match="no price"), tracer.span("price"):
        raise ValueError("no price")

    (envelope,) = keeping.envelopes
    data = envelope.data.baseData
    assert (data.success, data.resultCode, data.type) == (False, "2", "INPROC")
    assert data.properties["status.message"] == "no price"


def test_annotations_and_messages_are_traces_of_their_span(record: Any) -> None:
    """The retired client drops both."""

    def fill(span: Any) -> None:
        span.add_annotation("cache missed", key="basket", size=3)
        span.add_message_event(MessageEvent(None, "7", Type.SENT, 120, 80))

    dependency, note, message = record(fill)

    assert note.data.baseType == "MessageData"
    assert note.data.baseData.message == "cache missed"
    assert note.data.baseData.properties == {"key": "basket", "size": "3"}
    assert message.data.baseData.message == "message sent"
    assert message.data.baseData.properties == {
        "id": "7",
        "uncompressedSizeBytes": "120",
        "compressedSizeBytes": "80",
    }
    for event in (note, message):
        assert event.tags["ai.operation.parentId"] == dependency.data.baseData.id
        assert event.tags["ai.operation.id"] == dependency.tags["ai.operation.id"]
        assert event.time >= dependency.time


def test_links_and_tracestate_are_properties(record: Any) -> None:
    """The retired client drops the tracestate."""
    state = Tracestate()
    state["vendor"] = "1"
    (dependency,) = record(
        lambda span: span.add_link(Link("a" * 32, "b" * 16)),
        SpanContext(trace_id="c" * 32, tracestate=state),
    )

    properties = dependency.data.baseData.properties
    assert json.loads(properties["_MS.links"]) == [{"operation_Id": "a" * 32, "id": "b" * 16}]
    assert properties["tracestate"] == "vendor=1"


def test_attributes_of_any_type_survive(record: Any) -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    def fill(span: Any) -> None:
        for key, value in (
            ("none", None),
            ("list", [1, "a"]),
            ("map", {"a": 1}),
            ("object", Odd()),
            ("real", 0.5),
            (5, True),
        ):
            span.add_attribute(key, value)

    (dependency,) = record(fill)

    assert dependency.data.baseData.properties == {
        "none": "",
        "list": '[1,"a"]',
        "map": '{"a":1}',
        "object": "odd",
        "real": "0.5",
        "5": "true",
    }


def test_an_attribute_that_cannot_be_read_costs_itself_only(record: Any) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("unreadable")

    def fill(span: Any) -> None:
        span.add_attribute("bad", Broken())
        span.add_attribute("good", "yes")

    (dependency,) = record(fill)

    assert dependency.data.baseData.properties == {"bad": "<Broken without a text>", "good": "yes"}


def test_children_of_a_span_are_sent_with_it(record: Any) -> None:
    def fill(span: Any) -> None:
        with span.span("child"):
            pass

    child, parent = record(fill)

    assert child.data.baseData.name == "child"
    assert child.tags["ai.operation.parentId"] == parent.data.baseData.id


def test_an_exception_stands_below_the_request_that_it_ended(exporter: AzureExporter) -> None:
    """With the retired client it stands beside it, and its frames are one text."""
    keeping = Keeping(exporter)
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=keeping)
    span = tracer.start_span("request")
    span.span_kind = SpanKind.SERVER
    span.add_attribute("error.message", "'tea'")
    span.add_attribute("error.name", "KeyError")
    with pytest.raises(KeyError), span:
        raise KeyError("tea")

    failure, request = keeping.envelopes

    assert failure.tags["ai.operation.parentId"] == request.data.baseData.id
    (details,) = failure.data.baseData.exceptions
    assert details.parsedStack[0].fileName == __file__
    assert details.parsedStack[0].method.startswith("test_an_exception_stands_below")


def test_the_retired_form_of_an_exception_has_its_request_s_tags(exporter: AzureExporter) -> None:
    keeping = Keeping(exporter)
    tracer = Tracer(SpanContext(span_id="d" * 16), sampler=AlwaysOnSampler(), exporter=keeping)
    with tracer.span("request") as span:
        span.span_kind = SpanKind.SERVER
        span.add_attribute("error.message", "broken")
    record = tracer.tracer.get_span_datas(keeping.spans[0])[0]

    failure, request = exporter.span_data_to_envelope(record)

    assert failure.tags == request.tags
    assert failure.tags["ai.operation.parentId"] == "d" * 16
    assert failure.time == request.time


@pytest.mark.parametrize(
    ("lasted", "text"),
    [
        ("00.000001", "0.00:00:00.000001"),
        ("00.099999", "0.00:00:00.099999"),
        ("00.111111", "0.00:00:00.111"),
        ("59.999600", "0.00:01:00.000"),
    ],
)
def test_long_spans_are_rounded_to_milliseconds(
    exporter: AzureExporter, lasted: str, text: str
) -> None:
    keeping = Keeping(exporter)
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=keeping)
    with tracer.span("work") as span:
        pass
    span.start_time = "2026-11-21T07:19:00.000000Z"
    span.end_time = f"2026-11-21T07:19:{lasted}Z"

    assert keeping.envelopes[0].data.baseData.duration == text


def test_times_are_those_of_the_clock(record: Any) -> None:
    (dependency,) = record(lambda span: None)

    assert datetime.fromisoformat(dependency.time.replace("Z", "+00:00")).tzinfo is not None
    assert dependency.data.baseData.duration.startswith("0.00:00:00.")


def test_the_rate_of_the_sampler_weighs_the_span(record: Any) -> None:
    context = SpanContext()

    def fill(span: Any) -> None:
        context.sample_rate = 25.0

    (dependency,) = record(fill, context)

    assert dependency.sampleRate == 25.0


def test_a_status_that_was_set_decides_success(record: Any) -> None:
    (dependency,) = record(lambda span: span.set_status(Status(5, "not found")))

    assert (dependency.data.baseData.success, dependency.data.baseData.resultCode) == (False, "5")


def test_a_subclass_with_a_form_of_its_own_sees_records(tmp_path: Path) -> None:
    seen: list[Any] = []

    class Own(AzureExporter):
        def span_data_to_envelope(self, span_data: Any) -> Any:
            seen.append(span_data)
            return super().span_data_to_envelope(span_data)

    exporter = Own(
        connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
        storage_path=str(tmp_path),
        export_interval=600,
    )
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=exporter)
    with tracer.span("work"):
        pass
    exporter._sender._envelopes(exporter._sender._queue.take(10))
    exporter.shutdown(0)

    assert [type(one).__name__ for one in seen] == ["SpanData"]
    assert seen[0].links is not None
