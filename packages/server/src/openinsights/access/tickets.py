"""Secrets that are good for one step of signing in, on whichever server of a catalog they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.access.secrets import hash_of
from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from openinsights.clock import Clock

FIRST_ADMIN: Final = "first-administrator"
PROVIDER: Final = "provider"
_MOST: Final = 10_000


class Tickets:
    """Leaves and takes tickets; safe to use from any thread. Blocks.

    Args:
        engine: an open catalog that several servers share.
        clock: ends tickets that nobody shows.
    """

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def leave(self, kind: str, secret: str, valid_s: float, facts: dict[str, Any]) -> None:
        """Leave a ticket; what is kept of its secret is a hash.

        Args:
            kind: what it is good for.
            secret: shown to take it.
            valid_s: for how long.
            facts: what whoever takes it has to know, as JSON.
        """
        now = self._clock.now_ticks()
        row = tables.tickets.c
        with writing(self._engine) as connection:
            connection.execute(sa.delete(tables.tickets).where(row.until_ticks < now))
            newest = (
                sa.select(row.secret_hash)
                .where(row.kind == kind)
                .order_by(row.until_ticks.desc())
                .limit(_MOST)
            )
            connection.execute(
                sa.delete(tables.tickets).where(row.kind == kind, row.secret_hash.not_in(newest))
            )
            connection.execute(
                sa.insert(tables.tickets).values(
                    secret_hash=hash_of(secret),
                    kind=kind,
                    until_ticks=now + int(valid_s * TICKS_PER_SECOND),
                    facts=facts,
                )
            )

    def holds(self, kind: str, secret: str) -> bool:
        """Return whether a ticket is good; it stays so."""
        with self._engine.connect() as connection:
            return connection.execute(self._good(kind, secret)).first() is not None

    def take(self, kind: str, secret: str) -> dict[str, Any] | None:
        """Return what is known of a ticket, which is good no more; None when it is not good."""
        row = tables.tickets.c
        with writing(self._engine) as connection:
            found = connection.execute(self._good(kind, secret)).first()
            connection.execute(
                sa.delete(tables.tickets).where(
                    row.kind == kind, row.secret_hash == hash_of(secret)
                )
            )
        return None if found is None else dict(found.facts)

    def forget(self, kind: str) -> None:
        """Make every ticket of a kind worthless."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(tables.tickets).where(tables.tickets.c.kind == kind))

    def _good(self, kind: str, secret: str) -> sa.Select[tuple[Any]]:
        row = tables.tickets.c
        return sa.select(row.facts).where(
            row.kind == kind,
            row.secret_hash == hash_of(secret),
            row.until_ticks > self._clock.now_ticks(),
        )
