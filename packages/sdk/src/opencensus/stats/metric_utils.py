"""How what views recorded becomes metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.metrics import label_value
from opencensus.metrics.export import metric, metric_descriptor, time_series

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from opencensus.stats.view_data import ViewData

_GAUGE_TYPES = (
    metric_descriptor.MetricDescriptorType.GAUGE_INT64,
    metric_descriptor.MetricDescriptorType.GAUGE_DOUBLE,
    metric_descriptor.MetricDescriptorType.GAUGE_DISTRIBUTION,
)


def is_gauge(md_type: int) -> bool:
    """Return whether metrics of this kind are gauges.

    Raises:
        ValueError: There is no such kind.
    """
    if md_type not in metric_descriptor.MetricDescriptorType:
        raise ValueError(f"cannot tell whether {md_type} is a gauge: no such kind of metric")
    return md_type in _GAUGE_TYPES


def get_label_values(tag_values: Iterable[Any]) -> list[label_value.LabelValue]:
    """Return the tag values as label values."""
    return [label_value.LabelValue(tag_value) for tag_value in tag_values]


def view_data_to_metric(view_data: ViewData, timestamp: datetime.datetime) -> metric.Metric | None:
    """Return the metric of a view as of `timestamp`, or None when nothing was recorded."""
    # list() takes the entries at once, while others may be recording.
    recorded = list(view_data.tag_value_aggregation_data_map.items())
    if not recorded:
        return None
    descriptor = view_data.view.get_metric_descriptor()
    start_timestamp = None if is_gauge(descriptor.type) else view_data.start_time
    return metric.Metric(
        descriptor,
        [
            time_series.TimeSeries(
                get_label_values(tag_values), [data.to_point(timestamp)], start_timestamp
            )
            for tag_values, data in recorded
        ],
    )
