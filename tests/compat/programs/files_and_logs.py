"""Writes spans to a file from a thread of its own, and to the log."""

import json
import logging
import sys
from pathlib import Path

from opencensus.common.transports.async_ import AsyncTransport
from opencensus.trace import file_exporter, logging_exporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

to_file = file_exporter.FileExporter(file_name="spans.json", transport=AsyncTransport)
tracer = Tracer(sampler=AlwaysOnSampler(), exporter=to_file)
with tracer.span(name="kept"):
    pass
to_file.transport.flush()
(span,) = json.loads(Path("spans.json").read_text())["spans"]
print(span["displayName"]["value"], span.get("attributes"))

handler = logging.StreamHandler(sys.stdout)
to_log = logging_exporter.LoggingExporter(handler=handler)
with Tracer(sampler=AlwaysOnSampler(), exporter=to_log).span(name="logged"):
    pass
logging.getLogger().removeHandler(handler)
