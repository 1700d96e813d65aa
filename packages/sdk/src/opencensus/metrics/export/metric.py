"""A metric as it is exported: what it is, and its time series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.metrics.export import metric_descriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.metrics.export.time_series import TimeSeries

_KINDS_WITHOUT_START = (
    metric_descriptor.MetricDescriptorType.GAUGE_INT64,
    metric_descriptor.MetricDescriptorType.GAUGE_DOUBLE,
    metric_descriptor.MetricDescriptorType.GAUGE_DISTRIBUTION,
)


class Metric:
    """A metric.

    Raises:
        ValueError: There is no descriptor or no time series, or a point has another kind of value
            than the descriptor says.
    """

    def __init__(
        self,
        descriptor: metric_descriptor.MetricDescriptor,
        time_series: Sequence[TimeSeries],
    ) -> None:
        if not time_series:
            raise ValueError("time_series must not be empty or null")
        if descriptor is None:
            raise ValueError("descriptor must not be null")
        self._time_series = time_series
        self._descriptor = descriptor
        self._check_type()

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(time_series=<{len(self.time_series)} TimeSeries>, "
            f'descriptor.name="{self.descriptor.name}")'
        )

    @property
    def time_series(self) -> Sequence[TimeSeries]:
        """One time series for each combination of label values."""
        return self._time_series

    @property
    def descriptor(self) -> metric_descriptor.MetricDescriptor:
        """What the metric is."""
        return self._descriptor

    def _check_type(self) -> None:
        type_class = metric_descriptor.MetricDescriptorType.to_type_class(self.descriptor.type)
        if not all(series.check_points_type(type_class) for series in self.time_series):
            raise ValueError("Invalid point value type")

    def _check_start_timestamp(self) -> None:
        """Raise ValueError when a cumulative time series does not say since when it counts."""
        if self.descriptor.type in _KINDS_WITHOUT_START:
            return
        if any(series.start_timestamp is None for series in self.time_series):
            raise ValueError("time_series.start_timestamp must exist for cumulative metrics")
