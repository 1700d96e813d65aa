"""A configuration, ready to be applied to items; what cannot be followed is reported, not guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights_wire.live.filters import FilterError, all_filters, any_group
from openinsights_wire.live.items import FieldType, field_named
from openinsights_wire.live.messages import ConfigurationError, KeyValue
from openinsights_wire.live.names import (
    APP_PROCESS_TIME,
    COMMITTED_BYTES,
    DOCUMENT_TYPES,
    PERFORMANCE_COUNTER,
    PHYSICAL_BYTES,
    PRIVATE_BYTES,
    PROCESS_TIME,
    PROCESSOR_TIME,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from openinsights_wire.live.filters import Check
    from openinsights_wire.live.items import Item
    from openinsights_wire.live.messages import (
        ConfigurationInfo,
        DerivedMetricInfo,
        DocumentStreamInfo,
        QuotaInfo,
    )

    Projection: TypeAlias = Callable[[Item], float | None]

COUNT = "Count()"
AGGREGATIONS = ("Avg", "Sum", "Min", "Max")
COUNTERS = (
    COMMITTED_BYTES,
    PHYSICAL_BYTES,
    PRIVATE_BYTES,
    PROCESSOR_TIME,
    PROCESS_TIME,
    APP_PROCESS_TIME,
)
"""The performance counters that a configuration may ask for under a name of its own."""


@dataclass(frozen=True, slots=True)
class DerivedMetric:
    """A metric that the server asks for.

    Attributes:
        id: the name under which its values are sent.
        check: whether an item counts.
        project: the number that an item brings; None when it has none.
        aggregation: what becomes of the numbers of one second.
    """

    id: str
    kind: str
    check: Check
    project: Projection
    aggregation: str


@dataclass(frozen=True, slots=True)
class DocumentStream:
    """A stream of samples that the server asks for; `checks` are by kind, any of them suffices."""

    id: str
    checks: Mapping[str, tuple[Check, ...]]

    def wants(self, item: Item) -> bool:
        """Whether the item passes the stream's filters."""
        return any(check(item) for check in self.checks.get(item.kind, ()))


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the server asks for; empty until it asked.

    Attributes:
        counters: (id, counter) of the performance counters that it asks for.
        errors: what it asks for and does not get.
    """

    etag: str = ""
    metrics: tuple[DerivedMetric, ...] = ()
    streams: tuple[DocumentStream, ...] = ()
    counters: tuple[tuple[str, str], ...] = ()
    quota: QuotaInfo | None = None
    errors: tuple[ConfigurationError, ...] = field(default=())


def understood(info: ConfigurationInfo) -> Configuration:
    """Return a configuration as far as it can be followed; each part that cannot is an error."""
    metrics: dict[str, DerivedMetric] = {}
    streams: dict[str, DocumentStream] = {}
    counters: dict[str, str] = {}
    errors: list[ConfigurationError] = []

    def note(kind: str, message: object, part: str) -> None:
        data = [KeyValue("Id", part), KeyValue("ETag", info.e_tag)]
        errors.append(ConfigurationError(kind, str(message), data=data))

    for metric in info.metrics:
        if metric.id in metrics or metric.id in counters:
            note("MetricDuplicateIds", "another metric has the same id", metric.id)
        elif metric.telemetry_type == PERFORMANCE_COUNTER:
            if metric.projection in COUNTERS:
                counters[metric.id] = metric.projection
            else:
                message = f"cannot read counter {metric.projection!r}"
                note("PerformanceCounterUnexpected", message, metric.id)
        elif metric.telemetry_type not in DOCUMENT_TYPES:
            message = f"cannot count {metric.telemetry_type!r}"
            note("MetricTelemetryTypeUnsupported", message, metric.id)
        else:
            try:
                metrics[metric.id] = _metric(metric)
            except FilterError as error:
                note("MetricFailureToCreate", error, metric.id)
    for stream in info.document_streams:
        if stream.id in streams:
            note("DocumentStreamDuplicateIds", "another stream has the same id", stream.id)
            continue
        try:
            streams[stream.id] = _stream(stream)
        except FilterError as error:
            note("DocumentStreamFailureToCreate", error, stream.id)
    return Configuration(
        info.e_tag,
        tuple(metrics.values()),
        tuple(streams.values()),
        tuple(counters.items()),
        info.quota_info,
        tuple(errors),
    )


def _metric(info: DerivedMetricInfo) -> DerivedMetric:
    if info.aggregation not in AGGREGATIONS:
        known = ", ".join(AGGREGATIONS)
        raise FilterError(f"cannot use aggregation {info.aggregation!r}: it is none of {known}")
    check = any_group(info.telemetry_type, info.filter_groups)
    project = projection(info.telemetry_type, info.projection)
    return DerivedMetric(info.id, info.telemetry_type, check, project, info.aggregation)


def projection(kind: str, name: str) -> Projection:
    """Return what reads the number that a metric takes from an item of the kind.

    Args:
        kind: of the items.
        name: `Count()`, or a field; a text counts when it is a number.

    Raises:
        FilterError: the kind has no such field, or it is none that could hold numbers.
    """
    if name == COUNT:
        return lambda item: 1.0
    known = field_named(kind, name)
    if known is None or known.type in (FieldType.BOOLEAN, FieldType.SEVERITY):
        raise FilterError(f"cannot take numbers from {name!r} of {kind}")
    read = known.read

    def number(item: Item) -> float | None:
        try:
            value = float(read(item.data))
        except (TypeError, ValueError):
            return None
        return value if value - value == 0 else None

    return number


def _stream(info: DocumentStreamInfo) -> DocumentStream:
    checks: dict[str, tuple[Check, ...]] = {}
    for group in info.document_filter_groups:
        kind = group.telemetry_type
        if kind not in DOCUMENT_TYPES:
            raise FilterError(f"cannot sample {kind!r}")
        checks[kind] = (*checks.get(kind, ()), all_filters(kind, group.filters.filters))
    return DocumentStream(info.id, checks)
