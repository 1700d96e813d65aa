"""Measures a queue with gauges and counts with cumulatives, and sends both."""

from opencensus.ext.azure.metrics_exporter import MetricsExporter
from opencensus.metrics import label_key, label_value, transport
from opencensus.metrics.export import cumulative, gauge

queue = ["a", "b", "c"]
registry = gauge.Registry()


def count():
    return len(queue)


length = gauge.DerivedLongGauge("queue length", "items that wait", "items", [])
length.create_default_time_series(count)
registry.add_gauge(length)

heat = gauge.DoubleGauge("heat", "of each oven", "C", [label_key.LabelKey("oven", "which one")])
heat.get_or_create_time_series([label_value.LabelValue("left")]).set(180.5)
registry.add_gauge(heat)

sold = cumulative.LongCumulative("sold", "items that were sold", "items", [])
point = sold.get_or_create_default_time_series()
point.add(2)
point.add(3)
registry.add_gauge(sold)

for metric in sorted(registry.get_metrics(), key=lambda one: one.descriptor.name):
    print(metric.descriptor.name, metric.time_series[0].points[0].value)

exporter = MetricsExporter()
exporter.export_metrics(registry.get_metrics())
thread = transport.get_exporter_thread([registry], exporter, interval=3600)
queue.clear()
thread.close()
