"""What was added to counters since they were read before, for exporters that send increments.

Gauges are left as they are: their value is what it is. Of counters, the first reading is their whole
value; a counter that fell has begun again, and what it has now was added since.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from opencensus.metrics.export import value as value_module
from opencensus.metrics.export.metric import Metric
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.metrics.export.point import Point
from opencensus.metrics.export.time_series import TimeSeries

if TYPE_CHECKING:
    from collections.abc import Hashable

COUNTERS = frozenset(
    (
        MetricDescriptorType.CUMULATIVE_INT64,
        MetricDescriptorType.CUMULATIVE_DOUBLE,
        MetricDescriptorType.CUMULATIVE_DISTRIBUTION,
    )
)


class Increments:
    """Remembers how far each counter was read. Threads may read one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[Hashable, Any] = {}

    def of(self, metric: Metric) -> Metric | None:
        """Return the metric with what was added since it was asked for before; None for nothing."""
        if metric.descriptor.type not in COUNTERS:
            return metric
        with self._lock:
            series = [self._added_to(metric, one) for one in metric.time_series]
        added = [one for one in series if one is not None]
        return Metric(metric.descriptor, added) if added else None

    def let_go(self) -> None:
        """Hold on to no reading of extremes: others go on reading, and their chain would grow.

        What is added later to a distribution has the extremes since its start.
        """
        with self._lock:
            for value in self._read.values():
                if isinstance(value, value_module.ValueDistribution):
                    value.extremes = None

    def _added_to(self, metric: Metric, series: TimeSeries) -> TimeSeries | None:
        point = series.points[-1]
        key = (
            metric.descriptor.name,
            metric.descriptor.type,
            tuple(None if label is None else label.value for label in series.label_values),
        )
        before = self._read.get(key)
        self._read[key] = point.value
        added = increment(before, point.value)
        if added is None:
            return None
        return TimeSeries(
            series.label_values, [Point(added, point.timestamp)], series.start_timestamp
        )


def increment(before: Any, now: Any) -> Any:
    """Return what was added to a value; None when nothing was.

    Args:
        before: The earlier value, or None for none.
        now: The value, of the same class.
    """
    if isinstance(now, value_module.ValueDistribution):
        return _values_added(before, now)
    if now is None or not isinstance(now.value, int | float):
        return now
    added = now.value if before is None or now.value < before.value else now.value - before.value
    return type(now)(added) if added else None


def _values_added(
    before: value_module.ValueDistribution | None, now: value_module.ValueDistribution
) -> value_module.ValueDistribution | None:
    if not now.count:
        return None
    if before is None or _began_again(before, now):
        return now
    count = now.count - before.count
    if not count:
        return None
    added = value_module.ValueDistribution(
        count=count,
        sum_=now.sum - before.sum,
        sum_of_squared_deviation=_spread_added(before, now),
        bucket_options=now.bucket_options,
        buckets=_buckets_added(before, now),
    )
    if now.extremes is not None:
        added.extremes = value_module.Extremes(*now.extremes.since(before.extremes))
    return added


def _began_again(
    before: value_module.ValueDistribution, now: value_module.ValueDistribution
) -> bool:
    if now.count < before.count or len(now.buckets or ()) != len(before.buckets or ()):
        return True
    pairs = zip(now.buckets or (), before.buckets or (), strict=True)
    return any(one.count < earlier.count for one, earlier in pairs)


def _buckets_added(
    before: value_module.ValueDistribution, now: value_module.ValueDistribution
) -> list[value_module.Bucket] | None:
    if now.buckets is None or before.buckets is None:
        return None
    return [
        value_module.Bucket(one.count - earlier.count, one.exemplar)
        for one, earlier in zip(now.buckets, before.buckets, strict=True)
    ]


def _spread_added(
    before: value_module.ValueDistribution, now: value_module.ValueDistribution
) -> float:
    """Return the sum of the squared differences of the added values from their own mean.

    Of two groups together it is the sum of theirs, and what their means differ.
    """
    count = now.count - before.count
    if not before.count:
        return now.sum_of_squared_deviation
    if count == 1:
        return 0
    distance = (now.sum - before.sum) / count - before.sum / before.count
    between = distance * distance * before.count * count / now.count
    return max(0.0, now.sum_of_squared_deviation - before.sum_of_squared_deviation - between)
