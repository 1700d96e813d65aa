"""Where the buckets of a distribution begin."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class BucketBoundaries:
    """Boundaries in increasing order."""

    def __init__(self, boundaries: Sequence[float] | None = None) -> None:
        self._boundaries = list(boundaries or [])

    @property
    def boundaries(self) -> list[float]:
        """The boundaries."""
        return self._boundaries

    def is_valid_boundaries(self, boundaries: Sequence[float] | None) -> bool:
        """Return whether these are boundaries, none of them below the one before."""
        return boundaries is not None and all(
            lower <= upper for lower, upper in pairwise(boundaries)
        )
