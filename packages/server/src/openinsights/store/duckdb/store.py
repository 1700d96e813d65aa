"""The store on DuckDB: opening, closing, and who does what on which connection."""

from __future__ import annotations

import inspect
import shutil
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import SPECIAL

from openinsights.schema.catalog import ALL
from openinsights.store.api import StoredDay, StoreHealth
from openinsights.store.direct_append import DirectAppend
from openinsights.store.disk_usage import DiskUsage
from openinsights.store.duckdb import hot_keys
from openinsights.store.duckdb.day_files import DayFiles
from openinsights.store.duckdb.day_turns import DayTurns
from openinsights.store.duckdb.day_writer import DayWriter
from openinsights.store.duckdb.ddl import literal
from openinsights.store.duckdb.operation_index import OperationIndex
from openinsights.store.duckdb.owner import OwnerLock
from openinsights.store.duckdb.query_runner import run_query
from openinsights.store.duckdb.room import Room
from openinsights.store.duckdb.scan import Scans
from openinsights.store.duckdb.snapshot import Snapshots
from openinsights.store.duckdb.tidier import Tidier
from openinsights.store.errors import (
    DaysChanged,
    QueryFailed,
    StillRefused,
    StoreClosed,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from openinsights.store.group_writer import Pending
from openinsights.store.journal import Journal
from openinsights.store.journaled_append import JournaledAppend
from openinsights.store.limits import MIB, StoreLimits
from openinsights.store.set_aside import not_found
from openinsights.store.times import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from openinsights.clock import Clock
    from openinsights.schema.rollup import Rollup
    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation, EngineFunction, ScanRequest, StoredFile
    from openinsights.store.record import Recorded
    from openinsights.store.rows import Rows
    from openinsights.store.rowset import RowSet
    from openinsights.store.selection import Selection
    from openinsights.store.set_aside import SetAside, SetAsideBody
    from openinsights.store.times import StoreTimes


_RETRY_AFTER_S = 30
_KEPT_SHARE = 4
"""The part of the engine's memory that it keeps for blocks: one in so many."""
_BAGS = {
    table.name: (table.alias_of or table.name, column.name)
    for table in ALL
    for column in table.columns
    if (column.stored_as or column.name) == hot_keys.COLUMN
}
"""For each table, the classic one and how the column is called whose keys may be hot."""
_DELETE_PATIENCE_S = 30.0
_DROP_PATIENCE_S = 5.0


def open_duckdb_store(
    directory: Path | None,
    clock: Clock,
    *,
    limits: StoreLimits | None = None,
    functions: Sequence[EngineFunction] = (),
    free_bytes: Callable[[], int | None] | None = None,
    times: StoreTimes = UNTIMED,
) -> DuckDBStore:
    """Open the store in a folder, which is made if need be; None holds everything in memory.

    Args:
        directory: where the day files lie.
        clock: tells which days still take telemetry.
        limits: bounds; the defaults suit a small machine.
        functions: what the compiler's SQL calls beyond the engine's own functions.
        free_bytes: returns the free disk space; None asks the operating system.
        times: told how long things take.

    Raises:
        StoreInUse: when another process has the folder open.
        StoreTooNew: when a newer release of this program wrote to it.
    """
    limits = limits or StoreLimits()
    with ExitStack() as undo:
        lock = None
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            directory = directory.resolve()
            lock = OwnerLock(directory)
            undo.callback(lock.release)
        root = _connect(directory, limits, functions)
        undo.callback(root.close)
        store = DuckDBStore(root, directory, lock, clock, limits, free_bytes, times)
        undo.pop_all()
        return store


class DuckDBStore:
    """See `Store`. Made by `open_duckdb_store`."""

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        directory: Path | None,
        lock: OwnerLock | None,
        clock: Clock,
        limits: StoreLimits,
        free_bytes: Callable[[], int | None] | None,
        times: StoreTimes,
    ) -> None:
        self._root = root
        self._directory = directory
        self._lock = lock
        self._limits = limits
        self._free_bytes = free_bytes or self._free_disk_bytes
        self._usage = DiskUsage(directory, limits.usage_fresh_s)
        self._closing = threading.Lock()
        self._closed = False
        self._files = DayFiles(directory, root.cursor())
        self._files.refuse_newer()
        turns = DayTurns()
        # what a crash left in the journal waits too: a write that fails would break the day
        check_room = self._check_room if directory is not None else None
        self._writer = DayWriter(self._files, root.cursor(), limits, clock, turns, check_room)
        self._tidier = Tidier(self._files, root.cursor(), turns, clock, self._writer.has_room)
        self._scans = Scans(self._files, OperationIndex(self._files, root.cursor()), root.cursor)
        self._journal: Journal | None = None
        self._snapshots: Snapshots | None = None
        self._appends: JournaledAppend | DirectAppend
        if directory is None:
            self._appends = DirectAppend(self._writer, limits, times)
        else:
            self._journal = Journal(directory / "journal", limits.segment_bytes)
            self._appends = JournaledAppend(
                self._journal, self._writer, limits, self._check_able, times
            )
            self._writer.when_resting = self._tidier.wake
            self._snapshots = Snapshots(
                directory, self._files, turns, self._tidier, root.cursor, self._room_bytes
            )
            self._tidier.start()

    def append(self, rows: Rows | Recorded) -> Future[None]:
        """Store the rows of one body; see `Store.append`."""
        return self._appends.submit(rows)

    def settle(self, timeout_s: float) -> bool:
        """Wait for the commit of what was acknowledged; see `Store.settle`."""
        return self._appends.settle(timeout_s)

    def kept_keys(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Return the keys that are kept apart; see `Store.kept_keys`."""
        hot = self._files.all_hot()
        return {
            table: {column: hot[classic]}
            for table, (classic, column) in _BAGS.items()
            if classic in hot
        }

    def rollups(self) -> Mapping[str, tuple[Rollup, ...]]:
        """Return what is kept of rows put together; see `Store.rollups`."""
        return self._files.all_rolled_up()

    def source(self, request: ScanRequest) -> Sql:
        """Return the relation of a scan; see `Store.source`."""
        self._check_open()
        return self._scans.relation(request)

    def run(
        self,
        sql: Sql,
        *,
        timeout_s: float,
        max_rows: int,
        cancellation: Cancellation | None = None,
        take: Callable[[list[tuple[Any, ...]]], None] | None = None,
    ) -> RowSet:
        """Run a read-only query; see `Store.run`."""
        self._check_open()
        limit = self._limits.result_bytes
        cursor = self._root.cursor()
        try:
            return run_query(cursor, sql, timeout_s, max_rows, limit, cancellation, take)
        except QueryFailed as error:
            if type(error) is QueryFailed and self._files.dropped_in(sql.text):
                raise DaysChanged(
                    "cannot finish the query: a day that it reads was dropped; ask again"
                ) from error
            raise

    def delete(self, selection: Selection, *, to_erase: bool = False) -> int:
        """Delete the selected rows; see `Store.delete`."""
        selection.check()
        if not self._appends.gather(_DELETE_PATIENCE_S):
            raise StoreUnavailable(
                "cannot delete: telemetry that came before is still being written",
                retry_after_s=_RETRY_AFTER_S,
            )
        return self._appends.call(lambda: self._delete(selection, to_erase))

    def erase(self, day: int) -> None:
        """Leave no byte of what was deleted from a day; see `Store.erase`."""
        self._appends.call(lambda: self._writer.erase(day, self._room_bytes()))
        self._usage.forget()

    def _delete(self, selection: Selection, to_erase: bool) -> int:
        rows = self._writer.delete(selection, to_erase=to_erase)
        return rows if self._journal is None else rows + self._journal.set_aside.delete(selection)

    def set_aside(self) -> list[SetAsideBody]:
        """Return the bodies that the engine refused; see `Store.set_aside`."""
        return [] if self._journal is None else self._journal.set_aside.bodies()

    def set_aside_rows(self, body_id: str) -> Rows:
        """Return the rows of one; see `Store.set_aside_rows`."""
        return self._aside(body_id).rows(body_id)

    def store_set_aside(self, body_id: str) -> int:
        """Store one again; see `Store.store_set_aside`."""
        return self._appends.call(lambda: self._store_again(body_id))

    def drop_set_aside(self, body_id: str) -> None:
        """Delete one; see `Store.drop_set_aside`."""
        self._appends.call(lambda: self._aside(body_id).drop(body_id))

    def _aside(self, body_id: str) -> SetAside:
        if self._journal is None:  # in memory nothing is ever set aside
            raise not_found(body_id)
        return self._journal.set_aside

    def _store_again(self, body_id: str) -> int:
        pending, before = Pending(self._aside(body_id).rows(body_id)), self._writer.stored_rows
        self._writer.commit([pending])
        error = pending.future.exception()
        if isinstance(error, StoreUnavailable):
            raise error
        if error is not None:
            raise StillRefused(f"cannot store set-aside telemetry {body_id}: {error}") from error
        self._aside(body_id).drop(body_id)
        return self._writer.stored_rows - before

    def stored_days(self) -> list[StoredDay]:
        """Return the days that have data, oldest first."""
        return [StoredDay(day, self._files.size_bytes(day)) for day in self._files.days()]

    def stored_files(self) -> Iterator[StoredFile]:
        """Yield the files of a copy of the store; see `Store.stored_files`."""
        if self._snapshots is None:
            raise StoreError("cannot copy the store: it is in memory")
        # what cannot be committed now is in the journal, which is copied too
        self._appends.gather(_DROP_PATIENCE_S)
        return self._snapshots.stored_files()

    def _room_bytes(self) -> int:
        free = self._free_bytes()
        return sys.maxsize if free is None else free - self._limits.free_disk_floor_bytes

    def drop_day(self, day: int) -> int:
        """Forget a day; see `Store.drop_day`."""
        # a full disk may be why it does not settle, and what is dropped makes the room
        self._appends.gather(_DROP_PATIENCE_S)
        rows = self._appends.call(lambda: self._writer.drop_day(day))
        self._usage.forget()
        return rows

    def drop_day_if_empty(self, day: int) -> None:
        """Forget a day that has no rows; see `Store.drop_day_if_empty`."""
        if self._appends.gather(_DROP_PATIENCE_S):
            self._appends.call(lambda: self._writer.drop_day_if_empty(day))
            self._usage.forget()

    def counts(self, day: int) -> dict[str, int]:
        """Return how many rows each classic table of a day has."""
        return self._appends.call(lambda: self._writer.counts(day))

    def tidy(self) -> None:
        """Bring the days into the form that answers fastest; done in the background otherwise."""
        self._check_open()
        self._tidier.tidy()
        self._usage.forget()

    def health(self) -> StoreHealth:
        """Return whether telemetry can be stored, and why not."""
        free = None if self._closed else self._free_bytes()
        reason = self._writer.broken or self._appends.stalled
        reason = "the store is closed" if self._closed else reason or self._lack_of_room(free)
        return StoreHealth(
            accepting=not reason,
            reason=reason,
            pending_bytes=self._appends.pending_bytes,
            free_disk_bytes=free,
            used_disk_bytes=None if self._closed else self._usage.bytes(),
            days=len(self._files.days()),
            stored_rows=self._writer.stored_rows,
            duplicate_rows=self._writer.duplicate_rows,
            refused_bodies=0 if self._journal is None else self._journal.set_aside.count,
        )

    def close(self) -> None:
        """Write everything that was taken, then let go of the folder."""
        with self._closing:
            if self._closed:
                return
            self._tidier.close()
            self._appends.close()
            self._closed = True
            self._writer.rest()
            self._root.close()
            if self._lock is not None:
                self._lock.release()

    def _check_able(self) -> None:
        if reason := self._writer.broken or self._appends.stalled:
            raise StoreUnavailable(reason, retry_after_s=_RETRY_AFTER_S)
        if reason := self._lack_of_room(self._free_bytes()):
            raise StoreFull(
                f"cannot store telemetry: {reason}; delete old days or make room",
                retry_after_s=_RETRY_AFTER_S,
            )

    def _check_room(self) -> None:
        free, least = self._free_bytes(), self._limits.free_disk_floor_bytes // 2
        if free is not None and free < least:
            raise StoreFull(
                f"{free} bytes are free on the disk, {least} are needed to write day files; "
                "delete old days or make room",
                retry_after_s=_RETRY_AFTER_S,
            )

    def _lack_of_room(self, free: int | None) -> str:
        floor, cap = self._limits.free_disk_floor_bytes, self._limits.max_disk_bytes
        if free is not None and free < floor:
            return f"{free} bytes are free on the disk, {floor} must stay free"
        used = self._usage.bytes() if cap else None
        if used is not None and used > cap:
            return f"telemetry takes {used} bytes of the disk, {cap} are allowed"
        return ""

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed("cannot read the store: it is closed", retry_after_s=1)

    def _free_disk_bytes(self) -> int | None:
        return None if self._directory is None else shutil.disk_usage(self._directory).free


def _keep_signature(call: Callable[..., object]) -> None:
    """Have what the engine asks of a function's signature answered at once, in later stores too."""
    if not hasattr(call, "__signature__"):
        vars(call)["__signature__"] = inspect.signature(call)


def _connect(
    directory: Path | None, limits: StoreLimits, functions: Sequence[EngineFunction]
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    # a checkpoint needs as much room again, which has to be within what is kept free
    log_bytes = min(limits.checkpoint_wal_bytes, max(MIB, limits.free_disk_floor_bytes // 4))
    connection.execute(f"set wal_autocheckpoint = '{log_bytes} bytes'")
    if limits.engine_threads:
        connection.execute(f"set threads = {limits.engine_threads}")
    room = Room(limits.engine_memory_bytes + limits.text_memory_bytes)
    connection.begin()  # one transaction for all of them, and each signature is looked at once
    for function in functions:
        _keep_signature(function.call)
        # the function itself decides what null in and null out mean
        connection.create_function(
            function.name,
            function.call if directory is None else room.guarded(function),
            list(function.arguments),
            function.result,
            null_handling=SPECIAL,
        )
    connection.commit()
    if directory is not None:
        connection.execute(f"set memory_limit = '{limits.engine_memory_bytes} bytes'")
        # blocks of rows that come and go take the same memory again, whose pages are there
        kept = limits.engine_memory_bytes // _KEPT_SHARE
        connection.execute(f"set block_allocator_memory = '{kept} bytes'")
        connection.execute(f"set temp_directory = {literal(str(directory / 'spill'))}")
        connection.execute(f"set allowed_directories = [{literal(str(directory))}]")
    else:
        connection.execute("set temp_directory = ''")
    # from here on SQL reaches the data folder and nothing else, whatever it says
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
