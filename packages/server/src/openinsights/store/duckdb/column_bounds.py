"""What the engine knows of a day's columns without reading them: bounds, times, how many rows.

Bounds may be wider than the values: those of rows that were deleted stay.
"""
# ruff: noqa: S608 - names of ours

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.store.duckdb import ddl

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from openinsights.store.duckdb.day_files import DayFiles

_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a day's table at some moment.

    Attributes:
        rows: how many it has.
        bounds: the least and the largest value of a column; None when it may have nulls.
        first: the least of the times.
        last: the largest of the times.
    """

    rows: int
    bounds: tuple[int, int] | None
    first: int
    last: int

    def rows_within(self, low: int | None, high: int | None) -> int:
        """Return how many rows there may be from `low` to `high`, if they are spread evenly."""
        first = self.first if low is None else max(self.first, low)
        last = self.last if high is None else min(self.last, high)
        if last < first or not self.rows:
            return 0
        return 1 + self.rows * (last - first + 1) // (self.last - self.first + 1)


class ColumnBounds:
    """Finds bounds and remembers them until rows are committed. Safe for use from several threads.

    Args:
        files: the day files.
        cursor: makes a connection that reads.
    """

    def __init__(self, files: DayFiles, cursor: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._files = files
        self._cursor = cursor
        self._known: dict[tuple[str, str], tuple[int, Known]] = {}

    def known(self, day: int, relation: str, column: str, time_column: str) -> Known:
        """Return what is known of a column of whole numbers in an attached day.

        Rows that are committed after the call may be outside of the bounds.

        Args:
            day: which.
            relation: the table, as SQL names it.
            column: its name.
            time_column: the name of the column that holds the rows' times.

        Raises:
            duckdb.Error: when the day is no longer there.
        """
        generation = self._files.generation_of(day)
        found = self._known.get((relation, column))
        if found is None or found[0] != generation:
            if len(self._known) > _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[relation, column] = (
                generation,
                self._asked(relation, column, time_column),
            )
        return found[1]

    def _asked(self, relation: str, column: str, time_column: str) -> Known:
        text = (
            f"select stats({ddl.quoted(column)}), stats({ddl.quoted(time_column)}), "
            f"(select count(*) from {relation}) from {relation} limit 1"
        )
        cursor = self._cursor()
        try:
            found = cursor.execute(text).fetchall()
        finally:
            cursor.close()
        if not found:
            return Known(0, None, 0, 0)
        values, times, rows = found[0]
        bounds = None if values["has_null"] else _range(values)
        first, last = _range(times) or (0, 0)
        return Known(rows, bounds, first, last)


def _range(statistics: dict[str, object]) -> tuple[int, int] | None:
    low, high = statistics["min"], statistics["max"]
    return (low, high) if isinstance(low, int) and isinstance(high, int) else None
