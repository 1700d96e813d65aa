"""What has been recorded under one combination of tag values, aggregated as it comes in.

Every kind is safe to record into and to read from any thread, and may be copied.
"""

from __future__ import annotations

import copy as copy
import logging
import threading
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from opencensus.metrics.export import point, value
from opencensus.stats import bucket_boundaries as bucket_boundaries

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

_INFINITY = float("inf")


class _AggregationData:
    """Holds the lock that keeps recording and reading apart.

    A signal handler or a finalizer may record while the same thread is recording, so the lock is
    one that a thread can take twice.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            state = self.__dict__.copy()
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()

    def add_sample(self, value: float, timestamp: Any, attachments: Any) -> None:
        """Record one value."""
        raise NotImplementedError

    def to_point(self, timestamp: datetime.datetime) -> point.Point:
        """Return what has been recorded so far as a point of a metric."""
        raise NotImplementedError


def is_one_of_ours(data: object) -> bool:
    """Return whether this is one of the kinds in here, which ask for times only of exemplars."""
    return isinstance(data, _AggregationData)


class SumAggregationData(_AggregationData):
    """The sum of the values."""

    def __init__(self, value_type: Any, sum_data: float) -> None:
        super().__init__()
        self._value_type = value_type
        self._sum_data = sum_data

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sum_data})"

    def add_sample(self, value: float, timestamp: Any = None, attachments: Any = None) -> None:
        """Add the value to the sum."""
        with self._lock:
            self._sum_data += value

    @property
    def sum_data(self) -> float:
        """The sum."""
        return self._sum_data

    @property
    def value_type(self) -> Any:
        """The class of the point's value."""
        return self._value_type

    def to_point(self, timestamp: datetime.datetime) -> point.Point:
        """Return the sum as a point."""
        return point.Point(self._value_type(self._sum_data), timestamp)


class CountAggregationData(_AggregationData):
    """How many values there were."""

    def __init__(self, count_data: int) -> None:
        super().__init__()
        self._count_data = count_data

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count_data})"

    def add_sample(self, value: float, timestamp: Any = None, attachments: Any = None) -> None:
        """Count the value."""
        with self._lock:
            self._count_data += 1

    @property
    def count_data(self) -> int:
        """The count."""
        return self._count_data

    def to_point(self, timestamp: datetime.datetime) -> point.Point:
        """Return the count as a point."""
        return point.Point(value.ValueLong(self._count_data), timestamp)


