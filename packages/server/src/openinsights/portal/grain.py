"""How wide the buckets of a chart are: the finest grain that keeps a range readable.

Buckets start at whole multiples of the grain, so that a chart does not shimmer when its range
moves on.
"""

from __future__ import annotations

from dataclasses import dataclass

from openinsights.clock import TICKS_PER_SECOND

MAX_BUCKETS = 240
"""More buckets than this are narrower than a chart can show."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A bucket width: as people write it (`5m`) and in seconds."""

    name: str
    seconds: int

    @property
    def ticks(self) -> int:
        """The width in 100 ns ticks."""
        return self.seconds * TICKS_PER_SECOND


GRAINS: tuple[Grain, ...] = (
    Grain("1s", 1),
    Grain("5s", 5),
    Grain("15s", 15),
    Grain("30s", 30),
    Grain("1m", 60),
    Grain("5m", 300),
    Grain("15m", 900),
    Grain("30m", 1_800),
    Grain("1h", 3_600),
    Grain("6h", 21_600),
    Grain("1d", 86_400),
    Grain("7d", 604_800),
    Grain("30d", 2_592_000),
)


def choose_grain(range_ticks: int, max_buckets: int = MAX_BUCKETS) -> Grain:
    """Return the finest grain with so few buckets; the coarsest if none is coarse enough."""
    for grain in GRAINS:
        if range_ticks <= grain.ticks * max_buckets:
            return grain
    return GRAINS[-1]
