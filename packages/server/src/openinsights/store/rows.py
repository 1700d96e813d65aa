"""Rows on their way into a store: one value per request body, split by day and table.

Columns are plain lists because that is the cheapest form that many bodies can be joined in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of one classic table and one UTC day.

    Attributes:
        table: name of the classic table.
        count: how many rows.
        columns: values by column name, each list `count` long, in the physical representation
            of `openinsights.schema.types`. A column that is absent has its missing value
            ('' for strings, null otherwise) in every row.
        sequences: for each row the (source, number) that its sender gave it, or None; None
            when no row has one.
    """

    table: str
    count: int
    columns: Mapping[str, list[Any]]
    sequences: list[tuple[int, int] | None] | None = None


@dataclass(frozen=True, slots=True)
class DayRows:
    """Rows of one UTC day, days counted since 0001-01-01."""

    day: int
    tables: tuple[TableRows, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The accepted rows of one request body.

    Attributes:
        digest: 16 bytes that are equal for equal bodies.
        size_bytes: size of the body, which is what waiting costs in memory (roughly).
        days: the rows, at most one entry per day.
    """

    digest: bytes
    size_bytes: int
    days: tuple[DayRows, ...]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(table.count for day in self.days for table in day.tables)
