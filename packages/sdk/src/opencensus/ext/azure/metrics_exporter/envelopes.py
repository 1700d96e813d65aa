"""Metrics in the wire's types: one envelope for each time series."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from opencensus.metrics.export import value as value_module
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.metric import DataPoint, MetricData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opencensus.metrics.export.metric import Metric

METRIC_NAME = "Microsoft.ApplicationInsights.Metric"
AGGREGATION = 1
NO_LABEL = "null"
"""What a dimension holds whose tag was not set when the value was recorded."""


def metric_envelopes(
    metric: Metric, instrumentation_key: str, tags: Mapping[str, str]
) -> Iterator[Envelope]:
    """Yield an envelope for the newest point of each time series that can be expressed."""
    descriptor = metric.descriptor
    for series in metric.time_series:
        point = series.points[-1]
        data_point = to_data_point(descriptor.name, point.value)
        if data_point is not None:
            yield envelope(
                data_point,
                point.timestamp,
                instrumentation_key,
                tags,
                dimensions(descriptor.label_keys, series.label_values),
            )


def envelope(
    data_point: DataPoint,
    at: datetime,
    instrumentation_key: str,
    tags: Mapping[str, str],
    properties: dict[str, str],
) -> Envelope:
    """Return the envelope of one value; a time without a zone is in UTC."""
    return Envelope(
        name=METRIC_NAME,
        time=_utc_text(at),
        iKey=instrumentation_key,
        tags=dict(tags),
        data=Data("MetricData", MetricData(metrics=[data_point], properties=properties)),
    )


def to_data_point(name: str, value: object) -> DataPoint | None:
    """Return a value as the wire writes it; None for summaries and for what is no number.

    A distribution becomes an aggregation: its sum, count and standard deviation.
    """
    if isinstance(value, value_module.ValueDistribution):
        if not value.count:
            return None
        return DataPoint(
            name=name,
            ns=name,
            value=float(value.sum),
            kind=AGGREGATION,
            count=value.count,
            stdDev=math.sqrt(value.sum_of_squared_deviation / value.count),
        )
    if isinstance(value, value_module.ValueLong | value_module.ValueDouble):
        number = float(value.value)
        return DataPoint(name=name, ns=name, value=number) if math.isfinite(number) else None
    return None


def dimensions(label_keys: Any, label_values: Any) -> dict[str, str]:
    """Return the labels of a time series as custom dimensions."""
    return {
        str(key.key): NO_LABEL if _is_empty(label) else str(label.value)
        for key, label in zip(label_keys, label_values, strict=False)
    }


def _is_empty(label: Any) -> bool:
    return label is None or label.value is None


def _utc_text(at: datetime) -> str:
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return at.astimezone(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"
