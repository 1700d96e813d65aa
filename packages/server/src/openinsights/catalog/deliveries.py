"""Messages that are due: written with the change that they tell of, kept until they have arrived.

Each way out of waiting is noted in the history of the alert, in the same transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing

if TYPE_CHECKING:
    from collections.abc import Collection

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
GIVEN_UP: Final = "given up"
FIRED: Final = "Fired"
RESOLVED: Final = "Resolved"

EVENT_DELIVERED: Final = "Delivered"
EVENT_NOT_DELIVERED: Final = "NotDelivered"
EVENT_SILENCED: Final = "Silenced"

_NAMESPACE: Final = uuid.UUID("6f1c1d0e-6d5b-5d0f-9c53-7a1f2f0f8b11")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to one receiver.

    Attributes:
        delivery_id: a guid, the same for the same alert, condition, group and receiver.
        alert_id: of the alert.
        condition: Fired or Resolved.
        group_key: path of the action group, in lower case.
        receiver: name of the receiver in that group.
        created_ticks: when the alert changed.
        notification: what is said, as JSON's values.
        first_id: the id of what told the receiver that the alert fired; "" when this does.
        attempts: how often it was tried.
        due_ticks: when it is tried next.
    """

    delivery_id: str
    alert_id: str
    condition: str
    group_key: str
    receiver: str
    created_ticks: int
    notification: dict[str, Any] = field(repr=False)  # JSON
    first_id: str = ""
    attempts: int = 0
    due_ticks: int = 0


def delivery_id(alert_id: str, condition: str, group_key: str, receiver: str) -> str:
    """Return the id of a message."""
    name = "\n".join((alert_id, condition, group_key, receiver.lower()))
    return str(uuid.uuid5(_NAMESPACE, name))


def add_delivery(connection: sa.Connection, delivery: Delivery) -> None:
    """Let a message wait, in the transaction of what it tells of; one that is there stays."""
    table = tables.deliveries
    known = sa.select(table.c.delivery_id).where(table.c.delivery_id == delivery.delivery_id)
    if connection.execute(known).first() is not None:
        return
    # the end of an alert comes due with its beginning
    first = sa.select(table.c.due_ticks).where(
        table.c.delivery_id == delivery.first_id, table.c.state == WAITING
    )
    due_ticks = max(delivery.due_ticks, connection.scalar(first) or 0)
    connection.execute(
        sa.insert(table).values(
            delivery_id=delivery.delivery_id,
            alert_id=delivery.alert_id,
            condition=delivery.condition,
            group_key=delivery.group_key,
            receiver=delivery.receiver,
            state=WAITING,
            attempts=0,
            due_ticks=due_ticks,
            facts={
                "notification": delivery.notification,
                "first_id": delivery.first_id,
                "created_ticks": delivery.created_ticks,
            },
        )
    )


def told_of(connection: sa.Connection, alert_id: str) -> list[tuple[str, str, str]]:
    """Return who was, or is to be, told that an alert fired, as (id, group, receiver)."""
    row = tables.deliveries.c
    statement = (
        sa.select(row.delivery_id, row.group_key, row.receiver)
        .where(row.alert_id == alert_id, row.condition == FIRED)
        .order_by(row.group_key, row.receiver)
    )
    return [(each[0], each[1], each[2]) for each in connection.execute(statement)]


def note(
    connection: sa.Connection, alert_id: str, at_ticks: int, event: str, facts: dict[str, Any]
) -> None:
    """Add a line to the history of an alert."""
    connection.execute(
        sa.insert(tables.alert_history).values(
            alert_id=alert_id, at_ticks=at_ticks, event=event, facts=facts
        )
    )