class DistributionAggregationData(_AggregationData):
    """The count, mean, spread, extremes and buckets of the values.

    Args:
        mean_data: The mean to begin with.
        count_data: The count to begin with.
        sum_of_sqd_deviations: The sum of the squared differences from the mean to begin with.
        counts_per_bucket: The counts to begin with; by default all are 0.
        bounds: The boundaries between the buckets; None for no buckets.
        exemplars: One for each bucket, None where there is none yet.

    Raises:
        AssertionError: The boundaries are not positive and increasing, or the counts do not
            belong to them.
        ValueError: The exemplars do not belong to the buckets.
    """

    def __init__(
        self,
        mean_data: float,
        count_data: int,
        sum_of_sqd_deviations: float,
        counts_per_bucket: Sequence[int] | None = None,
        bounds: Sequence[float] | None = None,
        exemplars: Sequence[Exemplar | None] | Mapping[int, Exemplar | None] | None = None,
    ) -> None:
        super().__init__()
        self._exemplars = _by_bucket(exemplars, bounds)
        if bounds is None:
            bounds = []
        assert all(lower < upper for lower, upper in pairwise(bounds))  # noqa: S101
        assert not bounds or bounds[0] > 0  # noqa: S101
        if counts_per_bucket is None:
            counts_per_bucket = [0] * (len(bounds) + 1)
        assert len(counts_per_bucket) == len(bounds) + 1  # noqa: S101
        assert all(count >= 0 for count in counts_per_bucket)  # noqa: S101
        self._mean_data = mean_data
        self._count_data = count_data
        self._sum_of_sqd_deviations = sum_of_sqd_deviations
        self._bounds = bounds
        self._counts_per_bucket = list(counts_per_bucket)
        # The sum is kept beside the mean, which is rounded with each value.
        self._sum_before = mean_data, count_data
        self._sum_added: float = 0
        # Extremes since the last reading; `to_point` closes them into the chain.
        self._lowest = _INFINITY
        self._highest = -_INFINITY
        self._extremes = value.Extremes(_INFINITY, -_INFINITY)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count_data})"

    @property
    def mean_data(self) -> float:
        """The mean of the values."""
        return self._mean_data

    @property
    def count_data(self) -> int:
        """How many values there were."""
        return self._count_data

    @property
    def sum_of_sqd_deviations(self) -> float:
        """The sum of the squared differences from the mean."""
        return self._sum_of_sqd_deviations

    @property
    def counts_per_bucket(self) -> list[int]:
        """How many values fell into each bucket."""
        return self._counts_per_bucket

    @property
    def exemplars(self) -> dict[int, Exemplar | None] | None:
        """The last value with attachments by its bucket's number; None without boundaries."""
        return self._exemplars

    @property
    def bounds(self) -> Sequence[float]:
        """The boundaries between the buckets."""
        return self._bounds

    @property
    def sum(self) -> float:
        """The sum of the values."""
        mean, count = self._sum_before
        return mean * count + self._sum_added

    @property
    def variance(self) -> float:
        """The sample variance of the values; 0 for fewer than two."""
        if self._count_data <= 1:
            return 0
        return self._sum_of_sqd_deviations / (self._count_data - 1)

    def add_sample(
        self, value: float, timestamp: Any, attachments: Mapping[str, str] | None
    ) -> None:
        """Count the value in its bucket; with attachments, keep it as the bucket's exemplar."""
        # Hot path, once per view and recorded value. Whatever may raise comes before the changes.
        exemplar = None if attachments is None else Exemplar(value, timestamp, attachments)
        bucket = bisect_right(self._bounds, value)
        with self._lock:
            deviation = value - self._mean_data
            count = self._count_data = self._count_data + 1
            if count == 1:
                self._mean_data = value
            else:
                mean = self._mean_data = self._mean_data + deviation / count
                self._sum_of_sqd_deviations += deviation * (value - mean)
            self._sum_added += value
            self._counts_per_bucket[bucket] += 1
            if value < self._lowest:
                self._lowest = value
            if value > self._highest:
                self._highest = value
            if exemplar is not None and self._exemplars is not None:
                self._exemplars[bucket] = exemplar

    def increment_bucket_count(self, value: float) -> int:
        """Count the value in its bucket and return the bucket's number."""
        bucket = bisect_right(self._bounds, value)
        with self._lock:
            self._counts_per_bucket[bucket] += 1
        return bucket

    def to_point(self, timestamp: datetime.datetime) -> point.Point:
        """Return the distribution as a point."""
        with self._lock:
            return point.Point(self._to_value(), timestamp)

    def _to_value(self) -> value.ValueDistribution:
        if not self._bounds:
            bucket_options, buckets = value.BucketOptions(), None
        else:
            bucket_options = value.BucketOptions(value.Explicit(self._bounds))
            buckets = [self._to_bucket(number) for number in range(len(self._counts_per_bucket))]
        distribution = value.ValueDistribution(
            count=self._count_data,
            sum_=self.sum,
            sum_of_squared_deviation=self._sum_of_sqd_deviations,
            bucket_options=bucket_options,
            buckets=buckets,
        )
        if self._lowest <= self._highest:
            self._extremes = self._extremes.followed_by(self._lowest, self._highest)
            self._lowest, self._highest = _INFINITY, -_INFINITY
        distribution.extremes = self._extremes
        return distribution

    def _to_bucket(self, number: int) -> value.Bucket:
        exemplar = None if self._exemplars is None else self._exemplars[number]
        return value.Bucket(
            self._counts_per_bucket[number],
            None
            if exemplar is None
            else value.Exemplar(exemplar.value, exemplar.timestamp, exemplar.attachments),
        )


def _by_bucket(
    exemplars: Sequence[Exemplar | None] | Mapping[int, Exemplar | None] | None,
    bounds: Sequence[float] | None,
) -> dict[int, Exemplar | None] | None:
    if exemplars is None:
        return None if bounds is None else dict.fromkeys(range(len(bounds) + 1))
    if bounds is None or len(exemplars) != len(bounds) + 1:
        raise ValueError("cannot keep exemplars: there must be one for each bucket")
    # `dict` reads the pairs of a mapping as they are and those of a list with their numbers.
    return dict(exemplars if hasattr(exemplars, "keys") else enumerate(exemplars))


class LastValueAggregationData(_AggregationData):
    """The value that was recorded last."""

    def __init__(self, value_type: Any, value: float) -> None:
        super().__init__()
        self._value_type = value_type
        self._value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    def add_sample(self, value: float, timestamp: Any = None, attachments: Any = None) -> None:
        """Replace the value."""
        self._value = value

    @property
    def value(self) -> float:
        """The value."""
        return self._value

    @property
    def value_type(self) -> Any:
        """The class of the point's value."""
        return self._value_type

    def to_point(self, timestamp: datetime.datetime) -> point.Point:
        """Return the value as a point."""
        return point.Point(self._value_type(self._value), timestamp)


class Exemplar:
    """A recorded value with what was attached to it.

    Raises:
        TypeError: An attachment's key or value is no text.
    """

    def __init__(self, value: float, timestamp: Any, attachments: Mapping[str, str]) -> None:
        if attachments is None:
            raise TypeError("attachments should not be empty")
        for attachment_key, attachment_value in attachments.items():
            if not isinstance(attachment_key, str):
                raise TypeError("attachment key should not be empty and should be a string")
            if not isinstance(attachment_value, str):
                raise TypeError("attachment value should not be empty and should be a string")
        self._value = value
        self._timestamp = timestamp
        self._attachments = attachments

    @property
    def value(self) -> float:
        """The recorded value."""
        return self._value

    @property
    def timestamp(self) -> Any:
        """When it was recorded."""
        return self._timestamp

    @property
    def attachments(self) -> Mapping[str, str]:
        """What was attached to it."""
        return self._attachments
