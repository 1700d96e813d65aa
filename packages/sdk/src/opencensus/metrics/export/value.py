"""The kinds of values that a point of a metric can have."""

from __future__ import annotations

from copy import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class ValueDouble:
    """A floating-point number."""

    def __init__(self, value: float) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    @property
    def value(self) -> float:
        """The number."""
        return self._value


class ValueLong:
    """An integer."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    @property
    def value(self) -> int:
        """The number."""
        return self._value


class ValueSummary:
    """A summary of many values."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    @property
    def value(self) -> Any:
        """The summary."""
        return self._value


class Exemplar:
    """One of the values that fell into a bucket, with what was attached to it."""

    def __init__(self, value: float, timestamp: Any, attachments: Any) -> None:
        self._value = value
        self._timestamp = timestamp
        self._attachments = attachments

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    @property
    def value(self) -> float:
        """The recorded value."""
        return self._value

    @property
    def timestamp(self) -> Any:
        """When it was recorded."""
        return self._timestamp

    @property
    def attachments(self) -> Any:
        """What was attached to it."""
        return self._attachments


class Bucket:
    """How many values fell between two boundaries."""

    def __init__(self, count: int, exemplar: Exemplar | None = None) -> None:
        self._count = count
        self._exemplar = exemplar

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count})"

    @property
    def count(self) -> int:
        """The number of values."""
        return self._count

    @property
    def exemplar(self) -> Exemplar | None:
        """One of the values, if one was kept."""
        return self._exemplar


class Explicit:
    """Boundaries that are listed one by one.

    Raises:
        ValueError: There are none, or they are not positive and strictly increasing.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        if not bounds:
            raise ValueError("Bounds must not be null or empty")
        if any(lower >= upper for lower, upper in pairwise(bounds)):
            raise ValueError("Bounds must be strictly increasing")
        if bounds[0] <= 0:
            raise ValueError("Bounds must be positive")
        self._bounds = bounds

    @property
    def bounds(self) -> Sequence[float]:
        """A copy of the boundaries."""
        return copy(self._bounds)


class BucketOptions:
    """How values are divided into buckets; None for no buckets at all."""

    def __init__(self, type_: Explicit | None = None) -> None:
        self._type = type_

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.type_})"

    @property
    def type_(self) -> Explicit | None:
        """The boundaries."""
        return self._type


class Extremes:
    """The lowest and the highest of values that keep coming, reading by reading.

    Each reading that found new values appends itself to a chain. Whoever keeps the reading that it
    saw last can tell the extremes since then, however often others have read meanwhile; readings
    that nobody keeps are forgotten.

    Args:
        lowest: The lowest value since the reading before.
        highest: The highest value since the reading before.
        before: The reading before.
    """

    __slots__ = ("__weakref__", "_highest", "_lowest", "_next", "maximum", "minimum")

    def __init__(self, lowest: float, highest: float, before: Extremes | None = None) -> None:
        self._lowest = lowest
        self._highest = highest
        self._next: Extremes | None = None
        self.minimum: float = lowest if before is None else min(lowest, before.minimum)
        self.maximum: float = highest if before is None else max(highest, before.maximum)

    def followed_by(self, lowest: float, highest: float) -> Extremes:
        """Append a reading and return it."""
        self._next = Extremes(lowest, highest, self)
        return self._next

    def since(self, earlier: Extremes | None) -> tuple[float, float]:
        """Return the extremes of what came after an earlier reading; after none, of everything.

        When nothing came, the lowest is infinite and the highest negatively so.
        """
        if earlier is None:
            return self.minimum, self.maximum
        lowest, highest = float("inf"), float("-inf")
        reading = earlier
        while reading is not self:
            if reading._next is None:  # a reading of other values
                return self.minimum, self.maximum
            reading = reading._next
            lowest, highest = min(lowest, reading._lowest), max(highest, reading._highest)
        return lowest, highest


class ValueDistribution:
    """Many values as their count, sum, spread and, where there are boundaries, buckets.

    ``extremes`` is set where the lowest and the highest value are known.

    Raises:
        ValueError: The parts contradict each other.
    """

    extremes: Extremes | None = None

    def __init__(
        self,
        count: int,
        sum_: float,
        sum_of_squared_deviation: float,
        bucket_options: BucketOptions,
        buckets: Sequence[Bucket] | None = None,
    ) -> None:
        _check_totals(count, sum_, sum_of_squared_deviation)
        _check_buckets(count, bucket_options, buckets)
        self._count = count
        self._sum = sum_
        self._sum_of_squared_deviation = sum_of_squared_deviation
        self._bucket_options = bucket_options
        self._buckets = buckets

    def __repr__(self) -> str:
        bounds = None if self.bucket_options.type_ is None else self.bucket_options.type_.bounds
        return f"{type(self).__name__}({(bounds,) if bounds is not None else None})"

    @property
    def count(self) -> int:
        """How many values there are."""
        return self._count

    @property
    def sum(self) -> float:
        """The sum of the values."""
        return self._sum

    @property
    def sum_of_squared_deviation(self) -> float:
        """The sum of the squared differences from the mean."""
        return self._sum_of_squared_deviation

    @property
    def bucket_options(self) -> BucketOptions:
        """How the values are divided."""
        return self._bucket_options

    @property
    def buckets(self) -> Sequence[Bucket] | None:
        """The buckets, in the order of their boundaries."""
        return self._buckets


def _check_totals(count: int, sum_: float, sum_of_squared_deviation: float) -> None:
    if count < 0:
        raise ValueError("count must be non-negative")
    if count == 0 and sum_ != 0:
        raise ValueError("sum_ must be 0 if count is 0")
    if count == 0 and sum_of_squared_deviation != 0:
        raise ValueError("sum_of_squared_deviation must be 0 if count is 0")


def _check_buckets(
    count: int, bucket_options: BucketOptions, buckets: Sequence[Bucket] | None
) -> None:
    if bucket_options is None:
        raise ValueError("bucket_options must not be null")
    if bucket_options.type_ is None:
        if buckets is not None:
            raise ValueError(
                "buckets must be null if the distribution has no histogram "
                "(i.e. bucket_options.type is null)"
            )
        return
    if buckets is None or len(buckets) != len(bucket_options.type_.bounds) + 1:
        raise ValueError("There must be one bucket for each pair of boundaries")
    if count != sum(bucket.count for bucket in buckets):
        raise ValueError("The distribution count must equal the sum of bucket counts")
