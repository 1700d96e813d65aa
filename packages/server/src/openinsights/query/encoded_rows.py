"""Rows as the JSON of a reply, made while the engine hands them over.

What is behind a bound lies in a file without a name, so that the memory of a reply does not grow
with its rows, however slowly its caller reads.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from openinsights.query.values import converted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from openinsights.schema.types import KqlType

ROWS_AT_ONCE = 1_000
"""Rows that are converted and written in one go."""
HELD_BYTES = 1 << 20
"""From this size on the text of a table lies in a file."""
CHUNK_BYTES = 1 << 18


class EncodedRows:
    """Takes the rows of a table and gives their JSON.

    Args:
        types: of the columns.
        conversions: what turns a held value into one that JSON can carry.
        folder: where a file of longer text lies; None leaves it to the system.
    """

    def __init__(
        self,
        types: tuple[KqlType, ...],
        conversions: Mapping[KqlType, Callable[..., object]],
        folder: Path | None = None,
    ) -> None:
        self._types = types
        self._conversions = conversions
        where = None if folder is None else str(folder)
        self._file = tempfile.SpooledTemporaryFile(HELD_BYTES, dir=where)  # noqa: SIM115 - closed when it was read
        self._file.write(b"[")
        self.count = 0
        self.size_bytes = 2

    def take(self, rows: list[tuple[object, ...]]) -> None:
        """Add rows behind the others."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            text = memoryview(msgspec.json.encode(converted(some, self._types, self._conversions)))
            if self.count:
                self._file.write(b",")
            self._file.write(text[1:-1])
            self.size_bytes += len(text) - 2 + bool(self.count)
            self.count += len(some)

    def chunks(self) -> Iterator[bytes]:
        """Yield the JSON of all rows, once: they are let go of at the end."""
        with self._file as file:
            file.write(b"]")
            file.seek(0)
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def close(self) -> None:
        """Let go of the rows; harmless when it has been done."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class EncodedReply:
    """A reply's JSON in pieces.

    Attributes:
        pieces: texts, and rows that lie elsewhere.
    """

    pieces: tuple[bytes | EncodedRows, ...]

    @property
    def size_bytes(self) -> int:
        """How long the whole text is."""
        return sum(
            piece.size_bytes if isinstance(piece, EncodedRows) else len(piece)
            for piece in self.pieces
        )

    def chunks(self) -> Iterator[bytes]:
        """Yield the text from its beginning, once."""
        for piece in self.pieces:
            if isinstance(piece, EncodedRows):
                yield from piece.chunks()
            else:
                yield piece

    def whole(self) -> bytes:
        """Return the text in one piece, once: for one that is known to be short."""
        return b"".join(self.chunks())

    def close(self) -> None:
        """Let go of what nobody is going to read; harmless when it was read."""
        for piece in self.pieces:
            if isinstance(piece, EncodedRows):
                piece.close()
