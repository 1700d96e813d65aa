"""Many values as a count, a sum and percentiles."""

from __future__ import annotations


class ValueAtPercentile:
    """The value below which a percentage of all values lies.

    Raises:
        ValueError: The percentile is not within (0, 100], or the value is negative.
    """

    def __init__(self, percentile: float, value: float) -> None:
        if not 0 < percentile <= 100:
            raise ValueError("percentile must be in the interval (0.0, 100.0]")
        if value < 0:
            raise ValueError("value must be non-negative")
        self._percentile = percentile
        self._value = value

    @property
    def percentile(self) -> float:
        """The percentage."""
        return self._percentile

    @property
    def value(self) -> float:
        """The value."""
        return self._value


class Snapshot:
    """The values of a recent span of time.

    Raises:
        ValueError: The count or the sum is negative, there is a sum of no values, or the percentiles
            are no list.
    """

    def __init__(
        self,
        count: int | None,
        sum_data: float | None,
        value_at_percentiles: list[ValueAtPercentile] | None = None,
    ) -> None:
        check_count_and_sum(count, sum_data)
        if value_at_percentiles is None:
            value_at_percentiles = []
        elif not isinstance(value_at_percentiles, list):
            raise ValueError("value_at_percentiles must be a list")
        self._count = count
        self._sum_data = sum_data
        self._value_at_percentiles = value_at_percentiles

    @property
    def count(self) -> int | None:
        """How many values there are, if it is known."""
        return self._count

    @property
    def sum_data(self) -> float | None:
        """The sum of the values, if it is known."""
        return self._sum_data

    @property
    def value_at_percentiles(self) -> list[ValueAtPercentile]:
        """The percentiles."""
        return self._value_at_percentiles


class Summary:
    """All values since the start, with a snapshot of the recent ones.

    Raises:
        ValueError: As for `Snapshot`, or there is no snapshot.
    """

    def __init__(self, count: int | None, sum_data: float | None, snapshot: Snapshot) -> None:
        check_count_and_sum(count, sum_data)
        if snapshot is None:
            raise ValueError("snapshot must not be none")
        self._count = count
        self._sum_data = sum_data
        self._snapshot = snapshot

    @property
    def count(self) -> int | None:
        """How many values there are, if it is known."""
        return self._count

    @property
    def sum_data(self) -> float | None:
        """The sum of the values, if it is known."""
        return self._sum_data

    @property
    def snapshot(self) -> Snapshot:
        """The recent values."""
        return self._snapshot


def check_count_and_sum(count: int | None, sum_data: float | None) -> None:
    """Raise ValueError when a known count or sum is negative, or there is a sum of no values."""
    if count is not None and count < 0:
        raise ValueError("count must be non-negative")
    if sum_data is not None and sum_data < 0:
        raise ValueError("sum_data must be non-negative")
    if count == 0 and sum_data != 0:
        raise ValueError("sum_data must be 0 if count is 0")
