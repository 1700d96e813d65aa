"""The columns of stored tables as the scans of queries read them.

A query needs symbols of its own for each scan, and every query needs them: the first scan of
`requests` in one query may have the same ones as the first scan of it in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Symbol
from openinsights.kql.scope import Column

if TYPE_CHECKING:
    from openinsights.schema.table import Table

_MOST: Final = 512
"""Lists of columns that are kept."""
_kept: Final[dict[tuple[int, int], StoredColumns]] = {}


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """All columns of a table for one scan; nobody changes them.

    Attributes:
        table: whose columns they are.
        columns: in the table's order.
        pairs: their names and symbols.
        symbols: by name.
    """

    table: Table
    columns: tuple[Column, ...]
    pairs: tuple[tuple[str, Symbol], ...]
    symbols: dict[str, Symbol]


def columns_of(table: Table, scan: int) -> StoredColumns:
    """The columns of a table for a query's scan of that number."""
    key = (id(table), scan)
    found = _kept.get(key)
    if found is not None and found.table is table:
        return found
    symbols = {column.name: Symbol(column.name, column.type) for column in table.columns}
    columns = tuple([Column(name, symbol) for name, symbol in symbols.items()])
    made = StoredColumns(table, columns, tuple(symbols.items()), symbols)
    if len(_kept) >= _MOST:
        _kept.clear()
    _kept[key] = made
    return made
