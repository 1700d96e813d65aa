"""What the exporters send is no work of the program: OpenTelemetry must not trace it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

_PROGRAM = """
import logging, sys, urllib3
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
URLLib3Instrumentor().instrument(tracer_provider=provider)

connection_string, endpoint = sys.argv[1:]
options = {"connection_string": connection_string, "enable_local_storage": False}
exporter, handler = AzureExporter(**options), AzureLogHandler(**options)
logger = logging.getLogger("program")
logger.addHandler(handler)
with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span("ours"):
    logger.warning("calls")
    urllib3.request("GET", endpoint + "/of-the-program", retries=False)
exporter.shutdown(20)
handler.close(20)
for span in theirs.get_finished_spans():
    attributes = span.attributes
    print(attributes.get("http.url") or attributes.get("url.full"), f"{span.context.trace_id:032x}")
"""


def test_what_is_sent_is_no_span_of_theirs(track_server: Any) -> None:
    """With the retired client each request to the server was a span of the program."""
    arguments = [track_server.connection_string, track_server.endpoint]
    command = [sys.executable, "-W", "ignore", "-c", _PROGRAM, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr

    (span,) = track_server.of_type("RemoteDependencyData")
    (line,) = track_server.of_type("MessageData")
    trace_id = span["tags"]["ai.operation.id"]
    assert line["tags"]["ai.operation.id"] == trace_id
    assert line["tags"]["ai.operation.parentId"] == span["data"]["baseData"]["id"]
    assert ran.stdout.splitlines() == [f"{track_server.endpoint}/of-the-program {trace_id}"]
