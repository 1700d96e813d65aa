"""Makes spans, log records and metrics once, and exports them by Azure's exporter and by OTLP.

python telemetry_both_ways.py <azure connection string> <otlp url> <key> <http|json|grpc>
"""

from __future__ import annotations

import sys

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

CONNECTION_STRING, URL, KEY, WAY = sys.argv[1:]
HEADERS = {"x-ms-instrumentation-key": KEY}

if WAY == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
elif WAY == "json":
    from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter


def exporter(kind, signal):
    if WAY == "grpc":
        return kind(endpoint=URL, insecure=True, headers=tuple(HEADERS.items()))
    return kind(endpoint=f"{URL}/v1/{signal}", headers=HEADERS)


RESOURCE = Resource.create(
    {
        "service.name": "checkout",
        "service.namespace": "shop",
        "service.instance.id": "pod-1",
        "service.version": "1.2.3",
        "device.model.name": "model 7",
    }
)

SPANS = (
    (
        SpanKind.SERVER,
        {
            "http.request.method": "GET",
            "http.route": "/orders/{number}",
            "url.scheme": "https",
            "server.address": "shop.example",
            "server.port": 443,
            "url.path": "/orders/7",
            "url.query": "a=b",
            "http.response.status_code": 200,
            "client.address": "203.0.113.9",
            "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0",
            "tenant": "north",
            "vip": True,
            "items": 3,
            "ratio": 0.25,
        },
    ),
    (
        SpanKind.SERVER,
        {
            "http.method": "POST",
            "http.scheme": "http",
            "http.host": "shop.example",
            "http.target": "/pay?x=1",
            "http.status_code": 403,
            "http.user_agent": "AlwaysOn probe",
            "net.peer.ip": "203.0.113.8",
            "enduser.id": "ann",
            "enduser.pseudo.id": "u-1",
            "session.id": "s-1",
        },
    ),
    (SpanKind.SERVER, {"http.method": "GET", "net.host.name": "h", "http.scheme": "http"}),
    (SpanKind.SERVER, {"http.url": "http://x.example/y", "http.method": "GET"}),
    (SpanKind.SERVER, {"rpc.system": "grpc", "rpc.method": "Pay"}),
    (
        SpanKind.CONSUMER,
        {
            "messaging.system": "kafka",
            "messaging.destination": "orders",
            "net.peer.name": "broker.example",
        },
    ),
    (SpanKind.CONSUMER, {"messaging.system": "kafka", "messaging.destination": "orders"}),
    (
        SpanKind.CONSUMER,
        {
            "az.namespace": "Microsoft.ServiceBus",
            "server.address": "bus.example",
            "messaging.destination.name": "orders",
        },
    ),
    (
        SpanKind.CLIENT,
        {
            "http.request.method": "GET",
            "url.full": "https://bank.example:8443/pay/1?q=2",
            "server.address": "bank.example",
            "server.port": 8443,
            "http.response.status_code": 502,
        },
    ),
    (SpanKind.CLIENT, {"http.method": "PUT", "http.url": "http://bank.example/accounts"}),
    (
        SpanKind.CLIENT,
        {
            "http.method": "GET",
            "http.scheme": "http",
            "net.peer.name": "bank.example",
            "net.peer.port": 8081,
            "http.target": "/t",
            "http.status_code": "201",
        },
    ),
    (SpanKind.CLIENT, {"http.method": "GET", "peer.service": "bank", "http.host": "h:80"}),
    (
        SpanKind.CLIENT,
        {
            "db.system.name": "postgresql",
            "db.query.text": "select 1",
            "db.namespace": "shop",
            "server.address": "db.example",
            "server.port": 5433,
        },
    ),
    (
        SpanKind.CLIENT,
        {
            "db.system": "mssql",
            "db.statement": "select 2",
            "db.name": "shop",
            "net.peer.name": "sql.example",
            "net.peer.port": 1433,
        },
    ),
    (SpanKind.CLIENT, {"db.system": "redis", "db.operation": "GET", "net.peer.ip": "10.0.0.1"}),
    (SpanKind.CLIENT, {"db.system": "couchbase"}),
    (SpanKind.CLIENT, {"messaging.system": "rabbitmq", "messaging.destination": "jobs"}),
    (SpanKind.CLIENT, {"rpc.system": "grpc", "peer.service": "stock"}),
    (SpanKind.CLIENT, {"rpc.system": "grpc", "net.peer.name": "s", "net.peer.port": 50051}),
    (SpanKind.CLIENT, {"gen_ai.system": "openai", "gen_ai.request.model": "large"}),
    (SpanKind.CLIENT, {"gen_ai.system": "openai", "http.method": "POST"}),
    (SpanKind.CLIENT, {"az.namespace": "Microsoft.Storage", "peer.service": "blob"}),
    (SpanKind.CLIENT, {"anything": "else"}),
    (SpanKind.PRODUCER, {"messaging.system": "kafka", "messaging.destination": "orders"}),
    (SpanKind.PRODUCER, {"net.peer.name": "broker.example"}),
    (
        SpanKind.PRODUCER,
        {
            "az.namespace": "Microsoft.EventHub",
            "server.address": "hub.example",
            "messaging.destination.name": "orders",
        },
    ),
    (SpanKind.INTERNAL, {"note": "한국어 é 🚀", "empty": ""}),
    (SpanKind.INTERNAL, {"az.namespace": "Microsoft.KeyVault"}),
    (SpanKind.INTERNAL, {"gen_ai.system": "openai", "code.function": "f", "error.type": "x"}),
    (SpanKind.INTERNAL, {"_MS.sampleRate": 25.0, "microsoft.custom_measurements": '{"a": 1.5}'}),
)


