"""Percentiles of weighted values against the plain definition: sort, add up, stop at the share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import Engine, table
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.api import Database
from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES = (0, 5, 50, 95, 99.9, 100)
VALUES = st.one_of(
    st.none(),
    st.sampled_from([0.0, 1.0, -1.0, 5e-324, -5e-324, 1.7e308, -1.7e308, float("inf"), 1e300]),
    st.floats(allow_nan=False),
    st.floats(min_value=1, max_value=1.1),
    st.integers(min_value=-3, max_value=3).map(float),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]),
        VALUES,
        st.one_of(st.none(), st.integers(min_value=-1, max_value=5)),
        st.booleans(),
    ),
    max_size=30,
)
Row = tuple[str, float | None, int | None, bool]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    stored = table("t", "k:string, v:real, w:long, b:bool")
    engine = Engine(Database((stored,)))
    yield engine
    engine.connection.close()


def filled(engine: Engine, rows: list[Row]) -> Engine:
    engine.connection.execute("DELETE FROM t")
    if rows:
        engine.connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    return engine


def defined(rows: list[Row], share: float) -> float | None:
    pairs = sorted((v, w) for _, v, w, _ in rows if v is not None and w is not None and w > 0)
    total, reached = sum(weight for _, weight in pairs), 0
    for value, weight in pairs:
        reached += weight
        if reached >= total * share / 100 - 1e-9:
            return value
    return None


@given(rows=ROWS)
def test_without_keys_it_is_the_definition(engine: Engine, rows: list[Row]) -> None:
    shares = ", ".join(str(share) for share in SHARES)
    query = f"t | summarize percentilesw(v, w, {shares}), count(), sum(w), max(v), countif(b)"
    (found,) = filled(engine, rows).raw(query)[2]
    assert list(found[: len(SHARES)]) == [defined(rows, share) for share in SHARES]
    weights = [w for _, _, w, _ in rows if w is not None]
    values = [v for _, v, _, _ in rows if v is not None]
    assert found[len(SHARES) :] == (
        len(rows), sum(weights), max(values, default=None), sum(b for *_, b in rows)
    )  # fmt: skip


@given(rows=ROWS)
def test_each_group_has_its_own_also_one_without_values(engine: Engine, rows: list[Row]) -> None:
    for more in ("n = count(), s = min(w)", "n = count(), s = min(w), d = dcount(v)"):
        query = f"t | summarize {more}, p = percentilew(v, w, 50), q = percentilew(w, 1, 50) by k"
        found = filled(engine, rows).raw(query)[2]
        groups = {key: [row for row in rows if row[0] == key] for key, *_ in rows}
        wanted = {
            key: (
                len(group),
                min((w for _, _, w, _ in group if w is not None), default=None),
                defined(group, 50),
                defined([("", w, 1, True) for _, _, w, _ in group], 50),
            )
            for key, group in groups.items()
        }
        assert {row[0]: (*row[1:3], *row[-2:]) for row in found} == wanted


@given(rows=ROWS)
def test_percentiles_of_several_values_and_of_chosen_rows(engine: Engine, rows: list[Row]) -> None:
    query = (
        "t | where b | extend v = -v | summarize p = percentilew(v, w, 25),"
        " q = percentilew(iff(k == 'a', v, real(null)), w, 75) by b"
    )
    found = filled(engine, rows).raw(query)[2]
    chosen = [(k, None if v is None else -v, w, b) for k, v, w, b in rows if b]
    only = [row for row in chosen if row[0] == "a"]
    assert found == ([(True, defined(chosen, 25), defined(only, 75))] if chosen else [])


def test_many_rows_need_no_list_of_them(kql_engine: Engine) -> None:
    query = (
        "range x from 1 to 3000000 step 1 | extend w = 1 + x % 3"
        " | summarize p = percentilew(x, w, 95)"
    )
    ((found,),) = kql_engine.raw(query)[2]
    assert found == 2_850_000


def test_the_input_of_a_join_is_computed_once(kql_engine: Engine) -> None:
    sql = kql_engine.sql(
        "requests | join kind=inner traces on operation_Id"
        " | summarize percentilew(duration, itemCount, 95)"
    )
    assert sql.text.count(" JOIN q2 ") == 1


def test_a_share_that_only_the_rows_know_is_refused(kql_engine: Engine) -> None:
    with pytest.raises(KqlError, match="percentile"):
        kql_engine.compile("requests | summarize percentilew(duration, itemCount, itemCount)")


def test_whole_numbers_timespans_and_datetimes_keep_their_type(kql_engine: Engine) -> None:
    query = (
        "datatable(n: long, t: timespan, d: datetime)"
        "[1, 1h, datetime(2026-01-01), 9007199254740993, 2h, datetime(2026-01-02)]"
        " | summarize percentilew(n, 1, 100), percentilew(t, 1, 50), percentilew(d, 1, 100)"
    )
    assert kql_engine.run(query)[1] == [
        (9007199254740993, "01:00:00", "2026-01-02T00:00:00.0000000Z")
    ]
