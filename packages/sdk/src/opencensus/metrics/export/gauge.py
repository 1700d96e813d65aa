"""Gauges: metrics that a program sets, or that a function of the program tells when asked."""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from opencensus.common import _forks, utils
from opencensus.metrics.export import metric, metric_descriptor, metric_producer, time_series
from opencensus.metrics.export import point as point_module
from opencensus.metrics.export import value as value_module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opencensus.metrics.label_key import LabelKey
    from opencensus.metrics.label_value import LabelValue

logger = logging.getLogger(__name__)


def get_timeseries_list(
    points: Mapping[tuple[Any, ...], GaugePoint], timestamp: datetime
) -> list[time_series.TimeSeries]:
    """Return one time series for each point, read at `timestamp`.

    Points whose value cannot be told any more are left out.
    """
    series = []
    for label_values, gauge_point in points.items():
        value = gauge_point.to_point_value()
        if value is not None:
            point = point_module.Point(value, timestamp)
            series.append(time_series.TimeSeries(label_values, [point], timestamp))
    return series


class GaugePoint:
    """The interface of the value of one time series of a gauge."""

    def to_point_value(self) -> Any:
        """Return the value as it is exported."""
        raise NotImplementedError

    def get_value(self) -> Any:
        """Return the value."""
        raise NotImplementedError

    def after_fork_in_child(self) -> None:
        """Start with free locks: another thread may have held them in the parent."""


class GaugePointLong(GaugePoint):
    """An integer that threads may set and add to."""

    def __init__(self) -> None:
        self.value = 0
        self._value_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    def add(self, val: int) -> None:
        """Add to the value.

        Raises:
            ValueError: `val` is no integer.
        """
        self._require_integer(val)
        with self._value_lock:
            self.value += val

    def set(self, val: int) -> None:
        """Set the value.

        Raises:
            ValueError: `val` is no integer.
        """
        self._set(val)

    def _set(self, val: int) -> None:
        self._require_integer(val)
        with self._value_lock:
            self.value = val

    def _require_integer(self, val: object) -> None:
        if not isinstance(val, int):
            raise ValueError(f"{type(self).__name__} only supports integer types")

    def get_value(self) -> int:
        """Return the value."""
        return self.value

    def after_fork_in_child(self) -> None:
        """Start with a free lock."""
        self._value_lock = threading.Lock()

    def to_point_value(self) -> value_module.ValueLong:
        """Return the value as it is exported."""
        return value_module.ValueLong(self.value)


class GaugePointDouble(GaugePoint):
    """A floating-point number that threads may set and add to."""

    def __init__(self) -> None:
        self.value = 0.0
        self._value_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    def add(self, val: float) -> None:
        """Add to the value."""
        with self._value_lock:
            self.value += val

    def set(self, val: float) -> None:
        """Set the value.

        Raises:
            ValueError: `val` is no number.
        """
        self._set(val)

    def _set(self, val: float) -> None:
        with self._value_lock:
            self.value = float(val)

    def get_value(self) -> float:
        """Return the value."""
        return self.value

    def after_fork_in_child(self) -> None:
        """Start with a free lock."""
        self._value_lock = threading.Lock()

    def to_point_value(self) -> value_module.ValueDouble:
        """Return the value as it is exported."""
        return value_module.ValueDouble(self.value)


