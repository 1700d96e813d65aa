"""The store as the other rooms see it. Engines live in their own folders beside this file."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from openinsights.schema.rollup import Rollup
    from openinsights.schema.sql import Sql
    from openinsights.store.record import Recorded
    from openinsights.store.rows import Rows
    from openinsights.store.rowset import RowSet
    from openinsights.store.selection import Selection
    from openinsights.store.set_aside import SetAsideBody


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A key of a dynamic column that is read as if it were a column.

    Attributes:
        name: of the column of the relation.
        column: the dynamic column.
        key: in it; neither a quote nor a backslash is in its name.
        as_text: whether its value is wanted as text, '' for none; else as JSON text, null for none
            and for JSON's null.
    """

    name: str
    column: str
    key: str
    as_text: bool


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Which rows of a table a query reads.

    Attributes:
        table: name of a classic or App* table.
        columns: names in the order in which the relation must have them; may be empty when
            only the number of rows matters.
        app_ids: resources whose rows count; None means all of them.
        time_from: first tick that counts, None for no bound.
        time_to: last tick that counts (inclusive), None for no bound.
        newest: this many of the newest of these rows are enough, with all others of the time of
            the last of them; None for all.
        among: columns of texts beside the only values that are needed of them; the relation
            may have rows with others.
        keys: what names in `columns` mean that are no columns of the table.
        weights: columns of whole numbers whose least and largest values are worth knowing; the
            relation says them in `Sql.bounds` where they are known, and `Sql.rows` with them.
        is_rolled_up: whether rows may stand for several of the table's. `columns` then also names
            measures (`schema.rollup`), and the time of such a row is the first of its period.
        id: number that makes the names of this scan's parameters unique within a query.
    """

    table: str
    columns: tuple[str, ...]
    app_ids: tuple[str, ...] | None = None
    time_from: int | None = None
    time_to: int | None = None
    newest: int | None = None
    among: tuple[tuple[str, frozenset[str]], ...] = ()
    keys: tuple[KeyColumn, ...] = ()
    weights: tuple[str, ...] = ()
    is_rolled_up: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A UTC day that has data.

    Attributes:
        day: counted since 0001-01-01.
        size_bytes: what it takes on the disk; 0 for a store in memory.
    """

    day: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a store's copy.

    Attributes:
        name: where it belongs inside the store's folder, with slashes.
        path: where to read it, until the next one is asked for.
        size_bytes: how much of it counts; it may grow.
        rows: of a day, the rows of each table; None for other files.
    """

    name: str
    path: Path
    size_bytes: int
    rows: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether telemetry can be stored.

    Attributes:
        accepting: True when an append would be taken now.
        reason: why not, "" when accepting.
        pending_bytes: telemetry that waits for its commit, acknowledged or not.
        free_disk_bytes: free space where the data lies; None for a store in memory.
        used_disk_bytes: what the store takes on the disk; None for a store in memory.
        days: how many days have data.
        stored_rows: rows stored since the start.
        duplicate_rows: rows not stored because they had been stored before, since the start.
        refused_bodies: acknowledged bodies that the engine refused; each lies in a file of its
            own, for people to look at.
    """

    accepting: bool
    reason: str
    pending_bytes: int
    free_disk_bytes: int | None
    used_disk_bytes: int | None
    days: int
    stored_rows: int
    duplicate_rows: int
    refused_bodies: int


@dataclass(frozen=True, slots=True)
class EngineFunction:
    """A function that the compiler needs and the engine does not have.

    Attributes:
        name: as the SQL calls it.
        call: the Python callable; it gets null arguments as None and may return None for null.
        arguments: SQL type names of its arguments.
        result: SQL type name of its result.
        announces: whether its argument is the size of a text that the engine is about to make; the
            store MUST fail the call if there is no room for it.
    """

    name: str
    call: Callable[..., object]
    arguments: tuple[str, ...]
    result: str
    announces: bool = False


