"""Rows as a block of ClickHouse's Native format, made of packed columns without a look at each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from openinsights.store.packed_columns import PackedColumns

_DYNAMIC = frozenset(
    column.name for table in CLASSIC for column in table.columns if column.type is KqlType.DYNAMIC
)
"""A column of a name is of the same type in every table, and a block has rows of several."""
_SEVEN_BITS = 7
_MOST_BYTES_OF_LENGTH = 5

Column = tuple[str, str, bytes]
"""Name, type, and the values as the format has them."""


def block(count: int, columns: Sequence[Column]) -> bytes:
    """Return a block of some rows."""
    parts = [_varint(len(columns)), _varint(count)]
    for name, kind, values in columns:
        parts += [_text(name), _text(kind), values]
    return b"".join(parts)


def packed(columns: PackedColumns) -> list[Column]:
    """Return columns of packed rows, of one table or joined; those that none has are left out.

    Columns that could not be packed are none of these: no engine takes their values.
    """
    found: list[Column] = []
    count = columns.count
    for name, text in columns.equal.items():
        found.append(_texts(name, count, _text(text) * count, text == ""))
    start = 0
    for name, lengths in zip(columns.texts, columns.lengths, strict=True):
        end = start + int(lengths.sum())
        content = np.frombuffer(columns.content, np.uint8, end - start, start)
        start = end
        values = texts(content, lengths)
        found.append(_texts(name, count, values, lengths == 0))
    for name, numbers in columns.numbers.items():
        kind = "Int64" if numbers.kind == "q" else "Float64"
        values = numbers.values.tobytes()
        if numbers.known is None:
            found.append((name, kind, values))
        else:
            nulls = (~numbers.known).astype(np.uint8).tobytes()
            found.append((name, f"Nullable({kind})", nulls + values))
    return found


def texts(content: NDArray[np.uint8], lengths: NDArray[np.uint32]) -> bytes:
    """Return texts that lie one after the other, each behind its length."""
    sizes = np.ones(lengths.size, np.int64)
    for place in range(1, _MOST_BYTES_OF_LENGTH):
        sizes += lengths >= 1 << (_SEVEN_BITS * place)
    ends = np.cumsum(lengths.astype(np.int64) + sizes)
    starts = ends - lengths - sizes
    out = np.empty(int(ends[-1]) if ends.size else 0, np.uint8)
    is_content = np.ones(out.size, np.bool_)
    for place in range(int(sizes.max(initial=0))):
        has = sizes > place
        where = starts[has] + place
        digits = (lengths[has] >> np.uint32(_SEVEN_BITS * place)) & np.uint32(0x7F)
        more = (sizes[has] > place + 1).astype(np.uint32) << np.uint32(_SEVEN_BITS)
        out[where] = (digits | more).astype(np.uint8)
        is_content[where] = False
    out[is_content] = content
    return out.tobytes()


def _texts(name: str, count: int, values: bytes, is_empty: Any) -> Column:
    if name not in _DYNAMIC:
        return name, "String", values
    nulls = np.broadcast_to(np.asarray(is_empty), (count,)).astype(np.uint8)
    return name, "Nullable(String)", nulls.tobytes() + values


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= _SEVEN_BITS
    parts.append(number)
    return bytes(parts)


def _text(text: str) -> bytes:
    content = text.encode()
    return _varint(len(content)) + content


def text_column(values: Sequence[str]) -> bytes:
    """Return a column of a few texts."""
    return b"".join(map(_text, values))
