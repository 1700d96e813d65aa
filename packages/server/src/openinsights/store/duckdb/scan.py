"""The relation of one scan: only the days that matter, each filtered, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType
from openinsights.store.duckdb import ddl
from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from openinsights.schema.table import Column, Table
    from openinsights.store.api import ScanRequest
    from openinsights.store.duckdb.day_files import DayFiles

_TRUTH = """case {column} when 'True' then true when '1' then true
 when 'False' then false when '0' then false end"""


def scan(request: ScanRequest, files: DayFiles) -> Sql:
    """Return the relation of a scan; see `Store.source`."""
    table = BY_NAME.get(request.table)
    if table is None:
        raise StoreError(f"cannot read table {request.table!r}: there is no such table")
    columns = _columns(table, request.columns)
    parameters: dict[str, object] = {}
    applications = _application_filter(request, parameters)
    classic = table.alias_of or table.name
    selects = [
        _select(f"{alias}.{ddl.quoted(classic)}", table, columns, conditions)
        for day, conditions in _days(request, table, files, applications, parameters)
        if (alias := files.attach_to_read(day)) is not None
    ]
    if not selects:
        # parameters that no text names are refused by the engine
        return Sql(f"({_empty(columns)})")
    return Sql("(" + " union all ".join(selects) + ")", parameters)


def _columns(table: Table, names: tuple[str, ...]) -> list[Column]:
    known = {column.name: column for column in table.columns}
    try:
        return [known[name] for name in names]
    except KeyError as error:
        raise StoreError(
            f"cannot read column {error.args[0]!r}: table {table.name} has no such column"
        ) from None


def _days(
    request: ScanRequest,
    table: Table,
    files: DayFiles,
    applications: list[str],
    parameters: dict[str, object],
) -> list[tuple[int, list[str]]]:
    if table.item_type == "" and table.alias_of == "":
        return []
    low, high = request.time_from, request.time_to
    first = None if low is None else low // TICKS_PER_DAY
    last = None if high is None else high // TICKS_PER_DAY
    result = []
    for day in files.days(first, last):
        conditions = list(applications)
        # a day in the middle needs no look at the time of its rows
        if low is not None and day == first:
            parameters[f"s{request.id}_from"] = low
            conditions.append(f'"timestamp" >= $s{request.id}_from')
        if high is not None and day == last:
            parameters[f"s{request.id}_to"] = high
            conditions.append(f'"timestamp" <= $s{request.id}_to')
        result.append((day, conditions))
    if not result:
        parameters.clear()
    return result


def _application_filter(request: ScanRequest, parameters: dict[str, object]) -> list[str]:
    if request.app_ids is None:
        return []
    if not request.app_ids:
        return ["false"]
    names = []
    for place, app_id in enumerate(request.app_ids):
        name = f"s{request.id}_app{place}"
        parameters[name] = app_id
        names.append(f"${name}")
    if len(names) == 1:
        return [f'"appId" = {names[0]}']
    return [f'"appId" in ({", ".join(names)})']


def _select(relation: str, table: Table, columns: list[Column], conditions: list[str]) -> str:
    values = ", ".join(
        f"{_value(table, column)} as {ddl.quoted(column.name)}" for column in columns
    )
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select {values or '1 as __row'} from {relation}{where}"  # noqa: S608 - quoted names, parameters for values


def _value(table: Table, column: Column) -> str:
    if not table.alias_of:
        return ddl.quoted(column.name)
    if not column.stored_as:
        return ddl.missing(column)
    stored = ddl.quoted(column.stored_as)
    return _TRUTH.format(column=stored) if column.type is KqlType.BOOL else stored


def _empty(columns: list[Column]) -> str:
    values = ", ".join(
        f"cast(null as {ddl.ENGINE_TYPES[column.type]}) as {ddl.quoted(column.name)}"
        for column in columns
    )
    return f"select {values or '1 as __row'} where false"
