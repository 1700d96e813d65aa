"""Percentiles of weighted values against the plain definition: sort, add up, stop at the share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from engine import Engine, table
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import Database, emit
from openinsights.kql.errors import KqlError
from openinsights.schema.sql import Sql

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


def known(rows: list[Row], count: int | None = None) -> Sql:
    """The table, with what a store would say of its weights."""
    weights = [w for _, _, w, _ in rows]
    whole = [w for w in weights if w is not None]
    bounds = {"w": (min(whole), max(whole))} if whole and len(whole) == len(weights) else {}
    return Sql('"t"', bounds=bounds, rows=len(rows) if count is None else count)


def answer(
    engine: Engine, query: str, source: Sql, *, is_frugal: bool = False
) -> list[tuple[Any, ...]]:
    """The rows of a query over a source that says more than its name."""
    (statement,) = engine.compile(query).statements
    assert [scan.weights for scan in statement.scans] == [("w",)]
    sources = {scan.id: source for scan in statement.scans}
    sql = emit(statement, sources, is_frugal=is_frugal)
    return engine.connection.execute(sql.text, sql.parameters or None).fetchall()


EVERYTHING = (
    "t | summarize percentilesw(v, w, 5, 50, 95, 99.9), n = count(), c = countif(b), s = sum(w),"
    " f = sumif(w, b), m = sum(v * w) / sum(w), x = max(v), a = avg(w), av = avgif(v, b),"
    " d = dcount(v), sd = stdev(w), arg_max(w, k), p = percentile(v, 50),"
    " q = percentilew(iff(b, v, real(null)), w, 50), l = array_length(make_list(w)),"
    " r = sum(todouble(w)), rf = sumif(todouble(w) * v, b)"
)


@settings(max_examples=25)
@given(rows=st.one_of(ROWS, ROWS.map(lambda rows: [(k, v, 3, b) for k, v, _, b in rows])))
def test_what_is_known_of_weights_changes_no_answer(engine: Engine, rows: list[Row]) -> None:
    filled(engine, rows)
    for query in (
        f"{EVERYTHING} by k",
        EVERYTHING,
        f"t | where b | extend k = strcat(k, '!'), u = w | project v, w = u, k, b"
        f" {EVERYTHING.removeprefix('t')} by k, b",
    ):
        mine, plain = answer(engine, query, known(rows)), answer(engine, query, Sql('"t"'))
        assert sorted(map(shown, mine)) == sorted(map(shown, plain))


def shown(row: tuple[Any, ...]) -> str:
    """A row as text; sums of doubles depend on the order of the rows in their last digits."""
    return str([f"{cell:.9g} real" if isinstance(cell, float) else cell for cell in row])


@pytest.mark.parametrize(
    ("bounds", "rows", "is_repeated"),
    [
        ((1, 4), 1_000_000, True),
        ((1, 4), 2_000_000, False),
        ((7, 7), 5_000_000, True),
        ((7, 7), 7_000_000, False),
        ((1, 17), 10, False),
        ((0, 4), 10, False),
        ((-1, -1), 10, False),
        (None, 10, False),
        ((1, 4), None, False),
    ],
)
def test_rows_are_repeated_where_they_and_their_weights_are_few(
    engine: Engine, bounds: tuple[int, int] | None, rows: int | None, is_repeated: bool
) -> None:
    (statement,) = engine.compile("t | summarize percentilew(v, w, 95) by k").statements
    source = Sql('"t"', bounds={} if bounds is None else {"w": bounds}, rows=rows)
    sql = emit(statement, {statement.scans[0].id: source})
    assert ("quantile_disc" in sql.text) == is_repeated
    # when memory did not do, bands come after repetitions, and sorted rows after bands
    frugal = emit(statement, {statement.scans[0].id: source}, is_frugal=True)
    assert "quantile_disc" not in frugal.text
    assert ("list_reduce" in frugal.text) == is_repeated


@settings(max_examples=40)
@given(rows=ROWS)
def test_in_little_memory_it_is_the_definition(engine: Engine, rows: list[Row]) -> None:
    filled(engine, rows)
    query = "t | summarize n = count(), s = sum(w), percentilesw(v, w, 0, 50, 99.9, 100)"
    found = answer(engine, f"{query} by k", Sql('"t"'), is_frugal=True)
    groups = {key: [row for row in rows if row[0] == key] for key, *_ in rows}
    assert {row[0]: row[1:] for row in found} == {
        key: (
            len(group),
            sum(w for _, _, w, _ in group if w is not None),
            *(defined(group, share) for share in (0, 50, 99.9, 100)),
        )
        for key, group in groups.items()
    }
    (whole,) = answer(engine, query, Sql('"t"'), is_frugal=True)
    assert list(whole[2:]) == [defined(rows, share) for share in (0, 50, 99.9, 100)]


@pytest.mark.parametrize(
    "query",
    [
        "t | extend w = w + 1 | summarize percentilew(v, w, 50)",
        "t | summarize percentilew(v, w, 50), percentilew(v, w + 1, 50)",
        "t | summarize w = max(w) by k, v | summarize percentilew(v, w, 50)",
        "t | summarize percentilew(v, 1, 50)",
        "union t, (t | extend w = 2 * w) | summarize percentilew(v, w, 50)",
        "t | join kind=leftouter (t | project k, u = w) on k | summarize percentilew(v, u, 50)",
        "t | join kind=rightouter (t | project k, u = w) on k | summarize percentilew(v, w, 50)",
        "t | join kind=fullouter (t | project k, u = w) on k | summarize percentilew(v, w, 50)",
    ],
)
def test_a_computed_weight_is_not_taken_for_the_stored_one(engine: Engine, query: str) -> None:
    rows: list[Row] = [("a", float(v), 1 + v % 4, v % 2 == 0) for v in range(40)]
    filled(engine, rows)
    (statement,) = engine.compile(query).statements
    sources = {scan.id: known(rows) for scan in statement.scans}
    sql, plain = emit(statement, sources), engine.sql(query)
    assert sql.text == plain.text


def test_weights_that_went_through_joins_and_unions_are_known(engine: Engine) -> None:
    rows: list[Row] = [("ab"[v % 2], float(v), 1 + v % 4, v % 3 == 0) for v in range(40)]
    filled(engine, rows)
    for query in (
        "union t, (t | where b) | summarize percentilew(v, w, 50), sum(w) by k",
        "t | join kind=leftouter (t | project k, u = v) on k | summarize percentilew(u, w, 95)",
        "let all = materialize(t | where v > 3); all | where b | summarize percentilew(v, w, 50)",
    ):
        (statement,) = engine.compile(query).statements
        sql = emit(statement, {scan.id: known(rows) for scan in statement.scans})
        found = engine.connection.execute(sql.text).fetchall()
        assert "quantile_disc" in sql.text
        assert sorted(found) == sorted(engine.raw(query)[2])


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
