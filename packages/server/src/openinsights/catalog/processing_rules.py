"""Rules about what is told when: windows of silence, and groups that are told as well.

What lives here: the values and the store. What does not: what a rule decides
(`alerts/notify/processing.py`) and how Azure's tools spell one (`alerts/arm_processing.py`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import InvalidProcessingRule
from openinsights.catalog.resource import checked_label, checked_name

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[["ProcessingRule | None"], None]

PROVIDER: Final = "Microsoft.AlertsManagement"
MOST_RULES: Final = 2_000
MUTE_TAG: Final = "openinsights-mute"
"""The tag, `true`, of rules that mute something for a while, in UTC; they go when they are over."""
OPERATORS: Final = ("Equals", "NotEquals", "Contains", "DoesNotContain")
FIELDS: Final = (
    "Severity",
    "MonitorService",
    "MonitorCondition",
    "SignalType",
    "TargetResource",
    "TargetResourceGroup",
    "TargetResourceType",
    "AlertRuleId",
    "AlertRuleName",
    "Description",
    "AlertContext",
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAILY: Final = "Daily"
WEEKLY: Final = "Weekly"
MONTHLY: Final = "Monthly"
RECURRENCES: Final = (DAILY, WEEKLY, MONTHLY)
_LONGEST_TEXT: Final = 4_096


@dataclass(frozen=True, slots=True)
class Condition:
    """What alerts have to have; several conditions have to be met together.

    Attributes:
        field: one of `FIELDS`.
        operator: one of `OPERATORS`.
        values: one of them is enough; of the operators that negate, none may be there.
    """

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A window that comes again, in the time of the schedule's zone.

    Attributes:
        kind: one of `RECURRENCES`.
        start: of the window, `HH:MM:SS`; "" is the start of the day.
        end: `HH:MM:SS`; at or before `start` it is on the next day, "" is the end of the day.
        days: of the week by name for Weekly, of the month by number for Monthly; none for Daily.
    """

    kind: str
    start: str = ""
    end: str = ""
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """When a rule applies.

    Attributes:
        effective_from: `YYYY-MM-DDTHH:MM:SS` in the zone; "" is always.
        effective_until: the same; "" is for ever.
        time_zone: by its name, of IANA's or Windows'.
        recurrences: any of them is enough; without one the whole of the time.
    """

    effective_from: str = ""
    effective_until: str = ""
    time_zone: str = "UTC"
    recurrences: tuple[Recurrence, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessingRule:
    """One rule.

    Attributes:
        subscription: part of its path.
        resource_group: part of its path.
        name: part of its path.
        scopes: paths of subscriptions, resource groups or resources; alerts below one of them.
        app_id: of the resource that all scopes name; "" when they reach further.
        conditions: all have to be met.
        window: when it applies; None is always.
        suppresses: whether nobody is told.
        adds: paths of action groups that are told as well.
        description: for people.
        enabled: whether it applies at all.
        location: a plain label here.
        tags: labels of the owner.
    """

    subscription: str
    resource_group: str
    name: str
    scopes: tuple[str, ...]
    app_id: str = ""
    conditions: tuple[Condition, ...] = ()
    window: Window | None = None
    suppresses: bool = False
    adds: tuple[str, ...] = ()
    description: str = ""
    enabled: bool = True
    location: str = "Global"
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The path of the rule."""
        return rule_path(self.subscription, self.resource_group, self.name)

    @property
    def key(self) -> str:
        """What it is kept under: its path in lower case."""
        return self.id.lower()


def rule_path(subscription: str, resource_group: str, name: str) -> str:
    """Return the path of a processing rule."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
        f"/providers/{PROVIDER}/actionRules/{name}"
    )


