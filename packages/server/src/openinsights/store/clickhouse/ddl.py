"""The tables on ClickHouse as SQL: made from the schema's columns, and brought up to date.

For each classic table there is `<table>`: the rows, in parts for each day and number of days that
they are kept. All come by one door:

- `telemetry_in` takes the rows of all tables in one insert and holds nothing; it has the columns of
  all, and one that says whose row it is. What it gets goes on to its views, whose parts appear in an
  order that nobody may count on;
- `telemetry_view_1_<table>`: the rows, to `<table>`;
- `telemetry_view_2_operations`: to `operations`, which operation has rows between which times;
- `telemetry_view_3_<table>_<rollup>`: rows put together, to `<table>_by_<rollup>`, see rollups.py;
- `telemetry_view_9_bodies`: to `bodies`, which bodies' rows are stored, which is true once the insert is
  acknowledged: see insert.py.

Each part that an insert writes costs ClickHouse milliseconds, however few rows are in it: a door for
each table had operations and bodies written once for each of them. Databases that were made so still
have those (`<table>_in` and its views), for servers of that release.

`bodies` and `sequences` are what retries are recognised by, see claims.py. `layout` has the version.
On a cluster each table that holds rows is called `…_local` and replicated, and one of the plain name
is spread over them.
"""
# ruff: noqa: S608 - names and numbers of ours

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType
from openinsights.store.clickhouse import rollups
from openinsights.store.clickhouse.literals import quoted, text_literal
from openinsights.store.clickhouse.types import ENGINE_TYPES, TIME_TYPE, codec, stored_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from openinsights.schema.rollup import Rollup
    from openinsights.schema.table import Column, Table

LAYOUT_VERSION: Final = 1

DOOR: Final = "telemetry_in"
OF_TABLE: Final = "_of_table"
BODY: Final = "_body"
RETENTION: Final = "_retention_days"
DAY_TICKS: Final = TICKS_PER_DAY
_DAY: Final = f"intDiv(timestamp, {TICKS_PER_DAY})"
BUCKET_TICKS: Final = TICKS_PER_DAY // 48
"""Half an hour: rows of a resource lie together by it, then by who sent them and what it was."""
GRACE_DAYS: Final = 7
"""What ClickHouse itself drops is older than what the keeper lets go: a clock may have leapt."""
MOST_DAYS: Final = 20_000
"""Telemetry is kept for no longer; times of ClickHouse end in 2106."""
CLAIM_DAYS: Final = 4
_WINDOW: Final = 10_000
"""Blocks of which a table remembers whether it took them."""
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "traces": ("ifNull(severityLevel, -1)",),
    "exceptions": ("type",),
    "browserTimings": ("name",),
}
"""What rows are ordered by behind who sent them; `name` for others."""

