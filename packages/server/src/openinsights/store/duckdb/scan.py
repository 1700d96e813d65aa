"""The relation of one scan: only the days that matter, each filtered, one after the other."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.rollup import PERIOD_TICKS, Measure
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType
from openinsights.store.api import KeyColumn
from openinsights.store.duckdb import ddl, hot_keys, rollups
from openinsights.store.duckdb.column_bounds import ColumnBounds
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.store.duckdb.operation_index import COLUMN as OPERATION
from openinsights.store.duckdb.operation_index import TICKS_PER_MINUTE
from openinsights.store.errors import StoreError
from openinsights.store.scanned_columns import ScannedColumn, scanned_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb

    from openinsights.schema.table import Column, Table
    from openinsights.store.api import ScanRequest
    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.duckdb.operation_index import OperationIndex
    from openinsights.store.duckdb.rollups import Kept

_MOST_NEWEST: Final = 100_000
"""More rows than these are read without a look at how few days hold them."""
_MOST_REMEMBERED: Final = 10_000
_PARAMETER: Final = re.compile(r"\$(\w+)")
_TRUTH = """case {column} when 'True' then true when '1' then true
 when 'False' then false when '0' then false end"""


@dataclass(slots=True)
class _Part:
    """The rows of one day file that a scan reads: those that fit all of the conditions.

    Attributes:
        day: which.
        alias: of its database.
        relation: the table, as SQL names it.
        conditions: of which all have to hold.
        applications: those of them that are about resources.
        low: the first tick that counts; None when every one of the day does.
        high: the last tick that counts, likewise.
        hot: keys of the rows that are read where they are kept apart, beside their places.
        rest: the condition of rows whose keys are in the text only; "" when no keys are sought
            anywhere else.
    """

    day: int
    alias: str
    relation: str
    conditions: list[str]
    applications: list[str]
    low: int | None
    high: int | None
    hot: Mapping[str, int] = field(default_factory=dict)
    rest: str = ""


class Scans:
    """Makes relations. Safe for use from several threads.

    Args:
        files: the day files.
        index: tells where rows of operations lie.
        cursor: makes a connection that reads.
    """

    def __init__(
        self,
        files: DayFiles,
        index: OperationIndex,
        cursor: Callable[[], duckdb.DuckDBPyConnection],
    ) -> None:
        self._files = files
        self._index = index
        self._cursor = cursor
        self._bounds = ColumnBounds(files, cursor)
        self._not_kept: dict[tuple[str, str, frozenset[int]], tuple[int, int | None]] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def relation(self, request: ScanRequest) -> Sql:
        """Return the relation of a scan; see `Store.source`."""
        table = BY_NAME.get(request.table)
        if table is None:
            raise StoreError(f"cannot read table {request.table!r}: there is no such table")
        columns = scanned_columns(table, request)
        parameters: dict[str, object] = {}
        applications = _application_filter(request, parameters)
        classic = table.alias_of or table.name
        parts = [
            _part(day, alias, classic, request, applications, parameters)
            for day in _days(request, table, self._files)
            if (alias := self._files.attach_to_read(day)) is not None
        ]
        # a day may be dropped meanwhile: then less is left out, and the query finds out
        with suppress(*ENGINE_ERRORS):
            parts = self._where_operations_are(parts, request, table)
        with suppress(*ENGINE_ERRORS):
            parts = self._newest(parts, request, parameters)
        bounds: dict[str, tuple[int, int]] = {}
        rows: int | None = None
        with suppress(*ENGINE_ERRORS):
            rows = self._bounded(parts, request, table, bounds)
        with suppress(*ENGINE_ERRORS):
            parts = self._apart(parts, request, classic)
        if not parts:
            return Sql(f"({_empty(table, columns)})", bounds=bounds, rows=rows)
        selects: list[str] = []
        branches: list[str] = []
        is_rolled_up, together = False, 0
        for part in parts:
            kept = self._rolled_up(part, classic, columns) if request.is_rolled_up else None
            if kept is not None:
                selects += self._together(part, kept, table, columns)
                is_rolled_up = True
                together += kept.rows
            else:
                selects.append(_select(part, table, columns))
                branches.append(selects[-1] if part.conditions else f"{selects[-1]} where true")
        text = " union all ".join(selects)
        if is_rolled_up or table.alias_of:
            branches = []
        used = _used(parameters, text)
        return Sql(f"({text})", used, bounds, rows, is_rolled_up, tuple(branches), together)

    def _rolled_up(
        self, part: _Part, classic: str, columns: Sequence[ScannedColumn]
    ) -> Kept | None:
        """The smallest of what is kept of a part's day that says the columns; None for none."""
        keys = [each.name for each in columns if not isinstance(each, Measure)]
        keys = [name for name in keys if name != "timestamp"]
        measures = [each for each in columns if isinstance(each, Measure)]
        kept = [
            each
            for each in self._files.rolled_up(part.day)
            if each.rows and each.rollup.table == classic and each.rollup.says(keys, measures)
        ]
        return min(kept, key=lambda each: each.rows, default=None)

    def _together(
        self, part: _Part, kept: Kept, table: Table, columns: Sequence[ScannedColumn]
    ) -> list[str]:
        """Whole periods of rows put together, and the rows around them and of later on.

        A row that comes meanwhile need not be seen yet.
        """
        first = None if part.low is None else -(-part.low // PERIOD_TICKS) * PERIOD_TICKS
        end = None if part.high is None else (part.high + 1) // PERIOD_TICKS * PERIOD_TICKS
        if first is not None and end is not None and first >= end:
            return [_select(part, table, columns)]
        conditions = list(part.applications)
        conditions += [] if first is None else [f'"timestamp" >= {first}']
        conditions += [] if end is None else [f'"timestamp" < {end}']
        relation = f"{part.alias}.{ddl.quoted(kept.relation)}"
        listed = ", ".join(ddl.quoted(column.name) for column in columns)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        found = [f"select {listed or '1 as __row'} from {relation}{where}"]  # noqa: S608 - quoted names, parameters for values
        around = []
        if first is not None and part.low != first:
            around.append([f"rowid < {kept.end_row}", f'"timestamp" < {first}'])
        if end is not None and part.high != end - 1:
            around.append([f"rowid < {kept.end_row}", f'"timestamp" >= {end}'])
        if self._count(part) > kept.end_row:
            around.append([f"rowid >= {kept.end_row}"])
        for more in around:
            more_of = replace(part, conditions=[*part.conditions, *more])
            found.append(_select(more_of, table, columns))
        return found

    def _count(self, part: _Part) -> int:
        """How many rows a part's table has."""
        generation = self._files.generation_of(part.day)
        known = self._counts.get(part.relation)
        if known is None or known[0] != generation:
            if len(self._counts) > _MOST_REMEMBERED:
                self._counts.clear()
            cursor = self._cursor()
            try:
                text = f"select count(*) from {part.relation}"  # noqa: S608 - names of ours
                ((count,),) = cursor.execute(text).fetchall()
            finally:
                cursor.close()
            known = self._counts[part.relation] = (generation, count)
        return known[1]

    def _bounded(
        self,
        parts: list[_Part],
        request: ScanRequest,
        table: Table,
        bounds: dict[str, tuple[int, int]],
    ) -> int | None:
        """Find the bounds of the columns that are weights, and how many rows there are.

        The parts leave out rows beyond the bounds: they came meanwhile, and need not be seen yet.
        The engine sees that the others pass, and tests none of them.
        """
        rows: int | None = None
        stored = {column.name: column.stored_as or column.name for column in table.columns}
        for name in request.weights:
            column = stored[name]
            rows, ranges = 0, []
            for part in parts:
                known = self._bounds.known(
                    part.day, part.relation, column, stored[table.time_column]
                )
                rows += known.rows_within(request.time_from, request.time_to)
                if known.rows and known.bounds is None:
                    return None
                ranges.append(known.bounds or (0, -1))
            for part, (low, high) in zip(parts, ranges, strict=True):
                part.conditions.append(f"{ddl.quoted(column)} between {low} and {high}")
            filled = [each for each in ranges if each != (0, -1)] or [(1, 1)]
            bounds[name] = (min(low for low, _ in filled), max(high for _, high in filled))
        return rows

    def _apart(self, parts: list[_Part], request: ScanRequest, classic: str) -> list[_Part]:
        """The parts, those with hot keys divided into rows that have them and rows that do not."""
        asked = {key.key for key in request.keys}
        found: list[_Part] = []
        for part in parts:
            hot = self._files.hot(part.day, classic)
            places = frozenset(hot[key] for key in asked if key in hot)
            if not places:
                found.append(part)
                continue
            oldest = self._oldest_not_kept(part, classic, places)
            kept = [*part.conditions, hot_keys.all_kept(places)]
            found.append(replace(part, conditions=kept, hot=hot))
            if oldest is not None:
                # of rows that come meanwhile some may be older; they need not be seen yet
                rest = hot_keys.not_kept(places)
                conditions = [*part.conditions, rest, f'"timestamp" >= {oldest}']
                found.append(replace(part, conditions=conditions, rest=rest))
        return found

    def _oldest_not_kept(self, part: _Part, classic: str, places: frozenset[int]) -> int | None:
        """The time of the oldest row of which a key has to be read from the text, or None."""
        generation = self._files.generation_of(part.day)
        known = self._not_kept.get((part.alias, classic, places))
        if known is None or known[0] != generation:
            if len(self._not_kept) > _MOST_REMEMBERED:
                self._not_kept.clear()
            cursor = self._cursor()
            try:
                ((oldest,),) = cursor.execute(
                    f'select min("timestamp") from {part.relation} '  # noqa: S608 - names of ours
                    f"where {hot_keys.not_kept(places)}"
                ).fetchall()
            finally:
                cursor.close()
            known = self._not_kept[part.alias, classic, places] = (generation, oldest)
        return known[1]

    def _where_operations_are(
        self, parts: list[_Part], request: ScanRequest, table: Table
    ) -> list[_Part]:
        """The parts without the times in which there are no rows of the asked operations."""
        columns = {column.name: column.stored_as or column.name for column in table.columns}
        ids = [ids for name, ids in request.among if columns.get(name) == OPERATION]
        if not ids or not parts:
            return parts
        classic = table.alias_of or table.name
        wanted = frozenset.intersection(*ids)
        found = self._index.minutes(wanted, {part.day: part.alias for part in parts}, classic)
        kept: list[_Part] = []
        for part in parts:
            ranges = found.get(part.day)
            if ranges is None:
                kept.append(part)
                continue
            for low, high in ranges:
                first, end = low * TICKS_PER_MINUTE, (high + 1) * TICKS_PER_MINUTE
                within = f'"timestamp" >= {first} and "timestamp" < {end}'
                kept.append(replace(part, conditions=[*part.conditions, within]))
        return kept

    def _newest(
        self, parts: list[_Part], request: ScanRequest, parameters: dict[str, object]
    ) -> list[_Part]:
        """The parts that hold the newest rows, as many as are wanted, and as little else as can be.

        Rows that come meanwhile are no reason to read more: they are newer than what is left out.
        """
        left = request.newest
        if left is None or not 0 < left <= _MOST_NEWEST:
            return parts
        kept: list[_Part] = []
        cursor = self._cursor()
        try:
            for part in reversed(parts):
                where = f" where {' and '.join(part.conditions)}" if part.conditions else ""
                text = (
                    'select count(*), min(moment) from (select "timestamp" as moment '  # noqa: S608 - names and numbers of ours
                    f"from {part.relation}{where} order by moment desc limit {left})"
                )
                ((count, oldest),) = cursor.execute(
                    text, _used(parameters, text) or None
                ).fetchall()
                if count:
                    kept.append(part)
                left -= count
                if not left:
                    part.conditions.append(f'"timestamp" >= {oldest}')
                    break
        finally:
            cursor.close()
        return kept[::-1]


def _used(parameters: dict[str, object], text: str) -> dict[str, object]:
    """The parameters that a text names."""
    names = set(_PARAMETER.findall(text))
    return {name: value for name, value in parameters.items() if name in names}


def _days(request: ScanRequest, table: Table, files: DayFiles) -> list[int]:
    if table.item_type == "" and table.alias_of == "":
        return []
    low, high = request.time_from, request.time_to
    first = None if low is None else low // TICKS_PER_DAY
    last = None if high is None else high // TICKS_PER_DAY
    return files.days(first, last)


def _part(
    day: int,
    alias: str,
    classic: str,
    request: ScanRequest,
    applications: list[str],
    parameters: dict[str, object],
) -> _Part:
    conditions = list(applications)
    low, high = request.time_from, request.time_to
    # a day in the middle needs no look at the time of its rows
    low = None if low is None or day != low // TICKS_PER_DAY else low
    high = None if high is None or day != high // TICKS_PER_DAY else high
    if low is not None:
        parameters[f"s{request.id}_from"] = low
        conditions.append(f'"timestamp" >= $s{request.id}_from')
    if high is not None:
        parameters[f"s{request.id}_to"] = high
        conditions.append(f'"timestamp" <= $s{request.id}_to')
    relation = f"{alias}.{ddl.quoted(classic)}"
    return _Part(day, alias, relation, conditions, applications, low, high)


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


def _select(part: _Part, table: Table, columns: Sequence[ScannedColumn]) -> str:
    stored = {column.name: column for column in table.columns}
    values = ", ".join(
        f"{_value(part, table, stored, column)} as {ddl.quoted(column.name)}" for column in columns
    )
    where = f" where {' and '.join(part.conditions)}" if part.conditions else ""
    return f"select {values or '1 as __row'} from {part.relation}{where}"  # noqa: S608 - quoted names, parameters for values


def _value(part: _Part, table: Table, stored: Mapping[str, Column], column: ScannedColumn) -> str:
    if isinstance(column, Measure):
        return rollups.of_one(table, column, lambda name: _of_column(table, stored[name]))
    if isinstance(column, KeyColumn):
        return _key_value(part, _of_column(table, stored[column.column]), column)
    return _of_column(table, column)


def _key_value(part: _Part, bag: str, column: KeyColumn) -> str:
    is_bag = bag == ddl.quoted(hot_keys.COLUMN)
    if is_bag and column.key in part.hot:
        return hot_keys.from_hot(part.hot[column.key], as_text=column.as_text)
    if is_bag and part.rest:
        # so that no key is sought in rows that are left out, in whatever order that is tested
        bag = f"case when {part.rest} then {bag} end"
    return hot_keys.from_text(bag, column.key, as_text=column.as_text)


def _of_column(table: Table, column: Column) -> str:
    if not table.alias_of:
        return ddl.quoted(column.name)
    if not column.stored_as:
        return ddl.missing(column)
    stored = ddl.quoted(column.stored_as)
    return _TRUTH.format(column=stored) if column.type is KqlType.BOOL else stored


def _empty(table: Table, columns: Sequence[ScannedColumn]) -> str:
    values = ", ".join(
        f"cast(null as {_engine_type(table, column)}) as {ddl.quoted(column.name)}"
        for column in columns
    )
    return f"select {values or '1 as __row'} where false"


def _engine_type(table: Table, column: ScannedColumn) -> str:
    if isinstance(column, Measure):
        return rollups.type_of(table, column)
    return "VARCHAR" if isinstance(column, KeyColumn) else ddl.ENGINE_TYPES[column.type]
