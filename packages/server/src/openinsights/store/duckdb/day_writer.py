"""Commits groups of bodies to day files: one transaction per day, rows and bookkeeping together."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import duckdb

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType
from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.arrow import COLUMN_TYPES, to_arrow
from openinsights.store.duckdb.seen_days import Fresh, SeenDay, split_digest
from openinsights.store.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from openinsights.clock import Clock
    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.group_writer import Pending
    from openinsights.store.limits import StoreLimits
    from openinsights.store.rows import DayRows, TableRows

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 30
_PASSING = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    MemoryError,
    OSError,
)
"""What the same rows may not meet another time: a full disk, too little memory."""
_DAYS_THAT_TAKE_TELEMETRY = 3
"""Items may be two days old: today's file, and as many before it less one, may still be written."""


class DayWriter:
    """Writes to day files; every method is called from the writer's thread.

    Args:
        files: the day files.
        connection: writes; nothing else may use it.
        limits: bounds.
        clock: tells which days still take telemetry.
    """

    def __init__(
        self,
        files: DayFiles,
        connection: duckdb.DuckDBPyConnection,
        limits: StoreLimits,
        clock: Clock,
    ) -> None:
        self._files = files
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._seen: dict[int, SeenDay] = {}
        self._dirty: set[int] = set()
        self.stored_rows = 0
        self.duplicate_rows = 0
        self.broken = ""
        for day in files.days(self._oldest_day()):
            self._seen_day(day)

    def commit(self, group: list[Pending]) -> None:
        """Store the bodies of a group and resolve their futures.

        A future fails with StoreUnavailable when the same rows may be stored later, with another
        error when the engine will never take them.
        """
        try:
            self._refuse_when_broken()
            self._commit_days(group)
        except BaseException as error:
            self._commit_one_by_one(group, error)
            return
        for pending in group:
            pending.future.set_result(None)

    def rest(self) -> None:
        """Empty the write-ahead logs of the days that were written."""
        for day in sorted(self._dirty):
            self._checkpoint(day)

    def delete_resource(self, app_id: str) -> int:
        """Delete a resource's rows day by day and return how many there were."""
        deleted = 0
        for day in self._files.days():
            alias = self._files.attach(day)
            self._connection.execute("begin")
            for table in COLUMN_TYPES:
                found = self._connection.execute(
                    ddl.DELETE_RESOURCE.format(alias=alias, table=ddl.quoted(table)),
                    {"app_id": app_id},
                ).fetchone()
                deleted += found[0] if found else 0
            self._connection.execute("commit")
            self._dirty.add(day)
        return deleted

    def _refuse_when_broken(self) -> None:
        if self.broken:
            raise StoreUnavailable(self.broken, retry_after_s=_RETRY_AFTER_S)

    def _commit_one_by_one(self, group: list[Pending], error: BaseException) -> None:
        # a body that the engine refuses must not take its neighbours with it
        if len(group) > 1 and not self.broken:
            logger.warning("group commit failed, trying each body alone: %s", error)
            for pending in group:
                self.commit([pending])
            return
        for pending in group:
            pending.future.set_exception(_told(error))

    def _commit_days(self, group: list[Pending]) -> None:
        by_day: dict[int, list[tuple[bytes, DayRows]]] = {}
        for pending in group:
            for rows in pending.rows.days:
                by_day.setdefault(rows.day, []).append((pending.rows.digest, rows))
        for day in sorted(by_day):
            self._commit_day(day, by_day[day])
        self._bound_digest_memory()

    def _commit_day(self, day: int, bodies: list[tuple[bytes, DayRows]]) -> None:
        seen = self._seen_day(day)
        fresh = Fresh()
        tables: dict[str, list[TableRows]] = {}
        new = 0
        stored_before = seen.stored([digest for digest, _ in bodies])
        for digest, rows in bodies:
            if digest in stored_before:
                continue
            kept = seen.unseen(rows, digest, fresh)
            if kept is not None:
                new += _count(kept)
                for table in kept.tables:
                    tables.setdefault(table.table, []).append(table)
        if fresh.digests:
            self._write(day, tables, fresh)
            seen.note(fresh)
        self.stored_rows += new
        self.duplicate_rows += sum(_count(rows) for _, rows in bodies) - new

    def _write(self, day: int, tables: dict[str, list[TableRows]], fresh: Fresh) -> None:
        alias = self._files.alias(day)
        # one call for all tables: each call costs the interpreter's lock several times over
        statements = ["begin"]
        try:
            for name, parts in tables.items():
                columns = _joined(parts)
                self._connection.register(name, to_arrow(columns, COLUMN_TYPES[name]))
                statements.append(ddl.insert(alias, name, columns, ddl.quoted(name)))
            self._connection.execute(";\n".join(statements))
            self._write_bookkeeping(alias, fresh)
            self._connection.execute("commit")
        except duckdb.FatalException as error:
            self.broken = (
                f"cannot store telemetry: the day file is unusable until a restart: {error}"
            )
            raise StoreUnavailable(self.broken, retry_after_s=_RETRY_AFTER_S) from error
        except BaseException:
            with suppress(duckdb.Error):  # the engine may have ended the transaction itself
                self._connection.rollback()
            raise
        finally:
            for name in tables:
                self._connection.unregister(name)
        self._dirty.add(day)

    def _write_bookkeeping(self, alias: str, fresh: Fresh) -> None:
        halves = [split_digest(digest) for digest in fresh.digests]
        self._connection.execute(
            ddl.INSERT_BODIES.format(alias=alias),
            {
                "heads": [head for head, _ in halves],
                "tails": [tail for _, tail in halves],
                "stored_at": self._clock.now_ticks(),
            },
        )
        intervals = [
            (source, low, high)
            for source, numbers in fresh.sequences.items()
            for low, high in numbers.intervals()
        ]
        if intervals:
            sources, lows, highs = zip(*intervals, strict=True)
            self._connection.execute(
                ddl.INSERT_SEQUENCES.format(alias=alias),
                {"sources": list(sources), "lows": list(lows), "highs": list(highs)},
            )

    def _seen_day(self, day: int) -> SeenDay:
        seen = self._seen.get(day)
        if seen is None:
            self._forget_old_days()
            self.rest()  # a new day begins: the ones before are mostly done
            alias = self._files.attach(day)
            seen = SeenDay(self._connection, alias, self._limits.sequence_sources)
            self._seen[day] = seen
        return seen

    def _oldest_day(self) -> int:
        return self._clock.now_ticks() // TICKS_PER_DAY - _DAYS_THAT_TAKE_TELEMETRY

    def _forget_old_days(self) -> None:
        oldest = self._oldest_day()
        for day in [day for day in self._seen if day < oldest]:
            del self._seen[day]

    def _bound_digest_memory(self) -> None:
        held = sum(seen.digests.size_bytes for seen in self._seen.values())
        for day in sorted(self._seen):
            if held <= self._limits.digest_memory_bytes:
                return
            held -= self._seen[day].digests.size_bytes
            self._seen[day].digests.forget()

    def _checkpoint(self, day: int) -> None:
        try:
            self._connection.execute(f"checkpoint {self._files.alias(day)}")
        except duckdb.Error as error:
            # the log stays, and is emptied next time or replayed at the next start
            logger.warning("checkpoint failed: day=%s error=%s", day, error)
            return
        self._dirty.discard(day)


def _count(rows: DayRows) -> int:
    return sum(table.count for table in rows.tables)


def _joined(parts: list[TableRows]) -> dict[str, list[Any]]:
    """Return the columns of several bodies' rows, one after the other."""
    first = parts[0].columns
    if all(part.columns.keys() == first.keys() for part in parts):
        if len(parts) == 1:
            return first
        return {name: [value for part in parts for value in part.columns[name]] for name in first}
    types = {column.name: column.type for column in BY_NAME[parts[0].table].columns}
    names = dict.fromkeys(name for part in parts for name in part.columns)
    return {
        name: [value for part in parts for value in _values(part, name, types[name])]
        for name in names
    }


def _values(part: TableRows, name: str, kind: KqlType) -> list[Any]:
    values = part.columns.get(name)
    if values is not None:
        return values
    return ["" if kind is KqlType.STRING else None] * part.count


def _told(error: BaseException) -> BaseException:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, _PASSING):
        return StoreUnavailable(f"cannot store telemetry: {error}", retry_after_s=_RETRY_AFTER_S)
    return StoreError(f"cannot store telemetry: {error}")
