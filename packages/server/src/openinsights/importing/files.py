"""Records of exported files, whichever of the forms they have.

A file is JSON lines (diagnostic settings and data export write these), a list of records, an object
with `records` (event hubs), or a reply of the query API with `tables`; each may be compressed.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MAGIC: Final = b"\x1f\x8b"
_MOST_WHOLE_BYTES: Final = 256 * 2**20
"""Longest file that is one JSON value: it has to be in memory as a whole."""
_DECODE: Final = msgspec.json.Decoder().decode


class UnreadableFile(OpenInsightsError):
    """A file cannot be opened, or holds nothing that could be records."""

    code = "UnreadableFile"


class UnreadableLine:
    """A line that is no JSON.

    Attributes:
        reason: why not.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason


def records_in(
    path: Path, progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, Any]]:
    """Yield the records of a file with the lines that they stand in, from 1; 0 where lines mean nothing.

    A line that is no JSON comes as `UnreadableLine`.

    Args:
        path: of the file.
        progress: told how many bytes of the file have been read.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    try:
        with path.open("rb") as file:
            is_compressed = file.read(2) == _MAGIC
            file.seek(0)
            opened: BinaryIO = gzip.GzipFile(fileobj=file) if is_compressed else file  # type: ignore[assignment]
            yield from _records(opened, path, lambda: progress(file.tell()))
    except (OSError, EOFError) as error:
        raise UnreadableFile(f"cannot read {path}: {error}") from None


def _records(file: BinaryIO, path: Path, progress: Callable[[], None]) -> Iterator[tuple[int, Any]]:
    first = file.readline().removeprefix(b"\xef\xbb\xbf")
    number = 1
    while first and not first.strip():
        first, number = file.readline(), number + 1
    if not first:
        return
    value = _decoded(first)
    if isinstance(value, UnreadableLine):
        rest = file.read(_MOST_WHOLE_BYTES)
        whole = _decoded(first + rest)
        if not isinstance(whole, UnreadableLine):
            yield from _unfolded(whole, 0)
            return
        if len(rest) == _MOST_WHOLE_BYTES:
            raise UnreadableFile(
                f"cannot read {path}: it is one JSON value of more than {_MOST_WHOLE_BYTES >> 20}"
                " MiB; write a record a line"
            )
        yield number, value
        for place, line in enumerate(rest.splitlines(), number + 1):
            if line.strip():
                yield from _unfolded(_decoded(line), place)
        return
    yield from _unfolded(value, number)
    for place, line in enumerate(file, number + 1):
        if line.strip():
            yield from _unfolded(_decoded(line), place)
        progress()


def _decoded(text: bytes) -> Any:
    try:
        return _DECODE(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return UnreadableLine(f"it is no JSON: {error}")


def _unfolded(value: Any, line: int) -> Iterator[tuple[int, Any]]:
    """Yield the records that a JSON value stands for."""
    if isinstance(value, list):
        for each in value:
            yield line, each
    elif isinstance(value, dict) and isinstance(value.get("records"), list):
        for each in value["records"]:
            yield line, each
    elif isinstance(value, dict) and isinstance(value.get("tables"), list):
        for table in value["tables"]:
            yield from ((line, each) for each in _rows_of_reply(table))
    else:
        yield line, value


def _rows_of_reply(table: Any) -> Iterator[Any]:
    """Yield rows of a table of a reply as objects; what has another shape is not a record."""
    if not isinstance(table, dict):
        yield UnreadableLine("it is no table of a query's reply")
        return
    columns, rows = table.get("columns"), table.get("rows")
    if not (isinstance(columns, list) and isinstance(rows, list)):
        yield UnreadableLine("it is no table of a query's reply: columns and rows are needed")
        return
    names = [each.get("name") if isinstance(each, dict) else each for each in columns]
    for row in rows:
        if isinstance(row, list) and len(row) == len(names):
            yield dict(zip(names, row, strict=True))
        else:
            yield UnreadableLine("it is a row of another length than its columns")