TAKES_TELEMETRY: Final = tuple(table.name for table in CLASSIC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tables are.

    Attributes:
        database: its name.
        cluster: "" for one server.
    """

    database: str
    cluster: str = ""

    def table(self, name: str) -> str:
        """Return what queries and inserts call a table."""
        return f"{quoted(self.database)}.{quoted(name)}"

    def local(self, name: str) -> str:
        """Return what a server calls its own part of a table."""
        return self.table(f"{name}_local" if self.cluster else name)

    @property
    def on_cluster(self) -> str:
        """What statements end with that are meant for all servers."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else ""

    def replicas(self, name: str) -> str:
        """Return a relation of all copies of a table, so that nothing one of them has is missed."""
        if not self.cluster:
            return self.table(name)
        return f"clusterAllReplicas({quoted(self.cluster)}, {self.local(name)})"


def create(place: Place) -> Iterator[str]:
    """Yield the statements that make everything that is not there."""
    yield f"CREATE DATABASE IF NOT EXISTS {quoted(place.database)}{place.on_cluster}"
    yield from _table(place, "layout", ("version UInt32", "at DateTime DEFAULT now()"), "version")
    yield from _bookkeeping(place)
    yield from _door(place)
    for table in CLASSIC:
        yield from _telemetry(place, table)
    yield _view(place, "telemetry_view_2_operations", "operations", _operations(place))
    yield _view(place, "telemetry_view_9_bodies", "bodies", _bodies(place))


def note_version(place: Place) -> str:
    """Return the statement that notes which layout the tables have."""
    return f"INSERT INTO {place.table('layout')} (version) VALUES ({LAYOUT_VERSION})"


def add_columns(place: Place, found: Mapping[str, Set[str]]) -> Iterator[str]:
    """Yield the statements that add what later releases brought.

    Args:
        place: where the tables are.
        found: columns of each table that there is; a table that is not there is made by `create`.
    """
    taken = found.get(DOOR)
    if taken is not None:
        for name, kind in _plain_columns().items():
            if name not in taken:
                yield from _add(place, DOOR, f"{quoted(name)} {kind}")
    for table in CLASSIC:
        before = found.get(table.name)
        missing = [each for each in table.columns if before is not None and each.name not in before]
        for column in missing:
            yield from _add(place, table.name, _column(table, column))
        if missing and taken is not None:
            view = place.table(_rows_view(table))
            yield f"ALTER TABLE {view}{place.on_cluster} MODIFY QUERY {_rows(place, table)}"


def _add(place: Place, name: str, definition: str) -> Iterator[str]:
    yield f"ALTER TABLE {place.local(name)}{place.on_cluster} ADD COLUMN IF NOT EXISTS {definition}"
    if place.cluster:
        yield f"ALTER TABLE {place.table(name)}{place.on_cluster} ADD COLUMN IF NOT EXISTS {definition}"


def _bookkeeping(place: Place) -> Iterator[str]:
    kept = f"TTL toDateTime(at) + toIntervalDay({CLAIM_DAYS})"
    yield from _table(
        place,
        "bodies",
        (
            "body UInt128",
            "kind Enum8('claimed' = 1, 'dropped' = 2, 'stored' = 3)",
            "name LowCardinality(String) DEFAULT ''",
            "day Int32 DEFAULT 0",
            "commit UInt64 DEFAULT 0",
            "at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')",
        ),
        "body",
        partition="toDate(at)",
        more=kept,
        granularity=1024,
        shard="sipHash64(body)",
    )
    yield from _table(
        place,
        "sequences",
        (
            "source UInt64",
            "low Int64",
            "high Int64",
            "body UInt128",
            "name LowCardinality(String)",
            "day Int32",
            "commit UInt64",
            "at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')",
        ),
        "source, low",
        partition="toDate(at)",
        more=kept,
        granularity=1024,
        shard="source",
    )
    yield from _table(
        place,
        "unrolled",
        ("name LowCardinality(String)", "day Int32"),
        "name, day",
        engine="ReplacingMergeTree",
    )
    yield from _table(
        place,
        "operations",
        (
            "operation_Id String CODEC(ZSTD(1))",
            "day Int32 CODEC(T64, ZSTD(1))",
            f"first SimpleAggregateFunction(min, {TIME_TYPE}) CODEC(ZSTD(1))",
            f"last SimpleAggregateFunction(max, {TIME_TYPE}) CODEC(ZSTD(1))",
        ),
        "operation_Id",
        engine="AggregatingMergeTree",
        partition="day",
        more=_by_day("day", 0),
        granularity=1024,
        shard="sipHash64(operation_Id)",
    )


def tables() -> Iterator[str]:
    """Yield the names of the tables that inserts and queries name."""
    yield from ("layout", "bodies", "sequences", "operations", "unrolled", DOOR)
    for table in CLASSIC:
        yield table.name
        yield from map(rollups.relation, rollups.KEPT.get(table.name, ()))


def _by_day(day: str, days: int) -> str:
    """The TTL of rows whose day is counted since 0001-01-01; 0 for one that no resource has."""
    kept = days or 3650
    first = UNIX_EPOCH_TICKS // TICKS_PER_DAY
    return f"TTL toDateTime(({day} - {first}) * 86400) + toIntervalDay({kept + GRACE_DAYS})"


def _telemetry(place: Place, table: Table) -> Iterator[str]:
    first = UNIX_EPOCH_TICKS // TICKS_PER_DAY
    names = _NAMES.get(table.name, ("name",))
    key = f"appId, intDiv(timestamp, {BUCKET_TICKS}), cloud_RoleName, {', '.join(names)}, timestamp"
    index = "INDEX operation operation_Id TYPE bloom_filter(0.001) GRANULARITY 1"
    yield from _table(
        place,
        table.name,
        (*(_column(table, column) for column in table.columns), f"{RETENTION} UInt16", index),
        key,
        partition=f"({_DAY}, {RETENTION})",
        more=(
            f"TTL toDateTime(({_DAY} - {first}) * 86400)"
            f" + toIntervalDay({RETENTION} + {GRACE_DAYS})"
        ),
        shard="rand()",
    )
    yield _view(place, _rows_view(table), table.name, _rows(place, table))
    for rollup in rollups.KEPT.get(table.name, ()):
        yield from _rolled_up(place, table, rollup)


def _door(place: Place) -> Iterator[str]:
    columns = (
        *(f"{quoted(name)} {kind}" for name, kind in _plain_columns().items()),
        f"{RETENTION} UInt16",
        f"{BODY} UInt128",
        f"{OF_TABLE} String",
    )
    yield from _table(place, DOOR, columns, "", engine="Null", shard=f"sipHash64({BODY})")


def _plain_columns() -> dict[str, str]:
    """The columns of all tables, and their types: one of a name has the same in each."""
    return {
        column.name: ("String" if column.name == "name" else stored_type(table, column))
        for table in CLASSIC
        for column in table.columns
    }


def _rows_view(table: Table) -> str:
    return f"telemetry_view_1_{table.name}"


def _of(table: Table) -> str:
    return f"{OF_TABLE} = {text_literal(table.name)}"


def since_now(place: Place, table: str, rollup: Rollup) -> str:
    """Return the statement that notes that rows of a table's days came before a rollup was kept.

    Days from which they may still be missing are all that there are, today and tomorrow.
    """
    suffix = "_local" if place.cluster else ""
    parts = (
        f"clusterAllReplicas({quoted(place.cluster)}, system.parts)"
        if place.cluster
        else "system.parts"
    )
    first = UNIX_EPOCH_TICKS // TICKS_PER_DAY
    there = (
        f"SELECT toInt32OrZero(extract(partition, '[0-9]+')) AS day FROM {parts} WHERE active"
        f" AND database = {text_literal(place.database)} AND table = {text_literal(table + suffix)}"
    )
    soon = f"SELECT toInt32(toDate(now('UTC'))) + {first} + arrayJoin([0, 1]) AS day"
    return (
        f"INSERT INTO {place.table('unrolled')} (name, day)"
        f" SETTINGS distributed_foreground_insert = 1 SELECT DISTINCT {text_literal(rollups.relation(rollup))}, day"
        f" FROM ({there} UNION ALL {soon})"
    )


def _rolled_up(place: Place, table: Table, rollup: Rollup) -> Iterator[str]:
    """The statements of rows put together; the day of a period is that of its rows."""
    first = UNIX_EPOCH_TICKS // TICKS_PER_DAY
    types = {column.name: column for column in table.columns}
    yield from _table(
        place,
        rollups.relation(rollup),
        (
            f"timestamp {TIME_TYPE} CODEC(DoubleDelta, ZSTD(1))",
            f"{RETENTION} UInt16",
            *(f"{quoted(name)} {stored_type(table, types[name])}" for name in rollup.keys),
            *rollups.measure_columns(rollup),
        ),
        ", ".join(["appId", "timestamp", *map(quoted, rollups.key_columns(rollup)[1:])]),
        engine="AggregatingMergeTree",
        partition=f"({_DAY}, {RETENTION})",
        more=(
            f"TTL toDateTime(({_DAY} - {first}) * 86400)"
            f" + toIntervalDay({RETENTION} + {GRACE_DAYS})"
        ),
        settings=("allow_nullable_key = 1",),
    )
    name = f"telemetry_view_3_{table.name}_{rollup.name}"
    query = rollups.together(rollup, place.local(DOOR), _of(table), RETENTION)
    yield _view(place, name, rollups.relation(rollup), query)


def _rows(place: Place, table: Table) -> str:
    listed = ", ".join([*(quoted(column.name) for column in table.columns), RETENTION])
    return f"SELECT {listed} FROM {place.local(DOOR)} WHERE {_of(table)}"


def _operations(place: Place) -> str:
    return (
        f"SELECT operation_Id, toInt32({_DAY}) AS day, min(timestamp) AS first,"
        f" max(timestamp) AS last FROM {place.local(DOOR)}"
        " WHERE operation_Id != '' GROUP BY operation_Id, day"
    )


def _bodies(place: Place) -> str:
    return (
        f"SELECT DISTINCT {BODY} AS body, 'stored' AS kind, {OF_TABLE} AS name,"
        f" toInt32({_DAY}) AS day FROM {place.local(DOOR)}"
    )


def _view(place: Place, name: str, target: str, query: str) -> str:
    view = place.table(name)
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {view}{place.on_cluster}"
        f" TO {place.local(target)} AS {query}"
    )


