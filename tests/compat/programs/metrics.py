"""Counts a shop's orders by card issuer, and what they are worth."""

from datetime import datetime, timezone

from opencensus.ext.azure import metrics_exporter
from opencensus.stats import aggregation as aggregation_module
from opencensus.stats import measure as measure_module
from opencensus.stats import stats as stats_module
from opencensus.stats import view as view_module
from opencensus.tags import tag_key as tag_key_module
from opencensus.tags import tag_map as tag_map_module
from opencensus.tags import tag_value as tag_value_module

ISSUER = tag_key_module.TagKey("issuer")
orders = measure_module.MeasureInt("orders", "orders that were accepted", "orders")
revenue = measure_module.MeasureFloat("revenue", "value of accepted orders", "EUR")
stats = stats_module.stats
stats.view_manager.register_view(
    view_module.View(
        "orders by issuer", "orders", [ISSUER], orders, aggregation_module.CountAggregation()
    )
)
stats.view_manager.register_view(
    view_module.View("revenue", "revenue", [], revenue, aggregation_module.SumAggregation())
)
exporter = metrics_exporter.new_metrics_exporter(
    enable_standard_metrics=False,
    connection_string="InstrumentationKey=00000000-0000-0000-0000-000000000000",
)
stats.view_manager.register_exporter(exporter)

for issuer, amount in (("visa", 10.5), ("visa", 4.5), ("amex", 1.0)):
    tags = tag_map_module.TagMap()
    tags.insert(ISSUER, tag_value_module.TagValue(issuer))
    measured = stats.stats_recorder.new_measurement_map()
    measured.measure_int_put(orders, 1)
    measured.measure_float_put(revenue, amount)
    measured.record(tags)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    points = list(measured.measure_to_view_map.get_metrics(now))
    print(points[0].time_series[0].points[0])
