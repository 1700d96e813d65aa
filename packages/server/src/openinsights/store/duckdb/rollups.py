"""Rows of finished days that are put together: making them, and what is kept of which day.

A day file may have, for each of `schema.rollups`, a table with a row for each period and combination
of the rollup's keys. It stands for the rows of the telemetry's table with a row id below a number
that is noted beside it; rows that came later are read as they are. So telemetry of a day that is
over may still come, and answers stay the same.

Row ids stay what they are as long as nothing is deleted. So a table that lost rows is left alone,
and rows are deleted together with all that was made of them.
"""
# ruff: noqa: S608 - names and numbers of ours

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.bands import band
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.schema.rollups import COARSE_ROLLUPS, ROLLUPS
from openinsights.schema.types import KqlType
from openinsights.store.duckdb.ddl import ENGINE_TYPES, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openinsights.schema.rollup import Measure, Rollup
    from openinsights.schema.table import Table

FEW_ROWS: Final = 50_000
"""A table with fewer rows in a day is read quickly as it is."""
LEAST_GAIN: Final = 2
"""Rows are kept together where they are so many times fewer."""
TRIED_ROWS: Final = 200_000
"""So many are tried before all are put together."""
_PARTS: Final = 8
"""Parts of a day, made one after the other: bounds the memory."""

CREATE: Final = (
    "create table if not exists {alias}.rollups (name VARCHAR not null, telemetry VARCHAR not null,"
    " version INTEGER not null, end_row BIGINT not null, rows BIGINT not null)"
)
ARE_THERE: Final = (
    "select 1 from duckdb_tables() where database_name = $alias and table_name = 'rollups'"
)
ALL_RELATIONS: Final = (
    "select table_name from duckdb_tables() where database_name = $alias"
    " and (table_name = 'rollups' or starts_with(table_name, 'rollup_'))"
)
NOTED: Final = "select telemetry, name, version, end_row, rows from {alias}.rollups"
ROWS: Final = "select count(*) from {alias}.{table}"
LAST_ROW: Final = "select max(rowid) from {alias}.{table}"

OF_DAYS: Final = (*ROLLUPS, *COARSE_ROLLUPS)
"""All that is made of a day that is over."""
KINDS: Final = {(rollup.table, rollup.name): rollup for rollup in OF_DAYS}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a day.

    Attributes:
        rollup: of which kind.
        version: counts how often it was made.
        end_row: rows of the telemetry's table with smaller row ids are in it.
        rows: how many it has; 0 when it was not worth keeping, and is not there.
    """

    rollup: Rollup
    version: int
    end_row: int
    rows: int

    @property
    def relation(self) -> str:
        """The name of its table."""
        return f"rollup_{self.rollup.table}_{self.rollup.name}_{self.version}"


def kept_of(noted: Iterable[tuple[str, str, int, int, int]]) -> list[Kept]:
    """Return what notes say; of kinds that a release had that knew others nothing is read."""
    return [
        Kept(KINDS[table, name], version, end_row, rows)
        for table, name, version, end_row, rows in noted
        if (table, name) in KINDS
    ]


def trial(alias: str, rollup: Rollup) -> str:
    """Return the query for how many rows some of the rows would become, beside how many those are."""
    table = f"{alias}.{quoted(rollup.table)}"
    return (
        f"select count(*), sum(rows) from (select count(*) as rows from {table}"
        f" where rowid < {TRIED_ROWS} group by {', '.join(_keys(rollup))})"
    )


def make(alias: str, day: int, kept: Kept) -> Iterator[str]:
    """Yield the statements that put a day's rows together; `kept` says up to which, and its name."""
    rollup, table = kept.rollup, BY_NAME[kept.rollup.table]
    relation = f"{alias}.{quoted(kept.relation)}"
    yield CREATE.format(alias=alias)
    yield f"create table {relation} ({', '.join(_columns(rollup))})"
    names = [quoted(each.name) for each in rollup.measures if each.function != "band"]
    values = [_of_several(table, each) for each in rollup.measures if each.function != "band"]
    listed = ", ".join([*_key_names(rollup), *names])
    made = ", ".join([*_keys(rollup), *values])
    step = TICKS_PER_DAY // _PARTS
    for place in range(_PARTS):
        low = day * TICKS_PER_DAY + place * step
        yield (
            f"insert into {relation} ({listed}) select {made} from {alias}.{quoted(rollup.table)}"
            f' where rowid < {kept.end_row} and "timestamp" >= {low} and "timestamp" < {low + step}'
            f" group by {', '.join(_keys(rollup))} order by 1, 2"
        )


