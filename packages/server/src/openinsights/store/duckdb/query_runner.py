"""Runs read-only queries, each on a cursor of its own, with an end in time and in rows."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import duckdb

from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.store.duckdb.room import NO_ROOM
from openinsights.store.errors import (
    QueryCancelled,
    QueryFailed,
    QueryOutOfRange,
    QueryTimeout,
    QueryTooLarge,
)
from openinsights.store.rowset import RowSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation

logger = logging.getLogger(__name__)

_INTERRUPT_EVERY_S = 0.02
_IDLE_S = 30.0
"""A thread that looks after nothing ends after so long."""
_FIRST_STEP_ROWS = 16
_LONGEST_STEP_ROWS = 20_000
_STEP_BYTES = 4 * 1024 * 1024
_NO_MEMORY = (duckdb.OutOfMemoryException, MemoryError, SystemError)
_OUT_OF_RANGE = (duckdb.ConversionException, duckdb.OutOfRangeException)


def run_query(
    cursor: duckdb.DuckDBPyConnection,
    sql: Sql,
    timeout_s: float,
    max_rows: int,
    max_bytes: int,
    cancellation: Cancellation | None,
    take: Callable[[list[tuple[Any, ...]]], None] | None = None,
) -> RowSet:
    """Run a query on a cursor that is this query's own, and close the cursor; see `Store.run`."""
    rows: list[tuple[object, ...]] = []
    columns: tuple[str, ...] = ()
    handed_over, out_of_time = 0, False

    def hand_over(some: list[tuple[Any, ...]]) -> None:
        nonlocal handed_over
        (take or rows.extend)(some)
        handed_over += len(some)

    watch = _Watch(cursor.interrupt, timeout_s)
    if cancellation is not None:
        cancellation.attach(watch.cancel)
    try:
        cursor.execute(sql.text, dict(sql.parameters) or None)
        columns = tuple(column[0] for column in cursor.description or ())
        truncated = _fetch(cursor, max_rows, max_bytes, hand_over)
    except duckdb.InterruptException as error:
        if cancellation is not None and cancellation.too_large:
            raise QueryTooLarge(cancellation.too_large) from error
        if watch.cancelled:
            raise QueryCancelled("cannot finish the query: it was cancelled") from error
        if not handed_over:
            raise QueryTimeout(f"cannot finish the query within {timeout_s:g} s") from error
        truncated, out_of_time = False, True
    except ENGINE_ERRORS as error:
        raise _told(error, sql) from error
    finally:
        if cancellation is not None:
            cancellation.attach(None)
        watch.end()
        cursor.close()
    return RowSet(columns, rows, truncated, out_of_time)


def _fetch(
    cursor: duckdb.DuckDBPyConnection,
    max_rows: int,
    max_bytes: int,
    take: Callable[[list[tuple[object, ...]]], None],
) -> bool:
    """Hand over the rows that fit both bounds; return whether there were more.

    The engine hands rows over as they are asked for: the first step is small, because one row may
    be as large as everything that is allowed, and later steps are as long as their rows are short.
    """
    count, room, step = 0, max_bytes, _FIRST_STEP_ROWS
    while more := cursor.fetchmany(min(step, max_rows + 1 - count)):
        size = _size(more)
        room -= size
        is_cut = room < 0 or count + len(more) > max_rows
        step = min(_LONGEST_STEP_ROWS, max(1, _STEP_BYTES * len(more) // (size + 1)))
        if is_cut:
            # a first row stays, however large it is
            while (room < 0 and count + len(more) > 1) or count + len(more) > max_rows:
                room += _size([more.pop()])
        count += len(more)
        take(more)
        if is_cut:
            return True
    return False


def _size(rows: list[tuple[object, ...]]) -> int:
    return sum(len(cell) for row in rows for cell in row if isinstance(cell, str))


def _told(error: BaseException, sql: Sql) -> QueryFailed:
    """Return what a caller is told; the engine's own words name SQL that nobody wrote."""
    if isinstance(error, _NO_MEMORY) or NO_ROOM in str(error):
        return QueryTooLarge(
            "cannot finish the query: it needs more memory than a query may have; "
            "narrow its time range, filter or summarize earlier, or take fewer rows"
        )
    logger.warning("query failed error=%s sql=%s", error, sql.text)
    if isinstance(error, duckdb.InvalidInputException):
        # what the compiler's own guards say, and bounds of the engine; never SQL
        cause = str(error).removeprefix("Invalid Input Error: ").partition("\n")[0]
        return QueryOutOfRange(f"cannot finish the query: {cause}")
    if isinstance(error, _OUT_OF_RANGE):
        return QueryOutOfRange(
            "cannot finish the query: it computes a value that is out of range for its type"
        )
    return QueryFailed(
        "cannot run the query: the engine refused what it was compiled to; "
        "this is a defect of the server, and its log has the details"
    )


class _Watch:
    """Interrupts a query that takes too long or is cancelled.

    It interrupts again and again, because the engine forgets an interrupt that comes before it has
    begun to run the query.
    """

    def __init__(self, interrupt: Callable[[], None], timeout_s: float) -> None:
        self.interrupt = interrupt
        self.due_s = time.monotonic() + timeout_s
        self.cancelled = False
        _WATCHER.add(self)

    def cancel(self) -> None:
        """Interrupt the query now."""
        self.cancelled = True
        _WATCHER.hurry(self)

    def end(self) -> None:
        """The query has ended: interrupt nothing any more."""
        _WATCHER.remove(self)


class _Watcher:
    """One thread that looks after all queries: to start one for each costs as much as a small query.

    The thread ends when there has been nothing to do for a while.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: set[_Watch] = set()
        self._wakes_s = 0.0
        self._thread: threading.Thread | None = None

    def add(self, watch: _Watch) -> None:
        """Look after a query."""
        with self._changed:
            self._watches.add(watch)
            if self._thread is None or not self._thread.is_alive():
                self._wakes_s = watch.due_s
                self._thread = threading.Thread(
                    target=self._run, name="openinsights-query", daemon=True
                )
                self._thread.start()
            elif watch.due_s < self._wakes_s:
                self._changed.notify()

    def hurry(self, watch: _Watch) -> None:
        """Interrupt a query now, if it has not ended."""
        with self._changed:
            if watch in self._watches:
                watch.due_s = 0.0
                self._changed.notify()

    def remove(self, watch: _Watch) -> None:
        """Forget a query; once this returns it is not interrupted any more."""
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        with self._changed:
            idle_since_s = time.monotonic()
            while True:
                now_s = time.monotonic()
                if self._watches:
                    idle_since_s = now_s
                elif now_s - idle_since_s >= _IDLE_S:
                    self._thread = None
                    return
                for watch in self._watches:
                    if watch.due_s <= now_s:
                        with suppress(*ENGINE_ERRORS):  # the others are looked after all the same
                            watch.interrupt()
                        watch.due_s = now_s + _INTERRUPT_EVERY_S
                first_s = min((watch.due_s for watch in self._watches), default=now_s + _IDLE_S)
                self._wakes_s = min(first_s, now_s + _IDLE_S)
                self._changed.wait(max(0.0, self._wakes_s - now_s))


_WATCHER = _Watcher()
