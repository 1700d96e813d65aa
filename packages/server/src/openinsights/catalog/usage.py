"""How much each resource sent, hour by hour, as it outlives the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing

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

    def add(self, hours: Iterable[Row]) -> list[Row]:
        """Add to hours, and return what they come to; forget what is over a year old.

        Several servers count the same hours, each what came to it.
        """
        rows = list(hours)
        if not rows:
            return []
        columns = tables.usage.c
        sums: list[Row] = []
        with writing(self._engine) as connection:
            for app_id, hour, items, size_bytes in rows:
                here = sa.and_(columns.app_id == app_id, columns.hour == hour)
                known = connection.execute(
                    sa.select(columns["items"], columns["bytes"]).where(here)
                )
                before = known.first() or (0, 0)
                total = {"items": before[0] + items, "bytes": before[1] + size_bytes}
                changed = connection.execute(sa.update(tables.usage).where(here).values(**total))
                if not changed.rowcount:
                    new = {"app_id": app_id, "hour": hour, **total}
                    connection.execute(sa.insert(tables.usage).values(**new))
                sums.append((app_id, hour, total["items"], total["bytes"]))
            oldest = max(row[1] for row in rows) - KEPT_HOURS
            connection.execute(sa.delete(tables.usage).where(columns.hour < oldest))
        return sums


def items_kept_since(store: UsageStore, app_id: str, hour: int) -> int:
    """Return how many items came to a resource from an hour on, whichever server took them."""
    return sum(row[2] for row in store.of(app_id, hour))
