"""One database file per UTC day: naming, finding, creating and attaching them.

In memory a day is an attached in-memory database, so that everything else is the same.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING

import duckdb

from openinsights.clock import day_name, day_number
from openinsights.schema.rollups import ROLLUPS
from openinsights.store.duckdb import ddl, hot_keys, operation_index, rollups
from openinsights.store.duckdb.layout import lay_out
from openinsights.store.errors import StoreError, StoreTooNew
from openinsights.store.folder_sync import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from openinsights.schema.rollup import Rollup
    from openinsights.store.duckdb.rollups import Kept

logger = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.duckdb")
_DROPPED = ".dropped"
_ANEW = ".anew"


class DayFiles:
    """The days that have data. Safe for use from several threads.

    A day that was dropped and gets data again lies in a file of another name: a query that began
    before may still hold the old one.

    Args:
        directory: where the files lie; None keeps the days in memory.
        connection: attaches; nothing else may use it.

    Attributes:
        generation: counts commits, so that what was found out can be told to be of now.
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
        self._days: set[int] = set()
        self._generations: dict[int, int] = {}
        self._dropped: set[str] = set()
        if directory is not None:
            _finish_drops(directory)
            files = sorted(
                (found, path) for path in directory.iterdir() if (found := _day_of(path))
            )
            for (day, generation), path in files:
                if day in self._days:
                    _delete(self.path(day) or path)  # this one is the same, written anew
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
        """
        with self._lock:
            if day not in self._attached:
                self._attach(day)
            return self.alias(day)

    def attach_to_read(self, day: int) -> str | None:
        """Return the alias of a day, attached; None when the day has no data any more.

        Raises:
            StoreError: see `attach`.
        """
        with self._lock:
            if day not in self._days:
                return None
            if day not in self._attached:
                self._attach(day)
            return self.alias(day)

    def path(self, day: int) -> Path | None:
        """Return the file of a day; None for a store in memory."""
        if self._directory is None:
            return None
        generation = self._generations.get(day, 0)
        suffix = f".{generation}" if generation else ""
        return self._directory / f"{day_name(day)}{suffix}.duckdb"

    def size_bytes(self, day: int) -> int:
        """Return what a day takes on the disk, its write-ahead log included."""
        path = self.path(day)
        return 0 if path is None else _size(path) + _size(_log_of(path))

    def drop(self, day: int) -> None:
        """Forget a day and delete its file, also one that cannot be read.

        Nothing may write to the day meanwhile. After a crash it is as it was, or goes at the next
        start.
        """
        with self._lock:
            if day not in self._days:
                return
            path, alias = self.path(day), self.alias(day)
            self._days.discard(day)
            self._indexed.discard(day)
            self._hot.pop(day, None)
            self._rolled_up.pop(day, None)
            self.generation += 1
            self._dropped.add(alias)
            self._generations[day] = self._generations.get(day, 0) + 1
            if day in self._attached:
                self._attached.discard(day)
                self._connection.execute(f"detach {alias}")
            if path is not None:
                _delete(path)

    def path_anew(self, day: int) -> Path | None:
        """Return where a day can be written anew; None for a store in memory."""
        path = self.path(day)
        return None if path is None else path.with_name(path.name + _ANEW)

    def replace(self, day: int) -> None:
        """Have what was written to `path_anew` take the place of a day's file.

        Nothing may write to the day meanwhile. After a crash it is the old file or the new one.
        """
        with self._lock:
            old, anew, alias = self.path(day), self.path_anew(day), self.alias(day)
            if old is None or anew is None:
                raise RuntimeError("BUG: a store in memory has no files")
            self._generations[day] = self._generations.get(day, 0) + 1
            try:
                anew.replace(self.path(day) or anew)
            except OSError:
                self._generations[day] -= 1
                raise
            sync_folder(old.parent)
            self._indexed.discard(day)
            self._hot.pop(day, None)
            self._rolled_up.pop(day, None)
            self._commits[day] = self._commits.get(day, 0) + 1
            self.generation += 1
            self._dropped.add(alias)
            if day in self._attached:
                self._attached.discard(day)
                self._connection.execute(f"detach {alias}")
            _delete(old)

    def dropped_in(self, text: str) -> bool:
        """Return whether SQL names a day, or what was kept of one, that has been dropped."""
        with self._lock:
            return any(alias in text for alias in self._dropped)

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
        for rollup in ROLLUPS:
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

    def _attach(self, day: int) -> None:
        alias, path = self.alias(day), self.path(day)
        where = ":memory:" if path is None else str(path)
        is_new = path is not None and not _size(path)
        try:
            self._connection.execute(ddl.attach(where, alias))
        except duckdb.Error as error:
            if is_new and path is not None:
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
            self._connection.execute(f"detach {alias}")
            if isinstance(error, duckdb.Error):
                raise _unreadable(where, error) from error
            raise
        self._attached.add(day)
        self._days.add(day)


def _day_of(path: Path) -> tuple[int, int] | None:
    """Return the day and generation of a file; None for no day file, or one without content."""
    found = _FILE_NAME.fullmatch(path.name)
    if found is None or not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        return day_number(found[1]), int(found[2] or 0)
    except ValueError:
        return None


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _delete(path: Path) -> None:
    """Delete a day file and its log: once it is renamed, the next start does what is left."""
    doomed = path.with_name(path.name + _DROPPED)
    path.rename(doomed)
    _log_of(path).unlink(missing_ok=True)
    doomed.unlink()


def _finish_drops(directory: Path) -> None:
    for half in directory.glob(f"*{_ANEW}*"):
        half.unlink()
    for doomed in directory.glob(f"*{_DROPPED}"):
        _log_of(doomed.with_name(doomed.name.removesuffix(_DROPPED))).unlink(missing_ok=True)
        doomed.unlink()


def _unreadable(where: str, error: duckdb.Error) -> StoreError:
    cause = str(error).partition("\n")[0]
    return StoreError(
        f"cannot open day file {where}: {cause}; move it out of the folder to work without that day"
    )
