"""Who has to be told of an alert's change, written down in the very transaction of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.alerts.alert import MonitorCondition
from openinsights.alerts.notify.notification import About, notification_of, to_facts
from openinsights.alerts.notify.processing import decide
from openinsights.catalog import tables
from openinsights.catalog.action_groups import group_in
from openinsights.catalog.deliveries import (
    EVENT_NOT_DELIVERED,
    EVENT_SILENCED,
    Delivery,
    add_delivery,
    delivery_id,
    note,
    told_of,
)
from openinsights.catalog.processing_rules import enabled_rules_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openinsights.alerts.alert import Alert
    from openinsights.alerts.notify.notification import Notification
    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock


class Outbox:
    """Writes down who has to be told; safe to use from any thread.

    Who was told that an alert fired is told that it ended, and nobody else: not who is silenced at
    the time, nor who came into a group since.

    Args:
        resource_of: returns the resource of an application id, None when it is gone.
        clock: tells the time, which decides about windows of silence.
    """

    def __init__(self, resource_of: Callable[[str], Resource | None], clock: Clock) -> None:
        self._resource_of = resource_of
        self._clock = clock

    def on_change(
        self, connection: sa.Connection, alert: Alert, condition: MonitorCondition
    ) -> None:
        """Write down who has to be told of a change, with the connection that makes it."""
        now = self._clock.now_ticks()
        about = self._about(connection, alert)
        notification = notification_of(alert, condition, about)
        decision = decide(notification, enabled_rules_in(connection), now)
        if condition is MonitorCondition.RESOLVED:
            targets = told_of(connection, alert.alert_id)
        else:
            groups = (*alert.fired.action_groups, *decision.added)
            targets = list(_receivers(connection, notification, groups, now))
        if decision.silenced_by:
            if targets:
                facts = {"condition": condition.value, "rule": decision.silenced_by}
                note(connection, alert.alert_id, now, EVENT_SILENCED, facts)
            return
        said = to_facts(notification)
        for first_id, group_key, receiver in targets:
            id = delivery_id(alert.alert_id, condition.value, group_key, receiver)
            add_delivery(
                connection,
                Delivery(
                    id,
                    alert.alert_id,
                    condition.value,
                    group_key,
                    receiver,
                    now,
                    said,
                    first_id,
                    due_ticks=now,
                ),
            )

    def _about(self, connection: sa.Connection, alert: Alert) -> About:
        resource = self._resource_of(alert.fired.app_id)
        row = tables.alert_rules.c
        path = connection.scalar(sa.select(row.path_key).where(row.rule_id == alert.fired.rule_id))
        if resource is None:
            return About("", alert.fired.app_id, path or "")
        return About(resource.resource_id, resource.name, path or "")


def _receivers(
    connection: sa.Connection, notification: Notification, paths: Iterable[str], now: int
) -> Iterator[tuple[str, str, str]]:
    """Yield who is told that an alert fired, as ("", group, receiver); note who cannot be."""
    for path in {each.lower(): each for each in paths}.values():
        group = group_in(connection, path)
        why = ""
        if group is None:
            why = "there is no such action group"
        elif group.app_id not in ("", notification.app_id):
            why = "the action group is another resource's"
        elif not group.enabled:
            why = "the action group is disabled"
        if group is None or why:
            _note_not_told(connection, notification, path.rpartition("/")[2], "", why, now)
            continue
        for receiver in group.receivers:
            yield "", group.key, receiver.name
        for kind, name in group.unreached:
            why = f"receivers in {kind} are not told by this server"
            _note_not_told(connection, notification, group.name, name, why, now)


def _note_not_told(
    connection: sa.Connection,
    notification: Notification,
    group: str,
    receiver: str,
    why: str,
    now: int,
) -> None:
    facts = {
        "condition": notification.condition.value,
        "group": group,
        "receiver": receiver,
        "why": why,
    }
    note(connection, notification.alert_id, now, EVENT_NOT_DELIVERED, facts)
