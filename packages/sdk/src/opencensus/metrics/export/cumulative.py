"""Cumulative counters: metrics that only rise."""

from __future__ import annotations

from opencensus.metrics.export import gauge, metric_descriptor


class CumulativePointLong(gauge.GaugePointLong):
    """An integer that only rises: a smaller value is ignored."""

    def _set(self, val: int) -> None:
        self._require_integer(val)
        with self._value_lock:
            if val > self.value:
                self.value = val

    def add(self, val: int) -> None:
        """Add to the value; a negative number is ignored.

        Raises:
            ValueError: `val` is no integer.
        """
        self._require_integer(val)
        if val > 0:
            super().add(val)

    def after_fork_in_child(self) -> None:
        """Begin again: what was counted before the fork is the parent's to report."""
        super().after_fork_in_child()
        self.value = 0


class CumulativePointDouble(gauge.GaugePointDouble):
    """A floating-point number that only rises: a smaller value is ignored."""

    def _set(self, val: float) -> None:
        with self._value_lock:
            if val > self.value:
                self.value = float(val)

    def add(self, val: float) -> None:
        """Add to the value; a negative number is ignored."""
        if val > 0:
            super().add(val)

    def after_fork_in_child(self) -> None:
        """Begin again: what was counted before the fork is the parent's to report."""
        super().after_fork_in_child()
        self.value = 0.0


class LongCumulativeMixin:
    """The kind of an integer counter."""

    descriptor_type = metric_descriptor.MetricDescriptorType.CUMULATIVE_INT64
    point_type = CumulativePointLong


class DoubleCumulativeMixin:
    """The kind of a floating-point counter."""

    descriptor_type = metric_descriptor.MetricDescriptorType.CUMULATIVE_DOUBLE
    point_type = CumulativePointDouble


class LongCumulative(LongCumulativeMixin, gauge.Gauge):
    """An integer counter that the program raises."""


class DoubleCumulative(DoubleCumulativeMixin, gauge.Gauge):
    """A floating-point counter that the program raises."""


class DerivedLongCumulative(LongCumulativeMixin, gauge.DerivedGauge):
    """An integer counter that functions tell."""


class DerivedDoubleCumulative(DoubleCumulativeMixin, gauge.DerivedGauge):
    """A floating-point counter that functions tell."""
