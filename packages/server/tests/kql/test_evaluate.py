"""Plugins of neighbours, sets, schemas and networks; expected values are counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

STATES = (
    "datatable(n:long, state:string)[1,'ok', 2,'ok', 3,'bad', 4,'ok', 5,'ok', 6,'ok', 7,'bad', 8,'ok']"
    " | order by n asc"
)
NETS = (
    "let nets = datatable(network:string, name:string, k:long)"
    "['10.0.0.0/8','ten',1, '10.1.0.0/16','ten-one',2, '192.168.1.5','host',3, 'nonsense','bad',4];"
)
SIX = "let nets = datatable(network:string, n:long)['2001:db8::/32',1, 'fe80::/10',2, '10.0.0.0/8',3];"


def first(rows: list[tuple[object, ...]]) -> list[object]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("state == 'bad', 1", [2, 3, 4, 6, 7, 8]),
        ("state == 'bad', 0", [3, 7]),
        ("state == 'bad', 2, 0", [1, 2, 3, 5, 6, 7]),
        ("state == 'bad', 0, 2", [3, 4, 5, 7, 8]),
        ("state == 'bad', 1000", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("state == 'none', 5", []),
        ("n > 7 or prev(n) == 1", [2, 8]),
    ],
)
def test_rows_near(kql_engine: Engine, call: str, expected: list[int]) -> None:
    if "prev" in call:
        call += ", 0"
    names, rows = kql_engine.run(f"{STATES} | evaluate rows_near({call})")
    assert names == ["n", "state"]
    assert first(rows) == expected


def test_rolling_percentile_spans_bins_with_rows(kql_engine: Engine) -> None:
    text = (
        "datatable(at:long, v:long, d:string)[1,10,'a', 2,20,'a', 11,30,'a', 12,40,'b', 35,50,'a']"
        " | evaluate rolling_percentile(v, 99.9, at, 10, 2{}) | order by at asc"
    )
    names, rows = kql_engine.run(text.format(""))
    assert names == ["at", "rolling_2_percentile_v_99_9"]
    assert rows == [(0, 20), (10, 40), (30, 50)]
    names, rows = kql_engine.run(text.format(", d") + ", d asc")
    assert rows == [(0, "a", 20), (10, "a", 30), (10, "b", 40), (30, "a", 50)]


def test_dcount_intersect_counts_what_sets_share(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 120 step 1 | summarize a = hll(x), b = hll(x * 2), c = hll(x * 3), s1 = 0"
        " | evaluate dcount_intersect(a, b, c) | project-away a, b, c"
    )
    names, rows = kql_engine.run(text)
    assert names == ["s1", "s0", "s11", "s2"]
    assert rows == [(0, 120, 60, 20)]


def test_dcount_intersect_of_full_sets_is_close(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 200000 step 1 | summarize a = hll(x), b = hll(x * 2, 0)"
        " | evaluate dcount_intersect(a, b) | project s0, s1"
    )
    assert kql_engine.run(text)[1] == [
        (pytest.approx(200_000, rel=0.03), pytest.approx(100_000, rel=0.06))
    ]


def test_ipv4_lookup_gives_a_row_for_each_network(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        NETS
        + "datatable(ip:string, name:string)['10.1.2.3','a', '10.2.0.0/16','b', '10.0.0.0/4','c',"
        " '8.8.8.8','d', '','e', '192.168.1.5','f'] | evaluate ipv4_lookup(nets, ip, network)"
        " | order by name asc, network asc"
    )
    assert names == ["ip", "name", "network", "name1", "k"]
    assert [row[1:4] for row in rows] == [
        ("a", "10.0.0.0/8", "ten"),
        ("a", "10.1.0.0/16", "ten-one"),
        ("b", "10.0.0.0/8", "ten"),
        ("f", "192.168.1.5", "host"),
    ]


def test_ipv4_lookup_by_further_keys_and_with_all_rows(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        NETS + "datatable(ip:string, k:long)['10.1.2.3',1, '10.1.2.3',9, 'x',1]"
        " | evaluate ipv4_lookup(nets, ip, network, k, return_unmatched=true) | order by ip asc, k asc"
    )
    assert names == ["ip", "k", "network", "name"]
    assert rows == [("10.1.2.3", 1, "10.0.0.0/8", "ten"), ("10.1.2.3", 9, "", ""), ("x", 1, "", "")]


def test_ipv6_lookup_lists_the_table_first(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        SIX + "datatable(ip:string)['2001:db8:1::1', 'fe80::1', '10.2.3.4', '::ffff:10.9.9.9', 'x']"
        " | evaluate ipv6_lookup(nets, ip, network, true) | order by n asc, ip asc"
    )
    assert names == ["network", "n", "ip"]
    assert [row[1:] for row in rows] == [
        (None, "x"),
        (1, "2001:db8:1::1"),
        (2, "fe80::1"),
        (3, "10.2.3.4"),
        (3, "::ffff:10.9.9.9"),
    ]


def test_schema_merge_widens_numbers_and_shows_what_does_not_fit(kql_engine: Engine) -> None:
    text = (
        "let a = datatable(x:int, y:string, z:real)[] | getschema;"
        "let b = datatable(x:long, y:int, w:dynamic, z:real)[] | getschema;"
        "union a, b | evaluate schema_merge({}) | project ColumnName, ColumnOrdinal, ColumnType"
    )
    clash = "ERROR(types have nothing in common: int, string)"
    assert sorted(kql_engine.run(text.format(""))[1]) == [
        ("w", 2, "dynamic"),
        ("x", 0, "long"),
        ("y", -1, clash),
        ("z", -1, "ERROR(columns are out of order)"),
    ]
    assert sorted(kql_engine.run(text.format("PreserveOrder=false"))[1]) == [
        ("w", 2, "dynamic"),
        ("x", 0, "long"),
        ("y", -1, clash),
        ("z", 3, "real"),
    ]


def test_identity_and_estimate_rows_count(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(f"{STATES} | evaluate identity() | evaluate estimate_rows_count()")
    assert (names, rows) == (["EstimatedRowsCount"], [(8,)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("requests | evaluate rows_near(1 == 1, 2)", "the same for all rows"),
        ("requests | evaluate rows_near(name == 'x', -1)", "from 0 to 1000000"),
        ("requests | evaluate rows_near(name == 'x')", "lacks the number of rows"),
        (
            "requests | evaluate rolling_percentile(duration, 150, timestamp, 1d, 3)",
            "from 0 to 100",
        ),
        ("requests | evaluate rolling_percentile(duration, 50, timestamp, 1, 3)", "no distance"),
        ("requests | evaluate dcount_intersect(customDimensions)", "takes 2 to 16"),
        ("requests | evaluate dcount_intersect(name, id)", "is dynamic, this is string"),
        ("requests | evaluate ipv4_lookup(5, id, message)", "takes a table first"),
        ("requests | evaluate ipv4_lookup(traces, duration, message)", "an address is a string"),
        ("requests | evaluate ipv4_lookup(traces, id, message, url)", "unknown column 'url'"),
        ("requests | evaluate ipv4_lookup(traces, id, message, unmatched=true)", "no parameter"),
        ("requests | evaluate schema_merge()", "unknown column 'ColumnName'"),
        ("requests | evaluate identity(5)", "takes no further argument"),
    ],
)
def test_mistakes(kql_engine: Engine, text: str, message: str) -> None:
    with pytest.raises(KqlError, match=message) as caught:
        kql_engine.run(text)
    assert caught.value.column > 20
