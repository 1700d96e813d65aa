"""What every program of this folder reports with; importing it makes the exporters, before forks.

`say("id")` records the id as a log record, as an event and as the name of a span.
"""

import logging

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

log = logging.getLogger("program")
log.setLevel(logging.INFO)
log.propagate = False
log.addHandler(AzureLogHandler())
events = logging.getLogger("events")
events.setLevel(logging.INFO)
events.propagate = False
events.addHandler(AzureEventHandler())
exporter = AzureExporter()


def say(name):
    log.info(name)
    events.info(name)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name=name):
        pass