class Cancellation:
    """Lets one thread stop a query that another thread runs. Cancelling twice is harmless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.cancelled = False
        self.too_large = ""

    def cancel(self, too_large: str = "") -> None:
        """Stop the query that runs, or that is going to run, with this value.

        Args:
            too_large: what to tell its caller when it is stopped for what it takes of the engine;
                "" when the caller left.
        """
        with self._lock:
            self.cancelled = True
            self.too_large = self.too_large or too_large
            if self._stop is not None:
                self._stop()

    def attach(self, stop: Callable[[], None] | None) -> None:
        """Tell how to stop the running query; None when it has ended. For stores only."""
        with self._lock:
            self._stop = stop
            if stop is not None and self.cancelled:
                stop()


class Store(Protocol):
    """Holds telemetry and answers SQL about it.

    A store MUST be safe to use from many threads at once. It MUST NOT block the caller of
    `append`. One process owns a store's data, or the engine says that several may share it.
    """

    @property
    def dialect(self) -> str:
        """Which SQL the store takes and gives: `duckdb` or `clickhouse`."""
        ...

    def append(self, rows: Rows | Recorded) -> Future[None]:
        """Store the rows of one body; the future resolves when they are durable.

        MUST store each row exactly once: a body whose digest was committed before, for a day
        that still takes telemetry, is not stored again; nor is a row whose (source, number) was
        committed by an earlier body. Rows that are equal within one body are all stored.
        MUST NOT resolve before the rows survive kill -9 and power loss. They need not be
        committed by then, but MUST be seen by every `source` and `run` after a `settle` that
        began later. The same body may be appended again after a failure, or at any time.

        Raises:
            StoreUnavailable: at once, without taking the rows, when too much waits to be
                written or the store is closing. The future fails with it when the disk is nearly
                full or the engine is broken.
        """
        ...

    def settle(self, timeout_s: float) -> bool:
        """Wait until all rows acknowledged before this call can be read, but not for ever.

        Returns:
            False when `timeout_s` passed first; reading then misses some of the newest rows.
        """
        ...

    def kept_keys(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Return for tables, for dynamic columns, the keys that are kept apart in some days.

        Reading these as `KeyColumn` costs less than reading the column; any others cost the same.
        """
        ...

    def rollups(self) -> Mapping[str, Sequence[Rollup]]:
        """Return for tables what is kept, in some days, of rows put together.

        A relation of rows that may stand for several is worth asking for if one of these says its
        columns. MUST stand for the same rows as any other relation, whatever came or went since
        they were put together.
        """
        ...

    def source(self, request: ScanRequest) -> Sql:
        """Return a relation with exactly the asked columns, in order, of the asked rows.

        MUST name only days that overlap the bounds. May leave out rows that are committed after
        the call, and rows that the request says not to need. An empty relation keeps its columns'
        types. Its parameters are named `$s<id>_…`.

        Raises:
            StoreError: when the table or a column does not exist.
        """
        ...

    def run(
        self,
        sql: Sql,
        *,
        timeout_s: float,
        max_rows: int,
        cancellation: Cancellation | None = None,
        take: Callable[[list[tuple[Any, ...]]], None] | None = None,
    ) -> RowSet:
        """Run a read-only query and return at most `max_rows` rows.

        With `take` the rows are handed to it instead, some at a time and in order, so that they
        need not be in memory all at once. MUST NOT hand over rows that do not count.

        MUST end within `timeout_s` plus a little: with the rows that were handed over until then,
        in order and `out_of_time`, or by raising when there was none. MUST NOT change data, read
        files outside the store, or run text that users wrote.

        Raises:
            QueryTimeout: after `timeout_s` seconds without a row.
            QueryCancelled: when `cancellation` was cancelled.
            DaysChanged: when a day that a source named was dropped in between.
            QueryFailed: when the engine could not run it.
        """
        ...

    def delete(self, selection: Selection, *, to_erase: bool = False) -> int:
        """Delete the selected rows and return how many there were.

        Queries see them no more; their bytes stay until `erase`, which may be called for the days
        that lose rows with `to_erase`, also after a crash.

        MUST include what was acknowledged before; what is appended afterwards is stored as
        usual. Each day is deleted from as a whole or not at all; after a crash the same call
        deletes the rest. A body that brought a deleted row is still recognised when it comes
        again.

        Raises:
            SelectionError: it names what does not exist.
            StoreUnavailable: what was acknowledged cannot be committed now.
        """
        ...

    def erase(self, day: int) -> None:
        """Leave no byte of what was deleted `to_erase` from a day in any file.

        The day is written anew, which takes as much room again meanwhile. A day that lost nothing
        in that way is left alone.

        Raises:
            StoreFull: there is no room for that now.
        """
        ...

    def set_aside(self) -> list[SetAsideBody]:
        """Return the acknowledged bodies that the engine refused."""
        ...

    def set_aside_rows(self, body_id: str) -> Rows:
        """Return the rows of a body that was set aside.

        Raises:
            SetAsideNotFound: there is none of that id.
            StoreError: it cannot be read.
        """
        ...

    def store_set_aside(self, body_id: str) -> int:
        """Store a body that was set aside, and return how many of its rows were not stored before.

        Raises:
            SetAsideNotFound: there is none of that id.
            StillRefused: the engine refuses it again, and why; it stays where it is.
            StoreUnavailable: nothing can be stored now.
        """
        ...

    def drop_set_aside(self, body_id: str) -> None:
        """Delete a body that was set aside.

        Raises:
            SetAsideNotFound: there is none of that id.
        """
        ...

    def stored_days(self) -> list[StoredDay]:
        """Return the days that have data, oldest first."""
        ...

    def counts(self, day: int) -> dict[str, int]:
        """Return how many rows each classic table of a day has, 0 too; nothing for a day without data."""
        ...

    def drop_day_if_empty(self, day: int) -> None:
        """Forget a day that has no rows; one that gets some at the same moment stays."""
        ...

    def stored_files(self) -> Iterator[StoredFile]:
        """Yield the files of a copy of the store, for one caller at a time, who closes it.

        MUST hold everything acknowledged before this call; the store goes on meanwhile.

        Raises:
            StoreFull: there is no room for the copy of a day.
            StoreHasNoFiles: it is in memory, or at an engine that copies itself.
        """
        ...

    def drop_day(self, day: int) -> int:
        """Forget a day with all that it holds and return how many rows there were.

        MUST give its disk space back, on a full disk too. A body that brought a row of a day that
        still takes telemetry is still recognised when it comes again. A day without data has no
        rows.
        """
        ...

    def health(self) -> StoreHealth:
        """Return whether telemetry can be stored, and why not."""
        ...

    def close(self) -> None:
        """Write everything that was taken, then let go of the data. Closing twice is harmless."""
        ...