def note(alias: str, kept: Kept, before: Kept | None) -> Iterator[str]:
    """Yield the statements that note what is kept, in the place of what was kept before."""
    yield CREATE.format(alias=alias)
    if before is not None:
        yield from forget(alias, [before])
    table, name = literal(kept.rollup.table), literal(kept.rollup.name)
    yield (
        f"insert into {alias}.rollups values"
        f" ({name}, {table}, {kept.version}, {kept.end_row}, {kept.rows})"
    )


def forget(alias: str, gone: Iterable[Kept]) -> Iterator[str]:
    """Yield the statements after which some are no longer kept."""
    for kept in gone:
        if kept.rows:
            yield f"drop table {alias}.{quoted(kept.relation)}"
        table, name = literal(kept.rollup.table), literal(kept.rollup.name)
        yield f"delete from {alias}.rollups where telemetry = {table} and name = {name}"


def of_one(table: Table, measure: Measure, column: Callable[[str], str]) -> str:
    """Return SQL of a measure for a row by itself.

    Args:
        table: whose row it is.
        measure: which.
        column: returns SQL of a column.
    """
    factors = [column(factor) for factor in measure.factors]
    if measure.function == "count":
        return "CAST(1 AS BIGINT)"
    if measure.function == "band":
        return band(factors[0], f"{factors[1]} > 0")
    if len(factors) > 1:
        return " * ".join(f"CAST({factor} AS DOUBLE)" for factor in factors)
    return f"CAST({factors[0]} AS {type_of(table, measure)})"


def _of_several(table: Table, measure: Measure) -> str:
    """SQL of a measure for the rows of a group."""
    if measure.function == "count":
        return "count(*)"
    value = of_one(table, measure, quoted)
    return f"CAST({measure.function}({value}) AS {type_of(table, measure)})"


def type_of(table: Table, measure: Measure) -> str:
    """Return the engine's type of a measure."""
    if measure.function == "band":
        return "INTEGER"
    if measure.function == "count":
        return "BIGINT"
    types = {column.name: column.type for column in table.columns}
    kinds = {types[factor] for factor in measure.factors}
    if measure.function == "sum":
        kinds = {KqlType.REAL} if KqlType.REAL in kinds else {KqlType.LONG}
    return ENGINE_TYPES[kinds.pop()]


def _columns(rollup: Rollup) -> Iterator[str]:
    yield '"timestamp" BIGINT not null'
    table = BY_NAME[rollup.table]
    types = {column.name: column.type for column in table.columns}
    for key in rollup.keys:
        yield f"{quoted(key)} {ENGINE_TYPES[types[key]]}"
    for measure in rollup.measures:
        yield f"{quoted(measure.name)} {type_of(table, measure)}"


def _key_names(rollup: Rollup) -> list[str]:
    bands = [quoted(each.name) for each in rollup.measures if each.function == "band"]
    return ['"timestamp"', *map(quoted, rollup.keys), *bands]


def _keys(rollup: Rollup) -> list[str]:
    table = BY_NAME[rollup.table]
    bands = [of_one(table, each, quoted) for each in rollup.measures if each.function == "band"]
    period = f'"timestamp" // {PERIOD_TICKS} * {PERIOD_TICKS}'
    return [period, *map(quoted, rollup.keys), *bands]
