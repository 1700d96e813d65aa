"""A program that keeps OpenTelemetry's SDK and sends with our exporters; it calls its argument."""

import sys

import urllib3
from opentelemetry import _logs, metrics, trace
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from opencensus.ext.opentelemetry.log_exporter import LogRecordExporter
from opencensus.ext.opentelemetry.metric_exporter import MetricExporter
from opencensus.ext.opentelemetry.span_exporter import SpanExporter

resource = Resource.create({"service.name": "exported"})
tracers = TracerProvider(resource=resource)
tracers.add_span_processor(BatchSpanProcessor(SpanExporter()))
trace.set_tracer_provider(tracers)
metrics.set_meter_provider(
    MeterProvider([PeriodicExportingMetricReader(MetricExporter())], resource)
)
loggers = LoggerProvider(resource)
loggers.add_log_record_processor(BatchLogRecordProcessor(LogRecordExporter()))
_logs.set_logger_provider(loggers)
URLLib3Instrumentor().instrument()

with trace.get_tracer("shop").start_as_current_span("sell"):
    with urllib3.PoolManager() as pool:
        assert pool.request("GET", sys.argv[1]).status == 200
    metrics.get_meter("shop").create_counter("sold").add(2, {"kind": "cup"})
    _logs.get_logger("shop").emit(body="sold a cup")
