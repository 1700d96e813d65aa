"""Processing rules as Azure's tools spell them, and back.

Source: `Microsoft.AlertsManagement/actionRules` 2021-08-08.
"""

from __future__ import annotations

from typing import Final

import msgspec

from openinsights.catalog.errors import InvalidProcessingRule
from openinsights.catalog.processing_rules import (
    MONTHLY,
    WEEKLY,
    Condition,
    ProcessingRule,
    Recurrence,
    Window,
)

TYPE: Final = "Microsoft.AlertsManagement/actionRules"
REMOVE: Final = "RemoveAllActionGroups"
ADD: Final = "AddActionGroups"


class ArmCondition(msgspec.Struct):
    """What alerts have to have: one of the values, or none for the operators that negate."""

    field: str
    operator: str
    values: list[str]


class ArmRecurrence(msgspec.Struct, rename="camel", omit_defaults=True):
    """A window that comes again: `Daily`, `Weekly` or `Monthly`; times are HH:MM:SS."""

    recurrence_type: str
    start_time: str = ""
    end_time: str = ""
    days_of_week: list[str] = []
    days_of_month: list[int] = []


class ArmSchedule(msgspec.Struct, rename="camel", omit_defaults=True):
    """When the rule applies; times without an offset are those of the zone."""

    effective_from: str | None = None
    effective_until: str | None = None
    time_zone: str = "UTC"
    recurrences: list[ArmRecurrence] = []


class ArmAction(msgspec.Struct, rename="camel", omit_defaults=True):
    """What the rule does: `RemoveAllActionGroups`, or `AddActionGroups` with their paths."""

    action_type: str
    action_group_ids: list[str] = []


class RuleProperties(msgspec.Struct, rename="camel"):
    """What a processing rule is."""

    scopes: list[str] = []
    conditions: list[ArmCondition] = []
    schedule: ArmSchedule | None = None
    actions: list[ArmAction] = []
    description: str = ""
    enabled: bool = True


class ProcessingBody(msgspec.Struct):
    """A processing rule to make or replace."""

    location: str | None = None
    tags: dict[str, str] | None = None
    properties: RuleProperties = msgspec.field(default_factory=RuleProperties)


class ChangedProperties(msgspec.Struct):
    """What has to change of a processing rule."""

    enabled: bool | None = None


class ProcessingChanges(msgspec.Struct):
    """What has to change of a processing rule."""

    tags: dict[str, str] | None = None
    properties: ChangedProperties = msgspec.field(default_factory=ChangedProperties)


class ProcessingShown(msgspec.Struct, frozen=True):
    """A processing rule."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    properties: RuleProperties


def conditions_of(properties: RuleProperties) -> tuple[Condition, ...]:
    """Return the conditions of a body."""
    return tuple(
        Condition(each.field, each.operator, tuple(each.values)) for each in properties.conditions
    )


def window_of(properties: RuleProperties) -> Window | None:
    """Return the window of a body, not checked yet; None is always."""
    said = properties.schedule
    if said is None:
        return None
    return Window(
        said.effective_from or "",
        said.effective_until or "",
        said.time_zone,
        tuple(_recurrence(each) for each in said.recurrences),
    )


def _recurrence(said: ArmRecurrence) -> Recurrence:
    kind = said.recurrence_type
    days = {WEEKLY: said.days_of_week, MONTHLY: [str(day) for day in said.days_of_month]}
    return Recurrence(kind, said.start_time, said.end_time, tuple(days.get(kind, ())))


def actions_of(properties: RuleProperties) -> tuple[bool, tuple[str, ...]]:
    """Return whether a rule suppresses, and which groups it adds.

    Raises:
        InvalidProcessingRule: it asks for something else.
    """
    kinds = {each.action_type for each in properties.actions}
    strange = next((kind for kind in kinds if kind not in (REMOVE, ADD)), None)
    if strange is not None:
        raise InvalidProcessingRule(
            f"cannot use the action {strange[:40]!r}: use {REMOVE} or {ADD}"
        )
    added = tuple(id for each in properties.actions for id in each.action_group_ids)
    return REMOVE in kinds, added


def shown(rule: ProcessingRule) -> ProcessingShown:
    """Return a rule as Azure's tools read it."""
    actions = [ArmAction(REMOVE)] if rule.suppresses else [ArmAction(ADD, list(rule.adds))]
    properties = RuleProperties(
        list(rule.scopes),
        [ArmCondition(each.field, each.operator, list(each.values)) for each in rule.conditions],
        None if rule.window is None else _schedule(rule.window),
        actions,
        rule.description,
        rule.enabled,
    )
    return ProcessingShown(rule.id, rule.name, TYPE, rule.location, dict(rule.tags), properties)


def _schedule(window: Window) -> ArmSchedule:
    recurrences = [
        ArmRecurrence(
            each.kind,
            each.start,
            each.end,
            list(each.days) if each.kind == WEEKLY else [],
            [int(day) for day in each.days] if each.kind == MONTHLY else [],
        )
        for each in window.recurrences
    ]
    return ArmSchedule(
        window.effective_from or None,
        window.effective_until or None,
        window.time_zone,
        recurrences,
    )
