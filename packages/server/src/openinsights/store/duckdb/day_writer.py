"""Commits groups of bodies to day files: one transaction per day, rows and bookkeeping together."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb

from openinsights.clock import TICKS_PER_DAY, day_name
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType
from openinsights.store.duckdb import ddl, erasing, operation_index, rollups
from openinsights.store.duckdb.arrow import COLUMN_TYPES, to_arrow
from openinsights.store.duckdb.checkpointer import empty_log
from openinsights.store.duckdb.deletion import delete
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS, PASSING, is_fatal
from openinsights.store.duckdb.seen_days import Fresh, SeenDay, split_digest
from openinsights.store.duckdb.undoing import roll_back
from openinsights.store.errors import StoreError, StoreFull, StoreUnavailable
from openinsights.store.packed_columns import PackedColumns, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from openinsights.clock import Clock
    from openinsights.store.duckdb.checkpointer import Checkpointer
    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.duckdb.day_turns import DayTurns
    from openinsights.store.group_writer import Pending
    from openinsights.store.limits import StoreLimits
    from openinsights.store.rows import DayRows, TableRows
    from openinsights.store.selection import Selection

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 30
_PASSING = (*PASSING, duckdb.IOException, OSError)
"""What the same rows may not meet another time; a full disk, too."""
_DAYS_THAT_TAKE_TELEMETRY = 3
"""Items may be two days old: today's file, and as many before it less one, may still be written."""


class _DayGivenUp(StoreUnavailable):
    """The engine has given up the day file since it was attached; the next try attaches it anew."""


