"""A WSGI application whose exporter is made before the server forks its workers."""

import os

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

exporter = AzureExporter(role_name="workers")
with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="load"):
    pass
exporter.flush()


def application(environ, start_response):
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    with tracer.span(name="request") as request:
        request.span_kind = SpanKind.SERVER
    start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    return [str(os.getpid()).encode()]
