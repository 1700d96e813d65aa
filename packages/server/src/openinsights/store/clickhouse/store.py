"""The store on ClickHouse: it keeps nothing itself, so that any number of servers may share one."""
# ruff: noqa: S608 - names of ours, texts in quotes

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openinsights.schema.catalog import CLASSIC
from openinsights.store.api import StoredDay, StoreHealth
from openinsights.store.clickhouse import ddl, layout, rollups
from openinsights.store.clickhouse.address import Address, address_of
from openinsights.store.clickhouse.connection import RETRY_AFTER_S, Clients
from openinsights.store.clickhouse.deletion import condition, whole_day
from openinsights.store.clickhouse.insert import Inserter
from openinsights.store.clickhouse.literals import text_literal
from openinsights.store.clickhouse.query_runner import run_query
from openinsights.store.clickhouse.scan import Scans, bounds_text, day_condition
from openinsights.store.direct_append import DirectAppend
from openinsights.store.errors import (
    StoreClosed,
    StoreError,
    StoreHasNoFiles,
    StoreUnavailable,
)
from openinsights.store.limits import StoreLimits
from openinsights.store.set_aside import not_found
from openinsights.store.times import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from openinsights.clock import Clock
    from openinsights.schema.rollup import Rollup
    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation, ScanRequest, StoredFile
    from openinsights.store.record import Recorded
    from openinsights.store.rows import Rows
    from openinsights.store.rowset import RowSet
    from openinsights.store.selection import Selection
    from openinsights.store.set_aside import SetAsideBody
    from openinsights.store.times import StoreTimes

logger = logging.getLogger(__name__)

