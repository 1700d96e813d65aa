"""Saved queries and functions of a resource, shared by all who may see it or one caller's own."""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import InvalidSavedQuery, SavedQueryExists, SavedQueryNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.clock import Clock

TYPES: Final = ("query", "function", "folder", "recent", "none")
MOST_OF_A_RESOURCE: Final = 10_000
_LONGEST_NAME: Final = 255
SHARED: Final = ""
"""The owner of what all share."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """One saved query.

    Attributes:
        app_id: of the resource that it belongs to.
        name: unique among those of the resource and owner, letter case aside.
        content: the text of the query.
        type: one of `TYPES`.
        owner: whose it is; `SHARED` when all share it.
        alias: under which a function is called.
        id: a guid; "" until it is kept.
        created_ticks: when.
        modified_ticks: when.
        changes: how often it was kept; tells versions apart.
    """

    app_id: str
    name: str
    content: str
    type: str = "query"
    owner: str = SHARED
    alias: str = ""
    id: str = ""
    created_ticks: int = 0
    modified_ticks: int = 0
    changes: int = 0


class SavedQueryStore:
    """Keeps saved queries; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when one was changed.
        new_guid: where ids come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid

    def put(
        self,
        query: SavedQuery,
        *,
        replaces: bool,
        check: Callable[[SavedQuery | None], None] = lambda _: None,
    ) -> SavedQuery:
        """Keep a query, durable when this returns.

        Args:
            query: what to keep; with an id that one is changed, else the one of its name.
            replaces: whether one that is there may be replaced.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidSavedQuery: it cannot be kept in this form.
            SavedQueryExists: one is there and is not to be replaced, or another has the name.
        """
        query = _checked(query)
        now = self._clock.now_ticks()
        with writing(self._engine) as connection:
            known = self._find(connection, query.app_id, query.owner, query.id, query.name)
            check(known)
            if known is not None and not replaces:
                raise SavedQueryExists(
                    f"cannot save query {query.name!r}: the resource has one of that name or id"
                )
            if known is None:
                self._refuse_too_many(connection, query.app_id)
            kept = dataclasses.replace(
                query,
                id=known.id if known else query.id or str(self._new_guid()),
                created_ticks=known.created_ticks if known else now,
                modified_ticks=now,
                changes=known.changes + 1 if known else 1,
            )
            connection.execute(_delete(kept.id))
            try:
                connection.execute(
                    sa.insert(tables.saved_queries).values(
                        id=kept.id,
                        app_id=kept.app_id,
                        owner=kept.owner,
                        name_key=kept.name.lower(),
                        facts=dataclasses.asdict(kept),
                    )
                )
            except sa.exc.IntegrityError:
                raise SavedQueryExists(
                    f"cannot save query {query.name!r}: another one has that name or id"
                ) from None
        return kept

    def every(self, app_id: str, owner: str) -> list[SavedQuery]:
        """Return the queries of a resource and owner by name."""
        table = tables.saved_queries
        statement = (
            sa.select(table.c.facts)
            .where(table.c.app_id == app_id, table.c.owner == owner)
            .order_by(table.c.name_key)
        )
        with self._engine.connect() as connection:
            return [SavedQuery(**row.facts) for row in connection.execute(statement)]

    def get(self, app_id: str, owner: str, *, id: str = "", name: str = "") -> SavedQuery:
        """Return a query by its id, else by its name.

        Raises:
            SavedQueryNotFound: there is none.
        """
        with self._engine.connect() as connection:
            found = self._find(connection, app_id, owner, id, "" if id else name)
        if found is None:
            raise SavedQueryNotFound(f"cannot find saved query {(id or name)[:80]!r}")
        return found

    def delete(self, query: SavedQuery) -> None:
        """Delete a query."""
        with writing(self._engine) as connection:
            connection.execute(_delete(query.id))

    def delete_of(self, app_id: str) -> None:
        """Delete the queries of a resource."""
        table = tables.saved_queries
        with writing(self._engine) as connection:
            connection.execute(sa.delete(table).where(table.c.app_id == app_id))

    @staticmethod
    def _find(
        connection: sa.Connection, app_id: str, owner: str, id: str, name: str
    ) -> SavedQuery | None:
        table = tables.saved_queries
        one = table.c.id == id.lower() if id else table.c.name_key == name.lower()
        mine = sa.select(table.c.facts).where(table.c.app_id == app_id, table.c.owner == owner)
        row: sa.Row[tuple[Any]] | None = connection.execute(mine.where(one)).first()
        return None if row is None else SavedQuery(**row.facts)

    @staticmethod
    def _refuse_too_many(connection: sa.Connection, app_id: str) -> None:
        table = tables.saved_queries
        statement = sa.select(sa.func.count()).select_from(table).where(table.c.app_id == app_id)
        if (connection.scalar(statement) or 0) >= MOST_OF_A_RESOURCE:
            raise InvalidSavedQuery(
                f"cannot save more than {MOST_OF_A_RESOURCE} queries of one resource: delete some"
            )


def _checked(query: SavedQuery) -> SavedQuery:
    name = query.name.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidSavedQuery(
            f"cannot save the query: its name has to have 1 to {_LONGEST_NAME} characters"
        )
    if query.type not in TYPES:
        raise InvalidSavedQuery(
            f"cannot save a query of type {query.type[:40]!r}: use {', '.join(TYPES)}"
        )
    if len(query.alias) > _LONGEST_NAME:
        raise InvalidSavedQuery(
            f"cannot save the query: its alias is longer than {_LONGEST_NAME} characters"
        )
    id = query.id.strip().lower()
    try:
        id = id and str(uuid.UUID(id))
    except ValueError:
        raise InvalidSavedQuery(
            f"cannot save the query under id {query.id[:80]!r}: a guid is needed"
        ) from None
    return dataclasses.replace(query, name=name, id=id)


def _delete(id: str) -> sa.Delete:
    return sa.delete(tables.saved_queries).where(tables.saved_queries.c.id == id)
