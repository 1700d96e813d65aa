"""The book of alerts: what fired, what became of it, and what people said about it.

Every change of what the server says about an alert is told to whoever passes it on, inside the very
transaction that makes it: both happen, or neither.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from openinsights.alerts.alert import Alert, Fired, MonitorCondition, UserState
from openinsights.alerts.errors import AlertNotFound
from openinsights.alerts.split import split_key
from openinsights.catalog import tables
from openinsights.catalog.engine import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from openinsights.alerts.alert import Split
    from openinsights.clock import Clock

    OnChange = Callable[[sa.Connection, Alert, MonitorCondition], None]

MOST_LISTED: Final = 10_000
FIRED, RESOLVED = MonitorCondition.FIRED, MonitorCondition.RESOLVED
_REPLACED: Final = "Replaced"
_RULE_DELETED: Final = "RuleDeleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an alert.

    Attributes:
        number: grows from change to change.
        at_ticks: when.
        event: `Fired`, `Resolved`, `New`, `Acknowledged`, `Closed`, `Replaced` by a newer one of its
            rule, `RuleDeleted`; whoever delivers adds events of its own.
        facts: what else is known: `who`, `value`, …
    """

    number: int
    at_ticks: int
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def nobody_is_told(connection: sa.Connection, alert: Alert, condition: MonitorCondition) -> None:
    """Tell nobody."""


