"""The points of a metric for one combination of label values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.metrics.export.point import Point
    from opencensus.metrics.label_value import LabelValue


class TimeSeries:
    """A time series.

    Args:
        label_values: One value for each label key of the metric, in the same order.
        points: The points, at least one.
        start_timestamp: Since when a cumulative value is counted; of no meaning for gauges.

    Raises:
        ValueError: `label_values` is None or there is no point.
    """

    def __init__(
        self,
        label_values: Sequence[LabelValue | None],
        points: Sequence[Point],
        start_timestamp: Any,
    ) -> None:
        if label_values is None:
            raise ValueError("label_values must not be None")
        if not points:
            raise ValueError("points must not be null or empty")
        self._label_values = label_values
        self._points = points
        self._start_timestamp = start_timestamp

    def __repr__(self) -> str:
        points = f"[{', '.join(repr(point.value) for point in self.points)}]"
        label_values = tuple(getattr(label, "value", label) for label in self.label_values)
        return (
            f"{type(self).__name__}({points}, label_values={label_values}, "
            f"start_timestamp={self.start_timestamp})"
        )

    @property
    def start_timestamp(self) -> Any:
        """Since when a cumulative value is counted."""
        return self._start_timestamp

    @property
    def label_values(self) -> Sequence[LabelValue | None]:
        """The label values."""
        return self._label_values

    @property
    def points(self) -> Sequence[Point]:
        """The points."""
        return self._points

    def check_points_type(self, type_class: type) -> bool:
        """Return whether the value of every point that has one is a `type_class`."""
        return all(
            point.value is None or isinstance(point.value, type_class) for point in self.points
        )
