"""How much of what a test may fail is left, and for how long it was down: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Budget:
    """How a test does against its objective.

    Attributes:
        runs: in the window, of all locations.
        failed: of these.
        percent: of runs that passed; None without runs.
        allowed: failures that the objective grants for so many runs, with their fraction.
        left_percent: of what may fail, how much is left; negative when it is overdrawn, None
            without runs.
        is_met: whether the objective is; None without runs.
    """

    runs: int
    failed: int
    percent: float | None
    allowed: float
    left_percent: float | None
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class Downtime:
    """A time in which every run failed, at every location.

    Attributes:
        start_ticks: the begin of its first bin.
        end_ticks: the end of its last one.
    """

    start_ticks: int
    end_ticks: int


def budget_of(runs: int, passed: int, objective: float) -> Budget:
    """Return how a test does against its objective.

    Args:
        runs: in the window.
        passed: of these.
        objective: the percentage that is meant to pass, between 0 and 100.
    """
    allowed = runs * (100.0 - objective) / 100.0
    failed = runs - passed
    if runs == 0:
        return Budget(0, 0, None, 0.0, None, None)
    percent = 100.0 * passed / runs
    return Budget(
        runs, failed, percent, allowed, 100.0 * (allowed - failed) / allowed, percent >= objective
    )


def downtimes(bins: Iterable[int], width_ticks: int) -> list[Downtime]:
    """Return the times that bins make together.

    Args:
        bins: the begins of those in which every run failed, in order.
        width_ticks: of a bin.
    """
    found: list[Downtime] = []
    for begin in bins:
        if found and found[-1].end_ticks >= begin:
            found[-1] = Downtime(found[-1].start_ticks, begin + width_ticks)
        else:
            found.append(Downtime(begin, begin + width_ticks))
    return found
