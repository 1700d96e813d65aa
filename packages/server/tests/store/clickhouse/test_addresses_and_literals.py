"""URLs of stores, and values in the text of a statement."""

from __future__ import annotations

import sys
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.schema.sql import Sql
from openinsights.store.clickhouse.address import address_of
from openinsights.store.clickhouse.literals import bound, literal, text_literal
from openinsights.store.errors import StoreError
from openinsights.store.opening import open_store


def test_a_url_says_who_connects_where() -> None:
    address = address_of("clickhouse://ann:p%40ss@db1:9000/telemetry?cluster=main&compress=none")
    assert (address.host, address.port, address.database) == ("db1", 9000, "telemetry")
    assert (address.user, address.password) == ("ann", "p@ss")
    assert (address.cluster, address.compress, address.is_secure) == ("main", "", False)
    assert address_of("clickhouse://db1").port == 8123
    assert address_of("clickhouse://db1?secure=1").port == 8443
    assert address_of("clickhouse://db1").database == "openinsights"
    assert address_of("clickhouse://db1?cluster=a", "b").cluster == "b"


def test_a_password_is_never_shown() -> None:
    address = address_of("clickhouse://ann:geheim@db1/telemetry")
    assert "geheim" not in repr(address) + address.shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://db1/x", "begins with clickhouse://"),
        ("clickhouse:///x", "a host"),
        ("clickhouse://db1:port/x", "ort"),
        ("clickhouse://db1/x?colour=red", "no option 'colour'"),
        ("clickhouse://db1/x;drop", "letters, digits"),
        ("clickhouse://db1/x?cluster=a'b", "letters, digits"),
    ],
)
def test_a_url_that_cannot_be_read_says_why(url: str, why: str) -> None:
    with pytest.raises(StoreError, match=why):
        address_of(url)


def test_a_missing_package_is_said_with_the_command_that_brings_it(monkeypatch, clock) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    with pytest.raises(StoreError, match=r"pip install 'openinsights\[cluster\]'"):
        open_store("clickhouse://db1/x", None, clock)


def test_a_store_of_another_kind_is_refused(clock) -> None:
    with pytest.raises(StoreError, match="clickhouse://"):
        open_store("postgresql://ann:geheim@db1/x", None, clock)


def test_values_take_the_place_of_names_outside_of_texts() -> None:
    text = "select '$a', \"$a\", `$a`, $a, $ab, $b -- $a\n, $a /* $a */, 'it''s \\' $a', $c"
    sql = Sql(text, {"a": 1, "b": "x'\\", "ab": [1, "y"]})
    assert bound(sql) == (
        "select '$a', \"$a\", `$a`, toInt64(1), [toInt64(1), 'y'], 'x\\'\\\\' -- $a\n"
        ", toInt64(1) /* $a */, 'it''s \\' $a', $c"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (-5, "toInt64('-5')"),
        (0.1, "toFloat64('0.1')"),
        (float("inf"), "toFloat64('inf')"),
        (float("nan"), "nan"),
        (Decimal("1.50"), "toDecimal128('1.50', 17)"),
        (UUID(int=1), "toUUID('00000000-0000-0000-0000-000000000001')"),
        (["a"], "['a']"),
    ],
)
def test_literals(value: object, text: str) -> None:
    assert literal(value) == text


def test_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(StoreError, match="64 bits"):
        literal(2**63)


@given(st.text())
def test_a_text_ends_where_it_ends(text: str) -> None:
    inside = text_literal(text)[1:-1]
    place = 0
    while place < len(inside):
        assert inside[place] not in "'\0\n\r"
        place += 2 if inside[place] == "\\" else 1
    assert place == len(inside), "the last backslash escapes something of the text"


@pytest.mark.clickhouse
def test_the_engine_reads_texts_as_they_are(clickhouse_server: str) -> None:
    import clickhouse_connect

    client = clickhouse_connect.get_client(dsn=f"http://{clickhouse_server}/default")
    sent = [
        "",
        "'",
        "\\",
        "\\'",
        "a\nb\r\t\0c",
        "$a {x:String} -- /* ",
        "é😀",
        "%s",
        "';drop table x",
    ]
    found = client.query(bound(Sql("select $all as found", {"all": sent}))).result_rows
    assert found == [(sent,)]
    numbers = [0, -1, 2**63 - 1, -(2**63)]
    found = client.query(bound(Sql("select $n, toTypeName($n)", {"n": numbers}))).result_rows
    assert found == [(numbers, "Array(Int64)")]
    client.close()
