"""What is told of the tables that a query reads."""

from __future__ import annotations

from engine import DATABASE, NOW

from openinsights.kql.api import CompileOptions, compile
from openinsights.kql.explain import scan_lines

KEPT = {"requests": {"customDimensions": frozenset(("tier",))}}
TOTALS = {table.name: len(table.columns) for table in DATABASE.tables}


def told(text: str, options: CompileOptions) -> list[str]:
    (statement,) = compile(text, DATABASE, options).statements
    return [line for scan in statement.scans for line in scan_lines(scan, TOTALS)]


def test_columns_times_and_values_are_told() -> None:
    text = (
        "requests | where timestamp between (datetime(2024-12-01) .. datetime(2024-12-02))"
        " and operation_Id in ('a', 'b') | top 5 by timestamp | project name"
    )
    assert told(text, CompileOptions(NOW)) == [
        "requests: 3 of 16 columns: timestamp, name, operation_Id",
        "  times: from 2024-12-01T00:00:00.0000000Z to 2024-12-02T00:00:00.0000000Z",
        "  only where operation_Id is 'a', 'b'",
    ]


def test_how_many_rows_are_enough_is_told() -> None:
    assert told("requests | top 5 by timestamp | project name", CompileOptions(NOW)) == [
        "requests: 2 of 16 columns: timestamp, name",
        "  the newest 5 rows are enough",
    ]


def test_keys_that_are_kept_are_no_columns() -> None:
    options = CompileOptions(NOW, kept_keys=KEPT)
    assert told("requests | where customDimensions.tier == 'gold' | project name", options) == [
        "requests: 1 of 16 columns: name",
        "  keys that are kept beside their column: customDimensions.tier",
        "  only where tostring(customDimensions['tier']) is 'gold'",
    ]


def test_counting_needs_no_column() -> None:
    assert told("requests | count", CompileOptions(NOW)) == [
        "requests: 0 of 16 columns: none: rows are counted"
    ]