_LOOKS_EVERY_S: Final = 5.0
_LOOKS_AWAY_EVERY_S: Final = 1.0
_LINGER_S: Final = 0.25
"""Under load: ClickHouse wants few large inserts."""
_LOOK_S: Final = 10.0
"""A look that takes longer finds nobody there: packets may vanish, and nobody is told."""
_CHANGE_S: Final = 300.0
_LATE_DAYS: Final = 3
"""Days that may still get telemetry."""
_ROLLED_UP: Final = tuple(rollups.relation(each) for kept in rollups.KEPT.values() for each in kept)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look at the tables saw."""

    days: tuple[StoredDay, ...] = ()
    free_bytes: int | None = None
    used_bytes: int | None = None


def open_clickhouse_store(
    url: str | Address,
    clock: Clock,
    *,
    limits: StoreLimits | None = None,
    retention_of: Callable[[str, str], int] | None = None,
    times: StoreTimes = UNTIMED,
) -> ClickHouseStore:
    """Open the store in a database of a ClickHouse; its tables are made if there are none.

    Args:
        url: where it is, see `address_of`.
        clock: tells which days still take telemetry; ages of claims are told by ClickHouse's.
        limits: bounds.
        retention_of: says for a resource and a table how many days its telemetry is kept; parts
            that are older by a week are dropped by ClickHouse itself. None keeps everything.
        times: told how long things take.

    Raises:
        StoreTooNew: a newer release of this program made the tables.
        StoreUnavailable: nobody answers at the address.
        StoreError: the address cannot be read, the tables have to be made by
            `openinsights store init`, or clickhouse-connect is not installed.
    """
    clients = Clients(url if isinstance(url, Address) else address_of(url))
    try:
        layout.check(clients)
        return ClickHouseStore(clients, clock, limits or StoreLimits(), retention_of, times)
    except BaseException:
        clients.close()
        raise


class ClickHouseStore:
    """See `Store`. Made by `open_clickhouse_store`."""

    def __init__(
        self,
        clients: Clients,
        clock: Clock,
        limits: StoreLimits,
        retention_of: Callable[[str, str], int] | None,
        times: StoreTimes,
    ) -> None:
        self._clients = clients
        self._place = layout.place_of(clients.address)
        self._clock = clock
        self._limits = limits
        self._scans = Scans(self._place, self._bounds_of, self._unrolled)
        self._stopping = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._inserter = Inserter(
            clients, self._place, retention_of or (lambda *_: ddl.MOST_DAYS), self._stopping
        )
        self._appends = DirectAppend(
            self._inserter, limits, times, linger_s=_LINGER_S, group_rows=limits.commit_rows
        )
        self._inserter.fail_waiting = self._appends.fail_waiting
        self._seen = _Seen()
        self._look(_CHANGE_S)
        self._looker = threading.Thread(
            target=self._look_again, name="openinsights-store-look", daemon=True
        )
        self._looker.start()

    @property
    def dialect(self) -> str:
        """Which SQL it takes; see `Store.dialect`."""
        return "clickhouse"

    def append(self, rows: Rows | Recorded) -> Future[None]:
        """Store the rows of one body; see `Store.append`."""
        self._check_open()
        if self._inserter.away:
            raise StoreUnavailable(self._inserter.away, retry_after_s=RETRY_AFTER_S)
        return self._appends.submit(rows)

    def settle(self, timeout_s: float) -> bool:
        """Return at once: what was acknowledged can be read."""
        return self._appends.settle(timeout_s)

    def kept_keys(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Return the keys that are kept apart: none."""
        return {}

    def rollups(self) -> Mapping[str, Sequence[Rollup]]:
        """Return what is kept of rows put together; see `Store.rollups`."""
        return rollups.KEPT

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
        return run_query(self._clients, sql, timeout_s, max_rows, self._limits, cancellation, take)

    def delete(self, selection: Selection, *, to_erase: bool = False) -> int:
        """Delete the selected rows; see `Store.delete`."""
        selection.check()
        self._check_open()
        return sum(self._delete(table, selection) for table in selection.tables)

    def _delete(self, table: str, selection: Selection) -> int:
        selected = condition(selection)
        day = whole_day(selection)
        within = day_condition(day) if day is not None else selected
        name = self._place.table(table)
        text = (
            f"select intDiv(timestamp, {ddl.DAY_TICKS}) as day, {ddl.RETENTION}, count(),"
            f" countIf({selected}) as chosen from {name} where {within}"
            f" group by day, {ddl.RETENTION} having chosen > 0"
        )
        deleted, some = 0, set()
        for of_day, days, rows, chosen in self._rows(text):
            deleted += chosen
            if day is not None and rows == chosen:
                self._drop_partition(table, of_day, days)
            else:
                some.add(of_day)
        if some:
            self._unroll(table, some)
            self._clients.command(
                f"DELETE FROM {self._place.local(table)}{self._place.on_cluster} WHERE {selected}",
                _CHANGE_S,
                {"lightweight_deletes_sync": 2},
            )
        return int(deleted)

    def _unroll(self, table: str, days: set[int]) -> None:
        """Note that some rows of these days go: what is kept of them put together is not read again."""
        if table not in rollups.KEPT:
            return
        lines = ", ".join(f"({text_literal(table)}, {day})" for day in sorted(days))
        self._clients.command(
            f"INSERT INTO {self._place.table('unrolled')} (name, day) VALUES {lines}",
            _CHANGE_S,
            {"distributed_foreground_insert": 1},
        )

    def _unroll_if_late(self, day: int, tables: Iterable[str]) -> None:
        """Rows that come while parts go may be kept in one form and not in the other."""
        if day >= self._clock.now_ticks() // ddl.DAY_TICKS - _LATE_DAYS:
            for table in tables:
                self._unroll(table, {day})

    def _unrolled(self, rollup: Rollup) -> list[int]:
        names = ", ".join(map(text_literal, (rollup.table, rollups.relation(rollup))))
        text = (
            f"select distinct day from {self._place.table('unrolled')}"
            f" where name in ({names}) order by day"
        )
        return [day for (day,) in self._rows(text)]

    def erase(self, day: int) -> None:
        """Leave no byte of what was deleted from a day; see `Store.erase`.

        ClickHouse removes the files of parts that were written anew some minutes later.
        """
        self._check_open()
        masked = (
            f"select distinct table, partition from {self._system('parts')} where active"
            f" and {self._ours()} and has_lightweight_delete"
        )
        for table, partition in self._rows(masked):
            if table.removesuffix("_local") in ddl.TAKES_TELEMETRY and _day_of(partition) == day:
                self._clients.command(
                    f"ALTER TABLE {self._place.table(table)}{self._place.on_cluster}"
                    f" APPLY DELETED MASK IN PARTITION {partition}",
                    _CHANGE_S,
                    {"mutations_sync": 2},
                )

    def set_aside(self) -> list[SetAsideBody]:
        """Return the bodies that the engine refused after they were acknowledged: none."""
        return []

    def set_aside_rows(self, body_id: str) -> Rows:
        """Refuse: nothing is ever set aside; see `Store.set_aside_rows`."""
        raise not_found(body_id)

    def store_set_aside(self, body_id: str) -> int:
        """Refuse: nothing is ever set aside; see `Store.store_set_aside`."""
        raise not_found(body_id)

    def drop_set_aside(self, body_id: str) -> None:
        """Refuse: nothing is ever set aside; see `Store.drop_set_aside`."""
        raise not_found(body_id)

    def stored_days(self) -> list[StoredDay]:
        """Return the days that have data, oldest first."""
        self._check_open()
        return list(self._days())

    def counts(self, day: int) -> dict[str, int]:
        """Return how many rows each classic table of a day has."""
        self._check_open()
        text = " union all ".join(
            f"select {text_literal(table.name)}, count() from {self._place.table(table.name)}"
            f" where {day_condition(day)}"
            for table in CLASSIC
        )
        found = dict(self._rows(text))
        return {table.name: found[table.name] for table in CLASSIC} if any(found.values()) else {}

    def drop_day_if_empty(self, day: int) -> None:
        """Forget a day that has no rows; see `Store.drop_day_if_empty`."""
        # rows that come meanwhile are in parts that are not there yet
        if not self.counts(day):
            self._drop_day(day, before=self._parts_of(day))

    def stored_files(self) -> Iterator[StoredFile]:
        """Refuse: what ClickHouse holds it copies itself."""
        raise StoreHasNoFiles(
            "cannot copy the store: it is at ClickHouse; openinsights store backup"
            " \"Disk('backups', 'NAME')\" has that copy telemetry; resources and settings are in"
            " the catalog: pg_dump copies that in PostgreSQL, sqlite3 catalog.sqlite .backup that"
            " in the data folder"
        )

    def drop_day(self, day: int) -> int:
        """Forget a day; see `Store.drop_day`."""
        rows = sum(self.counts(day).values())
        self._drop_day(day)
        return rows

    def health(self) -> StoreHealth:
        """Return whether telemetry can be stored, and why not; asks nobody."""
        seen = self._seen
        reason = "the store is closed" if self._closed else self._inserter.away
        return StoreHealth(
            accepting=not reason,
            reason=reason,
            pending_bytes=self._appends.pending_bytes,
            free_disk_bytes=None if self._closed else seen.free_bytes,
            used_disk_bytes=None if self._closed else seen.used_bytes,
            days=len(seen.days),
            stored_rows=self._inserter.stored_rows,
            duplicate_rows=self._inserter.duplicate_rows,
            refused_bodies=0,
        )

    def close(self) -> None:
        """Write everything that was taken, then let go of the connections."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._appends.close()
            self._stopping.set()
            self._looker.join()
            self._clients.close()

    def _rows(self, text: str, within_s: float = _CHANGE_S) -> list[Any]:
        return self._clients.rows(text, within_s)

    def _system(self, name: str) -> str:
        cluster = self._clients.address.cluster
        return (
            f"clusterAllReplicas({text_literal(cluster)}, system.{name})"
            if cluster
            else f"system.{name}"
        )

    def _ours(self) -> str:
        return f"database = {text_literal(self._place.database)}"

    def _days(self, within_s: float = _CHANGE_S) -> tuple[StoredDay, ...]:
        text = (
            f"select table, partition, sum(bytes_on_disk) from {self._system('parts')}"
            f" where active and rows > 0 and {self._ours()} group by table, partition"
        )
        sizes: dict[int, int] = {}
        for table, partition, size in self._rows(text, within_s):
            if table.removesuffix("_local") in ddl.TAKES_TELEMETRY:
                day = _day_of(partition)
                sizes[day] = sizes.get(day, 0) + size
        return tuple(StoredDay(day, sizes[day]) for day in sorted(sizes))

    def _parts_of(self, day: int) -> list[tuple[str, str]]:
        text = (
            f"select distinct table, name, partition from {self._system('parts')}"
            f" where active and {self._ours()}"
        )
        return [
            (table, name)
            for table, name, partition in self._rows(text)
            if table.removesuffix("_local") in ddl.TAKES_TELEMETRY and _day_of(partition) == day
        ]

    def _drop_day(self, day: int, before: list[tuple[str, str]] | None = None) -> None:
        if before is not None and not self._clients.address.cluster:
            for table, name in before:
                self._clients.command(
                    f"ALTER TABLE {self._place.table(table)} DROP PART {text_literal(name)}",
                    _CHANGE_S,
                )
            return
        self._unroll_if_late(day, rollups.KEPT)
        text = (
            f"select distinct table, partition from {self._system('parts')}"
            f" where active and {self._ours()}"
        )
        for table, partition in self._rows(text):
            name = table.removesuffix("_local")
            kept = ("operations", *ddl.TAKES_TELEMETRY, *_ROLLED_UP)
            if name in kept and _day_of(partition) == day:
                self._clients.command(
                    f"ALTER TABLE {self._place.table(table)}{self._place.on_cluster}"
                    f" DROP PARTITION {partition}",
                    _CHANGE_S,
                )

    def _drop_partition(self, table: str, day: int, days: int) -> None:
        self._unroll_if_late(day, (table,))
        for name in (table, *map(rollups.relation, rollups.KEPT.get(table, ()))):
            self._clients.command(
                f"ALTER TABLE {self._place.local(name)}{self._place.on_cluster}"
                f" DROP PARTITION ({day}, {days})",
                _CHANGE_S,
            )

    def _bounds_of(self, wanted: frozenset[str]) -> tuple[int, int] | None:
        ((count, first, last),) = self._rows(bounds_text(self._place, wanted))
        return (first, last) if count else None

    def _look(self, within_s: float) -> None:
        days = self._days(within_s)
        free = self._rows(f"select sum(free_space) from {self._system('disks')}", within_s)
        used = sum(each.size_bytes for each in days)
        self._seen = _Seen(days, int(free[0][0]), used)

    def _look_again(self) -> None:
        """See now and then how large the tables are, and whether anybody is there again."""
        while not self._stopping.wait(
            _LOOKS_AWAY_EVERY_S if self._inserter.away else _LOOKS_EVERY_S
        ):
            begun_s = time.monotonic()
            was_away = self._inserter.away
            try:
                self._look(_LOOK_S)
            except StoreUnavailable as error:
                self._inserter.away = error.message
            except StoreError as error:
                logger.warning("cannot look at the tables: %s", error)
            else:
                is_same = self._inserter.away == was_away and not self._inserter.is_finishing
                if was_away and is_same:
                    logger.warning(
                        "ClickHouse answers again after %.1f s", time.monotonic() - begun_s
                    )
                    self._inserter.away = ""

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed("cannot use the store: it is closed", retry_after_s=RETRY_AFTER_S)


def _day_of(partition: str) -> int:
    """The day of a partition's name, which is a day or a day and how long it is kept."""
    return int(partition.strip("()").partition(",")[0])