class DayWriter:
    """Writes to day files; every method is called from the writer's thread.

    Args:
        files: the day files.
        connection: writes; nothing else may use it.
        limits: bounds.
        clock: tells which days still take telemetry.
        turns: keep it apart from who tidies.
        checkpointer: empties logs while commits go on.
        check_room: raises StoreUnavailable when the disk is so full that the engine had better not
            write: a write that fails makes it give up the day file, reading included. None when
            there is no disk.
        when_broken: called when the engine failed fatally: it has to be started anew.
    """

    def __init__(
        self,
        files: DayFiles,
        connection: duckdb.DuckDBPyConnection,
        limits: StoreLimits,
        clock: Clock,
        turns: DayTurns,
        checkpointer: Checkpointer,
        check_room: Callable[[], None] | None = None,
        when_broken: Callable[[], None] = lambda: None,
    ) -> None:
        self._when_broken = when_broken
        self._files = files
        self._connection = connection
        # sees what is committed, and never what a transaction that could not be ended left behind
        self._asking = connection.cursor()
        self._limits = limits
        self._clock = clock
        self._turns = turns
        self._checkpointer = checkpointer
        self._seen: dict[int, SeenDay] = {}
        self._dirty: set[int] = set()
        self.stored_rows = 0
        self.duplicate_rows = 0
        self.broken = ""
        self._check_room: Callable[[], None] = check_room or (lambda: None)
        self.when_resting: Callable[[], None] | None = None
        if self.has_room():  # otherwise it is done when there is some
            for day in files.days(self._oldest_day()):
                self._seen_day(day)

    def has_room(self) -> bool:
        """Return whether the disk has room for what the engine may write."""
        try:
            self._check_room()
        except StoreUnavailable:
            return False
        return True

    def commit(self, group: list[Pending]) -> None:
        """Store the bodies of a group and resolve their futures.

        A future fails with StoreUnavailable when the same rows may be stored later, with another
        error when the engine will never take them.
        """
        error = self._try(group)
        if error is not None and len(group) > 1 and not isinstance(error, StoreUnavailable):
            logger.warning("group commit failed, trying its halves: %s", error)
        self._resolve(group, error)

    def _try(self, group: list[Pending]) -> BaseException | None:
        """Store the bodies of a group all together; return why that cannot be done."""
        try:
            self._refuse_when_broken()
            self._check_room()
            try:
                self._commit_days(group)
            except _DayGivenUp:
                self._commit_days(group)
        except BaseException as error:
            return error
        return None

    def _resolve(self, group: list[Pending], error: BaseException | None) -> None:
        """Resolve the futures of a group that was tried; its halves are tried when it failed.

        A body that the engine refuses must not take its neighbours with it, and half of the rows
        need half of the memory.
        """
        if error is None:
            for pending in group:
                pending.future.set_result(None)
        elif len(group) == 1 or isinstance(error, StoreUnavailable):
            for pending in group:
                pending.future.set_exception(_told(error))
        else:
            middle = len(group) // 2
            for half in (group[:middle], group[middle:]):
                self._resolve(half, self._try(half))

    def rest(self, *, is_last: bool = False) -> None:
        """Empty the write-ahead logs of the days that were written.

        Args:
            is_last: whether the store is being closed; otherwise a day whose log is emptied while
                commits go on keeps it until it is long.
        """
        self._checkpointer.finish()
        for day in sorted(self._dirty):
            if self._files.is_given_up(day):
                continue
            if is_last or self._files.alias(day) not in self._files.emptied_beside:
                self._checkpoint(day)
        if self.when_resting is not None:
            self.when_resting()

    def delete(self, selection: Selection, *, to_erase: bool = False) -> int:
        """Delete the selected rows day by day and return how many there were."""
        first, last = selection.time_from, selection.time_to
        days = self._files.days(
            None if first is None else first // TICKS_PER_DAY,
            None if last is None else last // TICKS_PER_DAY,
        )
        deleted = 0
        for day in days:
            with self._alone(day):
                deleted += self._delete(day, selection, to_erase=to_erase)
        return deleted

    def erase(self, day: int, room_bytes: int) -> None:
        """Write a day anew if rows were deleted from it to be erased; see `Store.erase`.

        Args:
            day: which.
            room_bytes: how much of the disk may be used.
        """
        alias, target = self._files.attach_to_read(day), self._files.path_anew(day)
        if alias is None or target is None:
            return
        noted = self._connection.execute(erasing.IS_NOTED, {"alias": alias}).fetchall()
        if noted == [(0,)]:
            return
        with self._alone(day):
            size = self._files.size_bytes(day)
            if size > room_bytes:
                raise StoreFull(
                    f"cannot erase what was deleted from day {day_name(day)}: that takes {size}"
                    f" bytes of the disk, {room_bytes} may be used",
                    retry_after_s=_RETRY_AFTER_S,
                )
            try:
                erasing.write_anew(self._connection, alias, target)
            except ENGINE_ERRORS as error:
                target.unlink(missing_ok=True)
                raise _told(error, "erase") from error
            self._seen.pop(day, None)
            self._dirty.discard(day)
            self._files.replace(day)

    def drop_day(self, day: int) -> int:
        """Delete a day's file and return how many rows it had; see `Store.drop_day`."""
        if day not in self._files.days():
            return 0
        with self._alone(day):
            return self._drop_day(day)

    def drop_day_if_empty(self, day: int) -> None:
        """Delete the file of a day that has no rows."""
        # on the writer's thread: nothing comes between looking and dropping
        if not any(self.counts(day).values()):
            self.drop_day(day)

    @contextmanager
    def _alone(self, day: int) -> Iterator[None]:
        """Have a day of which nothing else is written, its log included."""
        self._checkpointer.finish()
        with self._turns.writing(day):
            yield

    def _drop_day(self, day: int) -> int:
        try:
            alias = self._files.attach(day)
            rows = sum(self._counts(alias).values())
        except (StoreError, *ENGINE_ERRORS) as error:
            logger.warning("day=%s is dropped unread: %s", day_name(day), error)
            alias, rows = "", 0
        kept = self._bookkeeping(alias) if alias and day >= self._oldest_day() else None
        self._seen.pop(day, None)
        self._dirty.discard(day)
        self._files.drop(day)
        if kept is not None:
            self._keep(day, *kept)
        return rows

    def counts(self, day: int) -> dict[str, int]:
        """Return how many rows each table of a day has."""
        alias = self._files.attach_to_read(day)
        return self._counts(alias) if alias else {}

    def _delete(self, day: int, selection: Selection, *, to_erase: bool) -> int:
        alias = self._files.attach_to_read(day)
        if alias is None:
            return 0
        deleted = 0
        gone = [
            each for each in self._files.rolled_up(day) if each.rollup.table in selection.tables
        ]
        self._connection.execute("begin")
        try:
            for table in selection.tables:
                text, parameters = delete(alias, table, selection)
                # all of it: what is left of a result stands in the way of the next statement
                deleted += self._connection.execute(text, parameters).fetchall()[0][0]
            for statement in rollups.forget(alias, gone) if deleted else ():
                self._connection.execute(statement)
            if deleted and to_erase:
                self._connection.execute(erasing.NOTE.format(alias=alias))
            self._connection.execute("commit")
        except BaseException as error:
            roll_back(self._connection)
            self._files.note_error(error)
            if isinstance(error, ENGINE_ERRORS):
                raise _told(error, "delete") from error
            raise
        if deleted:
            self._files.note_rolled_up(day, (), gone)
            self._files.note_commit(day)
            self._dirty.add(day)
        return deleted

    def _counts(self, alias: str) -> dict[str, int]:
        counts = {}
        for table in COLUMN_TYPES:
            text = ddl.COUNT_ROWS.format(alias=alias, table=ddl.quoted(table))
            counts[table] = int(self._connection.execute(text).fetchall()[0][0])
        return counts

    def _bookkeeping(self, alias: str) -> tuple[list[Any], list[Any]]:
        return (
            self._connection.execute(ddl.ALL_BODIES.format(alias=alias)).fetchall(),
            self._connection.execute(ddl.ALL_SEQUENCES.format(alias=alias)).fetchall(),
        )

    def _keep(self, day: int, bodies: list[Any], sequences: list[Any]) -> None:
        """Give a new file of a dropped day the memory of what its senders were told is stored."""
        try:
            alias = self._files.attach(day)
            self._connection.execute("begin")
            for stored_at in sorted({each[2] for each in bodies}):
                heads, tails, _ = zip(*(b for b in bodies if b[2] == stored_at), strict=True)
                self._insert_bodies(alias, list(heads), list(tails), stored_at)
            if sequences:
                sources, lows, highs = zip(*sequences, strict=True)
                self._insert_sequences(alias, list(sources), list(lows), list(highs))
            self._connection.execute("commit")
        except (StoreError, *ENGINE_ERRORS) as error:
            roll_back(self._connection)
            logger.warning(
                "day=%s forgets which bodies it had, so that repeated ones are stored again: %s",
                day_name(day),
                error,
            )
            return
        self._dirty.add(day)

    def _refuse_when_broken(self) -> None:
        if self.broken:
            raise StoreUnavailable(self.broken, retry_after_s=_RETRY_AFTER_S)

    def _commit_days(self, group: list[Pending]) -> None:
        by_day: dict[int, list[tuple[bytes, DayRows]]] = {}
        for pending in group:
            for rows in pending.rows.days:
                by_day.setdefault(rows.day, []).append((pending.rows.digest, rows))
        for day in sorted(by_day):
            with self._turns.writing(day):
                self._commit_day(day, by_day[day])
        self._bound_digest_memory()

    def _commit_day(self, day: int, bodies: list[tuple[bytes, DayRows]]) -> None:
        before = self._files.generation_of(day)
        try:
            self._commit_new(day, bodies)
        except BaseException as error:
            is_of_the_day = self._files.note_error(error)
            # A query may have it opened anew meanwhile: then the name was not there for a moment.
            is_another = self._files.generation_of(day) != before
            self._note_doubt(day)
            # an answer that was not read to its end holds the day, as a transaction does
            roll_back(self._connection)
            roll_back(self._asking)
            if is_fatal(error) and not is_of_the_day:
                cause = str(error).partition("\n")[0]
                self.broken = f"cannot store telemetry: the engine is started anew: {cause}"
                self._when_broken()
                raise StoreUnavailable(self.broken, retry_after_s=1) from error
            if isinstance(error, duckdb.Error) and (is_of_the_day or is_another):
                raise _DayGivenUp(
                    f"cannot store telemetry now: day {day_name(day)} is opened anew",
                    retry_after_s=1,
                ) from error
            raise

    def _commit_new(self, day: int, bodies: list[tuple[bytes, DayRows]]) -> None:
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
            self._checkpointer.after_commit(day)
            seen.note(fresh)
        self.stored_rows += new
        self.duplicate_rows += sum(_count(rows) for _, rows in bodies) - new

    def _write(self, day: int, tables: dict[str, list[TableRows]], fresh: Fresh) -> None:
        alias = self._files.alias(day)
        indexed: list[tuple[str, str]] = []
        # one call for all tables: each call costs the interpreter's lock several times over
        statements = ["begin"]
        try:
            for name, parts in tables.items():
                columns = _joined(parts)
                self._connection.register(name, to_arrow(columns, COLUMN_TYPES[name]))
                statements.append(ddl.insert(alias, name, columns, ddl.quoted(name)))
                if operation_index.COLUMN in columns and self._files.is_indexed(day):
                    indexed.append((name, ddl.quoted(name)))
            if indexed:
                statements.append(operation_index.insert(alias, indexed))
            self._connection.execute(";\n".join(statements))
            self._write_bookkeeping(alias, fresh)
            self._connection.execute("commit")
        except BaseException:
            roll_back(self._connection)
            raise
        finally:
            for name in tables:
                # a name that is left, for want of memory, is taken by the next group
                with suppress(*ENGINE_ERRORS):
                    self._connection.unregister(name)
        self._files.note_commit(day)
        self._dirty.add(day)

    def _note_doubt(self, day: int) -> None:
        """Say that a commit failed which may be durable: what is in the file counts.

        Observed with DuckDB 2.0.1: a commit that runs out of memory is stored more often than not,
        and what comes after it may run out of memory too.
        """
        self._seen.pop(day, None)
        self._files.note_commit(day)
        self._dirty.add(day)

    def _write_bookkeeping(self, alias: str, fresh: Fresh) -> None:
        halves = [split_digest(digest) for digest in fresh.digests]
        heads, tails = [head for head, _ in halves], [tail for _, tail in halves]
        self._insert_bodies(alias, heads, tails, self._clock.now_ticks())
        intervals = [
            (source, low, high)
            for source, numbers in fresh.sequences.items()
            for low, high in numbers.intervals()
        ]
        if intervals:
            sources, lows, highs = zip(*intervals, strict=True)
            self._insert_sequences(alias, list(sources), list(lows), list(highs))

    def _insert_bodies(
        self, alias: str, heads: list[int], tails: list[int], stored_at: int
    ) -> None:
        self._connection.execute(
            ddl.INSERT_BODIES.format(alias=alias),
            {"heads": heads, "tails": tails, "stored_at": stored_at},
        )

    def _insert_sequences(
        self, alias: str, sources: list[int], lows: list[int], highs: list[int]
    ) -> None:
        self._connection.execute(
            ddl.INSERT_SEQUENCES.format(alias=alias),
            {"sources": sources, "lows": lows, "highs": highs},
        )

    def _seen_day(self, day: int) -> SeenDay:
        if self._files.is_given_up(day):
            self._seen.pop(day, None)
        seen = self._seen.get(day)
        if seen is None:
            self._forget_old_days()
            if day not in self._files.attached():
                self.rest()  # a new day begins: the ones before are mostly done
            alias = self._files.attach(day)
            seen = SeenDay(self._asking, alias, self._limits.sequence_sources)
            self._seen[day] = seen
            self._begin_index(day, alias)
        return seen

    def _begin_index(self, day: int, alias: str) -> None:
        if self._files.is_indexed(day):
            return
        counts = " + ".join(
            f"(select count(*) from {alias}.{ddl.quoted(table)})"  # noqa: S608 - names of ours
            for table in COLUMN_TYPES
        )
        if self._connection.execute(f"select {counts}").fetchall() == [(0,)]:
            statements = [statement.format(alias=alias) for statement in operation_index.BEGIN]
            self._connection.execute(";\n".join(("begin", *statements, "commit")))
            self._files.note_indexed(day)

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
        if self._turns.is_tidied(day):
            return  # which ends with a checkpoint
        if not self.has_room():
            return  # the log stays until there is some
        try:
            empty_log(self._connection, self._files, day)
        except ENGINE_ERRORS as error:
            # the log stays, and is emptied next time or replayed at the next start
            if not self._files.note_error(error):
                logger.warning("checkpoint failed: day=%s error=%s", day, error)
            return
        self._dirty.discard(day)


def _count(rows: DayRows) -> int:
    return sum(table.count for table in rows.tables)


def _joined(parts: list[TableRows]) -> Mapping[str, list[Any]]:
    """Return the columns of several bodies' rows, one after the other."""
    packed = [part.columns for part in parts if isinstance(part.columns, PackedColumns)]
    joined = join(packed) if len(packed) == len(parts) else None
    if joined is not None:
        return joined
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


def _told(error: BaseException, verb: str = "store") -> StoreError:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, _PASSING):
        return StoreUnavailable(f"cannot {verb} telemetry: {error}", retry_after_s=_RETRY_AFTER_S)
    return StoreError(f"cannot {verb} telemetry: {error}")
