"""The purges that were asked for, kept until they are done and as a record afterwards."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import forget_overwritten, writing
from openinsights.catalog.errors import PurgeNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.clock import Clock


@dataclass(frozen=True, slots=True)
class Purge:
    """One purge.

    Attributes:
        id: `purge-` and a guid.
        app_id: the resource whose rows go.
        table: classic table; "" for all of them.
        filters: as they were asked for: objects of `column`, `operator`, `value` and `key`; of one
            that is finished, without the values, which may be what had to go.
        requested_ticks: when.
        deleted_rows: so far.
        finished: whether that is all.
    """

    id: str
    app_id: str
    table: str
    filters: tuple[dict[str, Any], ...]  # JSON of the management API
    requested_ticks: int
    deleted_rows: int = 0
    finished: bool = False


class PurgeStore:
    """Creates, counts and finishes purges; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when a purge was asked for.
        new_guid: where ids come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid

    def create(self, app_id: str, table: str, filters: tuple[dict[str, Any], ...]) -> Purge:
        """Note a purge, durable when this returns."""
        purge = Purge(f"purge-{self._new_guid()}", app_id, table, filters, self._clock.now_ticks())
        with writing(self._engine) as connection:
            connection.execute(sa.insert(tables.purges).values(_row(purge)))
        return purge

    def unfinished(self) -> list[Purge]:
        """Return the purges that are not done, oldest first."""
        return self._select(~tables.purges.c.finished)

    def get(self, purge_id: str) -> Purge:
        """Return a purge.

        Raises:
            PurgeNotFound: there is none of that id.
        """
        for purge in self._select(tables.purges.c.id == purge_id.lower()):
            return purge
        raise PurgeNotFound(f"cannot find purge {purge_id[:80]!r}")

    def count(self, purge_id: str, rows: int) -> None:
        """Add to the rows that a purge has deleted."""
        deleted = tables.purges.c.deleted_rows + rows
        self._update(purge_id, deleted_rows=deleted)

    def finish(self, purge_id: str) -> None:
        """Note that a purge is done, and forget what it looked for."""
        filters = [
            {name: text for name, text in each.items() if name != "value"}
            for each in self.get(purge_id).filters
        ]
        self._update(purge_id, finished=True, filters=filters)
        forget_overwritten(self._engine)

    def _update(self, purge_id: str, **values: Any) -> None:  # values or expressions of SQLAlchemy
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(tables.purges).where(tables.purges.c.id == purge_id).values(**values)
            )

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Purge]:
        statement = (
            sa.select(tables.purges).where(condition).order_by(tables.purges.c.requested_ticks)
        )
        with self._engine.connect() as connection:
            return [_purge(row) for row in connection.execute(statement)]


def _row(purge: Purge) -> dict[str, object]:
    return {
        "id": purge.id,
        "app_id": purge.app_id,
        "table_name": purge.table,
        "filters": list(purge.filters),
        "requested_ticks": purge.requested_ticks,
        "deleted_rows": purge.deleted_rows,
        "finished": purge.finished,
    }


def _purge(row: sa.Row[tuple[object, ...]]) -> Purge:
    values = row._mapping
    return Purge(
        id=values["id"],
        app_id=values["app_id"],
        table=values["table_name"],
        filters=tuple(values["filters"]),
        requested_ticks=values["requested_ticks"],
        deleted_rows=values["deleted_rows"],
        finished=bool(values["finished"]),
    )
