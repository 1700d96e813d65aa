"""find and search: which tables they read, and what they do not answer."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS, only_mistake

from openinsights.kql.api import Database, compile
from openinsights.schema.catalog import ALL, APP, CLASSIC

EVERYTHING = Database(ALL)


def _tables(text: str, database: Database = EVERYTHING) -> list[str]:
    (statement,) = compile(text, database, OPTIONS).statements
    return [scan.table for scan in statement.scans]


@pytest.mark.parametrize(
    "text", ["union * | count", "search 'x'", "find 'x'", "find in (*) where 'x'"]
)
def test_wildcards_read_each_row_once(text: str) -> None:
    assert _tables(text) == [table.name for table in CLASSIC]


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("union App* | count", [table.name for table in APP]),
        ("union AppS* | count", ["AppSystemEvents"]),
        ("union *Events | count", ["customEvents"]),
        ("union requests, AppR* | count", ["requests", "AppRequests"]),
        ("find in (tra*, AppTr*) where 'x'", ["traces", "AppTraces"]),
        ("search in (pa*) 'x'", ["pageViews"]),
    ],
)
def test_wildcards_fit_alternatives_only_where_nothing_else_fits(
    text: str, tables: list[str]
) -> None:
    assert _tables(text) == tables


def test_in_a_workspace_wildcards_read_its_tables() -> None:
    assert _tables("union * | count", Database(APP)) == [table.name for table in APP]


def test_wildcards_fit_views_and_no_other_variables() -> None:
    text = "let V1 = view () { requests }; let V2 = traces; let V3 = () { traces };"
    text += " let V4 = view (n:long) { traces }; union V* | count"
    assert _tables(text) == ["requests"]


def test_find_reads_only_what_it_shows_and_asks() -> None:
    text = "find in (requests, traces) where operation_Id == 'x' project timestamp"
    (statement,) = compile(text, DATABASE, OPTIONS).statements
    assert [scan.columns for scan in statement.scans] == [("timestamp", "operation_Id")] * 2


@pytest.mark.parametrize(
    ("text", "message", "column", "hint"),
    [
        ("find in (requests) 'x'", "expected 'where'", 20, ""),
        ("find in (nothing*) where 'x'", "there is no such table", 1, ""),
        ("find in (requets) where 'x'", "unknown table 'requets'", 10, "'requests'"),
        ("find in (requests) where nam == ''", "unknown column or variable 'nam'", 26, "'name'"),
        ("find in (requests) where 'x' project nam", "unknown column 'nam'", 38, "'name'"),
        ("find in (requests) where 'x' project id, id", "the column 'id' is there twice", 42, ""),
        (
            "find in (requests, (traces | project duration = message)) where 'x' project duration",
            "the column 'duration' has several types: real, string",
            77,
            "give one: duration:real",
        ),
        ("requests | find 'x'", "'find' can only start a query", 12, ""),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int, hint: str) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
    assert hint in found.hint