class AlertBook:
    """Keeps alerts; safe to use from any thread. Blocks while it writes.

    At most one alert of a resource, rule and combination of dimensions is fired at a time. The
    methods that take a `connection` write in its transaction, which has to come from `writing()`;
    else in one of their own.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when people do something.
        on_change: told of each alert that fires or is resolved, with the connection of the
            transaction in which it does; what it raises undoes the change. It MUST use that
            connection alone.
        new_guid: where ids come from.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        on_change: OnChange = nobody_is_told,
        new_guid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._on_change = on_change
        self._new_guid = new_guid

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Begin a transaction for several changes, and whatever else belongs to them."""
        with writing(self._engine) as connection:
            yield connection

    def fire(
        self, fired: Fired, connection: sa.Connection | None = None, *, anew: bool = False
    ) -> Alert:
        """Note that a condition is met, durable when this returns (or the transaction ends).

        Args:
            fired: what is met. While the same is fired already, that alert gets the new value and
                time, and nobody is told.
            connection: of the transaction.
            anew: whether it is another alert all the same; the one before it then ends, and
                nobody is told of that end.
        """
        with self._within(connection) as within:
            known = self._open(within, fired.app_id, fired.rule_id, fired.split)
            if known is not None and not anew:
                still = replace(known, fired=fired, changed_ticks=fired.at_ticks)
                self._save(within, still)
                return still
            if known is not None:
                self._end(within, known, fired.at_ticks, _REPLACED)
            alert = Alert(
                str(self._new_guid()), fired, FIRED, UserState.NEW, fired.at_ticks, fired.at_ticks
            )
            within.execute(sa.insert(tables.alerts).values(_row(alert)))
            self._note(within, alert, fired.at_ticks, FIRED.value, {"value": _value(fired)})
            self._on_change(within, alert, FIRED)
            return alert

    def resolve(
        self,
        app_id: str,
        rule_id: str,
        split: Split,
        at_ticks: int,
        connection: sa.Connection | None = None,
    ) -> Alert | None:
        """Note that a condition is met no more; None when nothing of it is fired.

        Args:
            app_id: of the resource.
            rule_id: of the rule.
            split: the combination of dimensions.
            at_ticks: the end of the window that showed it.
            connection: of the transaction.
        """
        with self._within(connection) as within:
            known = self._open(within, app_id, rule_id, split)
            if known is None:
                return None
            ended = self._end(within, known, at_ticks, RESOLVED.value)
            self._on_change(within, ended, RESOLVED)
            return ended

    def acknowledge(self, alert_id: str, who: str) -> Alert:
        """Note that somebody looks after an alert.

        Raises:
            AlertNotFound: there is none.
        """
        return self.set_user_state(alert_id, UserState.ACKNOWLEDGED, who)

    def close_alert(self, alert_id: str, who: str) -> Alert:
        """Note that somebody is done with an alert.

        Raises:
            AlertNotFound: there is none.
        """
        return self.set_user_state(alert_id, UserState.CLOSED, who)

    def set_user_state(self, alert_id: str, state: UserState, who: str) -> Alert:
        """Note what somebody says about an alert; saying it twice is saying it once.

        One that does not end by itself ends when it is closed: nothing else would end it.

        Raises:
            AlertNotFound: there is none.
        """
        now = self._clock.now_ticks()
        with writing(self._engine) as connection:
            known = self._get(connection, alert_id)
            if known.user_state is state:
                return known
            changed = replace(known, user_state=state, user=who, changed_ticks=now)
            ends = state is UserState.CLOSED and not known.fired.auto_resolves
            if ends and known.condition is FIRED:
                changed = replace(changed, condition=RESOLVED, resolved_ticks=now)
            self._save(connection, changed)
            self._note(connection, changed, now, state.value, {"who": who})
            return changed

    def get(self, alert_id: str) -> Alert:
        """Return an alert.

        Raises:
            AlertNotFound: there is none.
        """
        with self._engine.connect() as connection:
            return self._get(connection, alert_id)

    def list(
        self,
        app_ids: Sequence[str] | None = None,
        *,
        condition: MonitorCondition | None = None,
        rule_id: str | None = None,
        since_ticks: int | None = None,
        until_ticks: int | None = None,
        count: int = MOST_LISTED,
    ) -> list[Alert]:
        """Return alerts, the newest first.

        Args:
            app_ids: of these resources; None means of every one.
            condition: those of which the server says so; None means all.
            rule_id: those of this rule.
            since_ticks: those that were not resolved before.
            until_ticks: those that fired at or before.
            count: how many at most.
        """
        row = tables.alerts.c
        statement = sa.select(tables.alerts)
        if app_ids is not None:
            statement = statement.where(row.app_id.in_(app_ids))
        if condition is not None:
            statement = statement.where(row.condition == condition.value)
        if rule_id is not None:
            statement = statement.where(row.rule_id == rule_id)
        if since_ticks is not None:
            statement = statement.where(
                sa.or_(row.resolved_ticks.is_(None), row.resolved_ticks >= since_ticks)
            )
        if until_ticks is not None:
            statement = statement.where(row.fired_ticks <= until_ticks)
        newest = statement.order_by(row.fired_ticks.desc(), row.alert_id).limit(count)
        with self._engine.connect() as connection:
            return [_alert(each) for each in connection.execute(newest)]

    def history(self, alert_id: str) -> Sequence[Change]:
        """Return the changes of an alert, oldest first; none of an unknown one."""
        row = tables.alert_history.c
        statement = sa.select(row.number, row.at_ticks, row.event, row.facts)
        ordered = statement.where(row.alert_id == alert_id).order_by(row.number)
        with self._engine.connect() as connection:
            return [Change(*each) for each in connection.execute(ordered)]

    def end_of_rule(self, rule_id: str, connection: sa.Connection | None = None) -> None:
        """Let what a rule fired end, for it is gone; nobody is told."""
        now = self._clock.now_ticks()
        row = tables.alerts.c
        statement = sa.select(tables.alerts).where(
            row.rule_id == rule_id, row.condition == FIRED.value
        )
        with self._within(connection) as within:
            for known in [_alert(each) for each in within.execute(statement)]:
                self._end(within, known, now, _RULE_DELETED)

    def forget_resource(self, app_id: str) -> None:
        """Forget the alerts of a resource with their history."""
        self._forget(tables.alerts.c.app_id == app_id)

    def forget_before(self, ticks: int) -> None:
        """Forget alerts that were resolved before a time, with their history."""
        self._forget(tables.alerts.c.resolved_ticks < ticks)

    def _within(self, connection: sa.Connection | None) -> AbstractContextManager[sa.Connection]:
        return writing(self._engine) if connection is None else nullcontext(connection)

    @staticmethod
    def _open(connection: sa.Connection, app_id: str, rule_id: str, split: Split) -> Alert | None:
        row = tables.alerts.c
        statement = sa.select(tables.alerts).where(
            row.app_id == app_id,
            row.rule_id == rule_id,
            row.split_key == split_key(split),
            row.condition == FIRED.value,
        )
        found = connection.execute(statement).first()
        return None if found is None else _alert(found)

    @staticmethod
    def _get(connection: sa.Connection, alert_id: str) -> Alert:
        statement = sa.select(tables.alerts).where(tables.alerts.c.alert_id == alert_id.lower())
        found = connection.execute(statement).first()
        if found is None:
            raise AlertNotFound(alert_id)
        return _alert(found)

    def _end(self, connection: sa.Connection, known: Alert, at_ticks: int, event: str) -> Alert:
        ended = replace(known, condition=RESOLVED, resolved_ticks=at_ticks, changed_ticks=at_ticks)
        self._save(connection, ended)
        self._note(connection, ended, at_ticks, event, {})
        return ended

    @staticmethod
    def _save(connection: sa.Connection, alert: Alert) -> None:
        table = tables.alerts
        statement = sa.update(table).where(table.c.alert_id == alert.alert_id)
        connection.execute(statement.values(_row(alert)))

    @staticmethod
    def _note(
        connection: sa.Connection, alert: Alert, at_ticks: int, event: str, facts: dict[str, Any]
    ) -> None:
        connection.execute(
            sa.insert(tables.alert_history).values(
                alert_id=alert.alert_id, at_ticks=at_ticks, event=event, facts=facts
            )
        )

    def _forget(self, which: sa.ColumnElement[bool]) -> None:
        ids = sa.select(tables.alerts.c.alert_id).where(which)
        history = tables.alert_history
        with writing(self._engine) as connection:
            connection.execute(sa.delete(history).where(history.c.alert_id.in_(ids)))
            connection.execute(sa.delete(tables.alerts).where(which))


def _value(fired: Fired) -> float | None:
    return fired.criteria[0].value if fired.criteria else None


def _row(alert: Alert) -> dict[str, Any]:
    fired = alert.fired
    return {
        "alert_id": alert.alert_id,
        "app_id": fired.app_id,
        "rule_id": fired.rule_id,
        "split_key": split_key(fired.split),
        "condition": alert.condition.value,
        "user_state": alert.user_state.value,
        "fired_ticks": alert.fired_ticks,
        "resolved_ticks": alert.resolved_ticks,
        "facts": {
            "fired": msgspec.to_builtins(fired),
            "changed_ticks": alert.changed_ticks,
            "user": alert.user,
        },
    }


def _alert(row: sa.Row[Any]) -> Alert:
    return Alert(
        row.alert_id,
        msgspec.convert(row.facts["fired"], Fired),
        MonitorCondition(row.condition),
        UserState(row.user_state),
        row.fired_ticks,
        row.facts["changed_ticks"],
        row.resolved_ticks,
        row.facts["user"],
    )
