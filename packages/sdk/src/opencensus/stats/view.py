"""What is reported about a measure: how it is aggregated, and by which tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.metrics import label_key
from opencensus.metrics.export import metric_descriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.stats.measure import BaseMeasure


class View:
    """A view.

    Args:
        name: Unique among all views; becomes the name of the metric.
        description: What it shows.
        columns: The tag keys by which values are kept apart.
        measure: What is measured.
        aggregation: How values are aggregated.
    """

    def __init__(
        self,
        name: str,
        description: str,
        columns: Sequence[str],
        measure: BaseMeasure,
        aggregation: Any,
    ) -> None:
        self._name = name
        self._description = description
        self._columns = columns
        self._measure = measure
        self._aggregation = aggregation
        self._metric_descriptor: metric_descriptor.MetricDescriptor | None = None

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def description(self) -> str:
        """What it shows."""
        return self._description

    @property
    def columns(self) -> Sequence[str]:
        """The tag keys by which values are kept apart."""
        return self._columns

    @property
    def measure(self) -> BaseMeasure:
        """What is measured."""
        return self._measure

    @property
    def aggregation(self) -> Any:
        """How values are aggregated."""
        return self._aggregation

    def new_aggregation_data(self) -> Any:
        """Return where the values of one combination of tags are aggregated."""
        return self._aggregation.new_aggregation_data(self.measure)

    def get_metric_descriptor(self) -> metric_descriptor.MetricDescriptor:
        """Return what the view is as a metric; the same object each time."""
        if self._metric_descriptor is None:
            self._metric_descriptor = metric_descriptor.MetricDescriptor(
                self.name,
                self.description,
                self.measure.unit,
                self.aggregation.get_metric_type(self.measure),
                [label_key.LabelKey(column, "") for column in self.columns],
            )
        return self._metric_descriptor