class DerivedGaugePoint(GaugePoint):
    """A value that a function tells when it is asked.

    The function is referred to weakly: when it is gone, there is nothing to export any more. One that
    returns None does not know the value this time.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        gauge_point: GaugePointLong | GaugePointDouble,
        **kwargs: Any,
    ) -> None:
        self.gauge_point = gauge_point
        self.func = utils.get_weakref(func)
        self._kwargs = kwargs

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.func()})({self._kwargs})"

    def get_value(self) -> Any:
        """Ask the function and return what it says, or None when it is gone or does not know."""
        func = self.func()
        if func is None:
            return None
        value = func(**self._kwargs)
        if value is None:
            return None
        self.gauge_point._set(value)
        return self.gauge_point.get_value()

    def to_point_value(self) -> Any:
        """Ask the function and return its value as it is exported, or None when there is none."""
        if self.get_value() is None:
            return None
        return self.gauge_point.to_point_value()

    def after_fork_in_child(self) -> None:
        """Start with a free lock."""
        self.gauge_point.after_fork_in_child()


class BaseGauge:
    """What all gauges share: a descriptor and one point for each combination of label values."""

    def __init__(
        self, name: str, description: str, unit: str | None, label_keys: Sequence[LabelKey]
    ) -> None:
        self._len_label_keys = len(label_keys)
        self.default_label_values = [None] * self._len_label_keys
        self.descriptor = metric_descriptor.MetricDescriptor(
            name, description, unit, self.descriptor_type, label_keys
        )
        self.points: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._points_lock = threading.Lock()
        _forked.add(self)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(descriptor.name="{self.descriptor.name}", points={self.points})'
        )

    @property
    def descriptor_type(self) -> int:
        """The kind of metric."""
        raise NotImplementedError

    @property
    def point_type(self) -> type[Any]:
        """The class of the points."""
        raise NotImplementedError

    def remove_time_series(self, label_values: Sequence[LabelValue]) -> None:
        """Remove one time series, if it is there.

        Raises:
            ValueError: The label values are not one for each key, none of them None.
        """
        self._check_label_values(label_values)
        self._remove_time_series(label_values)

    def remove_default_time_series(self) -> None:
        """Remove the time series without label values, if it is there."""
        self._remove_time_series(self.default_label_values)

    def _remove_time_series(self, label_values: Sequence[Any]) -> None:
        with self._points_lock:
            self.points.pop(tuple(label_values), None)

    def clear(self) -> None:
        """Remove all time series."""
        with self._points_lock:
            self.points = OrderedDict()

    def get_metric(self, timestamp: datetime) -> metric.Metric | None:
        """Return the metric with all points as of `timestamp`, or None when there is none."""
        with self._points_lock:
            points = self.points.copy()
        series = get_timeseries_list(points, timestamp)
        return metric.Metric(self.descriptor, series) if series else None

    def after_fork_in_child(self) -> None:
        """Start with free locks; counters begin again: the parent reports what they counted."""
        self._points_lock = threading.Lock()
        for gauge_point in list(self.points.values()):
            gauge_point.after_fork_in_child()

    def _check_label_values(self, label_values: Sequence[Any]) -> None:
        if label_values is None:
            raise ValueError("cannot find a time series: the label values are None")
        if any(value is None for value in label_values):
            raise ValueError("cannot find a time series: a label value is None")
        if len(label_values) != self._len_label_keys:
            raise ValueError(
                f"cannot find a time series: {len(label_values)} label values "
                f"for {self._len_label_keys} label keys"
            )


class Gauge(BaseGauge):
    """A gauge that the program sets."""

    def get_or_create_time_series(self, label_values: Sequence[LabelValue]) -> Any:
        """Return the point for these label values; equal values give the same point.

        Raises:
            ValueError: The label values are not one for each key, none of them None.
        """
        self._check_label_values(label_values)
        return self._get_or_create_time_series(label_values)

    def get_or_create_default_time_series(self) -> Any:
        """Return the point without label values."""
        return self._get_or_create_time_series(self.default_label_values)

    def _get_or_create_time_series(self, label_values: Sequence[Any]) -> Any:
        with self._points_lock:
            return self.points.setdefault(tuple(label_values), self.point_type())


class DerivedGauge(BaseGauge):
    """A gauge whose values functions tell."""

    def create_time_series(
        self, label_values: Sequence[LabelValue], func: Callable[..., Any], **kwargs: Any
    ) -> Any:
        """Return the point for these label values, whose value `func(**kwargs)` tells.

        The first function given for the label values stays. The program has to keep a reference
        to it.

        Raises:
            ValueError: The label values are not one for each key, none of them None, or there is
                no function.
        """
        self._check_label_values(label_values)
        if func is None:
            raise ValueError("cannot create a time series: the function is None")
        return self._create_time_series(label_values, func, **kwargs)

    def create_default_time_series(self, func: Callable[..., Any]) -> Any:
        """Return the point without label values, whose value `func()` tells.

        Raises:
            ValueError: There is no function.
        """
        if func is None:
            raise ValueError("cannot create a time series: the function is None")
        return self._create_time_series(self.default_label_values, func)

    def _create_time_series(
        self, label_values: Sequence[Any], func: Callable[..., Any], **kwargs: Any
    ) -> Any:
        with self._points_lock:
            return self.points.setdefault(
                tuple(label_values), DerivedGaugePoint(func, self.point_type(), **kwargs)
            )


class LongGaugeMixin:
    """The kind of an integer gauge."""

    descriptor_type = metric_descriptor.MetricDescriptorType.GAUGE_INT64
    point_type = GaugePointLong


class DoubleGaugeMixin:
    """The kind of a floating-point gauge."""

    descriptor_type = metric_descriptor.MetricDescriptorType.GAUGE_DOUBLE
    point_type = GaugePointDouble


class LongGauge(LongGaugeMixin, Gauge):
    """An integer gauge that the program sets."""


class DoubleGauge(DoubleGaugeMixin, Gauge):
    """A floating-point gauge that the program sets."""


class DerivedLongGauge(LongGaugeMixin, DerivedGauge):
    """An integer gauge that functions tell."""


class DerivedDoubleGauge(DoubleGaugeMixin, DerivedGauge):
    """A floating-point gauge that functions tell."""


class Registry(metric_producer.MetricProducer):
    """The gauges that are exported together."""

    def __init__(self) -> None:
        self.gauges: dict[str, BaseGauge] = {}
        self._failed: set[str] = set()
        self._gauges_lock = threading.Lock()
        _forked.add(self)

    def __repr__(self) -> str:
        # The retired client leaves the last parenthesis open too.
        return f"{type(self).__name__}(gauges={self.gauges}"

    def add_gauge(self, gauge: BaseGauge) -> None:
        """Add a gauge or a cumulative counter.

        Raises:
            ValueError: It is None, or another one has its name.
        """
        if gauge is None:
            raise ValueError("cannot add a gauge: it is None")
        name = gauge.descriptor.name
        with self._gauges_lock:
            if name in self.gauges:
                raise ValueError(f'Another gauge named "{name}" is already registered')
            self.gauges[name] = gauge

    def get_metrics(self) -> set[metric.Metric]:
        """Return the metrics of all gauges as they stand now.

        Gauges without a point are left out, and those whose function fails, with a warning for the
        first failure.
        """
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        with self._gauges_lock:
            gauges = list(self.gauges.items())
        metrics = (self._read(name, gauge, now) for name, gauge in gauges)
        return {metric for metric in metrics if metric is not None}

    def _read(self, name: str, gauge: BaseGauge, now: datetime) -> metric.Metric | None:
        try:
            return gauge.get_metric(now)
        except Exception:
            # Functions of the host: what one raises must not cost the other gauges.
            level = logging.DEBUG if name in self._failed else logging.WARNING
            self._failed.add(name)
            logger.log(level, "gauge cannot be read name=%s", name, exc_info=True)
            return None

    def after_fork_in_child(self) -> None:
        """Start with a free lock."""
        self._gauges_lock = threading.Lock()


_forked: weakref.WeakSet[BaseGauge | Registry] = weakref.WeakSet()
"""Gauges and registries, which must hear of forks."""


def _after_fork_in_child() -> None:
    for one in list(_forked):
        one.after_fork_in_child()


_forks.call_in_child(_after_fork_in_child)
