"""What rules on metrics and on logs write alike: with what a value is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.threshold import (
    BAND_OPERATORS,
    COMPARISONS,
    SENSITIVITIES,
    Dynamic,
    Static,
)
from openinsights.clock import TICKS_PER_SECOND
from openinsights.query.timespan import parse_instant

if TYPE_CHECKING:
    from openinsights.alerts.rules.properties import Properties
    from openinsights.alerts.rules.timing import Timing

SHORTEST_DYNAMIC_TICKS: Final = 60 * TICKS_PER_SECOND
"""Shorter windows would make too many of a month's history."""
_STATIC, _DYNAMIC = "StaticThresholdCriterion", "DynamicThresholdCriterion"


def threshold_of(part: Properties, timing: Timing) -> Static | Dynamic:
    """Return what the values of a criterion are compared with.

    Raises:
        InvalidRule: a property cannot be used, or windows are of no use for learning.
    """
    kind = part.choice(
        "criterionType",
        (_STATIC, _DYNAMIC),
        _DYNAMIC if part.has("alertSensitivity") else _STATIC,
    )
    if kind == _STATIC:
        return Static(part.choice("operator", COMPARISONS), part.number("threshold"))
    if timing.window < SHORTEST_DYNAMIC_TICKS:
        raise part.wrong("criterionType", "a dynamic threshold needs a windowSize of at least PT1M")
    if timing.window % timing.every:
        raise part.wrong(
            "criterionType",
            "a dynamic threshold needs a windowSize that is a whole multiple of evaluationFrequency",
        )
    return Dynamic(
        part.choice("operator", BAND_OPERATORS),
        part.choice("alertSensitivity", SENSITIVITIES, "Medium"),
        _ignored_before(part),
    )


def _ignored_before(part: Properties) -> int | None:
    if not part.has("ignoreDataBefore"):
        return None
    try:
        return parse_instant(part.text("ignoreDataBefore"))
    except ValueError as error:
        raise part.wrong("ignoreDataBefore", str(error)) from None
