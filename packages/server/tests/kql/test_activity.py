"""Plugins that follow ids along a timeline; expected values are counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

DAYS = """let visits = datatable(day:datetime, ids:dynamic)[
    datetime(2024-03-01), dynamic(['a', 'b', 'c']),
    datetime(2024-03-02), dynamic(['a', 'd']),
    datetime(2024-03-04), dynamic(['a', 'b', 'e', 'e'])]
    | mv-expand id = ids to typeof(string) | extend kind = iff(id in ('a', 'e'), 'x', 'y');
"""
START = "datetime(2024-03-01), datetime(2024-03-04)"
FIRST, SECOND, THIRD, FOURTH = (f"2024-03-0{day}T00:00:00.0000000Z" for day in range(1, 5))


def rows(engine: Engine, text: str) -> list[tuple[object, ...]]:
    return engine.run(DAYS + text)[1]


def test_activity_metrics_compares_with_the_period_before(kql_engine: Engine) -> None:
    found = rows(
        kql_engine, f"visits | evaluate activity_metrics(id, day, {START}, 1d) | order by day asc"
    )
    assert found == [
        (FIRST, 3, 3, 1.0, 0.0),
        (SECOND, 2, 1, 1 / 3, 1 - 1 / 3),
        # Nobody was there the day before.
        (FOURTH, 3, 3, 1.0, 0.0),
    ]


def test_activity_metrics_by_a_dimension(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        "visits | evaluate activity_metrics(id, day, 1d, kind) | order by day asc, kind asc",
    )
    assert [row[:4] for row in found] == [
        (FIRST, "x", 1, 1),
        (FIRST, "y", 2, 2),
        (SECOND, "x", 1, 0),
        (SECOND, "y", 1, 1),
        (FOURTH, "x", 2, 2),
        (FOURTH, "y", 1, 1),
    ]


def test_periods_of_the_calendar(kql_engine: Engine) -> None:
    text = (
        "datatable(id:string, at:datetime)['a', datetime(2024-01-31), 'a', datetime(2024-02-01),"
        " 'b', datetime(2024-02-29), 'b', datetime(2024-03-31)]"
        " | evaluate activity_metrics(id, at, 'month') | order by at asc"
    )
    assert kql_engine.run(text)[1] == [
        ("2024-01-01T00:00:00.0000000Z", 1, 1, 1.0, 0.0),
        ("2024-02-01T00:00:00.0000000Z", 2, 1, 1.0, 0.0),
        ("2024-03-01T00:00:00.0000000Z", 1, 0, 0.5, 0.5),
    ]


def test_activity_counts_metrics_adds_up(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        f"visits | evaluate activity_counts_metrics(id, day, {START}, 1d) | order by day asc",
    )
    assert found == [(FIRST, 3, 3, 3, 3), (SECOND, 2, 2, 1, 4), (FOURTH, 4, 3, 1, 5)]


def test_activity_counts_metrics_adds_up_for_each_dimension(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        f"visits | evaluate activity_counts_metrics(id, day, {START}, 2d, kind)"
        " | order by day asc, kind asc",
    )
    assert found == [
        (FIRST, "x", 2, 1, 1, 1),
        (FIRST, "y", 3, 3, 3, 3),
        (THIRD, "x", 3, 2, 1, 2),
        (THIRD, "y", 1, 1, 0, 3),
    ]


def test_new_activity_metrics_gives_each_cohort_a_row_for_each_period(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        f"visits | evaluate new_activity_metrics(id, day, {START}, 1d)"
        " | order by from_day asc, to_day asc",
    )
    assert found == [
        (FIRST, FIRST, 3, 3, 0, 1.0, 0.0),
        (FIRST, SECOND, 1, 1, 2, 1 / 3, 2 / 3),
        (FIRST, THIRD, 0, 0, 3, 0.0, 1.0),
        (FIRST, FOURTH, 1, 2, 1, 2 / 3, 1 / 3),
        (SECOND, SECOND, 1, 1, 0, 1.0, 0.0),
        (SECOND, THIRD, 0, 0, 1, 0.0, 1.0),
        (SECOND, FOURTH, 1, 0, 1, 0.0, 1.0),
        (FOURTH, FOURTH, 1, 1, 0, 1.0, 0.0),
    ]


def test_new_activity_metrics_of_one_cohort_without_those_known_before(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        "let known = print id = 'b'; visits | evaluate new_activity_metrics("
        f"id, day, {START}, 1d, datetime(2024-03-01), known) | project to_day, dcount_new_values,"
        " dcount_retained_values | order by to_day asc",
    )
    assert found == [(FIRST, 2, 2), (SECOND, 1, 1), (THIRD, 0, 0), (FOURTH, 1, 1)]


def test_activity_engagement_is_the_share_of_a_longer_window(kql_engine: Engine) -> None:
    found = rows(
        kql_engine,
        f"visits | evaluate activity_engagement(id, day, {START}, 1d, 2d) | order by day asc",
    )
    assert found == [
        (FIRST, 3, 3, 1.0),
        (SECOND, 2, 4, 0.5),
        (THIRD, 0, 2, 0.0),
        (FOURTH, 3, 3, 1.0),
    ]


def test_windows_reach_back_before_the_start(kql_engine: Engine) -> None:
    later = "datetime(2024-03-02), datetime(2024-03-04)"
    found = rows(
        kql_engine,
        f"visits | evaluate activity_engagement(id, day, {later}, 1d, 2d) | order by day asc",
    )
    assert found[0] == (SECOND, 2, 4, 0.5)
    found = rows(
        kql_engine,
        f"visits | evaluate sliding_window_counts(id, day, {later}, 2d, 1d) | order by day asc",
    )
    assert found == [(SECOND, 5, 4), (THIRD, 2, 2), (FOURTH, 4, 3)]


def test_active_users_count_asks_for_enough_periods(kql_engine: Engine) -> None:
    text = f"visits | evaluate active_users_count(id, day, {START}, 4d, 1d, {{0}}, 1d) | order by day asc"
    assert rows(kql_engine, text.format(1)) == [(FIRST, 3), (SECOND, 2), (FOURTH, 3)]
    assert rows(kql_engine, text.format(2)) == [(SECOND, 1), (FOURTH, 2)]
    assert rows(kql_engine, text.format(3)) == [(FOURTH, 1)]


def test_a_timeline_may_be_numbers(kql_engine: Engine) -> None:
    text = (
        "datatable(id:long, at:long)[1,0, 1,5, 2,7, 1,12]"
        " | evaluate sliding_window_counts(id, at, 0, 20, 10, 5) | order by at asc"
    )
    assert kql_engine.run(text)[1] == [(0, 1, 1), (5, 3, 2), (10, 3, 2), (15, 1, 1)]


@pytest.mark.parametrize(
    ("call", "message", "column"),
    [
        ("activity_metrics(idx, day, 1d)", "unknown column 'idx'", 36),
        ("activity_metrics(id, day, 5)", "long is no distance on a timeline of datetime", 45),
        ("activity_metrics(id, day, 'decade')", "'week', 'month' or 'year'", 45),
        ("activity_metrics(id, day)", "lacks its window", 19),
        ("activity_metrics(id, day, 1d, kind, 5)", "takes no further argument", 55),
        ("activity_metrics(id, day, 0d)", "more than zero", 45),
        ("activity_metrics('id', day, 1d)", "takes the name of a column", 36),
        ("sliding_window_counts(id, day, ago(1d), 5, 1d, 1h)", "the timeline is datetime", 59),
        ("sliding_window_counts(id, day, ago(1d), now(), 365d, 1m)", "at most 10000 periods", 66),
        ("active_users_count(id, day, ago(1d), now(), 7d, 1d, 0, 1d)", "from 1 to 10000", 71),
        ("new_activity_metrics(id, day, ago(1d), now(), 1d, kind, 5)", "takes a table here", 75),
    ],
)
def test_mistakes_have_their_place(
    kql_engine: Engine, call: str, message: str, column: int
) -> None:
    with pytest.raises(KqlError, match=message) as caught:
        kql_engine.run(DAYS + f"visits | evaluate {call}")
    assert (caught.value.line, caught.value.column) == (6, column)


def test_a_partition_runs_them_for_one_part_after_the_other(kql_engine: Engine) -> None:
    text = DAYS + "visits | partition by kind (evaluate activity_metrics(id, day, 1d))"
    whole = DAYS + "visits | evaluate activity_metrics(id, day, 1d, kind) | project-away kind"
    assert sorted(kql_engine.run(text)[1]) == sorted(kql_engine.run(whole)[1])


def test_they_are_refused_inside_mv_apply(kql_engine: Engine) -> None:
    with pytest.raises(KqlError, match="not run inside a partition"):
        kql_engine.run(
            DAYS + "visits | mv-apply n = range(1, 2) on (evaluate activity_metrics(id, day, 1d))"
        )
