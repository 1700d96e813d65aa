"""Rows of a result as a Parquet file, written by the engine.

The rows go through a database file of their own, so that the memory this takes does not grow with
them. The engine that holds the telemetry is not asked: it writes nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
from arro3.core import Array, DataType, Table

from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.schema.types import KqlType
from openinsights.store.duckdb.ddl import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TICKS_PER_MICROSECOND: Final = 10
_INSTANT: Final = DataType.timestamp("us", tz="UTC")
_TYPES: Final = {
    KqlType.BOOL: DataType.bool(),
    KqlType.INT: DataType.int32(),
    KqlType.LONG: DataType.int64(),
    KqlType.REAL: DataType.float64(),
    KqlType.DATETIME: DataType.int64(),
}
"""Other types are texts, as replies write them."""


def write_parquet(
    path: Path,
    columns: Sequence[tuple[str, KqlType]],
    batches: Iterable[Sequence[tuple[object, ...]]],
) -> None:
    """Write a file of the rows; it may block for as long as rows come.

    Args:
        path: of the new file.
        columns: (name, type); a name that differs from an earlier one in letter case alone gets
            a number, for readers that know no difference.
        batches: rows in order. Datetimes are ticks and lose what is less than a microsecond; a
            value of a type that Parquet has no plain form for (timespan, decimal, guid, dynamic)
            has to be a text.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        connection = duckdb.connect(str(Path(folder) / "rows.duckdb"), config={"threads": 1})
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.register("batch", _table(columns, []))
            connection.execute("create table kept as select * from batch")
            for rows in batches:
                connection.register("batch", _table(columns, rows))
                connection.execute("insert into kept select * from batch")
            named = ", ".join(
                f"c{place} as {quoted(name)}" for place, name in enumerate(_names(columns))
            )
            copy = f"copy (select {named} from kept) to $path (format parquet, compression zstd)"  # noqa: S608 - names are quoted
            connection.execute(copy, {"path": str(path)})
        finally:
            connection.close()


def _table(columns: Sequence[tuple[str, KqlType]], rows: Sequence[tuple[object, ...]]) -> Table:
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays: dict[str, Any] = {}  # what the table takes
    for place, ((_, kind), cells) in enumerate(zip(columns, values, strict=True)):
        held: list[object] = list(cells)
        if kind is KqlType.DATETIME:
            held = [
                None
                if tick is None
                else (int(str(tick)) - UNIX_EPOCH_TICKS) // TICKS_PER_MICROSECOND
                for tick in cells
            ]
        array = Array(held, _TYPES.get(kind, DataType.utf8()))
        arrays[f"c{place}"] = array.cast(_INSTANT) if kind is KqlType.DATETIME else array
    return Table.from_pydict(arrays)


def _names(columns: Sequence[tuple[str, KqlType]]) -> list[str]:
    seen: set[str] = set()
    names = []
    for name, _ in columns:
        own, number = name, 1
        while own.lower() in seen:
            own, number = f"{name}_{number}", number + 1
        seen.add(own.lower())
        names.append(own)
    return names
