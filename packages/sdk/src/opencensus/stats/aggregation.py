"""How the values of a view are aggregated."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from opencensus.metrics.export import value
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.stats import aggregation_data
from opencensus.stats import measure as measure_module

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)


def _by_kind(measure: Any, for_integers: Any, for_floats: Any) -> Any:
    if isinstance(measure, measure_module.MeasureInt):
        return for_integers
    if isinstance(measure, measure_module.MeasureFloat):
        return for_floats
    raise ValueError(
        f"cannot aggregate {type(measure).__name__}: a MeasureInt or MeasureFloat is needed"
    )


class SumAggregation:
    """The sum of all values.

    Args:
        sum: The sum to begin with.
    """

    def __init__(self, sum: float | None = None) -> None:
        self._initial_sum = sum or 0

    def new_aggregation_data(self, measure: Any) -> aggregation_data.SumAggregationData:
        """Return where values of `measure` are summed.

        Raises:
            ValueError: The measure is neither of integers nor of floats.
        """
        value_type = _by_kind(measure, value.ValueLong, value.ValueDouble)
        return aggregation_data.SumAggregationData(value_type, self._initial_sum)

    @staticmethod
    def get_metric_type(measure: Any) -> int:
        """Return the kind of the metric.

        Raises:
            ValueError: The measure is neither of integers nor of floats.
        """
        kind: int = _by_kind(
            measure, MetricDescriptorType.CUMULATIVE_INT64, MetricDescriptorType.CUMULATIVE_DOUBLE
        )
        return kind


class CountAggregation:
    """How many values were recorded.

    Args:
        count: The count to begin with.
    """

    def __init__(self, count: int = 0) -> None:
        self._initial_count = count

    def new_aggregation_data(self, measure: Any = None) -> aggregation_data.CountAggregationData:
        """Return where values are counted."""
        return aggregation_data.CountAggregationData(self._initial_count)

    @staticmethod
    def get_metric_type(measure: Any) -> int:
        """Return the kind of the metric."""
        return MetricDescriptorType.CUMULATIVE_INT64


class DistributionAggregation:
    """The count, mean, spread and buckets of all values.

    Args:
        boundaries: Where the buckets begin; those that are not positive are left out with a
            warning.

    Raises:
        ValueError: The boundaries are not strictly increasing.
    """

    def __init__(self, boundaries: Sequence[float] | None = None) -> None:
        if boundaries:
            if not all(lower < upper for lower, upper in pairwise(boundaries)):
                raise ValueError("bounds must be sorted in increasing order")
            positive = [boundary for boundary in boundaries if boundary > 0]
            dropped = len(boundaries) - len(positive)
            if dropped:
                logger.warning("Dropping %s non-positive bucket boundaries", dropped)
                boundaries = positive
        self._boundaries = boundaries

    def new_aggregation_data(
        self, measure: Any = None
    ) -> aggregation_data.DistributionAggregationData:
        """Return where values are distributed."""
        return aggregation_data.DistributionAggregationData(0, 0, 0, None, self._boundaries)

    @staticmethod
    def get_metric_type(measure: Any) -> int:
        """Return the kind of the metric."""
        return MetricDescriptorType.CUMULATIVE_DISTRIBUTION


class LastValueAggregation:
    """The value that was recorded last.

    Args:
        value: The value to begin with.
    """

    def __init__(self, value: float = 0) -> None:
        self._initial_value = value

    def new_aggregation_data(self, measure: Any) -> aggregation_data.LastValueAggregationData:
        """Return where the last value of `measure` is kept.

        Raises:
            ValueError: The measure is neither of integers nor of floats.
        """
        value_type = _by_kind(measure, value.ValueLong, value.ValueDouble)
        return aggregation_data.LastValueAggregationData(value_type, self._initial_value)

    @staticmethod
    def get_metric_type(measure: Any) -> int:
        """Return the kind of the metric.

        Raises:
            ValueError: The measure is neither of integers nor of floats.
        """
        kind: int = _by_kind(
            measure, MetricDescriptorType.GAUGE_INT64, MetricDescriptorType.GAUGE_DOUBLE
        )
        return kind