class ProcessingRuleStore:
    """Keeps processing rules; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(
        self, rule: ProcessingRule, check: Check = lambda _: None
    ) -> tuple[ProcessingRule, bool]:
        """Make or replace a rule, durable when this returns; return it and whether it is new.

        Args:
            rule: as it has to be; its window is the caller's to check.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidProcessingRule: a part of it cannot be kept.
            InvalidResource: a part of its path cannot be used.
        """
        kept = _checked(rule)
        table = tables.processing_rules
        with writing(self._engine) as connection:
            known = _find(connection, kept.key)
            check(known)
            if known is None:
                _refuse_too_many(connection)
            connection.execute(sa.delete(table).where(table.c.path_key == kept.key))
            connection.execute(
                sa.insert(table).values(path_key=kept.key, enabled=kept.enabled, facts=_facts(kept))
            )
        return kept, known is None

    def get(self, path: str) -> ProcessingRule | None:
        """Return the rule of a path in any letter case, None when there is none."""
        with self._engine.connect() as connection:
            return _find(connection, path.lower())

    def every(self) -> list[ProcessingRule]:
        """Return all rules by their path."""
        table = tables.processing_rules
        statement = sa.select(table.c.facts).order_by(table.c.path_key)
        with self._engine.connect() as connection:
            return [_rule(row.facts) for row in connection.execute(statement)]

    def delete(self, path: str, check: Callable[[ProcessingRule], None] = lambda _: None) -> bool:
        """Delete a rule; return whether there was one.

        Args:
            path: of the rule, in any letter case.
            check: raises when it, as it stands, is not to be deleted.
        """
        table = tables.processing_rules
        with writing(self._engine) as connection:
            found = _find(connection, path.lower())
            if found is None:
                return False
            check(found)
            connection.execute(sa.delete(table).where(table.c.path_key == found.key))
        return True

    def forget_mutes(self, before: str) -> None:
        """Delete what was made to mute something for a while, once that is over.

        Args:
            before: a time of UTC as windows have it; those that ended before it go.
        """
        for each in self.every():
            until = "" if each.window is None else each.window.effective_until
            if (MUTE_TAG, "true") in each.tags and until and until < before:
                self.delete(each.id)

    def delete_of(self, app_id: str) -> None:
        """Delete the rules that are about one resource alone."""
        for each in self.every():
            if each.app_id == app_id:
                self.delete(each.id)


def enabled_rules_in(connection: sa.Connection) -> list[ProcessingRule]:
    """Return the rules that apply at all, by their path, as a transaction sees them."""
    table = tables.processing_rules
    statement = sa.select(table.c.facts).where(table.c.enabled).order_by(table.c.path_key)
    return [_rule(row.facts) for row in connection.execute(statement)]


def _find(connection: sa.Connection, key: str) -> ProcessingRule | None:
    table = tables.processing_rules
    row: Any = connection.execute(sa.select(table.c.facts).where(table.c.path_key == key)).first()
    return None if row is None else _rule(row.facts)


def _refuse_too_many(connection: sa.Connection) -> None:
    count = connection.scalar(sa.select(sa.func.count()).select_from(tables.processing_rules)) or 0
    if count >= MOST_RULES:
        raise InvalidProcessingRule(
            f"cannot keep more than {MOST_RULES} processing rules: delete some"
        )


def _checked(rule: ProcessingRule) -> ProcessingRule:
    if rule.suppresses == bool(rule.adds):
        raise InvalidProcessingRule(
            "cannot keep the processing rule: its action is either RemoveAllActionGroups, or"
            " AddActionGroups with at least one group"
        )
    if not rule.scopes:
        raise InvalidProcessingRule("cannot keep the processing rule: it needs a scope")
    texts = (rule.description, *rule.scopes, *rule.adds)
    if any(len(text) > _LONGEST_TEXT for text in texts):
        raise InvalidProcessingRule(
            f"cannot keep the processing rule: a text is longer than {_LONGEST_TEXT} characters"
        )
    for each in rule.conditions:
        _check_condition(each)
    return dataclasses.replace(
        rule,
        subscription=checked_label("subscription", rule.subscription),
        resource_group=checked_name("resource group", rule.resource_group),
        name=checked_label("processing rule", rule.name),
        location=checked_label("location", rule.location),
    )


def _check_condition(condition: Condition) -> None:
    for text, known, what in (
        (condition.field, FIELDS, "field"),
        (condition.operator, OPERATORS, "operator"),
    ):
        if text not in known:
            raise InvalidProcessingRule(
                f"cannot use the {what} {text[:40]!r} in a condition: use {', '.join(known)}"
            )
    if not condition.values or any(len(value) > _LONGEST_TEXT for value in condition.values):
        raise InvalidProcessingRule(
            f"cannot use the condition on {condition.field}: it needs values of at most"
            f" {_LONGEST_TEXT} characters"
        )


def _facts(rule: ProcessingRule) -> dict[str, Any]:
    return dataclasses.asdict(rule) | {"tags": dict(rule.tags)}


def _rule(facts: dict[str, Any]) -> ProcessingRule:
    window = facts["window"]
    return ProcessingRule(
        **{
            **facts,
            "scopes": tuple(facts["scopes"]),
            "conditions": tuple(
                Condition(**{**each, "values": tuple(each["values"])})
                for each in facts["conditions"]
            ),
            "window": None if window is None else _window(window),
            "adds": tuple(facts["adds"]),
            "tags": tuple(facts["tags"].items()),
        }
    )


def _window(facts: dict[str, Any]) -> Window:
    recurrences = tuple(
        Recurrence(**{**each, "days": tuple(each["days"])}) for each in facts["recurrences"]
    )
    return Window(**{**facts, "recurrences": recurrences})
