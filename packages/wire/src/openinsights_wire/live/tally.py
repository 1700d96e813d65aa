"""Counting the items of one second: the protocol's own metrics and those that a server asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights_wire.live import names
from openinsights_wire.live.messages import MetricPoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights_wire.live.configuration import Configuration, DerivedMetric
    from openinsights_wire.live.items import Item


class Tally:
    """Counts items; every item counts as often as its weight says.

    Args:
        configuration: names the metrics that are counted besides the protocol's own.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._requests = Calls()
        self._dependencies = Calls()
        self._exceptions = 0
        self._derived = {metric.id: Aggregate(metric) for metric in configuration.metrics}

    def add(self, item: Item) -> None:
        """Count an item."""
        if item.kind == names.REQUEST:
            self._requests.add(item)
        elif item.kind == names.DEPENDENCY:
            self._dependencies.add(item)
        elif item.kind == names.EXCEPTION:
            self._exceptions += item.weight
        for aggregate in self._derived.values():
            aggregate.add(item)

    def merge(self, other: Tally) -> None:
        """Count what another tally counted; a metric that only it has comes along."""
        self._requests.merge(other._requests)
        self._dependencies.merge(other._dependencies)
        self._exceptions += other._exceptions
        for name, theirs in other._derived.items():
            mine = self._derived.setdefault(name, theirs)
            if mine is not theirs:
                mine.merge(theirs)

    def merge_points(self, points: Iterable[MetricPoint]) -> None:
        """Count what another tally counted of a second, as its points tell.

        A metric that this tally's configuration does not name is left out.
        """
        told = {point.name: point for point in points}

        def value(name: str) -> float:
            return told[name].value if name in told else 0.0

        self._requests.take(
            value(names.REQUESTS), value(names.REQUESTS_FAILED), value(names.REQUEST_DURATION)
        )
        self._dependencies.take(
            value(names.DEPENDENCIES),
            value(names.DEPENDENCIES_FAILED),
            value(names.DEPENDENCY_DURATION),
        )
        self._exceptions += round(value(names.EXCEPTIONS))
        for name, aggregate in self._derived.items():
            if name in told:
                aggregate.take(told[name])

    def points(self, seconds: float = 1.0) -> list[MetricPoint]:
        """Return the metrics of what was counted during so many seconds."""
        requests, dependencies = self._requests, self._dependencies
        rates = (
            (names.REQUESTS, requests.count),
            (names.REQUESTS_FAILED, requests.failed),
            (names.REQUESTS_SUCCEEDED, requests.count - requests.failed),
            (names.DEPENDENCIES, dependencies.count),
            (names.DEPENDENCIES_FAILED, dependencies.failed),
            (names.DEPENDENCIES_SUCCEEDED, dependencies.count - dependencies.failed),
            (names.EXCEPTIONS, self._exceptions),
        )
        return [
            *(MetricPoint(name, count / seconds, 1) for name, count in rates),
            MetricPoint(names.REQUEST_DURATION, requests.average_ms, requests.count),
            MetricPoint(names.DEPENDENCY_DURATION, dependencies.average_ms, dependencies.count),
            *(aggregate.point() for aggregate in self._derived.values()),
        ]


class Calls:
    """What requests, or calls of dependencies, amount to."""

    __slots__ = ("_duration_ms", "count", "failed")

    def __init__(self) -> None:
        self.count = 0
        self.failed = 0
        self._duration_ms = 0.0

    def add(self, item: Item) -> None:
        """Count one."""
        self.count += item.weight
        self._duration_ms += item.weight * item.duration_ms
        if not item.succeeded:
            self.failed += item.weight

    def take(self, count: float, failed: float, average_ms: float) -> None:
        """Count so many calls."""
        self.count += round(count)
        self.failed += round(failed)
        self._duration_ms += count * average_ms

    def merge(self, other: Calls) -> None:
        """Count what others amount to."""
        self.count += other.count
        self.failed += other.failed
        self._duration_ms += other._duration_ms

    @property
    def average_ms(self) -> float:
        """How long one took on average; 0 when there was none."""
        return self._duration_ms / self.count if self.count else 0.0


class Aggregate:
    """What the numbers of one derived metric amount to."""

    def __init__(self, metric: DerivedMetric) -> None:
        self._metric = metric
        self._weight = 0
        self._sum = 0.0
        self._min = float("inf")
        self._max = float("-inf")

    def add(self, item: Item) -> None:
        """Take the item's number, if the item counts and has one."""
        metric = self._metric
        if item.kind != metric.kind or not metric.check(item):
            return
        value = metric.project(item)
        if value is None:
            return
        self._weight += item.weight
        self._sum += item.weight * value
        self._min = min(self._min, value)
        self._max = max(self._max, value)

    def merge(self, other: Aggregate) -> None:
        """Take the numbers that another one took."""
        self._weight += other._weight
        self._sum += other._sum
        self._min = min(self._min, other._min)
        self._max = max(self._max, other._max)

    def take(self, point: MetricPoint) -> None:
        """Take the numbers that another one took, as its point tells."""
        if not point.weight:
            return
        is_average = self._metric.aggregation == "Avg"
        self._weight += point.weight
        self._sum += point.value * point.weight if is_average else point.value
        self._min = min(self._min, point.value)
        self._max = max(self._max, point.value)

    def point(self) -> MetricPoint:
        """Return the metric; 0 when nothing counted."""
        value = 0.0
        if self._weight:
            value = {
                "Avg": self._sum / self._weight,
                "Sum": self._sum,
                "Min": self._min,
                "Max": self._max,
            }[self._metric.aggregation]
        return MetricPoint(self._metric.id, value, self._weight)
