"""What a view recorded as one metric family of Prometheus: names, labels and values.

Source: the text format and the data model of Prometheus (prometheus.io/docs).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    UnknownMetricFamily,
)

from opencensus.stats import aggregation_data as aggregation_data_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from prometheus_client.core import Metric

_NOT_ALLOWED = re.compile("[^A-Za-z0-9_]")

_SUFFIXES = {
    "counter": ("", "_total", "_created"),
    "histogram": ("", "_bucket", "_sum", "_count", "_created"),
}
"""What the names of samples end with, by the type of their family; others end with nothing."""


def sanitize(key: str) -> str:
    """Return a text as Prometheus takes names: all but ASCII letters, digits and ``_`` is ``_``.

    A name does not begin with a digit: ``_`` is put before it.
    """
    name = _NOT_ALLOWED.sub("_", key)
    return name if name and not name[0].isdigit() else f"_{name}"


def labels_of(columns: Iterable[str]) -> list[str]:
    """Return a label for each column; each is another one.

    Labels that begin with ``__`` are Prometheus' own, and ``le`` is that of histograms.
    """
    labels: list[str] = []
    for column in columns:
        label = re.sub("^__+", "_", sanitize(column))
        if label == "le":
            label = "le_"
        distinct, number = label, 1
        while distinct in labels:
            number += 1
            distinct = f"{label}_{number}"
        labels.append(distinct)
    return labels


def clean(value: Any) -> str:
    """Return a tag's value as text that can be encoded; none is the empty text."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def sample_names(family: Metric) -> set[str]:
    """Return the names that the samples of a family have or may have."""
    return {family.name + suffix for suffix in _SUFFIXES.get(family.type, ("",))}


def family_of(desc: Mapping[str, Any], series: Iterable[tuple[Sequence[Any], Any]]) -> Metric:
    """Return the family of a view.

    Counts become counters, distributions histograms, last values gauges, and sums are untyped, as
    a view may sum what goes down as well. A value that lies on a boundary is counted above it, as
    stats do it.

    Args:
        desc: The `name`, the `documentation` and the `labels`.
        series: Tag values, in the order of the labels, and what was recorded under them. Those that
            become the same text are one series.

    Raises:
        ValueError: There are more or fewer tag values than labels; what was recorded is of no
            known kind or of several kinds; or there is no series.
    """
    kind: _Kind | None = None
    values: dict[tuple[str, ...], Any] = {}
    for tag_values, data in series:
        if len(tag_values) != len(desc["labels"]):
            raise ValueError(
                f"cannot export {desc['name']}: it has {len(desc['labels'])} labels and "
                f"{len(tag_values)} tag values"
            )
        of_this = _kind_of(data)
        if kind is not None and of_this is not kind:
            raise ValueError(f"cannot export {desc['name']}: it has values of several kinds")
        kind = of_this
        labels = tuple(map(clean, tag_values))
        value = kind.read(data)
        values[labels] = kind.join(values[labels], value) if labels in values else value
    if kind is None:
        raise ValueError(f"cannot export {desc['name']}: nothing was recorded")
    family: Any = kind.family(desc["name"], clean(desc["documentation"]), labels=desc["labels"])
    for labels, value in values.items():
        kind.add(family, labels, value)
    made: Metric = family
    return made


class _Kind:
    """How one kind of aggregation is read, joined where two series are the same, and written."""

    def __init__(
        self,
        family: Any,
        read: Callable[[Any], Any],
        join: Callable[[Any, Any], Any],
        add: Callable[[Any, Sequence[str], Any], None],
    ) -> None:
        self.family = family
        self.read = read
        self.join = join
        self.add = add


def _sum(one: Any, other: Any) -> Any:
    return one + other


def _latter(one: Any, other: Any) -> Any:
    return other


def _add_number(family: Any, labels: Sequence[str], value: Any) -> None:
    family.add_metric(labels, value)


def _read_distribution(data: Any) -> tuple[list[tuple[str, int]], float]:
    buckets = []
    count = 0
    for bound, in_bucket in zip(data.bounds, data.counts_per_bucket, strict=False):
        count += in_bucket
        if math.isfinite(bound):
            buckets.append((str(bound), count))
    return [*buckets, ("+Inf", max(count, data.count_data))], data.sum


def _join_distributions(one: Any, other: Any) -> Any:
    buckets = [
        (bound, count + more) for (bound, count), (_, more) in zip(one[0], other[0], strict=True)
    ]
    return buckets, one[1] + other[1]


def _add_distribution(family: Any, labels: Sequence[str], value: Any) -> None:
    buckets, total = value
    family.add_metric(labels, buckets=buckets, sum_value=total)


_KINDS: tuple[tuple[type, _Kind], ...] = (
    (
        aggregation_data_module.CountAggregationData,
        _Kind(CounterMetricFamily, lambda data: data.count_data, _sum, _add_number),
    ),
    (
        aggregation_data_module.DistributionAggregationData,
        _Kind(HistogramMetricFamily, _read_distribution, _join_distributions, _add_distribution),
    ),
    (
        aggregation_data_module.SumAggregationData,
        _Kind(UnknownMetricFamily, lambda data: data.sum_data, _sum, _add_number),
    ),
    (
        aggregation_data_module.LastValueAggregationData,
        _Kind(GaugeMetricFamily, lambda data: data.value, _latter, _add_number),
    ),
)


def _kind_of(data: Any) -> _Kind:
    for of_data, kind in _KINDS:
        if isinstance(data, of_data):
            return kind
    raise ValueError(f"unsupported aggregation type {type(data)}")
