"""Which item numbers of which senders were seen, in bounded memory.

What memory does not hold is asked from disk: a sender longest unheard of, and the oldest intervals
of a sender whose numbers have very many gaps.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from openinsights.store.interval_set import IntervalSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_INTERVALS_PER_SOURCE = 1024
_LOWEST = -(1 << 63)


class _Source:
    __slots__ = ("complete_from", "seen")

    def __init__(self, complete_from: int) -> None:
        self.seen = IntervalSet()
        self.complete_from = complete_from


class SequenceIndex:
    """Seen (source, number) pairs; not safe for use from several threads.

    Args:
        load: returns the intervals of a source on disk that overlap low to high, both included.
        max_sources: senders held in memory.
        complete: False when disk knows senders that were not added here.
    """

    def __init__(
        self,
        load: Callable[[int, int, int], Iterable[tuple[int, int]]],
        max_sources: int,
        *,
        complete: bool = True,
    ) -> None:
        self._load = load
        self._max_sources = max_sources
        self._sources: OrderedDict[int, _Source] = OrderedDict()
        self._complete = complete

    def seen(self, source: int, low: int, high: int) -> IntervalSet | None:
        """Return a set that tells which numbers of low to high were seen; None when none was."""
        entry = self._sources.get(source)
        if entry is None:
            if self._complete:
                return None
        else:
            self._sources.move_to_end(source)
            if low >= entry.complete_from:
                return entry.seen if entry.seen.overlaps(low, high) else None
        found = IntervalSet()
        for interval in self._load(source, low, high):
            found.add(*interval)
        return found if len(found) else None

    def add(self, source: int, low: int, high: int) -> None:
        """Add the numbers from `low` to `high` of a sender."""
        entry = self._sources.get(source)
        if entry is None:
            # numbers of a forgotten sender below these stay on disk
            entry = self._sources[source] = _Source(_LOWEST if self._complete else low)
            if len(self._sources) > self._max_sources:
                self._sources.popitem(last=False)
                self._complete = False
        entry.seen.add(low, high)
        if len(entry.seen) > _INTERVALS_PER_SOURCE:
            entry.complete_from = entry.seen.drop_lower_half()
