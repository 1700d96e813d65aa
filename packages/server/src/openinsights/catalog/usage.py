"""How much each resource sent, hour by hour, as it outlives the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.catalog import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[str, int, int, int]

KEPT_HOURS = 400 * 24


class UsageStore:
    """Keeps the hours; safe to use from any thread.

    Args:
        engine: an open catalog, closed by its owner.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def since(self, hour: int) -> list[Row]:
        """Return (app id, hour, items, bytes) of every hour from one on, oldest first.

        Args:
            hour: counted from 0001-01-01T00:00:00Z.
        """
        found = sa.select(tables.usage).where(tables.usage.c.hour >= hour)
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(tables.usage.c.hour, tables.usage.c.app_id))
            return [(row.app_id, row.hour, row.items, row.bytes) for row in rows]

    def of(self, app_id: str, hour: int) -> list[Row]:
        """Return the hours of one resource from one on, oldest first; see `since`."""
        columns = tables.usage.c
        found = sa.select(tables.usage).where(columns.app_id == app_id, columns.hour >= hour)
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(columns.hour))
            return [(row.app_id, row.hour, row.items, row.bytes) for row in rows]

    def save(self, hours: Iterable[Row]) -> None:
        """Keep sums of hours in the place of what is kept of them; forget what is over a year old."""
        rows = list(hours)
        if not rows:
            return
        newest = max(row[1] for row in rows)
        place = sa.tuple_(tables.usage.c.app_id, tables.usage.c.hour)
        with self._engine.begin() as connection:
            connection.execute(
                sa.delete(tables.usage).where(place.in_([(row[0], row[1]) for row in rows]))
            )
            connection.execute(
                sa.insert(tables.usage),
                [dict(zip(("app_id", "hour", "items", "bytes"), row, strict=True)) for row in rows],
            )
            connection.execute(
                sa.delete(tables.usage).where(tables.usage.c.hour < newest - KEPT_HOURS)
            )
