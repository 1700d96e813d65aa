"""Which whole numbers were seen, held as merged intervals: a sender's item numbers have few gaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class IntervalSet:
    """A set of whole numbers; both ends of an interval belong to it."""

    __slots__ = ("_highs", "_lows")

    def __init__(self) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._lows, number) - 1
        return place >= 0 and number <= self._highs[place]

    def __len__(self) -> int:
        """Return how many intervals hold the numbers."""
        return len(self._lows)

    def intervals(self) -> list[tuple[int, int]]:
        """Return the intervals in order, none touching another."""
        return list(zip(self._lows, self._highs, strict=True))

    def overlaps(self, low: int, high: int) -> bool:
        """Return whether any number from `low` to `high` is in the set."""
        place = bisect_left(self._highs, low)
        return place < len(self._lows) and self._lows[place] <= high

    def add(self, low: int, high: int) -> None:
        """Add the numbers from `low` to `high`."""
        first = bisect_left(self._highs, low - 1)
        last = bisect_right(self._lows, high + 1)
        if first < last:
            low = min(low, self._lows[first])
            high = max(high, self._highs[last - 1])
        self._lows[first:last] = [low]
        self._highs[first:last] = [high]

    def drop_lower_half(self) -> int:
        """Forget the lower half of the intervals and return the least number still known."""
        half = len(self._lows) // 2
        del self._lows[:half]
        del self._highs[:half]
        return self._lows[0]


def to_intervals(numbers: list[int]) -> list[tuple[int, int]]:
    """Return the merged intervals of numbers in any order, repeated ones counted once."""
    result: list[tuple[int, int]] = []
    if not numbers:
        return result
    ordered = sorted(set(numbers))
    low = high = ordered[0]
    for number in ordered[1:]:
        if number != high + 1:
            result.append((low, high))
            low = number
        high = number
    result.append((low, high))
    return result
