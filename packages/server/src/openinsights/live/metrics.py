"""The metrics that a snapshot shows: where they come from and how those of many servers are joined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from openinsights_wire.live import names

if TYPE_CHECKING:
    from collections.abc import Sequence


class Join(Enum):
    """How the values of several servers become one."""

    SUM = "sum"
    MEAN = "mean"
    WEIGHTED = "weighted"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Value:
    """A number and how many items it stands for."""

    value: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LiveMetric:
    """A metric of every snapshot.

    Attributes:
        key: its name in snapshots, with the unit at its end.
        names: its names on the wire; of those that a client sends the first counts.
    """

    key: str
    names: tuple[str, ...]
    join: Join
    label: str


REQUESTS = "requests_per_second"
FAILED_REQUESTS = "failed_requests_per_second"
REQUEST_DURATION = "request_duration_ms"
DEPENDENCIES = "dependencies_per_second"
FAILED_DEPENDENCIES = "failed_dependencies_per_second"
DEPENDENCY_DURATION = "dependency_duration_ms"
EXCEPTIONS = "exceptions_per_second"
MEMORY = "memory_bytes"
CPU = "cpu_percent"
PROCESS_CPU = "process_cpu_percent"

METRICS: tuple[LiveMetric, ...] = (
    LiveMetric(REQUESTS, (names.REQUESTS,), Join.SUM, "requests/s"),
    LiveMetric(FAILED_REQUESTS, (names.REQUESTS_FAILED,), Join.SUM, "failed/s"),
    LiveMetric(REQUEST_DURATION, (names.REQUEST_DURATION,), Join.WEIGHTED, "duration ms"),
    LiveMetric(DEPENDENCIES, (names.DEPENDENCIES,), Join.SUM, "calls/s"),
    LiveMetric(FAILED_DEPENDENCIES, (names.DEPENDENCIES_FAILED,), Join.SUM, "failed/s"),
    LiveMetric(DEPENDENCY_DURATION, (names.DEPENDENCY_DURATION,), Join.WEIGHTED, "duration ms"),
    LiveMetric(EXCEPTIONS, (names.EXCEPTIONS,), Join.SUM, "exceptions/s"),
    LiveMetric(
        MEMORY,
        (names.PHYSICAL_BYTES, names.PRIVATE_BYTES, names.COMMITTED_BYTES),
        Join.MEAN,
        "memory",
    ),
    LiveMetric(CPU, (names.PROCESSOR_TIME,), Join.MEAN, "cpu %"),
    LiveMetric(
        PROCESS_CPU, (names.PROCESS_TIME, names.APP_PROCESS_TIME), Join.MEAN, "process cpu %"
    ),
)

JOIN_OF_AGGREGATION = {"Sum": Join.SUM, "Avg": Join.WEIGHTED, "Min": Join.MIN, "Max": Join.MAX}


def joined(join: Join, values: Sequence[Value]) -> float | None:
    """Return what several servers' values are together; None when there is nothing to say."""
    if join is Join.SUM:
        return sum(each.value for each in values) if values else None
    if join is not Join.MEAN:
        values = [each for each in values if each.weight > 0]
    if not values:
        return None
    if join is Join.MIN:
        return min(each.value for each in values)
    if join is Join.MAX:
        return max(each.value for each in values)
    weights = [1.0 if join is Join.MEAN else each.weight for each in values]
    return sum(w * each.value for w, each in zip(weights, values, strict=True)) / sum(weights)
