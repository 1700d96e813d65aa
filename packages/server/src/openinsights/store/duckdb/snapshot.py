"""Copies of the day files that are whole in themselves, made while the store goes on.

A day that nobody writes is copied as a file, held against changes meanwhile; one that has a
write-ahead log is copied by the engine, in a transaction that sees one moment of it. Copies lie in
a folder of the store and go when whoever asked has read them.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb

from openinsights.clock import day_name
from openinsights.schema.catalog import CLASSIC
from openinsights.store.api import StoredFile
from openinsights.store.duckdb import ddl, rollups
from openinsights.store.duckdb.attaching import attached
from openinsights.store.duckdb.day_turns import DayBusy
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.store.errors import StoreError, StoreFull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.duckdb.day_turns import DayTurns
    from openinsights.store.duckdb.tidier import Tidier

_CHUNK_BYTES = 8 * 1024 * 1024
_ALIAS = "snapshot"
_FOLDER = "snapshot"
_TRIES = 3
_AGAIN_AFTER_S = 0.2


class Snapshots:
    """Copies what a store holds, for one caller at a time.

    Args:
        directory: of the store.
        files: its day files.
        turns: who may change them.
        tidier: is kept from a day while it is copied.
        cursor: makes a connection to the engine.
        room_bytes: returns how much of the disk may be used.
    """

    def __init__(
        self,
        directory: Path,
        files: DayFiles,
        turns: DayTurns,
        tidier: Tidier,
        cursor: Callable[[], duckdb.DuckDBPyConnection],
        room_bytes: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._scratch = directory / _FOLDER
        self._files = files
        self._turns = turns
        self._tidier = tidier
        self._cursor = cursor
        self._room_bytes = room_bytes
        self.clear()

    def clear(self) -> None:
        """Delete what an earlier caller left."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def stored_files(self) -> Iterator[StoredFile]:
        """Yield the store's files, each to be read before the next one is asked for.

        The journal comes before the days: what it hands over to them meanwhile is in both, and is
        recognised when the copy is opened.
        """
        self.clear()
        self._scratch.mkdir()
        try:
            yield from self._journal()
            for day in self._files.days():
                copied = self._day(day)
                if copied is not None:
                    yield copied
                    copied.path.unlink(missing_ok=True)
        finally:
            self.clear()

    def _journal(self) -> Iterator[StoredFile]:
        kept = self._scratch / "journal"
        kept.mkdir()
        for path in sorted((self._directory / "journal").iterdir()):
            if path.suffix == ".part":
                continue
            copy = kept / path.name
            with suppress(FileNotFoundError):  # its bodies have been committed
                os.link(path, copy)  # the name may go, the content stays
                yield StoredFile(f"journal/{path.name}", copy, copy.stat().st_size, None)

    def _day(self, day: int) -> StoredFile | None:
        target = self._scratch / f"{day_name(day)}.duckdb"
        for _ in range(_TRIES):
            target.unlink(missing_ok=True)
            size = self._files.size_bytes(day)
            if size > (room := self._room_bytes()):
                raise StoreFull(
                    f"cannot copy day {day_name(day)}: that takes {size} bytes of the disk, {room} "
                    "may be used; make room, or stop the server and copy its data folder",
                    retry_after_s=60,
                )
            alias = self._files.attach_to_read(day)
            if alias is None:
                return None  # dropped meanwhile
            try:
                if not self._copy_file(day, target):
                    self._copy_rows(alias, target)
                return StoredFile(target.name, target, target.stat().st_size, self._counts(target))
            except ENGINE_ERRORS as error:
                if self._files.attach_to_read(day) == alias:
                    raise StoreError(f"cannot copy day {day_name(day)}: {error}") from error
                time.sleep(_AGAIN_AFTER_S)  # dropped meanwhile, and perhaps written again
        raise StoreError(f"cannot copy day {day_name(day)}: it changes all the time; try again")

    def _copy_file(self, day: int, target: Path) -> bool:
        """Copy a day's file; False when it is written, or not whole without its log."""
        path = self._files.path(day)
        if path is None:
            return False
        try:
            with self._tidier.paused(), self._turns.tidying(day, lambda: None) as go_on:
                log = path.with_name(path.name + ".wal")
                if log.exists() and log.stat().st_size:
                    return False
                with path.open("rb") as source, target.open("wb") as copy:
                    while chunk := source.read(_CHUNK_BYTES):
                        go_on()
                        copy.write(chunk)
                go_on()
        except DayBusy:
            target.unlink(missing_ok=True)
            return False
        except FileNotFoundError:
            return False  # dropped meanwhile
        return True

    def _copy_rows(self, alias: str, target: Path) -> None:
        attach = ddl.attach(str(target), _ALIAS)
        with self._cursor() as connection, attached(connection, attach, _ALIAS):
            connection.execute(f"copy from database {alias} to {_ALIAS}")
            # row ids may be others there; what stands for rows by them is made again
            found = connection.execute(rollups.ALL_RELATIONS, {"alias": _ALIAS}).fetchall()
            for (name,) in found:
                connection.execute(f"drop table {_ALIAS}.{ddl.quoted(name)}")
            connection.execute(f"checkpoint {_ALIAS}")

    def _counts(self, target: Path) -> dict[str, int]:
        attach = f"attach {ddl.literal(str(target))} as {_ALIAS} (read_only)"
        with self._cursor() as connection, attached(connection, attach, _ALIAS):
            return counts(connection, _ALIAS)


def counts(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, int]:
    """Return how many rows each classic table of an attached day has."""
    found = {}
    for table in CLASSIC:
        text = ddl.COUNT_ROWS.format(alias=alias, table=ddl.quoted(table.name))
        found[table.name] = int(connection.execute(text).fetchall()[0][0])
    return found


def counts_of_file(path: Path) -> dict[str, int]:
    """Return how many rows each classic table of a day file has that no store has open.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach {ddl.literal(str(path))} as {_ALIAS} (read_only)")
            return counts(connection, _ALIAS)
    except ENGINE_ERRORS as error:
        raise StoreError(f"cannot read day file {path}: {error}") from error
