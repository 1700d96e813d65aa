"""OpenTelemetry's SDK with our exporters, against a recording server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def resource(bridge: Any) -> Any:
    from opentelemetry.sdk.resources import Resource

    said = {"service.name": "web", "service.namespace": "shop", "service.version": "7"}
    return Resource({**said, "service.instance.id": "one"})


@pytest.fixture
def options(track_server: Any) -> dict[str, Any]:
    return {"connection_string": track_server.connection_string, "export_interval": 3600}


@pytest.fixture
def spans(bridge: Any, resource: Any, options: dict[str, Any]) -> Iterator[Any]:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from opencensus.ext.opentelemetry.span_exporter import SpanExporter

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(SpanExporter(**options)))
    yield provider
    provider.shutdown()


def only(track_server: Any, kind: str) -> Any:
    (envelope,) = track_server.of_type(kind)
    return envelope


ROLE = {"ai.cloud.role": "shop.web", "ai.cloud.roleInstance": "one", "ai.application.ver": "7"}


def test_spans(bridge: Any, spans: Any, track_server: Any) -> None:
    tracer = spans.get_tracer("tests")
    other = tracer.start_span("other").get_span_context()
    served = tracer.start_as_current_span(
        "GET /orders/{id}",
        kind=bridge.kind.SERVER,
        attributes={
            "http.request.method": "GET",
            "http.route": "/orders/{id}",
            "_MS.sampleRate": 50,
        },
        links=[bridge.trace.Link(other)],
    )
    with contextlib.suppress(LookupError), served as span:
        span.set_attribute("http.response.status_code", 500)
        span.add_event("asked", {"order": 7})
        with tracer.start_as_current_span(
            "GET",
            kind=bridge.kind.CLIENT,
            attributes={"http.method": "GET", "http.url": "http://x/a"},
        ) as call:
            pass
        raise LookupError("no such price")
    assert spans.force_flush()

    request, failure = only(track_server, "RequestData"), only(track_server, "ExceptionData")
    line, dependency = only(track_server, "MessageData"), only(track_server, "RemoteDependencyData")
    ids = span.get_span_context()
    trace_id, span_id = f"{ids.trace_id:032x}", f"{ids.span_id:016x}"
    data = request["data"]["baseData"]
    assert (data["name"], data["responseCode"], data["success"]) == (
        "GET /orders/{id}",
        "500",
        False,
    )
    assert (data["id"], request["sampleRate"], failure["sampleRate"]) == (span_id, 50, 50)
    assert f"{other.trace_id:032x}" in data["properties"]["_MS.links"]
    for one in (request, failure, line, dependency):
        assert one["tags"]["ai.operation.id"] == trace_id
        assert ROLE.items() <= one["tags"].items()
    for one in (failure, line, dependency):
        assert one["tags"]["ai.operation.parentId"] == span_id
    assert "ai.operation.parentId" not in request["tags"]
    (details,) = failure["data"]["baseData"]["exceptions"]
    assert (details["typeName"], details["message"]) == ("LookupError", "no such price")
    assert 'raise LookupError("no such price")' in details["stack"]
    assert line["data"]["baseData"]["message"] == "asked"
    found = dependency["data"]["baseData"]
    assert found["id"] == f"{call.get_span_context().span_id:016x}"
    assert (found["name"], found["type"], found["target"]) == ("GET /a", "HTTP", "x")


def test_role_of_the_options_stays(bridge: Any, resource: Any, options: dict[str, Any]) -> None:
    from opentelemetry.sdk.resources import Resource

    from opencensus.ext.opentelemetry.resources import tags_of
    from opencensus.ext.opentelemetry.span_exporter import SpanExporter

    exporter = SpanExporter(role_name="mine", role_instance="two", **options)
    assert tags_of(resource, exporter.exporter.options) == {"ai.application.ver": "7"}
    exporter.shutdown()
    unnamed = SpanExporter(**options)
    assert tags_of(Resource.create(), unnamed.exporter.options).keys() <= {"ai.cloud.roleInstance"}
    unnamed.shutdown()


def test_log_records(bridge: Any, resource: Any, options: Any, track_server: Any) -> None:
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    from opencensus.ext.opentelemetry.log_exporter import LogRecordExporter

    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(LogRecordExporter(**options)))
    with bridge.tracer.start_as_current_span("sell") as span:
        provider.get_logger("shop").emit(body="sold", attributes={"left": 3})
    assert provider.force_flush()
    envelope = only(track_server, "MessageData")
    assert envelope["data"]["baseData"]["message"] == "sold"
    assert envelope["data"]["baseData"]["properties"] == {"logger_name": "shop", "left": "3"}
    ids = span.get_span_context()
    assert envelope["tags"]["ai.operation.id"] == f"{ids.trace_id:032x}"
    assert envelope["tags"]["ai.operation.parentId"] == f"{ids.span_id:016x}"
    assert ROLE.items() <= envelope["tags"].items()
    provider.shutdown()


def measured(track_server: Any) -> list[tuple[str, Any, dict[str, str]]]:
    found = []
    for envelope in track_server.of_type("MetricData"):
        data = envelope["data"]["baseData"]
        (point,) = data["metrics"]
        assert ROLE.items() <= envelope["tags"].items()
        found.append((point["name"], point["value"], data.get("properties") or {}))
    return sorted(found, key=str)


@pytest.mark.parametrize("sends_growth", [True, False])
def test_metrics(
    bridge: Any, resource: Any, options: Any, track_server: Any, sends_growth: bool
) -> None:
    from opentelemetry.metrics import Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    from opencensus.ext.opentelemetry.metric_exporter import MetricExporter

    exporter = MetricExporter(**options, **({} if sends_growth else {"delta": False}))
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], resource, shutdown_on_exit=False)
    meter = provider.get_meter("tests")
    sold, waiting = meter.create_counter("sold"), meter.create_up_down_counter("waiting")
    took = meter.create_histogram("took", explicit_bucket_boundaries_advisory=[0, 5, 10])
    meter.create_observable_gauge("heat", [lambda options: [Observation(20, {"room": "a"})]])
    sold.add(2, {"kind": "cup"})
    waiting.add(-3)
    for amount in (0, 1, 7):
        took.record(amount)
    assert provider.force_flush()
    first = [
        ("heat", 20, {"room": "a"}),
        ("sold", 2, {"kind": "cup"}),
        ("took", 8, {"_buckets": '{"bounds":[5,10],"counts":[2,1,0]}'}),
        ("waiting", -3, {}),
    ]
    assert measured(track_server) == first
    (histogram,) = [
        one["data"]["baseData"]["metrics"][0]
        for one in track_server.of_type("MetricData")
        if one["data"]["baseData"]["metrics"][0]["name"] == "took"
    ]
    assert (histogram["count"], histogram["min"], histogram["max"]) == (3, 0, 7)
    assert histogram.get("stdDev") is None

    sold.add(5, {"kind": "cup"})
    waiting.add(1)
    assert provider.force_flush()
    again = [one for one in measured(track_server) if one not in first]
    assert ("sold", 5 if sends_growth else 7, {"kind": "cup"}) in again
    assert ("waiting", -2, {}) in again
    provider.shutdown()


def test_what_cannot_be_sent_fails_the_call_and_costs_nothing_else(
    bridge: Any, options: Any, track_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.sdk._logs.export import LogRecordExportResult
    from opentelemetry.sdk.trace.export import SpanExportResult

    from opencensus.ext.opentelemetry.log_exporter import LogRecordExporter
    from opencensus.ext.opentelemetry.span_exporter import SpanExporter

    spans, records = SpanExporter(**options), LogRecordExporter(**options)
    nothing: Any = object()
    assert spans.export([nothing]) is SpanExportResult.FAILURE
    assert records.export([nothing]) is LogRecordExportResult.FAILURE
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert spans.force_flush()
    assert records.force_flush()
    spans.shutdown()
    records.shutdown()
