"""What a detector sees at one instant: for each unit, whether it fires and the figures behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openinsights.detection.grid import Array, Flags


class Sensitivity(Enum):
    """How much a finding takes; the value is the factor on the deviations that it needs."""

    LOW = 1.35
    MEDIUM = 1.0
    HIGH = 0.8


@dataclass(frozen=True, slots=True)
class Look:
    """Arrays (units,), values as people read them.

    Attributes:
        fires: whether there is a finding now.
        calm: whether a finding that there is may end.
        value: what was measured.
        expected: what is usual.
        low: where the expected band begins.
        high: where it ends.
        score: how many deviations the value is from what is usual.
        days: past days that the expectation is known from.
        count: items in the window, weighted.
        hits: those of them that the finding is about.
        steps: the length of the window, in steps of five minutes.
    """

    fires: Flags
    calm: Flags
    value: Array
    expected: Array
    low: Array
    high: Array
    score: Array
    days: Array
    count: Array
    hits: Array
    steps: Array


class Confidence(Enum):
    """How sure a finding is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_HIGH_SCORE: Final = 9.0
_MEDIUM_SCORE: Final = 6.0
_LEARNED_DAYS: Final = 3.0


def confidence(score: float, days: float) -> Confidence:
    """Return how sure a finding of a score is; never high before three days are known."""
    if score >= _HIGH_SCORE and days >= _LEARNED_DAYS:
        return Confidence.HIGH
    return Confidence.MEDIUM if score >= _MEDIUM_SCORE else Confidence.LOW
