"""Packed columns are the lists that they were made from: alone, joined, and in the engine."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from openinsights.store.duckdb.arrow import COLUMN_TYPES, to_arrow
from openinsights.store.packed_columns import from_wire, join, pack

TABLE = "traces"
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_VALUES = {
    "message": _TEXTS,
    "appName": st.just("shop") | _TEXTS,
    "cloud_RoleName": st.sampled_from(("web", "", "가게")),
    "customDimensions": st.none() | st.sampled_from(('{"a":"b"}', '{"é":"\\u0000"}')),
    "timestamp": st.integers(-(2**63), 2**63 - 1),
    "severityLevel": st.none() | st.integers(0, 4),
    "itemCount": st.integers(1, 2**31 - 1),
}
_MISSING = {name: None if name in ("customDimensions", "severityLevel") else "" for name in _VALUES}


@st.composite
def parts(draw):
    """Return the columns of several bodies; some bodies lack some columns."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 5))
        names = {"timestamp", "itemCount"} | draw(st.sets(st.sampled_from(sorted(_VALUES))))
        found.append(
            {
                name: draw(st.lists(_VALUES[name], min_size=count, max_size=count))
                for name in sorted(names)
            }
        )
    return found


def count_of(columns) -> int:
    return len(columns["timestamp"])


@given(parts())
def test_columns_come_back_from_their_bytes(bodies) -> None:
    for columns in bodies:
        packed = pack(TABLE, count_of(columns), columns)
        assert not packed.lists
        assert from_wire(TABLE, count_of(columns), packed.to_wire()) == columns


@given(parts())
def test_joined_rows_are_those_of_all_parts_in_order(bodies) -> None:
    joined = join([pack(TABLE, count_of(columns), columns) for columns in bodies])
    assert joined is not None
    names = {name for columns in bodies for name in columns}
    expected = {
        name: [
            value
            for columns in bodies
            for value in columns.get(name, [_MISSING[name]] * count_of(columns))
        ]
        for name in names
    }
    assert joined == expected


@given(parts())
def test_the_engine_reads_what_was_packed(bodies) -> None:
    joined = join([pack(TABLE, count_of(columns), columns) for columns in bodies])
    assert joined is not None
    with duckdb.connect() as engine:
        engine.register("packed", to_arrow(joined, COLUMN_TYPES[TABLE]))
        names = list(joined)
        rows = engine.execute(f"select {', '.join(names)} from packed").fetchall()
    assert rows == list(zip(*(joined[name] for name in names), strict=True))


def test_buffers_are_given_back_once_nobody_reads_them() -> None:
    from openinsights.store.duckdb import arrow_buffers

    before = len(arrow_buffers._held)
    table = to_arrow(pack(TABLE, 2, {"message": ["a", "b"], "timestamp": [1, 2]}), {})
    assert len(arrow_buffers._held) > before
    del table
    assert len(arrow_buffers._held) == before


def test_what_cannot_be_packed_stays_a_list() -> None:
    columns = {"message": ["a", 5], "timestamp": [1, 2**70], "unknown": ["x", "y"]}
    packed = pack(TABLE, 2, {**columns, "customDimensions": ["", "{}"], "itemCount": [1, 1]})
    assert set(packed.lists) == {"message", "timestamp", "unknown", "customDimensions"}
    assert packed == {**columns, "customDimensions": ["", "{}"], "itemCount": [1, 1]}
    assert join([packed]) is None
