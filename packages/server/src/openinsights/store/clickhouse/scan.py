"""The relation of one scan: a table, filtered by what its key and its partitions know."""
# ruff: noqa: S608 - quoted names, parameters for values

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.rollup import PERIOD_TICKS, Measure
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType
from openinsights.store.api import KeyColumn
from openinsights.store.clickhouse import ddl, rollups
from openinsights.store.clickhouse.literals import literal, quoted, text_literal
from openinsights.store.clickhouse.types import ENGINE_TYPES
from openinsights.store.errors import StoreError
from openinsights.store.scanned_columns import ScannedColumn, scanned_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.schema.rollup import Rollup
    from openinsights.schema.table import Column, Table
    from openinsights.store.api import ScanRequest
    from openinsights.store.clickhouse.ddl import Place

OPERATION: Final = "operation_Id"
_OF_STORED: Final = re.compile(r"\b(timestamp|appId)\b")
_MOST_SOUGHT: Final = 1_000
"""More operations than these are not looked up: their rows are all over the place."""
_TRUTH: Final = (
    "CAST(multiIf({column} IN ('True', '1'), true, {column} IN ('False', '0'), false, NULL),"
    " 'Nullable(Bool)')"
)


class Scans:
    """Makes relations. Safe for use from several threads.

    Args:
        place: where the tables are.
        bounds_of: returns for ids of operations the first and last tick of their rows, None when
            there are no rows, and raises StoreError when that is not known.
        unrolled: returns for a rollup the days whose rows are not to be read put together.
    """

    def __init__(
        self,
        place: Place,
        bounds_of: Callable[[frozenset[str]], tuple[int, int] | None],
        unrolled: Callable[[Rollup], list[int]],
    ) -> None:
        self._place = place
        self._bounds_of = bounds_of
        self._unrolled = unrolled

    def relation(self, request: ScanRequest) -> Sql:
        """Return the relation of a scan; see `Store.source`."""
        table = BY_NAME.get(request.table)
        if table is None:
            raise StoreError(f"cannot read table {request.table!r}: there is no such table")
        columns = scanned_columns(table, request)
        if table.item_type == "" and table.alias_of == "":
            return Sql(f"({_empty(table, columns)})")
        parameters: dict[str, object] = {}
        applications = _applications(request, parameters)
        conditions = list(applications)
        low, high = self._times(request, table)
        if low is not None and high is not None and low > high:
            return Sql(f"({_empty(table, columns)})")
        if low is not None:
            parameters[f"s{request.id}_from"] = low
            conditions.append(f"timestamp >= $s{request.id}_from")
        if high is not None:
            parameters[f"s{request.id}_to"] = high
            conditions.append(f"timestamp <= $s{request.id}_to")
        rows = self._rows(table, columns, conditions)
        rollup = self._rollup(request, table, columns)
        if rollup is None:
            return Sql(f"({rows})", parameters)
        first = None if low is None else -(-low // PERIOD_TICKS) * PERIOD_TICKS
        end = None if high is None else (high + 1) // PERIOD_TICKS * PERIOD_TICKS
        if first is not None and end is not None and first >= end:
            return Sql(f"({rows})", parameters)
        unrolled = self._unrolled(rollup)
        parts = [self._together(rollup, columns, applications, first, end, unrolled)]
        around = []
        if first is not None and low != first:
            around.append(f"timestamp < {literal(first)}")
        if end is not None and high != end - 1:
            around.append(f"timestamp >= {literal(end)}")
        around += [f"({day_condition(day)})" for day in unrolled]
        if around:
            beside = " OR ".join(f"({each})" for each in around)
            parts.append(self._rows(table, columns, [*conditions, f"({beside})"]))
        return Sql(f"({' UNION ALL '.join(parts)})", parameters, is_rolled_up=True)

    def _rows(self, table: Table, columns: list[ScannedColumn], conditions: list[str]) -> str:
        """Rows as they are."""
        stored = {column.name: column for column in table.columns}
        values = ", ".join(
            f"{_value(table, stored, column)} AS {quoted(column.name)}" for column in columns
        )
        relation = f"{self._place.table(table.alias_of or table.name)} AS stored"
        return f"SELECT {values or '1 AS __row'} FROM {relation}{_where(conditions)}"

    def _rollup(
        self, request: ScanRequest, table: Table, columns: list[ScannedColumn]
    ) -> Rollup | None:
        if not request.is_rolled_up or table.alias_of or request.keys:
            return None
        measures = [each for each in columns if isinstance(each, Measure)]
        keys = [each.name for each in columns if not isinstance(each, Measure)]
        return rollups.fitting(table.name, keys, measures)

    def _together(
        self,
        rollup: Rollup,
        columns: list[ScannedColumn],
        applications: list[str],
        first: int | None,
        end: int | None,
        unrolled: list[int],
    ) -> str:
        """Whole periods of rows put together."""
        conditions = list(applications)
        conditions += [] if first is None else [f"timestamp >= {literal(first)}"]
        conditions += [] if end is None else [f"timestamp < {literal(end)}"]
        conditions += [f"NOT ({day_condition(day)})" for day in unrolled]
        table = BY_NAME[rollup.table]
        values = ", ".join(
            f"{_of_rollup(table, column)} AS {quoted(column.name)}" for column in columns
        )
        relation = f"{self._place.table(rollups.relation(rollup))} AS stored"
        return f"SELECT {values or '1 AS __row'} FROM {relation}{_where(conditions)}"

    def _times(self, request: ScanRequest, table: Table) -> tuple[int | None, int | None]:
        low, high = request.time_from, request.time_to
        stored = {column.name: column.stored_as or column.name for column in table.columns}
        ids = [ids for name, ids in request.among if stored.get(name) == OPERATION]
        wanted = frozenset.intersection(*ids) if ids else frozenset()
        if not ids or "" in wanted or len(wanted) > _MOST_SOUGHT:
            return low, high
        try:
            found = self._bounds_of(wanted)
        except StoreError:
            return low, high
        if found is None:
            return 1, 0
        first, last = found
        return max(first, first if low is None else low), min(last, last if high is None else high)


def _where(conditions: list[str]) -> str:
    """Conditions on what is stored: what is asked for may be called the same and be something else."""
    stored = [_OF_STORED.sub(r"stored.\1", each) for each in conditions]
    return f" WHERE {' AND '.join(stored)}" if stored else ""


def _of_rollup(table: Table, column: ScannedColumn) -> str:
    value = f"stored.{quoted(column.name)}"
    if isinstance(column, Measure):
        return f"CAST({value} AS {rollups.type_of(table, column)})"
    return value


def bounds_text(place: Place, wanted: frozenset[str]) -> str:
    """Return the query for the times of operations: how many rows say them, first and last."""
    listed = ", ".join(map(text_literal, sorted(wanted)))
    return (
        f"select count(), min(first), max(last) from {place.table('operations')}"
        f" where operation_Id in ({listed})"
    )


def day_condition(day: int) -> str:
    """Return the condition of the rows of a day."""
    first = day * TICKS_PER_DAY
    return f"timestamp >= {literal(first)} AND timestamp < {literal(first + TICKS_PER_DAY)}"


def _applications(request: ScanRequest, parameters: dict[str, object]) -> list[str]:
    if request.app_ids is None:
        return []
    name = f"s{request.id}_apps"
    parameters[name] = list(request.app_ids)
    return [f"appId IN ${name}"] if request.app_ids else ["appId IN []"]


def _value(table: Table, stored: dict[str, Column], column: ScannedColumn) -> str:
    if isinstance(column, Measure):
        return rollups.of_one(table, column, lambda name: _of_column(table, stored[name]))
    if isinstance(column, KeyColumn):
        bag = _of_column(table, stored[column.column])
        return key_value(bag, column.key, as_text=column.as_text)
    return _of_column(table, column)


def _of_column(table: Table, column: Column) -> str:
    if not table.alias_of:
        return f"stored.{quoted(column.name)}"
    if not column.stored_as:
        return ddl.missing(column)
    value = f"stored.{quoted(column.stored_as)}"
    return _TRUTH.format(column=value) if column.type is KqlType.BOOL else value


def key_value(bag: str, key: str, *, as_text: bool) -> str:
    """Return the expression of a key of a bag of JSON text.

    Args:
        bag: SQL of the text, which may be null.
        key: neither a quote nor a backslash is in it.
        as_text: whether a text is wanted as it is, '' for none; else as JSON text, null for none.
    """
    name = text_literal(key)
    inner = f"coalesce({bag}, '')"
    raw = f"JSONExtractRaw({inner}, {name})"
    if not as_text:
        return f"nullIf(nullIf({raw}, ''), 'null')"
    text = f"JSONExtractString({inner}, {name})"
    return f"multiIf(JSONType({inner}, {name}) = 'String', {text}, {raw} = 'null', '', {raw})"


def _empty(table: Table, columns: list[ScannedColumn]) -> str:
    values = ", ".join(
        f"CAST({_nothing(table, column)}) AS {quoted(column.name)}" for column in columns
    )
    return f"SELECT {values or '1 AS __row'} WHERE false"


def _nothing(table: Table, column: ScannedColumn) -> str:
    if isinstance(column, Measure):
        return f"NULL, {text_literal(_nullable(rollups.type_of(table, column)))}"
    kind = "String" if isinstance(column, KeyColumn) else ENGINE_TYPES[column.type]
    if isinstance(column, KeyColumn) and not column.as_text:
        kind = "Nullable(String)"
    return f"{'NULL' if kind.startswith('Nullable') else repr('')}, {text_literal(kind)}"


def _nullable(kind: str) -> str:
    return kind if kind.startswith("Nullable") else f"Nullable({kind})"
