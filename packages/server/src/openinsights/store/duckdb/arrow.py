"""Column lists as an Arrow table, the form in which the engine takes many rows at once.

Built with arro3-core: as fast as pyarrow here at a tenth of its memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arro3.core import Array, DataType, Table

from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

INT64 = DataType.int64()

ARROW_TYPES: dict[KqlType, DataType] = {
    KqlType.BOOL: DataType.bool(),
    KqlType.INT: DataType.int32(),
    KqlType.LONG: INT64,
    KqlType.REAL: DataType.float64(),
    KqlType.STRING: DataType.utf8(),
    KqlType.DATETIME: INT64,
    KqlType.TIMESPAN: INT64,
    KqlType.DYNAMIC: DataType.utf8(),
}

COLUMN_TYPES: dict[str, dict[str, DataType]] = {
    table.name: {column.name: ARROW_TYPES[column.type] for column in table.columns}
    for table in CLASSIC
}
"""Arrow type of each column of each classic table."""


def to_arrow(columns: Mapping[str, list[Any]], types: Mapping[str, DataType]) -> Table:
    """Return a table of the columns; each name must have a type."""
    return Table.from_pydict({name: Array(values, types[name]) for name, values in columns.items()})
