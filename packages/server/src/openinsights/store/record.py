"""The rows of one body as bytes, exactly: what the journal writes and reads back.

A record is the length and the crc32 of its payload, then the payload: MessagePack of the rows'
column lists. A column whose texts are all equal is written as one text.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import Any

import msgspec

from openinsights.store.errors import StoreError
from openinsights.store.rows import DayRows, Rows, TableRows

_HEAD = Struct("<II")
HEAD_BYTES = _HEAD.size

_Table = tuple[str, int, dict[str, Any], list[tuple[int, int] | None] | None]
_Body = tuple[bytes, int, list[tuple[int, list[_Table]]]]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def encode_record(rows: Rows) -> bytes:
    """Return the record of a body.

    Raises:
        StoreError: when a value cannot be written, such as a number beyond 64 bits.
    """
    days = [
        (
            day.day,
            [
                (
                    table.table,
                    table.count,
                    {name: _packed(values) for name, values in table.columns.items()},
                    table.sequences,
                )
                for table in day.tables
            ],
        )
        for day in rows.days
    ]
    try:
        payload = _encode((rows.digest, rows.size_bytes, days))
    except (ValueError, OverflowError, TypeError) as error:
        raise StoreError(f"cannot store telemetry: {error}") from error
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def claimed_end(content: bytes, start: int) -> int | None:
    """Return where the record at `start` says that it ends; None when that is not within reach."""
    if start + HEAD_BYTES > len(content):
        return None
    length = _HEAD.unpack_from(content, start)[0]
    end: int = start + HEAD_BYTES + length
    return end if length and end <= len(content) else None


def is_whole(content: bytes, start: int, end: int) -> bool:
    """Return whether the record from `start` to `end` is as it was written."""
    payload = memoryview(content)[start + HEAD_BYTES : end]
    return bool(zlib.crc32(payload) == _HEAD.unpack_from(content, start)[1])


def decode_record(record: bytes | memoryview) -> Rows:
    """Return the body of a whole record.

    Raises:
        StoreError: when it is none of ours.
    """
    try:
        digest, size_bytes, days = _decode(record[HEAD_BYTES:])
    except msgspec.MsgspecError as error:
        raise StoreError(f"cannot read a journal record: {error}") from error
    return Rows(
        digest,
        size_bytes,
        tuple(DayRows(day, tuple(_table(*table) for table in tables)) for day, tables in days),
    )


def _table(
    name: str,
    count: int,
    columns: dict[str, Any],
    sequences: list[tuple[int, int] | None] | None,
) -> TableRows:
    unpacked = {
        column: [values] * count if isinstance(values, str) else values
        for column, values in columns.items()
    }
    return TableRows(name, count, unpacked, sequences)


def _packed(values: list[Any]) -> list[Any] | str:
    # texts only: equal numbers may still differ, as 0.0 and -0.0 do
    first = values[0] if values else None
    if isinstance(first, str) and first is values[-1] and values.count(first) == len(values):
        return first
    return values
