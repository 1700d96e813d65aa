"""A rule as it is evaluated; how it looks over HTTP is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from openinsights.alerts.rules.threshold import LAST_WINDOW, Dynamic, Periods, Static
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.alerts.alert import Signal
    from openinsights.alerts.rules.measure import Measure

DEFAULT_DELAY_TICKS: Final = 10 * TICKS_PER_SECOND
"""How long after its end a window closes where the rule does not say."""
RESOURCE: Final = "Microsoft.ApplicationId"
"""By this dimension a metric rule that watches several resources is split; its values are their
application ids."""
HEALTHY_UNTIL_RESOLVED: Final = 3
"""After so many healthy evaluations on end an alert ends."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule; all of them have to be met.

    Attributes:
        measure: what is measured.
        threshold: what it is compared with.
        periods: how many windows of how many.
        metric: as the rule names it; "" for a query.
        namespace: of the metric, as the rule names it.
        aggregation: as the rule names it.
        dimensions: what it is split by, in order; a part of those of the rule.
    """

    measure: Measure
    threshold: Static | Dynamic
    periods: Periods = LAST_WINDOW
    metric: str = ""
    namespace: str = ""
    aggregation: str = ""
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was understood.

    Attributes:
        rule_id: a guid.
        app_id: of the resource that it watches.
        name: for people.
        signal: what it goes by.
        severity: 0 critical to 4 verbose.
        every_ticks: it is evaluated at whole multiples of this.
        window_ticks: how much time each evaluation looks at; at least `every_ticks`.
        delay_ticks: how long after a window's end it is evaluated, for data that comes late.
        checks: its conditions.
        dimensions: what it is split by: each combination has a state of its own.
        resolves: whether an alert ends by itself, and fires once until it has; otherwise each
            evaluation that is met fires anew.
        mute_ticks: for how long one that fires anew does not, once it has.
        counts_unseen: whether a count of 0 is compared for what was never seen; otherwise it is
            healthy.
        description: for people.
        action_groups: resource ids of whom to tell.
        properties: sent along.
        context: what else is sent along, by the names of the common alert schema.
    """

    rule_id: str
    app_id: str
    name: str
    signal: Signal
    severity: int
    every_ticks: int
    window_ticks: int
    checks: tuple[Check, ...]
    delay_ticks: int = DEFAULT_DELAY_TICKS
    dimensions: tuple[str, ...] = ()
    resolves: bool = True
    mute_ticks: int = 0
    counts_unseen: bool = False
    description: str = ""
    action_groups: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
