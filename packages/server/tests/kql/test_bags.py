"""Bags that SQL packs are spelt as those that Python packs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import Engine, table
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("s", "r", "l", "b", "d", "p", "y")
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    st.sampled_from(["\t\n", "\x0b\x1f", "a/b", "\\u0041", '"q"', "🚀", ": 1.50 ,1e5"]),
)
DYNAMICS = st.one_of(
    st.none(),
    st.sampled_from(["[]", "{}", "0", "-0", "1.0", "1.50", "1e400", "NaN", "[1e5,2]", "[0,-0]"]),
    st.sampled_from(['{"a":-0}', '{"a":1.50}', '{"a":12.5,"b":100.0}', '{"a":0.00001}', '"1e5"']),
    st.sampled_from(["123456789012345678901234567890", "0.1234567890123456789", "[true,null]"]),
    st.sampled_from(['"\\u00e9"', '"a\\/b"', '{"k":"v 1.50"}']),
)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.one_of(st.none(), st.floats()),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.integers(0, 3 * 10**18)),
        st.one_of(st.none(), st.integers(-(2**60), 2**60)),
        DYNAMICS,
    ),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    columns = "s:string, r:real, l:long, b:bool, d:datetime, p:timespan, y:dynamic"
    engine = Engine(Database((table("t", f"{columns}, {names(':string')}"),)))
    yield engine
    engine.connection.close()


def names(more: str) -> str:
    return ", ".join(f"of_{column}{more}" for column in COLUMNS)


@settings(deadline=None, max_examples=30)
@given(rows=ROWS)
def test_sql_spells_bags_as_python_does(engine: Engine, rows: list[tuple[object, ...]]) -> None:
    engine.connection.execute("DELETE FROM t")
    marks = ", ".join("?" for _ in (*COLUMNS, *COLUMNS))
    engine.connection.executemany(
        f"INSERT INTO t VALUES ({marks})",
        [(*row, *COLUMNS) for row in rows],
    )
    known = ", ".join(f"'{column}', {column}" for column in COLUMNS)
    found = ", ".join(f"of_{column}, {column}" for column in COLUMNS)
    sql = engine.sql(f"t | project in_sql = bag_pack({known}), in_python = bag_pack({found})")
    assert "kql_bag_pack" in sql.text
    packed = engine.connection.execute(sql.text, dict(sql.parameters) or None).fetchall()
    assert [pair[0] for pair in packed] == [pair[1] for pair in packed]


def test_of_equal_names_the_last_counts_in_the_place_of_the_first(engine: Engine) -> None:
    sql = engine.sql("print s = 'x' | project bag_pack('a', s, 'b', 2, 'a', strcat(s, 'y'))")
    rows = engine.connection.execute(sql.text, dict(sql.parameters) or None).fetchall()
    assert rows == [('{"a":"xy","b":2}',)]
