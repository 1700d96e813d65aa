"""Rows put together by the hour, at each insert: what is kept, and how a row of several is read.

For each of `schema.rollups` there is a table whose rows ClickHouse itself adds up when it merges parts.
A query may find several rows of the same keys, as it does when rows are read as they are. Days of which
single rows were deleted are noted in `unrolled`, and are read as they are.

Those with bands of values stand beside the same ones without: what asks for no percentile reads
fewer rows.
"""
# ruff: noqa: S608 - names and numbers of ours

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.schema.bands import clickhouse_band
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.schema.rollups import ROLLUPS
from openinsights.schema.types import KqlType
from openinsights.store.clickhouse.literals import quoted
from openinsights.store.clickhouse.types import ENGINE_TYPES, TIME_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from openinsights.schema.rollup import Measure, Rollup
    from openinsights.schema.table import Table

_BAND: Final = "band"


def _kept(table: str) -> Iterator[Rollup]:
    of_table = [each for each in ROLLUPS if each.table == table]
    for each in of_table:
        plain = tuple(measure for measure in each.measures if measure.function != _BAND)
        yield replace(each, measures=plain)
    # one alone: with instances and versions beside bands, rows hardly become fewer
    banded = min(filter(_is_banded, of_table), key=lambda each: len(each.keys), default=None)
    if banded is not None:
        yield replace(banded, name=f"{banded.name}_in_bands")


def _is_banded(rollup: Rollup) -> bool:
    return any(measure.function == _BAND for measure in rollup.measures)


KEPT: Final[Mapping[str, tuple[Rollup, ...]]] = {
    name: tuple(_kept(name)) for name in dict.fromkeys(each.table for each in ROLLUPS)
}
"""What is kept of each table."""


def relation(rollup: Rollup) -> str:
    """Return the name of a rollup's table."""
    return f"{rollup.table}_by_{rollup.name}"


def fitting(table: str, keys: Sequence[str], measures: Sequence[Measure]) -> Rollup | None:
    """Return the one with the fewest keys that says some columns of a table; None for none."""
    wanted = [name for name in keys if name != "timestamp"]
    found = [each for each in KEPT.get(table, ()) if each.says(wanted, measures)]
    return min(found, key=lambda each: (len(each.keys), _is_banded(each)), default=None)


def key_columns(rollup: Rollup) -> list[str]:
    """Return the columns that tell rows of a period apart, that of the resource first."""
    bands = [each.name for each in rollup.measures if each.function == _BAND]
    return ["appId", *(name for name in rollup.keys if name != "appId"), *bands]


def measure_columns(rollup: Rollup) -> Iterator[str]:
    """Yield the definitions of a rollup's measures."""
    for measure in rollup.measures:
        kind = type_of(BY_NAME[rollup.table], measure)
        if measure.function != _BAND:
            function = "sum" if measure.function == "count" else measure.function
            kind = f"SimpleAggregateFunction({function}, {kind})"
        yield f"{quoted(measure.name)} {kind}"


def together(rollup: Rollup, rows: str, condition: str, retention: str) -> str:
    """Return the query of inserted rows put together.

    Args:
        rollup: which.
        rows: the relation that the rows come from, among others.
        condition: which of them they are.
        retention: the column that says how long rows are kept.
    """
    table = BY_NAME[rollup.table]

    def column(name: str) -> str:
        return f"rows.{quoted(name)}"

    period = f"intDiv({column('timestamp')}, {PERIOD_TICKS}) * {PERIOD_TICKS}"
    keys = [(period, "timestamp"), (column(retention), retention)]
    keys += [(column(key), key) for key in rollup.keys]
    banded = [each for each in rollup.measures if each.function == _BAND]
    keys += [(of_one(table, each, column), each.name) for each in banded]
    measures = [each for each in rollup.measures if each.function != _BAND]
    values = [(_of_several(table, each, column), each.name) for each in measures]
    listed = ", ".join(f"{text} AS {quoted(name)}" for text, name in [*keys, *values])
    grouped = ", ".join(text for text, _ in keys)
    return f"SELECT {listed} FROM {rows} AS rows WHERE {condition} GROUP BY {grouped}"


def of_one(table: Table, measure: Measure, column: Callable[[str], str]) -> str:
    """Return SQL of a measure for a row by itself.

    Args:
        table: whose row it is.
        measure: which.
        column: returns SQL of a column.
    """
    if measure.function == "count":
        return "toInt64(1)"
    factors = [column(factor) for factor in measure.factors]
    if measure.function == _BAND:
        return clickhouse_band(factors[0], f"{factors[1]} > 0")
    if len(factors) > 1:
        return " * ".join(f"CAST({factor} AS Nullable(Float64))" for factor in factors)
    return f"CAST({factors[0]} AS {type_of(table, measure)})"


def type_of(table: Table, measure: Measure) -> str:
    """Return the type of a measure."""
    if measure.function == "count":
        return "Int64"
    if measure.function == _BAND:
        return ENGINE_TYPES[KqlType.INT]
    types = {column.name: column.type for column in table.columns}
    if measure.factors == (table.time_column,):
        return TIME_TYPE
    kinds = {types[factor] for factor in measure.factors}
    if measure.function == "sum":
        kinds = {KqlType.REAL} if KqlType.REAL in kinds else {KqlType.LONG}
    return ENGINE_TYPES[kinds.pop()]


def _of_several(table: Table, measure: Measure, column: Callable[[str], str]) -> str:
    if measure.function == "count":
        return "toInt64(count())"
    value = of_one(table, measure, column)
    return f"CAST({measure.function}({value}) AS {type_of(table, measure)})"
