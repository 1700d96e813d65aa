"""Where the rows of an operation lie: for each day file, which minutes hold rows of which operation.

The table `operations` of a day file has a row for each operation and minute: a code of the
operation's id, the minute, and which tables have rows. Rows of telemetry and their entries are
committed together. An entry that names too much costs time and never an answer: codes of different
ids may be equal, and entries of deleted rows stay.

A day file without a fitting row in `operation_index` has no index, and is read as a whole: rows may
have come by another way, or with an engine that computes other codes.
"""
# ruff: noqa: S608 - names and numbers of ours

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_SECOND
from openinsights.store.duckdb.undoing import roll_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from openinsights.store.duckdb.day_files import DayFiles

COLUMN: Final = "operation_Id"
TICKS_PER_MINUTE: Final = 60 * TICKS_PER_SECOND
MAX_IDS: Final = 64
"""Ids that are looked up at once; more are cheaper to find by reading everything."""
TABLES: Final = (
    "requests",
    "dependencies",
    "traces",
    "exceptions",
    "customEvents",
    "pageViews",
    "browserTimings",
    "availabilityResults",
    "customMetrics",
    "performanceCounters",
)
"""The bit of each table in `tables`, by its place: new ones only at the end."""

_GAP_MINUTES: Final = 10
_MAX_RANGES: Final = 8
_BUILD_ROWS: Final = 2_000_000
"""Rows that are sorted at once; bounds the memory."""
_CODES: Final = 1 << 32
_CODE: Final = "(hash({}) >> 32)::UINTEGER"
_PROBE: Final = "hash('operation')"
"""Tells whether the engine computes the codes that the index was made with."""

CREATE: Final = (
    "create table if not exists {alias}.operations "
    "(code UINTEGER not null, minute INTEGER not null, tables UINTEGER not null)",
    "create table if not exists {alias}.operation_index "
    "(probe UBIGINT not null, sorted_rows BIGINT not null)",
)
IS_COMPLETE: Final = f"select count(*) from {{alias}}.operation_index where probe = {_PROBE}"
BEGIN: Final = (
    "delete from {alias}.operations",
    "delete from {alias}.operation_index",
    f"insert into {{alias}}.operation_index values ({_PROBE}, 0)",
)
"""Statements that make the index of a day without rows complete."""

Minutes = tuple[int, int]
"""The first and the last of some minutes one after the other, counted since 0001-01-01."""


def insert(alias: str, relations: Iterable[tuple[str, str]]) -> str:
    """Return the statement that adds the entries of rows; each table beside its new rows."""
    return _insert(f"{alias}.operations", relations, "", "")


def _insert(target: str, relations: Iterable[tuple[str, str]], where: str, tail: str) -> str:
    # codes are grouped, not ids: numbers take half the time that texts take
    code = _CODE.format(f'"{COLUMN}"')
    parts = " union all ".join(
        f'select {code} as code, ("timestamp" // {TICKS_PER_MINUTE})::INTEGER as minute, '
        f"{1 << TABLES.index(table)}::UINTEGER as bit from {relation} where \"{COLUMN}\" <> ''"
        for table, relation in relations
    )
    return (
        f"insert into {target} select code, minute, bit_or(bit) from ({parts}) "
        f"{where} group by code, minute {tail}"
    )


def build(alias: str, rows: int) -> list[str]:
    """Return the statements that make the index of a day anew from its rows, in sorted order.

    Args:
        alias: of the day file.
        rows: how many it has, roughly.
    """
    relations = [(table, f'{alias}."{table}"') for table in TABLES]
    statements = ["delete from {alias}.operations", "delete from {alias}.operation_index"]
    for low, high in _parts(rows):
        where = f"where code between {low} and {high}"
        statements.append(_insert("{alias}.operations", relations, where, "order by code"))
    statements.append(
        f"insert into {{alias}}.operation_index select {_PROBE}, count(*) from {{alias}}.operations"
    )
    return [statement.format(alias=alias) for statement in statements]


