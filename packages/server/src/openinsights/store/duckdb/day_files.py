"""One database file per UTC day: naming, finding, creating and attaching them.

In memory a day is an attached in-memory database, so that everything else is the same.
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb

from openinsights.clock import day_name
from openinsights.store.duckdb import day_paths, ddl, hot_keys, operation_index, rollups
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS, PASSING
from openinsights.store.duckdb.layout import lay_out
from openinsights.store.duckdb.undoing import roll_back
from openinsights.store.errors import StoreError, StoreTooNew, StoreUnavailable
from openinsights.store.folder_sync import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from openinsights.schema.rollup import Rollup
    from openinsights.store.duckdb.rollups import Kept

logger = logging.getLogger(__name__)

_ALIAS = re.compile(r"\bd\d{8}(?:_\d+)?(?=\.)")
_GIVEN_UP = re.compile(r'[Dd]atabase "([^"]+)"\W.*\bhas been invalidated', re.DOTALL)
_AGAIN_AFTER_S = 1


class DayFiles:
    """The days that have data. Safe for use from several threads.

    A day that was dropped and gets data again lies in a file of another name: a query that began
    before may still hold the old one.

    The engine gives up an attached day when it cannot empty its log, be it for want of memory that
    a query takes just then. Nothing is lost: the log has it. Such a day is attached anew when it is
    asked for next.

    Args:
        directory: where the files lie; None keeps the days in memory.
        connection: attaches; nothing else may use it.

    Attributes:
        generation: counts commits, so that what was found out can be told to be of now.
        emptied_beside: aliases of days whose logs were emptied while commits went on; see
            checkpointer.py.
    """

    def __init__(self, directory: Path | None, connection: duckdb.DuckDBPyConnection) -> None:
        self._directory = directory
        self._connection = connection
        self._lock = threading.Lock()
        self._attached: set[int] = set()
        self._indexed: set[int] = set()
        self._commits: dict[int, int] = {}
        self._hot: dict[int, dict[str, dict[str, int]]] = {}
        self._rolled_up: dict[int, tuple[Kept, ...]] = {}
        self.generation = 0
        self.emptied_beside: set[str] = set()
        self._days: set[int] = set()
        self._generations: dict[int, int] = {}
        self._dropped: set[str] = set()
        self._given_up: set[int] = set()
        if directory is not None:
            day_paths.finish_drops(directory)
            files = sorted(
                (found, path) for path in directory.iterdir() if (found := day_paths.day_of(path))
            )
            for (day, generation), path in files:
                if day in self._days:
                    day_paths.delete(self.path(day) or path)  # this one is the same, written anew
                self._days.add(day)
                self._generations[day] = generation

    def days(self, first: int | None = None, last: int | None = None) -> list[int]:
        """Return the days with data from `first` to `last`, in order; None means no bound."""
        with self._lock:
            return sorted(
                day
                for day in self._days
                if (first is None or day >= first) and (last is None or day <= last)
            )

    def alias(self, day: int) -> str:
        """Return the name under which SQL knows a day's database."""
        generation = self._generations.get(day, 0)
        suffix = f"_{generation}" if generation else ""
        return f"d{day_name(day).replace('-', '')}{suffix}"

    def attach(self, day: int) -> str:
        """Return the alias of a day, attached; a day without data gets its empty tables.

        Raises:
            StoreError: when the file cannot be read, or a newer release of this program wrote it.
            StoreUnavailable: the engine gave it up, and somebody still reads what it gave up.
        """
        with self._lock:
            self._make_ready(day)
            return self.alias(day)

    def attach_to_read(self, day: int) -> str | None:
        """Return the alias of a day, attached; None when the day has no data any more.

        Raises:
            StoreError: see `attach`.
        """
        with self._lock:
            if day not in self._days:
                return None
            self._make_ready(day)
            return self.alias(day)

    def path(self, day: int) -> Path | None:
        """Return the file of a day; None for a store in memory."""
        if self._directory is None:
            return None
        return self._directory / day_paths.file_name(day, self._generations.get(day, 0))

    def size_bytes(self, day: int) -> int:
        """Return what a day takes on the disk, its write-ahead log included."""
        path = self.path(day)
        return 0 if path is None else sum(map(day_paths.size, (path, *day_paths.logs_of(path))))

    def log_bytes(self, day: int) -> int:
        """Return how long a day's write-ahead log is; 0 for a store in memory."""
        path = self.path(day)
        return 0 if path is None else day_paths.size(day_paths.logs_of(path)[0])

    def drop(self, day: int) -> None:
        """Forget a day and delete its file, also one that cannot be read.

        Nothing may write to the day meanwhile. After a crash it is as it was, or goes at the next
        start.
        """
        with self._lock:
            if day not in self._days:
                return
            path, alias = self.path(day), self.alias(day)
            self._let_go(day)
            self._days.discard(day)
            self._given_up.discard(day)
            self._dropped.add(alias)
            self._generations[day] = self._generations.get(day, 0) + 1
            if path is not None:
                day_paths.delete(path)

    def path_anew(self, day: int) -> Path | None:
        """Return where a day can be written anew; None for a store in memory."""
        path = self.path(day)
        return None if path is None else day_paths.anew(path)

    def replace(self, day: int) -> None:
        """Have what was written to `path_anew` take the place of a day's file.

        Nothing may write to the day meanwhile. After a crash it is the old file or the new one.
        """
        with self._lock:
            old, anew, replaced = self.path(day), self.path_anew(day), self.alias(day)
            if old is None or anew is None:
                raise RuntimeError("BUG: a store in memory has no files")
            self._generations[day] = self._generations.get(day, 0) + 1
            try:
                anew.replace(self.path(day) or anew)
            except OSError:
                self._generations[day] -= 1
                raise
            sync_folder(old.parent)
            self._dropped.add(replaced)
            with suppress(StoreUnavailable):  # it stays open; nobody asks for that name any more
                self._detach(day, replaced)
            self._forget(day)
            day_paths.delete(old)

    def dropped_in(self, text: str) -> bool:
        """Return whether SQL names a day, or what was kept of one, that is not attached any more."""
        with self._lock:
            there = set(map(self.alias, self._attached - self._given_up))
            return any(gone in text for gone in self._dropped) or any(
                alias not in there for alias in _ALIAS.findall(text)
            )

    def note_error(self, error: BaseException | None) -> bool:
        """Look whether an error of the engine says that it has given up a day, and remember that."""
        found = _GIVEN_UP.search(str(error)) if isinstance(error, duckdb.Error) else None
        if found is None or self._directory is None:
            return False
        with self._lock:
            for day in self._attached:
                if self.alias(day) == found[1] and day not in self._given_up:
                    cause = str(error).partition("\n")[0]
                    logger.warning("day=%s is opened anew: %s", day_name(day), cause)
                    self._given_up.add(day)
        return True

    def is_given_up(self, day: int) -> bool:
        """Return whether a day has to be attached anew."""
        return day in self._given_up

    def is_indexed(self, day: int) -> bool:
        """Return whether an attached day has entries for all its operations."""
        return day in self._indexed

    def note_indexed(self, day: int) -> None:
        """Say that a day has entries for all its operations, committed."""
        self._indexed.add(day)
        self.generation += 1

    def hot(self, day: int, table: str) -> Mapping[str, int]:
        """Return the hot keys of a table in an attached day, beside their places."""
        return self._hot.get(day, {}).get(table, {})

    def note_hot(self, day: int, table: str, keys: Sequence[str]) -> None:
        """Say which keys of a table are hot in a day, committed."""
        places = {key: place for place, key in enumerate(keys)}
        self._hot[day] = {**self._hot.get(day, {}), table: places}
        self.generation += 1

    def all_hot(self) -> dict[str, frozenset[str]]:
        """Return for tables the keys that are hot in some attached day."""
        found: dict[str, set[str]] = {}
        for tables in list(self._hot.values()):
            for table, places in tables.items():
                found.setdefault(table, set()).update(places)
        return {table: frozenset(keys) for table, keys in found.items()}

    def rolled_up(self, day: int) -> tuple[Kept, ...]:
        """Return what is kept of an attached day's rows put together."""
        return self._rolled_up.get(day, ())

    def note_rolled_up(self, day: int, come: Iterable[Kept], gone: Iterable[Kept]) -> None:
        """Say what is kept of a day from now on and what is not any more, committed."""
        with self._lock:
            alias, left = self.alias(day), set(gone)
            stays = [each for each in self._rolled_up.get(day, ()) if each not in left]
            self._rolled_up[day] = (*stays, *come)
            self._dropped.update(f"{alias}.{ddl.quoted(each.relation)}" for each in left)
            self.generation += 1

    def all_rolled_up(self) -> dict[str, tuple[Rollup, ...]]:
        """Return for tables what is kept of some attached day's rows put together."""
        kept = {
            each.rollup for days in list(self._rolled_up.values()) for each in days if each.rows
        }
        found: dict[str, tuple[Rollup, ...]] = {}
        for rollup in rollups.OF_DAYS:
            if rollup in kept:
                found[rollup.table] = (*found.get(rollup.table, ()), rollup)
        return found

    def generation_of(self, day: int) -> int:
        """Return a number that changes with every commit to a day."""
        return self._commits.get(day, 0)

    def note_commit(self, day: int) -> None:
        """Say that rows were committed to a day."""
        self._commits[day] = self._commits.get(day, 0) + 1
        self.generation += 1

    def attached(self) -> list[int]:
        """Return the days that are attached."""
        with self._lock:
            return sorted(self._attached)

    def refuse_newer(self) -> None:
        """Look whether a newer release wrote here: it would have written the newest day.

        Raises:
            StoreTooNew: it did. That the day cannot be read for another reason is told to those
                who read it.
        """
        for day in self.days()[-1:]:
            try:
                self.attach(day)
            except StoreTooNew:
                raise
            except StoreError as error:
                logger.warning("%s", error)

    def _hot_keys(self, alias: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        # most days have none, and no table for them
        if self._connection.execute(hot_keys.ARE_THERE, {"alias": alias}).fetchall():
            rows = self._connection.execute(hot_keys.CHOSEN.format(alias=alias)).fetchall()
            for table, key, place in rows:
                found.setdefault(table, {})[key] = place
        return found

    def _noted_rollups(self, alias: str) -> tuple[Kept, ...]:
        if not self._connection.execute(rollups.ARE_THERE, {"alias": alias}).fetchall():
            return ()
        noted = self._connection.execute(rollups.NOTED.format(alias=alias)).fetchall()
        return tuple(rollups.kept_of(noted))

    def _make_ready(self, day: int) -> None:
        if day in self._given_up:
            self._attach_anew(day)
        elif day not in self._attached:
            self._attach(day)

    def _let_go(self, day: int) -> None:
        """Detach a day; when that fails, it is as it was."""
        self._detach(day, self.alias(day))
        self._forget(day)

    def _detach(self, day: int, alias: str) -> None:
        try:
            self._connection.execute(ddl.DETACH.format(alias=alias))
        except ENGINE_ERRORS as error:
            roll_back(self._connection)
            cause = str(error).partition("\n")[0]
            raise StoreUnavailable(
                f"cannot close day file {self.path(day)} now: {cause}; try again",
                retry_after_s=_AGAIN_AFTER_S,
            ) from error

    def _undo_attach(self, day: int, alias: str) -> bool:
        roll_back(self._connection)
        try:
            self._detach(day, alias)
        except StoreUnavailable:
            return False  # the next attempt does that
        return True

    def _forget(self, day: int) -> None:
        """Forget what is known of a day that is not attached."""
        self._attached.discard(day)
        self._indexed.discard(day)
        self._hot.pop(day, None)
        self._rolled_up.pop(day, None)
        self._commits[day] = self._commits.get(day, 0) + 1
        self.generation += 1

    def _attach_anew(self, day: int) -> None:
        if day in self._attached and self._answers(day):
            self._given_up.discard(day)  # who said so had begun to read before
            return
        self._let_go(day)
        self._attach(day)
        self._given_up.discard(day)

    def _answers(self, day: int) -> bool:
        try:
            self._connection.execute(ddl.LAYOUT.format(alias=self.alias(day))).fetchall()
        except ENGINE_ERRORS:
            roll_back(self._connection)
            return False
        return True

    def _attach(self, day: int) -> None:
        alias, path = self.alias(day), self.path(day)
        where = ":memory:" if path is None else str(path)
        is_new = path is not None and not day_paths.size(path)
        # an attempt before this one may have left it, when memory was too short to undo that
        self._detach(day, alias)
        try:
            self._connection.execute(ddl.attach(where, alias, is_new=is_new))
        except ENGINE_ERRORS as error:
            if self._undo_attach(day, alias) and is_new and path is not None:
                path.unlink(missing_ok=True)  # a full disk; half a file could never be opened
            raise _unreadable(where, error) from error
        try:
            lay_out(self._connection, alias, where)
            found = self._connection.execute(operation_index.IS_COMPLETE.format(alias=alias))
            if found.fetchall() == [(1,)]:
                self._indexed.add(day)
            self._hot[day] = self._hot_keys(alias)
            self._rolled_up[day] = self._noted_rollups(alias)
        except BaseException as error:
            self._undo_attach(day, alias)
            if isinstance(error, ENGINE_ERRORS):
                raise _unreadable(where, error) from error
            raise
        self._attached.add(day)
        self._days.add(day)


def _unreadable(where: str, error: BaseException) -> StoreError:
    cause = str(error).partition("\n")[0]
    if isinstance(error, duckdb.ResourceInUseException):
        # It stays open until the last transaction ends that reads what the engine has given up.
        return StoreUnavailable(
            f"cannot open day file {where} anew: it is still being read; try again",
            retry_after_s=_AGAIN_AFTER_S,
        )
    if isinstance(error, PASSING) or _GIVEN_UP.search(str(error)):
        return StoreUnavailable(
            f"cannot open day file {where} now: {cause}; try again", retry_after_s=_AGAIN_AFTER_S
        )
    return StoreError(
        f"cannot open day file {where}: {cause}; move it out of the folder to work without that day"
    )
