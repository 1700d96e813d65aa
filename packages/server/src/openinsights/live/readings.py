"""From a point of the wire to a reading: our names, and the oddities of senders evened out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.live.metrics import (
    DEPENDENCIES,
    DEPENDENCY_DURATION,
    FAILED_DEPENDENCIES,
    FAILED_REQUESTS,
    METRICS,
    REQUEST_DURATION,
    REQUESTS,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from openinsights_wire.live.messages import MetricPoint, MonitoringDataPoint

_OPENTELEMETRY_PYTHON = re.compile(r"(?:\w{1,8}_)?py\d[\d.]*:otel")
"""The first letters say where it runs and how it was attached."""
_CALLS = (
    (REQUESTS, FAILED_REQUESTS, REQUEST_DURATION),
    (DEPENDENCIES, FAILED_DEPENDENCIES, DEPENDENCY_DURATION),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one server did in one second.

    Attributes:
        values: by key of `METRICS`.
        derived: by id of the metric that the configuration asked for.
    """

    values: dict[str, Value]
    derived: dict[str, Value]


def reading_of(point: MonitoringDataPoint, asked: Container[str]) -> Reading:
    """Return the numbers of a point.

    Args:
        point: what a server told.
        asked: the ids of the metrics that viewers ask for; numbers of other names are dropped.
    """
    reading = reading_of_metrics(point.metrics or (), asked)
    if is_opentelemetry_python(point.version):
        _even_out(reading.values)
    return reading


def reading_of_metrics(metrics: Sequence[MetricPoint], asked: Container[str]) -> Reading:
    """Return metrics under our names, and those that were asked for under their ids."""
    told = {one.name: Value(one.value, max(0, one.weight)) for one in metrics}
    values: dict[str, Value] = {}
    for metric in METRICS:
        for name in metric.names:
            if name in told:
                values[metric.key] = told[name]
                break
    for count, _, duration in _CALLS:
        if duration in values and not values.get(count, Value(1)).value:
            values[duration] = Value(0.0, 0.0)  # nothing happened, which is no duration of 0
    derived = {name: value for name, value in told.items() if name in asked}
    return Reading(values, derived)


def mean(readings: Sequence[Reading]) -> Reading:
    """Return one reading for a second in which a server told several."""
    if len(readings) == 1:
        return readings[0]
    return Reading(
        _means([each.values for each in readings]), _means([each.derived for each in readings])
    )


def is_opentelemetry_python(version: str) -> bool:
    """Whether a point comes from Azure Monitor's exporter for OpenTelemetry in Python.

    It tells durations in seconds although they are called milliseconds, counts failed calls only as
    failed, gives every value the weight 1, and its documents' durations cannot be read.
    """
    return _OPENTELEMETRY_PYTHON.match(version) is not None


def _even_out(values: dict[str, Value]) -> None:
    for count, failed, duration in _CALLS:
        calls = values.get(count, Value(0)).value + values.get(failed, Value(0)).value
        if count in values:
            values[count] = Value(calls)
        if duration in values:
            seconds = values[duration].value if calls else 0.0
            values[duration] = Value(seconds * 1000, calls)


def _means(told: Iterable[dict[str, Value]]) -> dict[str, Value]:
    collected: dict[str, list[Value]] = {}
    for values in told:
        for key, value in values.items():
            collected.setdefault(key, []).append(value)
    return {key: _mean(values) for key, values in collected.items()}


def _mean(values: list[Value]) -> Value:
    weight = sum(each.weight for each in values)
    if not weight:
        return Value(0.0, 0.0)
    return Value(sum(each.value * each.weight for each in values) / weight, weight / len(values))
