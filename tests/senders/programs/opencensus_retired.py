"""An application on the retired client, as it was last released."""

import logging
import time

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter import new_metrics_exporter
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_key, tag_map, tag_value
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

metrics = new_metrics_exporter(export_interval=1.0)
prompts = measure.MeasureInt("prompts", "number of prompts", "prompts")
kind = tag_key.TagKey("kind")
counted = view.View("prompt view", "prompts", [kind], prompts, aggregation.CountAggregation())
stats.stats.view_manager.register_exporter(metrics)
stats.stats.view_manager.register_view(counted)
tags = tag_map.TagMap()
tags.insert(kind, tag_value.TagValue("sync"))
recorder = stats.stats.stats_recorder.new_measurement_map()
recorder.measure_int_put(prompts, 2)
recorder.record(tags)

config_integration.trace_integrations(["logging"])
exporter = AzureExporter()
tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
logger.addHandler(AzureLogHandler())
events = logging.getLogger("events")
events.setLevel(logging.INFO)
events.addHandler(AzureEventHandler())

with tracer.span("GET /orders") as request:
    request.span_kind = SpanKind.SERVER
    tracer.add_attribute_to_current_span("http.method", "GET")
    tracer.add_attribute_to_current_span("http.route", "/orders")
    tracer.add_attribute_to_current_span("http.url", "http://shop.example/orders")
    tracer.add_attribute_to_current_span("http.status_code", 500)
    with tracer.span("reckon"):
        time.sleep(0.002)
    logger.warning("재고 부족", extra={"custom_dimensions": {"item": "crème brûlée 🎉"}})
    events.info("purchase", extra={"custom_dimensions": {"amount": 3}})
    try:
        print(1 / 0)
    except ZeroDivisionError:
        logger.exception("could not divide")

time.sleep(2.5)  # the metrics exporter offers no flush: it sends once in a second
for handler in (*logger.handlers, *events.handlers):
    handler.flush()
