"""Results that leave as files: CSV, JSON and Parquet, written while their rows come by.

A cell that a spreadsheet would run as a formula is kept as text in CSV.
"""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.query.kept_rows import KeptRows
from openinsights.schema.types import KqlType
from openinsights.store.duckdb.parquet import write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openinsights.query.result import ResultTable

MAX_EXPORTED_ROWS: Final = 500_000
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK_BYTES: Final = 1 << 18
_AS_PARQUET_HOLDS_IT: Final = frozenset((KqlType.DATETIME, KqlType.REAL))
_FORMULA: Final = ("=", "+", "-", "@", "\t")


def taker(format: str, folder: Path | None) -> Callable[[tuple[KqlType, ...]], KeptRows]:
    """Return what makes the taker of the rows for a file of a format."""
    held = _AS_PARQUET_HOLDS_IT if format == "parquet" else frozenset()
    return lambda types: KeptRows(types, held, folder)


def file_of(format: str, table: ResultTable, folder: Path | None) -> Iterator[bytes]:
    """Return the bytes of a file of the table, in pieces; the rows are let go of at its end.

    Args:
        format: a name of `MEDIA_TYPES`.
        table: whose rows a `taker` of the same format took.
        folder: where files on their way lie; None leaves it to the system.
    """
    rows = table.taken
    assert isinstance(rows, KeptRows)
    if format == "parquet":
        return _parquet(table, rows, folder)
    return _csv(table, rows) if format == "csv" else _json(table, rows)


def _csv(table: ResultTable, rows: KeptRows) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_kept_text(name) for name, _ in table.columns)
    for batch in rows.batches():
        writer.writerows([_csv_cell(cell) for cell in row] for row in batch)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _csv_cell(cell: Any) -> Any:  # a cell of any type
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return _kept_text(cell) if isinstance(cell, str) else cell


def _kept_text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(table: ResultTable, rows: KeptRows) -> Iterator[bytes]:
    names = [name for name, _ in table.columns]
    dynamics = [kind is KqlType.DYNAMIC for kind in table.types]

    def value(cell: Any, is_dynamic: bool) -> Any:  # cells of any type
        return msgspec.Raw(cell.encode()) if is_dynamic and cell is not None else cell

    yield b"["
    before = b"\n"
    for batch in rows.batches():
        records = [
            dict(zip(names, map(value, row, dynamics), strict=True)) for row in batch
        ]
        yield before + b",\n".join(map(msgspec.json.encode, records))
        before = b",\n"
    yield b"\n]\n"


def _parquet(table: ResultTable, rows: KeptRows, folder: Path | None) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "rows.parquet"
        write_parquet(path, table.columns, (list(map(tuple, some)) for some in rows.batches()))
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