def _table(
    place: Place,
    name: str,
    columns: tuple[str, ...],
    key: str,
    *,
    engine: str = "MergeTree",
    partition: str = "",
    more: str = "",
    granularity: int = 8192,
    shard: str = "rand()",
    settings: Sequence[str] = (),
) -> Iterator[str]:
    listed = ",\n  ".join(columns)
    text = f"CREATE TABLE IF NOT EXISTS {place.local(name)}{place.on_cluster} (\n  {listed}\n)"
    if engine == "Null":
        yield f"{text} ENGINE = Null"
    else:
        kind = f"Replicated{engine}" if place.cluster else engine
        text += f" ENGINE = {kind}"
        if partition:
            text += f"\nPARTITION BY {partition}"
        text += f"\nORDER BY ({key})"
        if more:
            text += f"\n{more}"
        settings = [*settings, f"index_granularity = {granularity}"]
        if more:
            settings.append("ttl_only_drop_parts = 1")
        if place.cluster:
            settings.append(f"replicated_deduplication_window = {_WINDOW}")
        else:
            # acknowledged means synced; on a cluster it means written by several servers
            settings += [
                f"non_replicated_deduplication_window = {_WINDOW}",
                "fsync_after_insert = 1",
                "fsync_part_directory = 1",
            ]
        yield f"{text}\nSETTINGS {', '.join(settings)}"
    if place.cluster:
        yield (
            f"CREATE TABLE IF NOT EXISTS {place.table(name)}{place.on_cluster}"
            f" AS {place.local(name)} ENGINE = Distributed({quoted(place.cluster)},"
            f" {quoted(place.database)}, {quoted(f'{name}_local')}, {shard})"
        )


def _column(table: Table, column: Column) -> str:
    return f"{quoted(column.name)} {stored_type(table, column)}{_default(table, column)} {codec(table, column)}"


def _default(table: Table, column: Column) -> str:
    return f" DEFAULT {text_literal(table.item_type)}" if column.name == "itemType" else ""


def missing(column: Column) -> str:
    """Return the expression of a column that no row has a value for, of the column's type."""
    if column.type is KqlType.STRING:
        return text_literal(column.constant)
    return f"CAST(NULL, {text_literal(ENGINE_TYPES[column.type])})"
