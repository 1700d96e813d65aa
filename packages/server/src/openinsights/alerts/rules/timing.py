"""When a rule is evaluated, and what of it all kinds of rules say in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.alerts.alert import SEVERITIES
from openinsights.alerts.rules.rule import DEFAULT_DELAY_TICKS
from openinsights.alerts.rules.threshold import Periods
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.query.metrics import interval_text

if TYPE_CHECKING:
    from openinsights.alerts.rules.properties import Properties

SHORTEST_TICKS: Final = 10 * TICKS_PER_SECOND
LONGEST_TICKS: Final = 2 * TICKS_PER_DAY
_LONGEST_DELAY_TICKS: Final = TICKS_PER_DAY
OWN: Final = "OpenInsights"
"""The property with what Azure has no name for."""
_MOST_PERIODS: Final = 6


@dataclass(frozen=True, slots=True)
class Timing:
    """When a rule is evaluated, in ticks; see `Rule`."""

    every: int
    window: int
    delay: int


def timing_of(properties: Properties, default_every: str, default_window: str) -> Timing:
    """Return when a rule is evaluated.

    Raises:
        InvalidRule: its times do not go together.
    """
    every = _span(properties, "evaluationFrequency", default_every)
    window = _span(properties, "windowSize", default_window)
    if window < every:
        raise properties.wrong(
            "windowSize",
            f"it is shorter than evaluationFrequency ({interval_text(every)}), so that what happens"
            " between two windows would not be seen",
        )
    own = properties.part(OWN)
    delay = own.duration("windowClosesAfter", interval_text(DEFAULT_DELAY_TICKS))
    if delay > _LONGEST_DELAY_TICKS:
        raise own.wrong("windowClosesAfter", "a day is the longest")
    return Timing(every, window, delay)


def _span(properties: Properties, name: str, default: str) -> int:
    ticks = properties.duration(name, default)
    if not SHORTEST_TICKS <= ticks <= LONGEST_TICKS or ticks % TICKS_PER_SECOND:
        raise properties.wrong(name, "whole seconds are needed, from PT10S to P2D")
    return ticks


def periods_of(check: Properties, timing: Timing, default: Periods) -> Periods:
    """Return how many windows of how many have to be on the bad side.

    Raises:
        InvalidRule: there are not that many, or the windows do not lie side by side.
    """
    periods = check.part("failingPeriods")
    of = periods.whole("numberOfEvaluationPeriods", default.of, 1, _MOST_PERIODS)
    failing = periods.whole("minFailingPeriodsToAlert", min(default.failing, of), 1, of)
    if of > 1 and timing.window % timing.every:
        raise check.wrong(
            "failingPeriods",
            "windows lie side by side only if windowSize is a whole multiple of"
            " evaluationFrequency",
        )
    return Periods(failing, of)


def severity_of(properties: Properties) -> int:
    """Return how bad it is; 3 where the rule does not say.

    Raises:
        InvalidRule: it is no severity.
    """
    return properties.whole("severity", 3, SEVERITIES[0], SEVERITIES[-1])
