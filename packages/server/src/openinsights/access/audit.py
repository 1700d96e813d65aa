"""The audit log: who did what, when, and whether it went well. Rows are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing

if TYPE_CHECKING:
    from openinsights.clock import Clock

MAX_READ: Final = 1_000
_WIDTHS: Final = {"actor": 255, "action": 64, "target": 1024, "outcome": 64, "address": 64}


@dataclass(frozen=True, slots=True)
class Deed:
    """One row.

    Attributes:
        number: grows by one from row to row.
        at_ticks: when.
        actor: who, as people read it.
        actor_kind: see `Caller.kind`.
        action: a method for requests, else a word such as `sign-in`.
        target: what it was done to; never a secret.
        outcome: the status of a request, `ok`, or why not.
        address: where the request came from.
    """

    number: int
    at_ticks: int
    actor: str
    actor_kind: str
    action: str
    target: str
    outcome: str
    address: str


class AuditLog:
    """Adds and reads rows; safe to use from any thread. Blocks while it writes.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when.
    """

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self,
        actor: str,
        actor_kind: str,
        action: str,
        target: str,
        outcome: str = "ok",
        address: str = "",
    ) -> None:
        """Add a row, durable when this returns."""
        values = {
            "actor": actor,
            "action": action,
            "target": target,
            "outcome": outcome,
            "address": address,
        }
        cut = {name: _plain(text)[: _WIDTHS[name]] for name, text in values.items()}
        with writing(self._engine) as connection:
            connection.execute(
                sa.insert(tables.audit).values(
                    at_ticks=self._clock.now_ticks(), actor_kind=actor_kind, **cut
                )
            )

    def read(self, before: int | None = None, count: int = 100) -> list[Deed]:
        """Return rows, newest first.

        Args:
            before: the number below which to begin; None begins with the newest.
            count: at most so many, and at most `MAX_READ`.
        """
        statement = (
            sa.select(tables.audit)
            .order_by(tables.audit.c.number.desc())
            .limit(max(1, min(count, MAX_READ)))
        )
        if before is not None:
            statement = statement.where(tables.audit.c.number < before)
        with self._engine.connect() as connection:
            return [Deed(*row) for row in connection.execute(statement)]


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
