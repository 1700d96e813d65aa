"""Workbooks: documents of text, queries and parameters that people keep beside a resource."""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import InvalidWorkbook, WorkbookNotFound
from openinsights.catalog.resource import PROVIDER, checked_label, checked_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.clock import Clock

    Check = Callable[["Workbook | None"], None]

KEPT_REVISIONS: Final = 100
"""Of each workbook; older ones are forgotten."""
MOST_WORKBOOKS: Final = 10_000
_LONGEST_TEXT: Final = 4_096


@dataclass(frozen=True, slots=True)
class Workbook:
    """One workbook, or one revision of it.

    Attributes:
        subscription: part of its path.
        resource_group: part of its path.
        name: part of its path; Azure's tools use a guid.
        display_name: as people see it.
        content: the document, as its author's tool writes it: JSON as text.
        app_id: the resource that it is about, "" when it names none.
        source_id: what the author named as its source, as it was written.
        location: a plain label here.
        kind: `shared` or `user`.
        category: `workbook` or another one of the author's.
        version: of the document's format.
        description: for people.
        tags: labels of the owner.
        created_by: who made it.
        modified_by: who changed it last.
        created_ticks: when.
        modified_ticks: when.
        revision: changes with every change.
    """

    subscription: str
    resource_group: str
    name: str
    display_name: str
    content: str
    app_id: str = ""
    source_id: str = ""
    location: str = "local"
    kind: str = "shared"
    category: str = "workbook"
    version: str = "Notebook/1.0"
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    created_by: str = ""
    modified_by: str = ""
    created_ticks: int = 0
    modified_ticks: int = 0
    revision: str = ""

    @property
    def id(self) -> str:
        """The path of the workbook."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/workbooks/{self.name}"
        )


class WorkbookStore:
    """Keeps workbooks and what they were; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when a workbook was changed.
        new_guid: where revisions come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid

    def put(self, workbook: Workbook, author: str, check: Check) -> tuple[Workbook, bool]:
        """Make or replace a workbook, durable when this returns; return it and whether it is new.

        Args:
            workbook: as it has to be; times, authors and revision are set here.
            author: who does this.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidWorkbook: a part of it cannot be kept.
            InvalidResource: a part of its path cannot be used.
        """
        checked = _checked(workbook)
        key = checked.id.lower()
        now = self._clock.now_ticks()
        with writing(self._engine) as connection:
            known = self._read(connection, key)
            check(known)
            if known is None:
                self._refuse_too_many(connection)
            kept = dataclasses.replace(
                checked,
                created_by=author if known is None else known.created_by,
                modified_by=author,
                created_ticks=now if known is None else known.created_ticks,
                modified_ticks=now,
                revision=self._new_guid().hex,
            )
            row = {"path_key": key, "facts": _facts(kept), "content": kept.content}
            connection.execute(_delete(tables.workbooks, key))
            connection.execute(
                sa.insert(tables.workbooks).values(
                    **row, app_id=kept.app_id, revision=kept.revision
                )
            )
            connection.execute(
                sa.insert(tables.workbook_revisions).values(
                    **row, revision=kept.revision, modified_ticks=now
                )
            )
            self._forget_old(connection, key)
        return kept, known is None

    def get(self, path: str) -> Workbook | None:
        """Return the workbook of a path in any letter case, None when there is none."""
        with self._engine.connect() as connection:
            return self._read(connection, path.lower())

    def every(self) -> list[Workbook]:
        """Return all workbooks by their path, without their contents."""
        table = tables.workbooks
        statement = sa.select(table.c.facts).order_by(table.c.path_key)
        with self._engine.connect() as connection:
            return [_workbook(row.facts, "") for row in connection.execute(statement)]

    def delete(self, path: str, check: Callable[[Workbook], None]) -> bool:
        """Delete a workbook with its revisions; return whether there was one.

        Args:
            path: of the workbook, in any letter case.
            check: raises when it, as it stands, is not to be deleted.
        """
        key = path.lower()
        with writing(self._engine) as connection:
            known = self._read(connection, key)
            if known is None:
                return False
            check(known)
            connection.execute(_delete(tables.workbooks, key))
            connection.execute(_delete(tables.workbook_revisions, key))
        return True

    def revisions(self, path: str) -> list[Workbook]:
        """Return what a workbook was, the newest first, without contents."""
        table = tables.workbook_revisions
        statement = (
            sa.select(table.c.facts)
            .where(table.c.path_key == path.lower())
            .order_by(table.c.modified_ticks.desc(), table.c.revision)
        )
        with self._engine.connect() as connection:
            return [_workbook(row.facts, "") for row in connection.execute(statement)]

    def revision(self, path: str, revision: str) -> Workbook:
        """Return what a workbook was.

        Raises:
            WorkbookNotFound: it has no such revision.
        """
        table = tables.workbook_revisions
        statement = sa.select(table.c.facts, table.c.content).where(
            table.c.path_key == path.lower(), table.c.revision == revision.lower()
        )
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise WorkbookNotFound(f"cannot find revision {revision[:80]!r} of the workbook")
        return _workbook(row.facts, row.content)

    @staticmethod
    def _read(connection: sa.Connection, key: str) -> Workbook | None:
        table = tables.workbooks
        statement = sa.select(table.c.facts, table.c.content).where(table.c.path_key == key)
        row = connection.execute(statement).first()
        return None if row is None else _workbook(row.facts, row.content)

    @staticmethod
    def _refuse_too_many(connection: sa.Connection) -> None:
        count = connection.scalar(sa.select(sa.func.count()).select_from(tables.workbooks)) or 0
        if count >= MOST_WORKBOOKS:
            raise InvalidWorkbook(f"cannot keep more than {MOST_WORKBOOKS} workbooks: delete some")

    @staticmethod
    def _forget_old(connection: sa.Connection, key: str) -> None:
        table = tables.workbook_revisions
        newest = (
            sa.select(table.c.revision)
            .where(table.c.path_key == key)
            .order_by(table.c.modified_ticks.desc(), table.c.revision)
            .limit(KEPT_REVISIONS)
        )
        kept = [row.revision for row in connection.execute(newest)]
        connection.execute(_delete(table, key).where(table.c.revision.not_in(kept)))


