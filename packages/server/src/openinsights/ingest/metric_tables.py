"""Which table a metric belongs to: custom metrics, performance counters, or none.

SDKs send their own bookkeeping in the same form as the application's metrics; that is accepted and
kept out of the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.ingest.accept import Batch
from openinsights.ingest.performance import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterable

RESOURCE_METRIC = "_OTELRESOURCE_"
STANDARD_METRIC_PROPERTY = "_MS.MetricId"
STANDARD_METRICS = frozenset(
    ("requests/duration", "dependencies/duration", "exceptions/count", "traces/count")
)
"""Sums of telemetry that SDKs send beside it; those for Node name themselves in `metricId`."""
CUSTOM_COUNTER_PROPERTY = "CustomPerfCounter"


def metric_tables(batch: Batch) -> Iterable[tuple[str, Batch]]:
    """Return the tables of a batch of metrics with the items that belong there."""
    parts: dict[str, Batch] = {}
    for item, ticks in zip(batch.items, batch.ticks, strict=True):
        table = _table(item.data.baseData)
        if table is None:
            continue
        part = parts.get(table)
        if part is None:
            part = parts[table] = Batch(batch.resource, batch.day, batch.base_type)
        part.items.append(item)
        part.ticks.append(ticks)
    return parts.items()


def _table(data: Any) -> str | None:
    name = data.metrics[0].name
    properties = data.properties
    if name in COUNTERS:
        return "performanceCounters"
    if name == RESOURCE_METRIC:
        return None
    if properties:
        if STANDARD_METRIC_PROPERTY in properties:
            return None
        if name in STANDARD_METRICS and properties.get("metricId") == name:
            return None
        if properties.get(CUSTOM_COUNTER_PROPERTY, "").lower() == "true":
            return "performanceCounters"
    return "customMetrics"
