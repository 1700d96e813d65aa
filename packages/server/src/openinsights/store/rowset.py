"""The answer of a query as the store gives it: raw physical values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowSet:
    """Names and rows.

    Attributes:
        columns: names in order.
        rows: raw values: ticks as int for datetime and timespan, JSON text for dynamic.
            The values' types are the query's, hence `Any`.
            Empty when the caller took the rows as they came.
        truncated: True when there were more rows than the caller allowed.
        out_of_time: True when the time was over before the last row; those before it are there.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool = False
    out_of_time: bool = False
