"""A notification in words, for every kind of message that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.alerts.notify.schema import number_text
from openinsights.clock import TICKS_PER_SECOND, to_datetime

if TYPE_CHECKING:
    from openinsights.alerts.alert import Criterion
    from openinsights.alerts.notify.notification import Notification

SEVERITIES: Final = ("critical", "error", "warning", "informational", "verbose")
_OPERATORS: Final = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqual": "≥",
    "LessThan": "<",
    "LessThanOrEqual": "≤",
    "GreaterOrLessThan": "outside of",
}
_MOST_FACTS: Final = 20


def headline(notification: Notification) -> str:
    """Return what and where, in one line without line breaks."""
    return one_line(notification.title)


def facts_of(notification: Notification) -> list[tuple[str, str]]:
    """Return what there is to know, as (name, value), the most important first."""
    facts = [
        ("Resource", notification.about.resource_name),
        ("Rule", notification.rule_name),
        ("Severity", f"{notification.severity} ({SEVERITIES[notification.severity]})"),
        *((f"{name}", value) for name, value in notification.split),
        *(("Condition", _criterion(each)) for each in notification.criteria),
        ("Fired", time_text(notification.fired_ticks)),
    ]
    if notification.is_resolved and notification.resolved_ticks is not None:
        facts.append(("Resolved", time_text(notification.resolved_ticks)))
        lasted = notification.resolved_ticks - notification.fired_ticks
        facts.append(("Lasted", _length(lasted)))
    facts += notification.properties.items()
    facts += [
        (name, value) for name, value in notification.context.items() if isinstance(value, str)
    ]
    shown = [(one_line(name), one_line(value)) for name, value in facts if value]
    return shown[:_MOST_FACTS]


def _criterion(criterion: Criterion) -> str:
    what = " of ".join(each for each in (criterion.aggregation, criterion.metric) if each)
    value = "no value" if criterion.value is None else number_text(round(criterion.value, 6))
    compared = _OPERATORS.get(criterion.operator, criterion.operator)
    if criterion.band is not None:
        low, high = (number_text(round(each, 6)) for each in criterion.band)
        return f"{what} was {value}; {low} to {high} was expected"
    return f"{what} was {value}, {compared} {number_text(criterion.threshold)}"


def time_text(ticks: int) -> str:
    """Return an instant as `2026-11-21 06:58:00 UTC`."""
    return f"{to_datetime(ticks):%Y-%m-%d %H:%M:%S} UTC"


def _length(ticks: int) -> str:
    seconds = max(ticks, 0) // TICKS_PER_SECOND
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0 s"


def one_line(text: str) -> str:
    """Return text without line breaks and without what does not print."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))


def shortened(text: str, characters: int) -> str:
    """Return text of at most so many characters."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
