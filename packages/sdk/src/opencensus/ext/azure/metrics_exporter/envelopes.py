"""Metrics in the wire's types: one envelope for each time series.

A distribution is an aggregation: its sum, count, lowest and highest value and standard deviation. Its
buckets travel beside it as a custom dimension, see :data:`BUCKETS`.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from opencensus.metrics import label_value
from opencensus.metrics.export import value as value_module
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.fields import VALUE_LENGTH
from openinsights_wire.types.metric import DataPoint, MetricData

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METRIC_NAME = "Microsoft.ApplicationInsights.Metric"
AGGREGATION = 1
MAX_COUNT = 2**31 - 1
"""The most that the wire's field for a count holds; the buckets tell the whole count."""
NO_LABEL = "null"
"""What a dimension holds whose tag was not set when the value was recorded."""
OVERFLOW = "_overflow"
"""The custom dimension, ``true``, of a series that takes what was recorded beyond a view's limit."""
BUCKETS = "_buckets"
"""The custom dimension that holds the buckets of a distribution, as JSON.

``{"bounds": [10, 100], "counts": [3, 0, 1]}``: ``counts[0]`` values were below ``bounds[0]``,
``counts[i]`` were at least ``bounds[i-1]`` and below ``bounds[i]``, the last ones at least the last
bound. In KQL: ``parse_json(tostring(customDimensions._buckets))``. Neighbouring buckets are added up
where the text would be longer than a dimension may be. A tag of this name goes first.
"""


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

    A distribution becomes an aggregation; one of no values becomes nothing.
    """
    if isinstance(value, value_module.ValueDistribution):
        return _to_aggregation(name, value)
    if isinstance(value, value_module.ValueLong | value_module.ValueDouble):
        number = _to_double(value.value)
        return None if number is None else DataPoint(name=name, ns=name, value=number)
    return None


def dimensions(label_keys: Any, label_values: Any) -> dict[str, str]:
    """Return the labels of a time series as custom dimensions."""
    found = {
        str(key.key): NO_LABEL if _is_empty(label) else str(label.value)
        for key, label in zip(label_keys, label_values, strict=False)
    }
    if found and all(text == label_value.OVERFLOW for text in found.values()):
        found.setdefault(OVERFLOW, "true")
    return found


def buckets(value: object) -> dict[str, str]:
    """Return the buckets of a distribution as a custom dimension; nothing where there are none."""
    if not isinstance(value, value_module.ValueDistribution) or value.bucket_options.type_ is None:
        return {}
    bounds = list(value.bucket_options.type_.bounds)
    counts = [bucket.count for bucket in value.buckets or ()]
    text = _to_json(bounds, counts)
    while len(text) > VALUE_LENGTH and bounds:
        bounds, counts = _halved(bounds, counts)
        text = _to_json(bounds, counts)
    return {BUCKETS: text}


def _to_aggregation(name: str, value: value_module.ValueDistribution) -> DataPoint | None:
    total = _to_double(value.sum)
    if not value.count or total is None:
        return None
    lowest, highest = (None, None) if value.extremes is None else value.extremes.since(None)
    return DataPoint(
        name=name,
        ns=name,
        value=total,
        kind=AGGREGATION,
        count=min(value.count, MAX_COUNT),
        min=_to_double(lowest),
        max=_to_double(highest),
        stdDev=_to_double(math.sqrt(max(0.0, value.sum_of_squared_deviation) / value.count)),
    )


def _to_double(number: Any) -> float | None:
    """Return a number as the wire writes it; None where it has no place for it."""
    try:
        double = float(number)
    except (TypeError, ValueError, OverflowError):
        return None
    return double if math.isfinite(double) else None


def _to_json(bounds: Sequence[float], counts: Sequence[int]) -> str:
    return json.dumps({"bounds": bounds, "counts": counts}, default=float, separators=(",", ":"))


def _halved(bounds: list[float], counts: list[int]) -> tuple[list[float], list[int]]:
    """Add up each two neighbouring buckets."""
    return bounds[1::2], [sum(counts[start : start + 2]) for start in range(0, len(counts), 2)]


def _is_empty(label: Any) -> bool:
    return label is None or label.value is None


def _utc_text(at: datetime) -> str:
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return at.astimezone(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"