def workbook_not_found(path: str) -> WorkbookNotFound:
    """Return the error for a path that holds no workbook."""
    return WorkbookNotFound(f"cannot find workbook {path.rpartition('/')[2][:80]!r}")


def _checked(workbook: Workbook) -> Workbook:
    if not workbook.display_name.strip():
        raise InvalidWorkbook("cannot keep the workbook: it needs a displayName")
    if workbook.kind not in ("shared", "user"):
        raise InvalidWorkbook(
            f"cannot keep a workbook of kind {workbook.kind[:40]!r}: it is 'shared' or 'user'"
        )
    for name in ("display_name", "source_id", "category", "version", "description"):
        if len(getattr(workbook, name)) > _LONGEST_TEXT:
            raise InvalidWorkbook(
                f"cannot keep the workbook: its {name} is longer than {_LONGEST_TEXT} characters"
            )
    return dataclasses.replace(
        workbook,
        subscription=checked_label("subscription", workbook.subscription),
        resource_group=checked_name("resource group", workbook.resource_group),
        name=checked_label("workbook", workbook.name),
        location=checked_label("location", workbook.location),
    )


def _delete(table: sa.Table, key: str) -> sa.Delete:
    return sa.delete(table).where(table.c.path_key == key)


def _facts(workbook: Workbook) -> dict[str, Any]:
    facts = dataclasses.asdict(workbook)
    del facts["content"]
    return facts | {"tags": dict(workbook.tags)}


def _workbook(facts: dict[str, Any], content: str) -> Workbook:
    return Workbook(**{**facts, "tags": tuple(facts["tags"].items()), "content": content})
