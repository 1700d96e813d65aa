"""What every program of this folder reports with; importing it makes the exporters, before forks.

`say("id")` records the id as a log record, as an event and as the name of a span; `record("id")`
counts it in a view.
"""

import logging
import os

from opencensus.ext.azure import metrics_exporter
from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_key, tag_map, tag_value
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

OPTIONS = {
    "grace_period": float(os.environ.get("GRACE_PERIOD", "5")),
    "durable_queue": "DURABLE" in os.environ,
    "enable_local_storage": "WITHOUT_DISK" not in os.environ,
}

log = logging.getLogger("program")
log.setLevel(logging.INFO)
log.propagate = False
log.addHandler(AzureLogHandler(**OPTIONS))
events = logging.getLogger("events")
events.setLevel(logging.INFO)
events.propagate = False
events.addHandler(AzureEventHandler(**OPTIONS))
exporter = AzureExporter(**OPTIONS)

NAME = tag_key.TagKey("name")
MEASURE = measure.MeasureInt("said", "How often a name was counted.", "1")
VIEW = view.View("said", "", [NAME], MEASURE, aggregation.CountAggregation())
stats.stats.view_manager.register_view(VIEW)
metrics = metrics_exporter.new_metrics_exporter(
    enable_standard_metrics=False, delta=True, **OPTIONS
)


def say(name):
    log.info(name)
    events.info(name)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name=name):
        pass


def record(name):
    tags = tag_map.TagMap()
    tags.insert(NAME, tag_value.TagValue(name))
    measurements = stats.stats.stats_recorder.new_measurement_map()
    measurements.measure_int_put(MEASURE, 1)
    measurements.record(tags)
