"""The store on DuckDB: opening, closing, and who does what on which connection."""

from __future__ import annotations

import inspect
import logging
import shutil
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import SPECIAL

from openinsights.schema.catalog import ALL
from openinsights.store.api import StoredDay, StoreHealth
from openinsights.store.disk_usage import DiskUsage
from openinsights.store.duckdb import hot_keys
from openinsights.store.duckdb.ddl import literal
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS, is_fatal
from openinsights.store.duckdb.engine_parts import Surroundings, open_parts
from openinsights.store.duckdb.owner import OwnerLock
from openinsights.store.duckdb.query_runner import run_query
from openinsights.store.duckdb.room import Room
from openinsights.store.errors import (
    DaysChanged,
    QueryFailed,
    StillRefused,
    StoreClosed,
    StoreError,
    StoreFull,
    StoreHasNoFiles,
    StoreUnavailable,
)
from openinsights.store.group_writer import Pending
from openinsights.store.limits import StoreLimits
from openinsights.store.set_aside import not_found
from openinsights.store.times import UNTIMED
from openinsights.thread_names import show_thread_name, threads_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from openinsights.clock import Clock
    from openinsights.schema.rollup import Rollup
    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation, EngineFunction, ScanRequest, StoredFile
    from openinsights.store.duckdb.engine_parts import EngineParts
    from openinsights.store.record import Recorded
    from openinsights.store.rows import Rows
    from openinsights.store.rowset import RowSet
    from openinsights.store.selection import Selection
    from openinsights.store.set_aside import SetAside, SetAsideBody
    from openinsights.store.times import StoreTimes

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 30
_LATE = 4
"""The engine empties a log by itself when it is so many times as long as it may be."""
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
_START_PATIENCE_S = 10.0
"""How long a query waits for an engine that is started anew."""
_STARTS_APART_S = 10.0
"""From the start of an engine that failed soon to the next one's."""
_STARTING = "the engine failed fatally and is started anew"


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
        with threads_called("engine"):
            root = _connect(directory, limits, functions)
        undo.callback(root.close)
        store = DuckDBStore(root, directory, lock, clock, limits, functions, free_bytes, times)
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
        functions: Sequence[EngineFunction],
        free_bytes: Callable[[], int | None] | None,
        times: StoreTimes,
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._limits = limits
        self._functions = functions
        self._free_bytes = free_bytes or self._free_disk_bytes
        self._usage = DiskUsage(directory, limits.usage_fresh_s)
        self._closing = threading.Lock()
        self._stopping = threading.Event()
        self._closed = False
        self._breaking = threading.Lock()
        self._ready = threading.Event()
        self._is_down = False
        self._started_s = -_STARTS_APART_S
        self._rows_before = (0, 0)
        self._around = Surroundings(
            directory=directory,
            clock=clock,
            limits=limits,
            times=times,
            check_able=self._check_able,
            check_room=self._check_room,
            room_bytes=self._room_bytes,
            when_broken=lambda: self._begin_restart(self._parts),
        )
        self._parts = open_parts(root, self._around)
        self._ready.set()
        if self._parts.writer.broken:  # by what was in the journal
            self._begin_restart(self._parts)

    @property
    def dialect(self) -> str:
        """Which SQL it takes; see `Store.dialect`."""
        return "duckdb"

    def append(self, rows: Rows | Recorded) -> Future[None]:
        """Store the rows of one body; see `Store.append`."""
        if not self._ready.is_set():
            raise _not_ready("store telemetry")
        return self._parts.appends.submit(rows)

    def settle(self, timeout_s: float) -> bool:
        """Wait for the commit of what was acknowledged; see `Store.settle`."""
        due_s = time.monotonic() + timeout_s
        while True:
            parts = self._parts
            is_settled = parts.appends.settle(max(0.0, due_s - time.monotonic()))
            if self._ready.is_set() and parts is self._parts:
                return is_settled
            # what the old engine did not commit, the new one does before it is ready
            if not self._ready.wait(max(0.0, due_s - time.monotonic())):
                return False

    def kept_keys(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Return the keys that are kept apart; see `Store.kept_keys`."""
        hot = self._parts.files.all_hot()
        return {
            table: {column: hot[classic]}
            for table, (classic, column) in _BAGS.items()
            if classic in hot
        }

    def rollups(self) -> Mapping[str, tuple[Rollup, ...]]:
        """Return what is kept of rows put together; see `Store.rollups`."""
        return self._parts.files.all_rolled_up()

    def source(self, request: ScanRequest) -> Sql:
        """Return the relation of a scan; see `Store.source`."""
        parts = self._working()
        try:
            return parts.scans.relation(request)
        except StoreUnavailable as error:
            if is_fatal(error):
                self._begin_restart(parts)
            raise

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
        parts, limit = self._working(), self._limits.result_bytes
        try:
            cursor = parts.root.cursor()
            return run_query(cursor, sql, timeout_s, max_rows, limit, cancellation, take)
        except duckdb.ConnectionException as error:  # the engine went before there was a cursor
            raise _days_changed() from error
        except QueryFailed as error:
            if not parts.files.note_error(error.__cause__) and is_fatal(error):
                self._begin_restart(parts)
            is_other = parts is not self._parts or not self._ready.is_set()
            if type(error) is QueryFailed and (is_other or parts.files.dropped_in(sql.text)):
                raise _days_changed() from error
            raise

    def delete(self, selection: Selection, *, to_erase: bool = False) -> int:
        """Delete the selected rows; see `Store.delete`."""
        selection.check()
        parts = self._working()
        if not parts.appends.gather(_DELETE_PATIENCE_S):
            raise StoreUnavailable(
                "cannot delete: telemetry that came before is still being written",
                retry_after_s=_RETRY_AFTER_S,
            )
        return parts.appends.call(lambda: _delete(parts, selection, to_erase=to_erase))

    def erase(self, day: int) -> None:
        """Leave no byte of what was deleted from a day; see `Store.erase`."""
        parts = self._working()
        parts.appends.call(lambda: parts.writer.erase(day, self._room_bytes()))
        self._usage.forget()

    def set_aside(self) -> list[SetAsideBody]:
        """Return the bodies that the engine refused; see `Store.set_aside`."""
        return [] if self._parts.journal is None else self._parts.journal.set_aside.bodies()

    def set_aside_rows(self, body_id: str) -> Rows:
        """Return the rows of one; see `Store.set_aside_rows`."""
        return self._aside(body_id).rows(body_id)

    def store_set_aside(self, body_id: str) -> int:
        """Store one again; see `Store.store_set_aside`."""
        parts = self._working()
        return parts.appends.call(lambda: self._store_again(parts, body_id))

    def drop_set_aside(self, body_id: str) -> None:
        """Delete one; see `Store.drop_set_aside`."""
        self._working().appends.call(lambda: self._aside(body_id).drop(body_id))

    def _aside(self, body_id: str) -> SetAside:
        if self._parts.journal is None:  # in memory nothing is ever set aside
            raise not_found(body_id)
        return self._parts.journal.set_aside

    def _store_again(self, parts: EngineParts, body_id: str) -> int:
        pending, before = Pending(self._aside(body_id).rows(body_id)), parts.writer.stored_rows
        parts.writer.commit([pending])
        error = pending.future.exception()
        if isinstance(error, StoreUnavailable):
            raise error
        if error is not None:
            raise StillRefused(f"cannot store set-aside telemetry {body_id}: {error}") from error
        self._aside(body_id).drop(body_id)
        return parts.writer.stored_rows - before

    def stored_days(self) -> list[StoredDay]:
        """Return the days that have data, oldest first."""
        files = self._parts.files
        return [StoredDay(day, files.size_bytes(day)) for day in files.days()]

    def stored_files(self) -> Iterator[StoredFile]:
        """Yield the files of a copy of the store; see `Store.stored_files`."""
        parts = self._working()
        if parts.snapshots is None:
            raise StoreHasNoFiles("cannot copy the store: it is in memory")
        # what cannot be committed now is in the journal, which is copied too
        parts.appends.gather(_DROP_PATIENCE_S)
        return parts.snapshots.stored_files()

    def _room_bytes(self) -> int:
        free = self._free_bytes()
        return sys.maxsize if free is None else free - self._limits.free_disk_floor_bytes

    def drop_day(self, day: int) -> int:
        """Forget a day; see `Store.drop_day`."""
        # a full disk may be why it does not settle, and what is dropped makes the room
        parts = self._working()
        parts.appends.gather(_DROP_PATIENCE_S)
        rows = parts.appends.call(lambda: parts.writer.drop_day(day))
        self._usage.forget()
        return rows

    def drop_day_if_empty(self, day: int) -> None:
        """Forget a day that has no rows; see `Store.drop_day_if_empty`."""
        parts = self._working()
        if parts.appends.gather(_DROP_PATIENCE_S):
            parts.appends.call(lambda: parts.writer.drop_day_if_empty(day))
            self._usage.forget()

    def counts(self, day: int) -> dict[str, int]:
        """Return how many rows each classic table of a day has."""
        parts = self._working()
        return parts.appends.call(lambda: parts.writer.counts(day))

    def tidy(self) -> None:
        """Bring the days into the form that answers fastest; done in the background otherwise."""
        self._working().tidier.tidy()
        self._usage.forget()

    def health(self) -> StoreHealth:
        """Return whether telemetry can be stored, and why not."""
        parts, (stored, duplicates) = self._parts, self._rows_before
        free = None if self._closed else self._free_bytes()
        reason = "the store is closed" if self._closed else self._trouble()
        reason = reason or self._lack_of_room(free)
        return StoreHealth(
            accepting=not reason,
            reason=reason,
            pending_bytes=parts.appends.pending_bytes,
            free_disk_bytes=free,
            used_disk_bytes=None if self._closed else self._usage.bytes(),
            days=len(parts.files.days()),
            stored_rows=stored + parts.writer.stored_rows,
            duplicate_rows=duplicates + parts.writer.duplicate_rows,
            refused_bodies=0 if parts.journal is None else parts.journal.set_aside.count,
        )

    def close(self) -> None:
        """Write everything that was taken, then let go of the folder."""
        self._stopping.set()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if not self._is_down:
                self._parts.close()
            if self._lock is not None:
                self._lock.release()

    def _begin_restart(self, failed: EngineParts) -> None:
        """Have an engine started anew that failed fatally: whatever it is told, it refuses.

        In memory everything would be lost with it: such a store stays as it is.

        Args:
            failed: what a query of an engine before says changes nothing for this one.
        """
        with self._breaking:
            is_over = failed is not self._parts or not self._ready.is_set()
            if self._directory is None or is_over:
                return
            self._ready.clear()
        threading.Thread(target=self._start_anew, name="openinsights-restart", daemon=True).start()

    def _start_anew(self) -> None:
        """Do what a restart of the server would do to the store.

        Queries that still run on the old engine keep it alive until they are told.
        """
        show_thread_name()
        with self._closing:
            if self._closed:
                return
            old = self._parts
            logger.error(
                "the engine is started anew: %s", old.trouble or "a query met a fatal error"
            )
            try:
                old.close()
            except (StoreError, OSError, *ENGINE_ERRORS) as error:  # it is left to itself
                logger.error("cannot close the engine that failed: %s", error)
            self._is_down = True
            stored, duplicates = self._rows_before
            self._rows_before = (
                stored + old.writer.stored_rows,
                duplicates + old.writer.duplicate_rows,
            )
            due_s = self._started_s + _STARTS_APART_S
            while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
                due_s = time.monotonic() + _STARTS_APART_S
                if self._opened_anew():
                    break
            else:
                return
        self._ready.set()

    def _opened_anew(self) -> bool:
        try:
            with threads_called("engine"), ExitStack() as undo:
                root = _connect(self._directory, self._limits, self._functions)
                undo.callback(root.close)
                parts = open_parts(root, self._around)
                if parts.writer.broken:  # by what was in the journal, which still has it
                    parts.close()
                    raise StoreUnavailable(parts.writer.broken, retry_after_s=_RETRY_AFTER_S)
                undo.pop_all()
        except (StoreError, OSError, *ENGINE_ERRORS) as error:
            logger.error("cannot start the engine anew; the next try follows: %s", error)
            return False
        self._parts, self._is_down = parts, False
        self._started_s = time.monotonic()
        return True

    def _working(self) -> EngineParts:
        """Return the parts of an engine that lives, also if that takes a moment.

        Raises:
            StoreUnavailable: it takes longer, or the store is closed.
        """
        if self._closed:
            raise StoreClosed("cannot read the store: it is closed", retry_after_s=1)
        if not self._ready.wait(_START_PATIENCE_S):
            raise _not_ready("read the store")
        return self._parts

    def _trouble(self) -> str:
        return self._parts.trouble if self._ready.is_set() else _STARTING

    def _check_able(self) -> None:
        if reason := self._trouble():
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

    def _free_disk_bytes(self) -> int | None:
        return None if self._directory is None else shutil.disk_usage(self._directory).free


def _delete(parts: EngineParts, selection: Selection, *, to_erase: bool) -> int:
    rows = parts.writer.delete(selection, to_erase=to_erase)
    return rows if parts.journal is None else rows + parts.journal.set_aside.delete(selection)


def _not_ready(what: str) -> StoreUnavailable:
    return StoreUnavailable(f"cannot {what}: {_STARTING}; try again", retry_after_s=1)


def _days_changed() -> DaysChanged:
    return DaysChanged(
        "cannot finish the query: a day that it reads was dropped or is opened anew; ask again"
    )


def _keep_signature(call: Callable[..., object]) -> None:
    """Have what the engine asks of a function's signature answered at once, in later stores too."""
    if not hasattr(call, "__signature__"):
        vars(call)["__signature__"] = inspect.signature(call)


def _connect(
    directory: Path | None, limits: StoreLimits, functions: Sequence[EngineFunction]
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    # the engine's own, for which commits wait, come only when the checkpointer has failed
    connection.execute(f"set wal_autocheckpoint = '{_LATE * limits.log_bytes} bytes'")
    # what is left in a log then is read at the next start; see checkpointer.py for what it would cost
    connection.execute("pragma disable_checkpoint_on_shutdown")
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
