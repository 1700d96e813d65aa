"""fork and facet end a statement; each of their tables is a result with a name."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS, only_mistake

from openinsights.kql.api import compile

FORK = "range x from 1 to 4 step 1 | fork (take 1) (count)"


def _names(text: str) -> list[str]:
    return [statement.name for statement in compile(text, DATABASE, OPTIONS).statements]


def test_tables_are_named_by_the_query_but_the_first() -> None:
    assert _names("print 1 | as A; print 2 | as B; print 3 | as B | count; print 4 | as B") == [
        "PrimaryResult",
        "B",
        "Table_2",
        "B1",
    ]
    assert _names("requests | fork a=(count) b=(take 1) (take 2 | as c) d=(take 2 | as e)") == [
        "PrimaryResult",
        "b",
        "c",
        "d",
    ]


def test_facet_has_a_table_for_with_and_for_each_column() -> None:
    found = compile("requests | facet by name, url with (count)", DATABASE, OPTIONS).statements
    columns = [[name for name, _ in statement.columns] for statement in found]
    assert columns == [["Count"], ["name", "count_name"], ["url", "count_url"]]


def test_each_table_reads_only_what_it_needs() -> None:
    text = (
        "requests | where timestamp > datetime(2024-01-01)"
        " | fork (project name) (where timestamp > datetime(2024-02-01) | count)"
    )
    first, second = compile(text, DATABASE, OPTIONS).statements
    assert first.scans[0].columns == ("timestamp", "name")
    assert second.scans[0].columns == ("timestamp",)
    assert first.scans[0].time_from is not None
    assert second.scans[0].time_from is not None
    assert second.scans[0].time_from > first.scans[0].time_from


def test_every_table_is_shown_as_render_says() -> None:
    found = compile(f"{FORK} | render piechart", DATABASE, OPTIONS).statements
    assert [s.render.visualization for s in found if s.render is not None] == ["piechart"] * 2


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        (f"{FORK} | where x > 1", "several tables stand where one is needed", 54),
        (f"union ({FORK}), (print 1)", "several tables stand where one is needed", 7),
        (f"let T = {FORK}; T", "several tables stand where one is needed", 9),
        (f"print toscalar({FORK})", "several tables stand where one is needed", 16),
        ("requests | fork (fork (take 1))", "several tables stand where one is needed", 18),
        ("requests | partition by name (fork (take 1))", "'fork' is not run inside mv-apply", 31),
        ("requests | facet by nam", "unknown column 'nam'", 21),
        ("requests | fork (where nam == 'x') (count)", "unknown column or variable 'nam'", 24),
        ("requests | fork", "expected a name or '('", 16),
        (
            "print a = 1 | assert-schema (a:int)",
            "the columns are others: column 0 is a:long, not a:int",
            15,
        ),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
