"""What processing rules decide about a notification: pure, rules and time in, decision out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.alerts.notify.notification import SERVICES, SIGNAL_TYPES, TARGET_TYPE
from openinsights.alerts.notify.windows import is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.alerts.notify.notification import Notification
    from openinsights.catalog.processing_rules import Condition, ProcessingRule


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of all rules together.

    Attributes:
        silenced_by: the name of the first rule that lets nobody be told; "" when none does.
        added: paths of action groups that are told as well, each once.
    """

    silenced_by: str = ""
    added: tuple[str, ...] = ()


def decide(notification: Notification, rules: Iterable[ProcessingRule], now_ticks: int) -> Decision:
    """Return what rules decide; silence beats every group that is added.

    Args:
        notification: somebody would be told of.
        rules: in the order in which they are looked at.
        now_ticks: the instant.
    """
    added: list[str] = []
    for rule in rules:
        if not applies(rule, notification, now_ticks):
            continue
        if rule.suppresses:
            return Decision(silenced_by=rule.name)
        added += rule.adds
    return Decision(added=tuple({each.lower(): each for each in added}.values()))


def applies(rule: ProcessingRule, notification: Notification, now_ticks: int) -> bool:
    """Return whether a rule is about a notification, at an instant."""
    return (
        rule.enabled
        and any(_is_within(notification.about.resource_id, scope) for scope in rule.scopes)
        and all(_is_met(each, notification) for each in rule.conditions)
        and (rule.window is None or is_open(rule.window, now_ticks))
    )


def _is_within(resource_id: str, scope: str) -> bool:
    wanted, path = scope.strip().rstrip("/").lower(), resource_id.lower()
    return path == wanted or path.startswith(f"{wanted}/")


def _is_met(condition: Condition, notification: Notification) -> bool:
    found = [each.lower() for each in _FIELDS[condition.field](notification)]
    wanted = [each.lower() for each in condition.values]
    test = _TESTS[condition.operator]
    return test(found, wanted)


_TESTS: Final[dict[str, Callable[[list[str], list[str]], bool]]] = {
    "Equals": lambda found, wanted: any(each in wanted for each in found),
    "NotEquals": lambda found, wanted: not any(each in wanted for each in found),
    "Contains": lambda found, wanted: any(part in each for each in found for part in wanted),
    "DoesNotContain": lambda found, wanted: (
        not any(part in each for each in found for part in wanted)
    ),
}


def _group_of(notification: Notification) -> list[str]:
    parts = notification.about.resource_id.split("/")
    return ["/".join(parts[:5]), parts[4] if len(parts) > 4 else ""]


def _context_of(notification: Notification) -> list[str]:
    shown = (notification.context, notification.properties, notification.criteria)
    return [msgspec.json.encode(shown).decode()]


_FIELDS: Final[dict[str, Callable[[Notification], list[str]]]] = {
    "Severity": lambda told: [f"Sev{told.severity}"],
    "MonitorService": lambda told: [SERVICES[told.signal]],
    "MonitorCondition": lambda told: [told.condition.value],
    "SignalType": lambda told: [SIGNAL_TYPES[told.signal]],
    "TargetResource": lambda told: [told.about.resource_id],
    "TargetResourceGroup": _group_of,
    "TargetResourceType": lambda _: [TARGET_TYPE],
    "AlertRuleId": lambda told: [each for each in (told.about.rule_path, told.rule_id) if each],
    "AlertRuleName": lambda told: [told.rule_name],
    "Description": lambda told: [told.description],
    "AlertContext": _context_of,
}
"""What of a notification each field names; several spellings where tools use several."""