class DeliveryStore:
    """Hands out messages that are due and keeps what became of them; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def due(
        self,
        now_ticks: int,
        at_once: int,
        running: Collection[Delivery] = (),
        most: int = 64,
    ) -> list[Delivery]:
        """Return messages that are due, the longest due first.

        No more of one receiver than may run at once; none that is running; and the end of an alert
        only when its beginning waits no more. Its cost grows with the number of receivers for whom
        something waits, and hardly with how much that is.

        Args:
            now_ticks: the time.
            at_once: messages of one receiver that may run.
            running: those that run already.
            most: how many at most.
        """
        busy: dict[tuple[str, str], set[str]] = {}
        for each in running:
            busy.setdefault((each.group_key, each.receiver), set()).add(each.delivery_id)
        row = tables.deliveries.c
        first = sa.select(row.due_ticks).where(row.state == WAITING).order_by(row.due_ticks)
        receivers = (
            sa.select(row.group_key, row.receiver)
            .where(row.state == WAITING)
            .group_by(row.group_key, row.receiver)
            .order_by(sa.func.min(row.due_ticks))
        )
        found: list[Delivery] = []
        with self._engine.connect() as connection:
            due = connection.scalar(first.limit(1))
            if due is None or due > now_ticks:
                return []
            for group_key, receiver in connection.execute(receivers).all():
                taken = busy.get((group_key, receiver), set())
                room = min(at_once - len(taken), most - len(found))
                if room > 0:
                    heads = _heads(connection, group_key, receiver, now_ticks, at_once)
                    ready = (each for each in heads if each.delivery_id not in taken)
                    found += islice(
                        (each for each in ready if not _first_waits(connection, each)), room
                    )
        return sorted(found, key=lambda each: (each.due_ticks, each.delivery_id))

    def delivered(self, delivery: Delivery, at_ticks: int) -> None:
        """Note that a message has arrived."""
        facts = {**_who(delivery), "attempts": delivery.attempts + 1}
        self._end(delivery, DELIVERED, at_ticks, EVENT_DELIVERED, facts)

    def given_up(self, delivery: Delivery, at_ticks: int, why: str) -> None:
        """Note that a message is not tried again."""
        facts = {**_who(delivery), "attempts": delivery.attempts + 1, "why": why}
        self._end(delivery, GIVEN_UP, at_ticks, EVENT_NOT_DELIVERED, facts)

    def postponed(self, delivery: Delivery, due_ticks: int, why: str) -> None:
        """Note that a message has not arrived, and is tried again."""
        table = tables.deliveries
        with writing(self._engine) as connection:
            row = connection.execute(
                sa.select(table.c.facts).where(
                    table.c.delivery_id == delivery.delivery_id, table.c.state == WAITING
                )
            ).first()
            if row is None:
                return  # it was deleted, or another server was faster
            connection.execute(
                sa.update(table)
                .where(table.c.delivery_id == delivery.delivery_id)
                .values(
                    attempts=delivery.attempts + 1,
                    due_ticks=due_ticks,
                    facts={**row.facts, "why": why},
                )
            )
            # the end of the alert comes due with its beginning
            connection.execute(
                sa.update(table)
                .where(
                    table.c.alert_id == delivery.alert_id,
                    table.c.condition != FIRED,
                    table.c.group_key == delivery.group_key,
                    table.c.receiver == delivery.receiver,
                    table.c.due_ticks < due_ticks,
                )
                .values(due_ticks=due_ticks)
            )

    def waiting_count(self) -> int:
        """Return how many messages have not arrived yet."""
        table = tables.deliveries
        statement = sa.select(sa.func.count()).select_from(table).where(table.c.state == WAITING)
        with self._engine.connect() as connection:
            return int(connection.scalar(statement) or 0)

    def waiting(self) -> list[tuple[Delivery, str]]:
        """Return what has not arrived yet with why, the first due first."""
        row = tables.deliveries.c
        statement = (
            sa.select(tables.deliveries)
            .where(row.state == WAITING)
            .order_by(row.due_ticks, row.delivery_id)
            .limit(1_000)
        )
        with self._engine.connect() as connection:
            return [
                (_delivery(each), each.facts.get("why", ""))
                for each in connection.execute(statement)
            ]

    def forget_before(self, ticks: int) -> None:
        """Forget messages of before a time that wait no more, and whose alert has ended."""
        row, alert = tables.deliveries.c, tables.alerts.c
        goes_on = sa.select(alert.alert_id).where(alert.condition == FIRED)
        old = sa.delete(tables.deliveries).where(
            row.state != WAITING, row.due_ticks < ticks, row.alert_id.not_in(goes_on)
        )
        with writing(self._engine) as connection:
            connection.execute(old)

    def _end(
        self, delivery: Delivery, state: str, at_ticks: int, event: str, facts: dict[str, Any]
    ) -> None:
        table = tables.deliveries
        with writing(self._engine) as connection:
            ended = connection.execute(
                sa.update(table)
                .where(table.c.delivery_id == delivery.delivery_id, table.c.state == WAITING)
                .values(state=state, attempts=delivery.attempts + 1, due_ticks=at_ticks)
            )
            if ended.rowcount:
                note(connection, delivery.alert_id, at_ticks, event, facts)


def _heads(
    connection: sa.Connection, group_key: str, receiver: str, now_ticks: int, at_once: int
) -> list[Delivery]:
    """Return the first messages of a receiver that are due.

    Enough of them that some may run: besides those that run, only the ends of alerts whose
    beginnings run may not, for all others come due with their beginnings.
    """
    row = tables.deliveries.c
    statement = (
        sa.select(tables.deliveries)
        .where(
            row.state == WAITING,
            row.group_key == group_key,
            row.receiver == receiver,
            row.due_ticks <= now_ticks,
        )
        .order_by(row.due_ticks, row.condition, row.delivery_id)
        .limit(3 * at_once)
    )
    return [_delivery(each) for each in connection.execute(statement)]


def _first_waits(connection: sa.Connection, delivery: Delivery) -> bool:
    """Whether a message is the end of an alert whose beginning has not arrived."""
    if not delivery.first_id:
        return False
    row = tables.deliveries.c
    state = connection.scalar(sa.select(row.state).where(row.delivery_id == delivery.first_id))
    return bool(state == WAITING)


def _who(delivery: Delivery) -> dict[str, Any]:
    return {
        "condition": delivery.condition,
        "group": delivery.group_key.rpartition("/")[2],
        "receiver": delivery.receiver,
        "delivery": delivery.delivery_id,
    }


def _delivery(row: Any) -> Delivery:  # a row of SQLAlchemy's
    return Delivery(
        row.delivery_id,
        row.alert_id,
        row.condition,
        row.group_key,
        row.receiver,
        row.facts["created_ticks"],
        row.facts["notification"],
        row.facts["first_id"],
        row.attempts,
        row.due_ticks,
    )
