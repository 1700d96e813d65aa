"""Which 64-bit heads of digests were seen: 8 bytes each, looked up in microseconds.

Numbers gather in a small set and are then kept in sorted arrays of growing size, so that adding is
cheap and memory stays at the size of the numbers themselves. A head that is found is a suspicion:
two digests may share one; the caller confirms it with the whole digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_RECENT_LIMIT = 4096


class DigestIndex:
    """A growing set of 64-bit numbers; not safe for use from several threads."""

    def __init__(self, heads: NDArray[np.uint64] | None = None) -> None:
        self._recent: set[int] = set()
        self._segments: list[NDArray[np.uint64]] = []
        self.complete = True
        if heads is not None and heads.size:
            self._segments.append(np.sort(heads))

    def __contains__(self, head: int) -> bool:
        """Return whether the number was added; True for every number once forgotten."""
        if not self.complete or head in self._recent:
            return True
        wanted = np.uint64(head)
        for segment in self._segments:
            place = int(np.searchsorted(segment, wanted))
            if place < segment.size and segment[place] == wanted:
                return True
        return False

    def add(self, heads: Iterable[int]) -> None:
        """Add numbers; adding one twice is harmless."""
        if not self.complete:
            return
        self._recent.update(heads)
        if len(self._recent) >= _RECENT_LIMIT:
            self._settle()

    def forget(self) -> None:
        """Give the memory back; from now on every number counts as possibly seen."""
        self._recent.clear()
        self._segments.clear()
        self.complete = False

    @property
    def size_bytes(self) -> int:
        """Memory that the numbers take, the few recent ones not counted."""
        return sum(segment.nbytes for segment in self._segments)

    def _settle(self) -> None:
        newest = np.fromiter(self._recent, np.uint64, len(self._recent))
        newest.sort()
        self._recent.clear()
        while self._segments and self._segments[-1].size <= 2 * newest.size:
            # the stable sort merges sorted runs in linear time
            newest = np.concatenate((self._segments.pop(), newest))
            newest.sort(kind="stable")
        self._segments.append(newest)
