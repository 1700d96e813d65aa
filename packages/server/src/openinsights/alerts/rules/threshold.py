"""What a measured value is compared with: a fixed threshold, or what is usual at the time."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
    "Equals": operator.eq,
}
"""The operators of fixed thresholds."""
ABOVE, BELOW, OUTSIDE = "GreaterThan", "LessThan", "GreaterOrLessThan"
BAND_OPERATORS: Final = (ABOVE, BELOW, OUTSIDE)
SENSITIVITIES: Final = ("High", "Medium", "Low")
"""The higher the sensitivity, the narrower is what counts as usual."""

Band = tuple[float, float]
"""The lower and the upper edge of what is usual."""


@dataclass(frozen=True, slots=True)
class Static:
    """A fixed threshold.

    Attributes:
        operator: one of `COMPARISONS`.
        threshold: with what a value is compared.
    """

    operator: str
    threshold: float

    def is_met(self, value: float, band: Band | None) -> bool:
        """Return whether a value is on the bad side."""
        return COMPARISONS[self.operator](value, self.threshold)

    def edge(self, value: float, band: Band | None) -> float:
        """Return what a value is compared with."""
        return self.threshold


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What is usual at the time, learned from history.

    Attributes:
        operator: one of `BAND_OPERATORS`.
        sensitivity: one of `SENSITIVITIES`.
        ignore_before: history before these ticks does not count; None takes all.
    """

    operator: str
    sensitivity: str
    ignore_before: int | None = None

    def is_met(self, value: float, band: Band | None) -> bool | None:
        """Return whether a value is on the bad side; None while too little has been learned."""
        if band is None:
            return None
        low, high = band
        above = value > high and self.operator != BELOW
        return above or (value < low and self.operator != ABOVE)

    def edge(self, value: float, band: Band | None) -> float:
        """Return the edge that a value is compared with, the nearer one where both count."""
        if band is None:
            return 0.0
        low, high = band
        if self.operator == OUTSIDE:
            return high if value >= (low + high) / 2 else low
        return high if self.operator == ABOVE else low


@dataclass(frozen=True, slots=True)
class Periods:
    """How many of the last windows have to be on the bad side.

    Attributes:
        failing: so many at least.
        of: the last so many windows, side by side, the newest one included.
    """

    failing: int = 1
    of: int = 1


LAST_WINDOW: Final = Periods()
"""The newest window alone."""