def sort(alias: str, entries: int) -> list[str]:
    """Return the statements that put a day's entries in order, so that few are read to find some."""
    statements = ["create table {alias}.operations_sorted as from {alias}.operations limit 0"]
    statements += [
        "insert into {alias}.operations_sorted select code, minute, bit_or(tables) "
        f"from {{alias}}.operations where code between {low} and {high} "
        "group by code, minute order by code"
        for low, high in _parts(entries)
    ]
    statements += [
        "drop table {alias}.operations",
        "alter table {alias}.operations_sorted rename to operations",
        "update {alias}.operation_index "
        "set sorted_rows = (select count(*) from {alias}.operations)",
    ]
    return [statement.format(alias=alias) for statement in statements]


ENTRIES: Final = (
    "select (select count(*) from {alias}.operations), "
    "(select max(sorted_rows) from {alias}.operation_index)"
)
"""How many entries a day has, and how many of them were sorted."""


def _parts(rows: int) -> list[tuple[int, int]]:
    count = 1 + rows // _BUILD_ROWS
    edges = [_CODES * place // count for place in range(count + 1)]
    return [(low, high - 1) for low, high in itertools.pairwise(edges)]


class OperationIndex:
    """Finds where rows of operations lie. Safe for use from several threads.

    Args:
        files: the day files.
        connection: reads; nothing else may use it.
    """

    def __init__(self, files: DayFiles, connection: duckdb.DuckDBPyConnection) -> None:
        self._files = files
        self._connection = connection
        self._lock = threading.Lock()
        self._asked: tuple[int, frozenset[str], tuple[tuple[int, str], ...]] | None = None
        self._found: dict[int, list[tuple[int, int]]] = {}

    def minutes(
        self, ids: frozenset[str], days: Mapping[int, str], table: str
    ) -> dict[int, list[Minutes]]:
        """Return the minutes in which a table may have rows of operations, for days with an index.

        Rows that are committed after the call may be missing.

        Args:
            ids: of the operations.
            days: attached ones, beside their aliases.
            table: name of a classic table.

        Raises:
            duckdb.Error: when a day is no longer there.
        """
        if "" in ids or not 0 < len(ids) <= MAX_IDS:
            return {}
        bit = 1 << TABLES.index(table)
        return {
            day: _ranges([minute for minute, tables in found if tables & bit])
            for day, found in self._look_up(ids, days).items()
        }

    def _look_up(
        self, ids: frozenset[str], days: Mapping[int, str]
    ) -> dict[int, list[tuple[int, int]]]:
        # a query reads many tables: what was found for the first holds for all
        with self._lock:
            asked = (self._files.generation, ids, tuple(days.items()))
            if asked != self._asked:
                try:
                    self._found = self._entries(ids, days)
                except BaseException:
                    roll_back(self._connection)
                    raise
                self._asked = asked
            return self._found

    def _entries(
        self, ids: frozenset[str], days: Mapping[int, str]
    ) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {
            day: [] for day in days if self._files.is_indexed(day)
        }
        if not found:
            return {}
        codes = self._connection.execute(
            f"select {_CODE.format('id')} from unnest($ids) as ids(id)", {"ids": list(ids)}
        ).fetchall()
        among = ", ".join(str(code) for (code,) in codes)
        parts = " union all ".join(
            f"select {day}, minute, tables from {days[day]}.operations where code in ({among})"
            for day in found
        )
        for day, minute, tables in self._connection.execute(parts).fetchall():
            found[day].append((minute, tables))
        return found


def _ranges(minutes: list[int]) -> list[Minutes]:
    """Few ranges that hold all minutes; far apart from each other."""
    ordered = sorted(set(minutes))
    if not ordered:
        return []
    gaps = [(after - before, after) for before, after in itertools.pairwise(ordered)]
    wide = sorted((gap for gap in gaps if gap[0] > _GAP_MINUTES), reverse=True)
    starts = sorted(after for _, after in wide[: _MAX_RANGES - 1])
    ranges: list[Minutes] = []
    low = ordered[0]
    for before, after in itertools.pairwise(ordered):
        if after in starts:
            ranges.append((low, before))
            low = after
    return [*ranges, (low, ordered[-1])]
