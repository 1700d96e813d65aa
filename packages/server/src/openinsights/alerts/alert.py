"""What fired and why: the types between whoever watches, the book of alerts, and who is told."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the types of what it converts
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

Split = tuple[tuple[str, str], ...]
"""One combination of dimensions, as (name, value) in the rule's order; () without a split."""

SEVERITIES: Final = range(5)
"""0 critical, 1 error, 2 warning, 3 informational, 4 verbose."""


class Signal(Enum):
    """What an alert goes by; the value is how people read it."""

    METRIC = "Metric"
    LOG = "Log"
    AVAILABILITY = "Availability"
    SMART = "Smart Detector"


class MonitorCondition(Enum):
    """What the server says about an alert."""

    FIRED = "Fired"
    RESOLVED = "Resolved"


class UserState(Enum):
    """What people say about an alert."""

    NEW = "New"
    ACKNOWLEDGED = "Acknowledged"
    CLOSED = "Closed"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a rule, as it was met.

    Attributes:
        metric: the metric's name; "" for a query.
        namespace: the metric's namespace.
        aggregation: Average, Minimum, Maximum, Total or Count.
        operator: as the rule names it, such as GreaterThan.
        threshold: what the value was compared with; for a band its nearer edge.
        value: what was measured; None when there was nothing.
        dimensions: the combination it was measured for.
        band: the lower and upper edge of a dynamic threshold; None for a static one.
    """

    metric: str
    namespace: str
    aggregation: str
    operator: str
    threshold: float
    value: float | None
    dimensions: Split = ()
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an alert can be seen.

    Attributes:
        kql: the question whose answer shows it.
        start_ticks: of the range that the question is asked for.
        end_ticks: of that range.
    """

    kql: str
    start_ticks: int
    end_ticks: int


@dataclass(frozen=True, slots=True)
class Fired:
    """That a rule's condition is met, for one combination of dimensions.

    Attributes:
        app_id: of the resource.
        rule_id: of the rule; with `app_id` and `split` it tells alerts apart.
        rule_name: for people.
        signal: what it goes by.
        severity: one of `SEVERITIES`.
        at_ticks: the end of the window in which it is met.
        window_ticks: how long that window is.
        evidence: where it can be seen.
        criteria: as they were met.
        split: the combination of dimensions.
        description: for people.
        action_groups: resource ids of whom to tell.
        auto_resolves: whether it ends by itself.
        properties: the rule's own, sent along.
        context: what else is sent along, by the names of the common alert schema.
    """

    app_id: str
    rule_id: str
    rule_name: str
    signal: Signal
    severity: int
    at_ticks: int
    window_ticks: int
    evidence: Evidence
    criteria: tuple[Criterion, ...] = ()
    split: Split = ()
    description: str = ""
    action_groups: tuple[str, ...] = ()
    auto_resolves: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as the book has it.

    Attributes:
        alert_id: a guid.
        fired: as it was met last.
        condition: what the server says.
        user_state: what people say.
        fired_ticks: when it fired.
        changed_ticks: when anything of it changed last.
        resolved_ticks: when it ended; None while it has not.
        user: who changed its user state last; "" when nobody did.
    """

    alert_id: str
    fired: Fired
    condition: MonitorCondition
    user_state: UserState
    fired_ticks: int
    changed_ticks: int
    resolved_ticks: int | None = None
    user: str = ""
