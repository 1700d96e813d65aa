"""What somebody is told: an alert and its change, with the names that messages need.

It is made in the transaction in which the alert changes and kept with the delivery, so that a
message says what was so then, however late it arrives.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import msgspec

from openinsights.alerts.alert import Criterion, MonitorCondition, Signal, Split
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from openinsights.alerts.alert import Alert

SERVICES: Final[dict[Signal, str]] = {
    Signal.METRIC: "Platform",
    Signal.LOG: "Log Alerts V2",
    Signal.AVAILABILITY: "Platform",
    Signal.SMART: "Smart Detector",
}
"""Azure's name of what watched."""

SIGNAL_TYPES: Final[dict[Signal, str]] = {
    Signal.METRIC: "Metric",
    Signal.LOG: "Log",
    Signal.AVAILABILITY: "Metric",
    Signal.SMART: "Log",
}
"""Azure's name of what an alert goes by."""

TARGET_TYPE: Final = "microsoft.insights/components"
_LONGEST_LINKED_QUERY: Final = 4_000


@dataclass(frozen=True, slots=True)
class About:
    """The names of what an alert is about.

    Attributes:
        resource_id: path of the resource.
        resource_name: of the resource.
        rule_path: of the rule in the management API; "" when it has none.
    """

    resource_id: str
    resource_name: str
    rule_path: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """One change of an alert, as somebody is told of it.

    Attributes:
        alert_id: a guid.
        app_id: of the resource.
        about: names.
        rule_id: of the rule.
        rule_name: for people.
        description: for people.
        severity: 0 to 4.
        signal: what it goes by.
        condition: what happened.
        fired_ticks: when it fired.
        resolved_ticks: when it ended; None while it has not.
        window_start_ticks: of the window in which it was met last.
        window_end_ticks: of that window.
        evidence_kql: the question whose answer shows it.
        evidence_start_ticks: of the range that the question is asked for.
        evidence_end_ticks: of that range.
        criteria: as they were met last.
        split: the combination of dimensions.
        properties: the rule's own.
        context: what else is sent along.
        is_test: whether somebody only tries whether messages arrive.
    """

    alert_id: str
    app_id: str
    about: About
    rule_id: str
    rule_name: str
    description: str
    severity: int
    signal: Signal
    condition: MonitorCondition
    fired_ticks: int
    resolved_ticks: int | None
    window_start_ticks: int
    window_end_ticks: int
    evidence_kql: str
    evidence_start_ticks: int
    evidence_end_ticks: int
    criteria: tuple[Criterion, ...] = ()
    split: Split = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)  # values are JSON's
    is_test: bool = False

    @property
    def is_resolved(self) -> bool:
        """Whether it tells of the end."""
        return self.condition is MonitorCondition.RESOLVED

    @property
    def title(self) -> str:
        """What and where, in one line."""
        test = "[Test] " if self.is_test else ""
        where = ", ".join(f"{name} {value}" for name, value in self.split)
        what = f"{self.rule_name} ({where})" if where else self.rule_name
        return (
            f"{test}{self.condition.value}: Sev{self.severity} {what} in {self.about.resource_name}"
        )


def notification_of(alert: Alert, condition: MonitorCondition, about: About) -> Notification:
    """Return what is told of an alert's change."""
    fired = alert.fired
    return Notification(
        alert_id=alert.alert_id,
        app_id=fired.app_id,
        about=about,
        rule_id=fired.rule_id,
        rule_name=fired.rule_name,
        description=fired.description,
        severity=fired.severity,
        signal=fired.signal,
        condition=condition,
        fired_ticks=alert.fired_ticks,
        resolved_ticks=alert.resolved_ticks,
        window_start_ticks=fired.at_ticks - fired.window_ticks,
        window_end_ticks=fired.at_ticks,
        evidence_kql=fired.evidence.kql,
        evidence_start_ticks=fired.evidence.start_ticks,
        evidence_end_ticks=fired.evidence.end_ticks,
        criteria=fired.criteria,
        split=fired.split,
        properties=dict(fired.properties),
        context=dict(fired.context),
    )


def to_facts(notification: Notification) -> dict[str, Any]:  # the edge where JSON is kept
    """Return a notification as JSON's values."""
    facts: dict[str, Any] = msgspec.to_builtins(notification)
    return facts


def from_facts(facts: dict[str, Any]) -> Notification:  # the edge where JSON is kept
    """Return the notification of what `to_facts` returned."""
    return msgspec.convert(facts, Notification)


@dataclass(frozen=True, slots=True)
class Links:
    """Where a notification can be looked into.

    Attributes:
        alert: the alert in the portal.
        evidence: the question with its time in the portal; the alert when the question is too long.
        api: the same at the query API; "" when the question is too long.
    """

    alert: str
    evidence: str
    api: str


def links_of(notification: Notification, public_url: str) -> Links:
    """Return the links of a notification.

    Args:
        notification: with its evidence.
        public_url: of this server, with one slash at its end.
    """
    app = quote(notification.app_id, safe="")
    alert = f"{public_url}a/{app}/alerts?alert={quote(notification.alert_id, safe='')}"
    kql = notification.evidence_kql
    if not kql or len(kql) > _LONGEST_LINKED_QUERY:
        return Links(alert, alert, "")
    start = datetime_text(notification.evidence_start_ticks)
    end = datetime_text(notification.evidence_end_ticks)
    coded = base64.urlsafe_b64encode(kql.encode("utf-8", "replace")).decode().rstrip("=")
    evidence = urlencode({"from": start, "to": end, "q": coded})
    api = urlencode({"query": kql, "timespan": f"{start}/{end}"}, errors="replace")
    return Links(
        alert, f"{public_url}a/{app}/logs?{evidence}", f"{public_url}v1/apps/{app}/query?{api}"
    )
