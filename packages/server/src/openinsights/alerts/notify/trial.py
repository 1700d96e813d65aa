"""A notification by which people try whether messages arrive."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from openinsights.alerts.alert import Criterion, MonitorCondition, Signal
from openinsights.alerts.notify.notification import About, Notification
from openinsights.catalog.errors import InvalidActionGroup
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from openinsights.catalog.action_groups import ActionGroup

_WINDOW_TICKS: Final = 300 * TICKS_PER_SECOND
_STATIC: Final = Criterion("requests/failed", "", "Count", "GreaterThan", 5.0, 7.0)
_DYNAMIC: Final = Criterion(
    "requests/duration", "", "Average", "GreaterThan", 250.0, 900.0, (), (40.0, 250.0)
)
_ROWS: Final = Criterion("", "", "Count", "GreaterThan", 0.0, 3.0)
_LOCATIONS: Final = Criterion("Failed Location", "", "Count", "GreaterThanOrEqual", 1.0, 1.0)
KINDS: Final[dict[str, tuple[Signal, tuple[Criterion, ...]]]] = {
    "metricstaticthreshold": (Signal.METRIC, (_STATIC,)),
    "metricsdynamicthreshold": (Signal.METRIC, (_DYNAMIC,)),
    "logalertv2": (Signal.LOG, (_ROWS,)),
    "webtestalert": (Signal.AVAILABILITY, (_LOCATIONS,)),
    "smartalert": (Signal.SMART, ()),
}
"""What a trial looks like, by Azure's name of the kind of alert."""


def trial_notification(kind: str, group: ActionGroup, now_ticks: int) -> Notification:
    """Return a notification that says it is a trial.

    Args:
        kind: one of `KINDS`, in any letter case.
        group: is tried out.
        now_ticks: the time.

    Raises:
        InvalidActionGroup: there is no such kind.
    """
    if kind.lower() not in KINDS:
        raise InvalidActionGroup(
            f"cannot try the action group with alertType {kind[:40]!r}: use {', '.join(KINDS)}"
        )
    signal, criteria = KINDS[kind.lower()]
    about = About(group.scope or group.id, (group.scope or group.id).rpartition("/")[2])
    return Notification(
        alert_id=str(uuid.UUID(int=0)),
        app_id=group.app_id or str(uuid.UUID(int=0)),
        about=about,
        rule_id="trial",
        rule_name="Trial of an action group",
        description=f"Somebody tries whether messages of {group.short_name} arrive.",
        severity=4,
        signal=signal,
        condition=MonitorCondition.FIRED,
        fired_ticks=now_ticks,
        resolved_ticks=None,
        window_start_ticks=now_ticks - _WINDOW_TICKS,
        window_end_ticks=now_ticks,
        evidence_kql="requests | where success == false",
        evidence_start_ticks=now_ticks - _WINDOW_TICKS,
        evidence_end_ticks=now_ticks,
        criteria=criteria,
        context={"DetectionSummary": "A trial"} if signal is Signal.SMART else {},
        is_test=True,
    )
