"""Records the same values for an exporter of totals and for one of increments, in three intervals."""

from opencensus.ext.azure import metrics_exporter
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_map

latency = measure.MeasureFloat("latency", "how long answers took", "ms")
for name, made in (
    ("answers", aggregation.CountAggregation()),
    ("time", aggregation.SumAggregation()),
    ("latency", aggregation.DistributionAggregation([10, 100])),
    ("latest", aggregation.LastValueAggregation()),
):
    stats.stats.view_manager.register_view(
        view.View(name, "about latency", ["page"], latency, made)
    )

exporters = {
    how: metrics_exporter.new_metrics_exporter(delta=how == "delta", role_name=how)
    for how in ("total", "delta")
}
for values in ([5, 50, 51], [], [500]):
    for value in values:
        measured = stats.stats.stats_recorder.new_measurement_map()
        measured.measure_float_put(latency, value)
        measured.record(tag_map.TagMap([("page", "/")]))
    for exporter in exporters.values():
        exporter.flush()
for exporter in exporters.values():
    exporter.exporter_thread.cancel()
