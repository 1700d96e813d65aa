"""The SQL text of a day file: its tables, how rows get in, and how names are quoted.

Bookkeeping beside the telemetry, committed in the same transaction as the rows it speaks of:

- `stored_bodies`: digest of each request body of which rows are in this file;
- `stored_sequences`: which item numbers of which senders are in this file;
- `operations`: in which minutes there are rows of an operation, see operation_index.py;
- `rollups`: rows put together, see rollups.py; made when a day is over;
- `layout`: the version of the file's layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType
from openinsights.store.duckdb import operation_index

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights.schema.table import Column, Table

LAYOUT_VERSION = 3

ENGINE_TYPES: dict[KqlType, str] = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38, 17)",
    KqlType.STRING: "VARCHAR",
    KqlType.DATETIME: "BIGINT",
    KqlType.TIMESPAN: "BIGINT",
    KqlType.GUID: "UUID",
    KqlType.DYNAMIC: "VARCHAR",
}
"""How a value of each type is held."""

ROW_GROUP_ROWS = 30_720
"""Rows that the engine keeps together. A checkpoint writes the last, unfinished group of each table
anew, and reading leaves out whole groups by the times of their rows."""

BLOCK_BYTES = 131_072
"""What a new file takes of the disk at once. The last block of each group of rows is filled by half
on average: of the engine's own 256 KiB a sixth of a file was such ends."""

LONG_TEXTS = frozenset({"customDimensions", "details", "itemId"})
"""Columns of texts of which hardly two are equal and all have much in common: zstd keeps them. Left
to itself the engine keeps texts by a dictionary of them and of their parts, which takes about twice
the room here. Where a text comes again and again zstd takes more, 4 bytes for each row at least."""

BODIES = "stored_bodies"
SEQUENCES = "stored_sequences"

_BOOKKEEPING = (
    f"create table {{alias}}.{BODIES} "
    "(head UBIGINT not null, tail UBIGINT not null, stored_at BIGINT not null)",
    f"create table {{alias}}.{SEQUENCES} "
    "(source UBIGINT not null, low BIGINT not null, high BIGINT not null)",
    *operation_index.CREATE,
    "create table {alias}.layout (version INTEGER not null)",
    f"insert into {{alias}}.layout values ({LAYOUT_VERSION})",  # noqa: S608 - a number of ours
)

INSERT_BODIES = (
    f"insert into {{alias}}.{BODIES} "
    "select unnest($heads::UBIGINT[]), unnest($tails::UBIGINT[]), $stored_at"
)
INSERT_SEQUENCES = (
    f"insert into {{alias}}.{SEQUENCES} "
    "select unnest($sources::UBIGINT[]), unnest($lows::BIGINT[]), unnest($highs::BIGINT[])"
)
ALL_HEADS = f"select head from {{alias}}.{BODIES}"  # noqa: S608 - a name of ours
STORED_BODIES = f"select head, tail from {{alias}}.{BODIES} where head in (select unnest($heads))"  # noqa: S608 - a name of ours
STORED_SEQUENCES = (
    f"select low, high from {{alias}}.{SEQUENCES} "  # noqa: S608 - a name of ours
    "where source = $source and low <= $high and high >= $low"
)
MERGED_SEQUENCES = f"""
with marked as (
    select source, low, high,
        low > 1 + max(high) over (partition by source order by low, high
            rows between unbounded preceding and 1 preceding) as gap
    from {{alias}}.{SEQUENCES}),
numbered as (
    select source, low, high,
        count(*) filter (gap) over (partition by source order by low, high
            rows unbounded preceding) as island
    from marked)
select source, min(low) as first, max(high) from numbered
group by source, island order by source, first
"""  # noqa: S608 - a name of ours
LAYOUT = "select max(version) from {alias}.layout"
SET_LAYOUT = f"update {{alias}}.layout set version = {LAYOUT_VERSION}"  # noqa: S608 - a number of ours
COMMIT_NOTHING = "update {alias}.layout set version = version"
"""A commit that changes nothing."""
ALL_COLUMNS = "select table_name, column_name from duckdb_columns() where database_name = $alias"
ALL_BODIES = f"select head, tail, stored_at from {{alias}}.{BODIES}"  # noqa: S608 - a name of ours
ALL_SEQUENCES = f"select source, low, high from {{alias}}.{SEQUENCES}"  # noqa: S608 - a name of ours
COUNT_ROWS = "select count(*) from {alias}.{table}"


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in quotes."""
    return "'" + text.replace("'", "''") + "'"


DETACH = "detach database if exists {alias}"


def attach(where: str, alias: str, *, is_new: bool = False) -> str:
    """Return the statement that attaches a day file to be written.

    Args:
        where: the file, or `:memory:`.
        alias: what SQL calls it.
        is_new: whether the file is still to be made; one that is there keeps its blocks, and the
            engine refuses to hear of others.
    """
    blocks = f", block_size {BLOCK_BYTES}" if is_new else ""
    return f"attach {literal(where)} as {alias} (row_group_size {ROW_GROUP_ROWS}{blocks})"


def missing(column: Column) -> str:
    """Return the expression of a column that no row has a value for, of the column's type."""
    if column.type is KqlType.STRING:
        return literal(column.constant)
    return f"cast(null as {ENGINE_TYPES[column.type]})"


def create_day(alias: str) -> Iterable[str]:
    """Return the statements that make an attached empty file a day file."""
    for table in CLASSIC:
        yield create_table(alias, table)
    for statement in _BOOKKEEPING:
        yield statement.format(alias=alias)


def create_table(alias: str, table: Table) -> str:
    """Return the statement that makes a classic table."""
    return f"create table {alias}.{quoted(table.name)} ({_columns(table)})"


def add_column(alias: str, table: Table, column: Column) -> str:
    """Return the statement that adds a column to a classic table; its rows get what is missing."""
    # the engine adds no column with a constraint to a table that has rows
    definition = _column(table, column).replace(" not null", "", 1)
    return f"alter table {alias}.{quoted(table.name)} add column {definition}"


def insert(alias: str, table: str, columns: Iterable[str], relation: str) -> str:
    """Return the statement that adds a relation's rows; absent columns get their default.

    Rows are taken one piece after the other by one thread. Left to itself the engine has all its
    threads collect pieces, which are put together afterwards: a copy more of every row.
    """
    names = ", ".join(quoted(column) for column in columns)
    return (
        f"insert into {alias}.{quoted(table)} ({names}) select {names} from {relation}"  # noqa: S608 - quoted names, no values
        " positional join (select 1 where false)"
    )


def _columns(table: Table) -> str:
    return ", ".join(_column(table, column) for column in table.columns)


def _column(table: Table, column: Column) -> str:
    definition = f"{quoted(column.name)} {ENGINE_TYPES[column.type]}"
    if column.name in LONG_TEXTS:
        definition += " using compression zstd"
    if column.name == "itemType":
        return f"{definition} not null default {literal(table.item_type)}"
    if column.type is KqlType.STRING:
        return f"{definition} not null default ''"
    if column.name == table.time_column:
        return f"{definition} not null"
    return definition
