"""A body as bytes and back, exactly."""

from __future__ import annotations

import math

import pytest

from openinsights.store.errors import StoreError
from openinsights.store.record import claimed_end, decode_record, encode_record, is_whole
from openinsights.store.rows import DayRows, Rows, TableRows


def body(columns: dict[str, list[object]], sequences: list[tuple[int, int] | None] | None) -> Rows:
    count = len(next(iter(columns.values())))
    tables = (TableRows("traces", count, columns, sequences), TableRows("requests", 0, {}))
    return Rows(bytes(range(16)), 1234, (DayRows(7, tables), DayRows(8, ())))


def test_rows_come_back_as_they_were() -> None:
    equal = "the same text in every row"
    rows = body(
        {
            "timestamp": [2**62, -(2**63)],
            "message": ["", "line\nbreak \u20ac \x00"],
            "appId": [equal, equal],
            "customDimensions": [None, "{}"],
            "success": [True, False],
            "valueSum": [0.1, -0.0],
            "zeros": [0.0, -0.0],
        },
        [(2**64 - 1, -5), None],
    )
    back = decode_record(encode_record(rows))
    assert back == rows
    signs = [math.copysign(1, value) for value in back.days[0].tables[0].columns["zeros"]]
    assert signs == [1, -1]


def test_equal_texts_take_the_room_of_one() -> None:
    text = "x" * 100
    assert len(encode_record(body({"appId": [text] * 1000}, None))) < 300


def test_a_value_that_cannot_be_written_is_told() -> None:
    with pytest.raises(StoreError, match="cannot store telemetry"):
        encode_record(body({"itemCount": [2**64]}, None))


def test_every_flipped_byte_is_noticed() -> None:
    record = encode_record(body({"message": ["one", "two"]}, None))
    for place in range(len(record)):
        damaged = bytearray(record)
        damaged[place] ^= 0x10
        end = claimed_end(bytes(damaged), 0)
        assert end is None or not is_whole(bytes(damaged), 0, end)


def test_bytes_that_are_no_body_are_told() -> None:
    with pytest.raises(StoreError, match="journal record"):
        decode_record(b"\0" * 8 + b"\xc0")
