"""Rows that their sender numbered: which numbers a body has, and a body without some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.store.rows import DayRows, TableRows

if TYPE_CHECKING:
    from openinsights.store.interval_set import IntervalSet


def numbers_by_source(rows: DayRows) -> dict[int, list[int]]:
    """Return the numbers of a body's rows of a day, by who gave them."""
    numbers: dict[int, list[int]] = {}
    for table in rows.tables:
        for sequence in table.sequences or ():
            if sequence is not None:
                numbers.setdefault(sequence[0], []).append(sequence[1])
    return numbers


def without(rows: DayRows, seen: dict[int, list[IntervalSet]]) -> DayRows | None:
    """Return the rows whose numbers were not seen, None when there is none.

    Args:
        rows: of a body and a day.
        seen: by source, numbers that other bodies brought.
    """
    tables = tuple(
        kept for table in rows.tables if (kept := _table_without(table, seen)) is not None
    )
    return DayRows(rows.day, tables) if tables else None


def _table_without(table: TableRows, seen: dict[int, list[IntervalSet]]) -> TableRows | None:
    if table.sequences is None:
        return table
    keep = [
        place
        for place, sequence in enumerate(table.sequences)
        if sequence is None
        or not any(sequence[1] in intervals for intervals in seen.get(sequence[0], ()))
    ]
    if not keep:
        return None
    if len(keep) == table.count:
        return table
    return TableRows(
        table.table,
        len(keep),
        {name: [values[place] for place in keep] for name, values in table.columns.items()},
        [table.sequences[place] for place in keep],
    )