def make_spans() -> None:
    provider = TracerProvider(resource=RESOURCE)
    for one in (
        AzureMonitorTraceExporter(connection_string=CONNECTION_STRING),
        exporter(OTLPSpanExporter, "traces"),
    ):
        provider.add_span_processor(SimpleSpanProcessor(one))
    tracer = provider.get_tracer("opentelemetry.instrumentation.flask")
    plain = provider.get_tracer("shop.own")
    with plain.start_as_current_span("front", kind=SpanKind.SERVER) as front:
        linked = front.get_span_context()
        for number, (kind, attributes) in enumerate(SPANS):
            with (tracer if number % 2 else plain).start_as_current_span(
                f"span {number}", kind=kind, attributes=attributes
            ):
                pass
    with plain.start_as_current_span("linked", links=[Link(linked), Link(linked, {"a": 1})]) as one:
        one.add_event("cache miss", {"size": 3, "session.id": "s-2", "http.url": "left out"})
        one.set_status(Status(StatusCode.ERROR, "no"))
        try:
            raise ValueError("bad")
        except ValueError as error:
            one.record_exception(error, {"note": "kept"})
    provider.shutdown()


def make_logs() -> None:
    provider = LoggerProvider(resource=RESOURCE)
    for one in (
        AzureMonitorLogExporter(connection_string=CONNECTION_STRING),
        exporter(OTLPLogExporter, "logs"),
    ):
        provider.add_log_record_processor(SimpleLogRecordProcessor(one))
    logger = provider.get_logger("shop.payments")
    for record in (
        LogRecord(body="  plain  ", severity_number=SeverityNumber.INFO),
        LogRecord(
            body="quiet", severity_number=SeverityNumber.DEBUG, attributes={"a": 1, "b": True}
        ),
        LogRecord(body="worse", severity_number=SeverityNumber.ERROR2),
        LogRecord(body="worst", severity_number=SeverityNumber.FATAL4),
        LogRecord(body=None, attributes={"nothing": "said"}),
        LogRecord(body=7),
        LogRecord(
            body="failed",
            severity_number=SeverityNumber.ERROR,
            attributes={
                "exception.type": "KeyError",
                "exception.message": "k",
                "exception.stacktrace": "Traceback 1",
                "note": "kept",
            },
        ),
        LogRecord(
            body=None,
            attributes={"exception.message": "only a message", "exception.stacktrace": "T"},
        ),
        LogRecord(
            body="b",
            attributes={
                "microsoft.custom_event.name": "coupon used",
                "coupon": "AUTUMN",
                "microsoft.custom_measurements": '{"worth": 5}',
            },
        ),
        LogRecord(
            body="probe",
            attributes={
                "microsoft.availability.id": "run-1",
                "microsoft.availability.name": "front page",
                "microsoft.availability.duration": "0.00:00:00.640",
                "microsoft.availability.success": "true",
                "microsoft.availability.runLocation": "north",
            },
        ),
        LogRecord(
            body="people",
            trace_id=2**100,
            span_id=2**50,
            attributes={
                "enduser.id": "ann",
                "enduser.pseudo.id": "u",
                "session.id": "s",
                "ai.operation.name": "GET /x",
                "client.address": "203.0.113.7",
                "user_agent.synthetic.type": "test",
            },
        ),
    ):
        record.timestamp = record.timestamp or 0
        if not record.timestamp:
            import time

            record.timestamp = time.time_ns()
        logger.emit(record)
    provider.shutdown()


def make_metrics() -> None:
    never = 3_600_000
    provider = MeterProvider(
        resource=RESOURCE,
        metric_readers=[
            PeriodicExportingMetricReader(one, export_interval_millis=never)
            for one in (
                AzureMonitorMetricExporter(connection_string=CONNECTION_STRING),
                exporter(OTLPMetricExporter, "metrics"),
            )
        ],
    )
    meter = provider.get_meter("shop.meter")
    counter = meter.create_counter("orders")
    both = meter.create_up_down_counter("carts.open")
    histogram = meter.create_histogram("cart.value")
    gauge = meter.create_gauge("temperature")
    meter.create_observable_gauge("queue.length", callbacks=[lambda _: [observation(4, "a")]])
    meter.create_observable_counter(
        "bytes.read", callbacks=[lambda _: [observation(total[0], "r")]]
    )
    served = meter.create_histogram("http.server.request.duration")
    for step in (1, 2, 3):
        total[0] += 100 * step
        counter.add(step, {"region": "north"})
        counter.add(0.5, {"region": "south"})
        both.add(2 - step)
        for value in (1.0 * step, 10.0 * step):
            histogram.record(value, {"kind": "한국"})
        gauge.set(20.5 + step)
        served.record(0.1, {"http.response.status_code": 200})
        provider.force_flush()
    provider.shutdown()


total = [0]


def observation(value, name):
    from opentelemetry.metrics import Observation

    return Observation(value, {"name": name})


make_spans()
make_logs()
make_metrics()
assert trace is not None
