"""Blocks of the Native format hold what their columns hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from openinsights.schema.catalog import CLASSIC
from openinsights.store.clickhouse.native import block, packed, texts
from openinsights.store.packed_columns import pack


def read(content: bytes) -> list[str]:
    """The texts of a column."""
    found, place = [], 0
    while place < len(content):
        length = shift = 0
        while True:
            byte = content[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        found.append(content[place : place + length].decode())
        place += length
    return found


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["", "a", "", "é", ""],
        ["x" * 127, "y" * 128, "z" * 16_383, "ü" * 16_384, "", "w" * 3_000_000],
    ],
)
def test_texts_of_any_length_stand_behind_their_lengths(values: list[str]) -> None:
    encoded = [value.encode() for value in values]
    lengths = np.array([len(each) for each in encoded], np.uint32)
    content = np.frombuffer(b"".join(encoded), np.uint8)
    assert read(texts(content, lengths)) == values


@pytest.mark.clickhouse
def test_the_engine_reads_every_kind_of_column_as_it_was(clickhouse_server: str) -> None:
    import clickhouse_connect

    kinds: dict[str, list[Any]] = {
        "string": ["", "é\n'\\\0", "x" * 300],
        "dynamic": [None, '{"a": 1}', "[]"],
        "int": [None, -(2**31), 2**31 - 1],
        "real": [None, -0.5, 1e300],
        "datetime": [0, 1, 2**62],
    }
    client = clickhouse_connect.get_client(dsn=f"http://{clickhouse_server}/default")
    for table in CLASSIC:
        columns = {each.name: kinds[each.type.value] for each in table.columns}
        rows = packed(pack(table.name, 3, columns))
        listed = ", ".join(f"`{name}` {kind}" for name, kind, _ in rows)
        client.command(f"create or replace table native_test ({listed}) engine = Memory")
        client.raw_insert("native_test", [name for name, _, _ in rows], block(3, rows))
        found = client.query("select * from native_test", column_oriented=True)
        assert (
            dict(zip(found.column_names, map(list, found.result_columns), strict=True)) == columns
        )
    client.command("drop table native_test")
    client.close()
