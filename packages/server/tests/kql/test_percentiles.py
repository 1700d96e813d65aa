"""Percentiles of the same values, asked together, are those that are asked one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from engine import Engine, table
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES = (0, 5, 50, 99.9, 100)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]),
        st.one_of(st.none(), st.floats(allow_nan=False), st.sampled_from([0.0, 1.0, -1.0])),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Database((table("t", "k:string, v:real, w:long"),)))
    yield engine
    engine.connection.close()


@settings(deadline=None, max_examples=30)
@given(rows=ROWS)
def test_together_as_one_by_one(engine: Engine, rows: list[tuple[Any, ...]]) -> None:
    engine.connection.execute("DELETE FROM t")
    if rows:
        engine.connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    listed = ", ".join(map(str, SHARES))
    for value in ("v", "w"):
        asked = f"t | summarize percentiles({value}, {listed}), count() by k | sort by k asc"
        together = [row[1:-1] for row in engine.run(asked)[1]]
        alone = [
            [row[1] for row in engine.run(
                f"t | summarize percentile({value}, {share}) by k | sort by k asc"
            )[1]]
            for share in SHARES
        ]  # fmt: skip
        assert together == list(zip(*alone, strict=True))


def test_values_are_gathered_once(engine: Engine) -> None:
    sql = engine.sql(
        "t | summarize percentile(v, 5), percentile(v, 95), percentile(w, 5) by k"
    ).text
    lists = {part.partition(")")[0] for part in sql.split("quantile_disc(")[1:]}
    assert lists == {'"v", [0.05, 0.95]', '"w", 0.05'}
