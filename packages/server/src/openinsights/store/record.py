"""The rows of one body as bytes, exactly: what the journal writes and reads back.

A record is the length and the crc32 of its payload, then the payload: MessagePack of the rows'
packed columns. Earlier releases wrote the lists of the columns, one text for a column whose texts
are all equal; the number of parts of a payload tells which it is.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from struct import Struct
from typing import Any

import msgspec

from openinsights.store.errors import StoreError
from openinsights.store.packed_columns import from_wire, pack
from openinsights.store.rows import DayRows, Rows, TableRows

_HEAD = Struct("<II")
HEAD_BYTES = _HEAD.size

_Sequences = list[tuple[int, int] | None] | None
# views of the record: what it holds is not copied
_Numbers = dict[str, tuple[str, memoryview, memoryview | None]]
_Packed = tuple[dict[str, str], list[str], memoryview, memoryview, _Numbers, dict[str, list[Any]]]
_Day = tuple[int, list[tuple[str, int, _Packed, _Sequences]]]
_Body = tuple[int, bytes, int, list[_Day]]
_EarlierDay = tuple[int, list[tuple[str, int, dict[str, Any], _Sequences]]]
_EarlierBody = tuple[bytes, int, list[_EarlierDay]]

_FORM = 2
_EARLIER = 0x93
"""How MessagePack begins a list of three."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode
_decode_earlier = msgspec.msgpack.Decoder(_EarlierBody).decode


@dataclass(frozen=True, slots=True)
class Recorded:
    """A body whose record is made already.

    Attributes:
        record: the bytes.
        count: how many rows it has.
        size_bytes: size of the body.
    """

    record: bytes
    count: int
    size_bytes: int


def encode_record(rows: Rows | Recorded) -> bytes:
    """Return the record of a body.

    Raises:
        StoreError: when a value cannot be written, such as a number beyond 64 bits.
    """
    if isinstance(rows, Recorded):
        return rows.record
    try:
        days = [
            (
                day.day,
                [
                    (
                        table.table,
                        table.count,
                        pack(table.table, table.count, table.columns).to_wire(),
                        table.sequences,
                    )
                    for table in day.tables
                ],
            )
            for day in rows.days
        ]
        payload = _encode((_FORM, rows.digest, rows.size_bytes, days))
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
    payload = memoryview(record)[HEAD_BYTES:]
    try:
        if payload[:1] == bytes((_EARLIER,)):
            return _earlier(payload)
        _, digest, size_bytes, days = _decode(payload)
        return Rows(
            digest,
            size_bytes,
            tuple(DayRows(day, tuple(_table(*table) for table in tables)) for day, tables in days),
        )
    except (msgspec.MsgspecError, ValueError, LookupError) as error:
        raise StoreError(f"cannot read a journal record: {error}") from error


def _table(name: str, count: int, packed: _Packed, sequences: _Sequences) -> TableRows:
    return TableRows(name, count, from_wire(name, count, packed), sequences)


def _earlier(payload: bytes | memoryview) -> Rows:
    digest, size_bytes, days = _decode_earlier(payload)
    return Rows(
        digest,
        size_bytes,
        tuple(
            DayRows(
                day,
                tuple(
                    TableRows(name, count, _unpacked(columns, count), sequences)
                    for name, count, columns, sequences in tables
                ),
            )
            for day, tables in days
        ),
    )


def _unpacked(columns: dict[str, Any], count: int) -> dict[str, list[Any]]:
    return {
        name: [values] * count if isinstance(values, str) else values
        for name, values in columns.items()
    }
