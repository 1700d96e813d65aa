"""Rows of a result on their way into a file: kept as they come, given back some at a time.

What is behind a bound lies in a file without a name, so that memory does not grow with the rows.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.query.encoded_rows import HELD_BYTES, ROWS_AT_ONCE
from openinsights.query.values import TO_TEXT, converted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from openinsights.schema.types import KqlType

_SIZE_BYTES = 8


class KeptRows:
    """Takes the rows of a table and gives them back, once.

    Args:
        types: of the columns.
        as_held: types whose values stay as the server holds them; the others are as JSON carries
            them.
        folder: where a file of many rows lies; None leaves it to the system.
    """

    def __init__(
        self,
        types: tuple[KqlType, ...],
        as_held: frozenset[KqlType] = frozenset(),
        folder: Path | None = None,
    ) -> None:
        self._types = types
        self._conversions: Mapping[KqlType, Any] = {  # what `converted` takes
            kind: convert for kind, convert in TO_TEXT.items() if kind not in as_held
        }
        where = None if folder is None else str(folder)
        self._file = tempfile.SpooledTemporaryFile(HELD_BYTES, dir=where)  # noqa: SIM115 - closed when it was read
        self.count = 0

    def take(self, rows: list[tuple[object, ...]]) -> None:
        """Add rows behind the others."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            packed = msgspec.msgpack.encode(converted(some, self._types, self._conversions))
            self._file.write(len(packed).to_bytes(_SIZE_BYTES))
            self._file.write(packed)
            self.count += len(some)

    def batches(self) -> Iterator[list[list[Any]]]:  # cells of any type
        """Yield some rows at a time, in order; they are let go of at the end."""
        with self._file as file:
            file.seek(0)
            while size := file.read(_SIZE_BYTES):
                yield msgspec.msgpack.decode(file.read(int.from_bytes(size)))

    def close(self) -> None:
        """Let go of the rows; harmless when it has been done."""
        self._file.close()
