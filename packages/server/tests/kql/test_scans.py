"""What a compiled query says of the tables it reads: columns, time bounds, the newest rows."""

from __future__ import annotations

import pytest
from engine import DATABASE, NOW, OPTIONS

from openinsights.kql.api import Database, OtherResource, Scan, compile

HOUR = 36_000_000_000


def scans(text: str) -> tuple[Scan, ...]:
    return compile(text, DATABASE, OPTIONS).statements[0].scans


@pytest.mark.parametrize(
    ("text", "time_from", "time_to"),
    [
        ("requests | where timestamp > ago(1h)", NOW - HOUR + 1, None),
        ("requests | where timestamp >= ago(1h) and name == 'x'", NOW - HOUR, None),
        ("requests | where timestamp between (ago(2h) .. ago(1h))", NOW - 2 * HOUR, NOW - HOUR),
        ("requests | where timestamp between (ago(2h) .. 1h)", NOW - 2 * HOUR, NOW - HOUR),
        ("requests | where ago(1h) < timestamp | where timestamp < now()", NOW - HOUR + 1, NOW - 1),
        ("requests | extend x = 1 | project t = timestamp | where t >= ago(1h)", NOW - HOUR, None),
        ("requests | extend timestamp = now() | where timestamp >= ago(1h)", None, None),
        ("requests | where timestamp >= ago(1h) or name == 'x'", None, None),
        ("requests | take 5 | where timestamp >= ago(1h)", None, None),
        ("requests | where bin(timestamp, 1h) >= ago(1h)", NOW - HOUR, None),
        ("let a = ago(1d); requests | where timestamp >= startofday(a)", NOW - 24 * HOUR, None),
        ("requests | where bin(timestamp, 1h) == ago(3h)", NOW - 3 * HOUR, NOW - 2 * HOUR),
        ("requests | where bin(timestamp, 1h) < ago(3h)", None, NOW - 2 * HOUR - 1),
        ("requests | where startofweek(timestamp) == ago(48h)", NOW - 48 * HOUR, NOW + 120 * HOUR),
        ("requests | where startofweek(timestamp, 1) >= ago(48h)", None, None),
        ("requests | extend d = startofweek(timestamp) | where d >= ago(2h)", NOW - 2 * HOUR, None),
        ("requests | where timestamp + 1h > ago(1h)", NOW - 2 * HOUR + 1, None),
        ("requests | where timestamp - 1h <= ago(1h)", None, NOW),
        (
            "requests | where timestamp < ago(3h) or timestamp == ago(1h)",
            None,
            NOW - HOUR,
        ),
        (
            "requests | where (timestamp > ago(3h) and name == 'x') or timestamp > ago(1h)",
            NOW - 3 * HOUR + 1,
            None,
        ),
        (
            "requests | summarize count() by timestamp | where timestamp >= ago(1h)",
            NOW - HOUR,
            None,
        ),
        (
            "requests | where name in (traces | project message) | where timestamp == now()",
            NOW,
            NOW,
        ),
    ],
)
def test_conditions_on_time_become_bounds(
    text: str, time_from: int | None, time_to: int | None
) -> None:
    scan = scans(text)[0]
    if NOW % (24 * HOUR) and "startofday" in text:
        time_from = (NOW - 24 * HOUR) // (24 * HOUR) * 24 * HOUR
    assert (scan.time_from, scan.time_to) == (time_from, time_to)


def test_bounds_reach_every_table_of_a_union_and_both_sides_stay_apart() -> None:
    both = scans("union requests, traces | where timestamp > ago(1h)")
    assert [scan.time_from for scan in both] == [NOW - HOUR + 1] * 2
    first, second = scans(
        "requests | where timestamp > ago(1h) | join kind=inner (traces) on operation_Id"
    )
    assert (first.time_from, second.time_from) == (NOW - HOUR + 1, None)


def test_only_needed_columns_are_read() -> None:
    (scan,) = scans("requests | where name has 'x' | summarize avg(duration) by bin(timestamp, 1h)")
    assert set(scan.columns) == {"name", "duration", "timestamp"}
    assert scans("requests | count")[0].columns == ()
    (joined, other) = scans(
        "requests | join kind=inner traces on operation_Id | project name, message"
    )
    assert set(joined.columns) == {"name", "operation_Id"}
    assert set(other.columns) == {"message", "operation_Id"}


def test_a_variable_named_twice_has_scans_of_its_own() -> None:
    first, second = scans(
        "let r = requests | where timestamp > ago(1d);"
        "r | where timestamp > ago(1h) | join kind=inner (r | where name == 'x') on operation_Id"
    )
    assert first.time_from == NOW - HOUR + 1
    assert second.time_from == NOW - 24 * HOUR + 1


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("requests | take 10", 10),
        ("requests | top 10 by timestamp", 10),
        ("requests | top 10 by timestamp desc | project name", 10),
        ("requests | where timestamp > ago(1h) | top 10 by timestamp", 10),
        ("requests | where timestamp > ago(1h) | take 10", 10),
        ("requests | where timestamp < ago(1h) | top 10 by timestamp", 10),
        ("requests | where timestamp between (ago(2h) .. ago(1h)) | take 10", 10),
        ("union requests, traces | where timestamp < now() | top 10 by timestamp, name", 10),
        ("requests | where timestamp < ago(1h) and name == 'x' | top 10 by timestamp", None),
        ("requests | extend t = timestamp - 1h | where t < ago(1h) | top 10 by timestamp", None),
        ("requests | where timestamp < ago(1h) or name == 'x' | top 10 by timestamp", None),
        ("requests | where timestamp != ago(1h) | top 10 by timestamp", None),
        ("requests | where timestamp - 1h > ago(1h) | top 10 by timestamp", None),
        ("requests | where operation_Id == 'x' | top 10 by timestamp", None),
        ("requests | where timestamp > ago(1h) or timestamp > ago(2h) | take 10", None),
        ("requests | sort by timestamp desc | take 10", 10),
        ("requests | sort by timestamp asc | take 10", None),
        ("requests | where name == 'x' | top 10 by timestamp", None),
        ("requests | where name == 'x' | take 10", None),
        ("requests | top 10 by timestamp asc", None),
        ("requests | top 10 by duration", None),
        ("requests | summarize count() by name | take 10", None),
        ("union requests, traces | top 10 by timestamp", 10),
    ],
)
def test_the_newest_rows_are_enough_only_where_nothing_drops_them(
    text: str, limit: int | None
) -> None:
    assert scans(text)[0].newest_first_limit == limit


def test_union_of_resources_has_one_scan_each() -> None:
    text = "union app('a').requests, app('b').requests | where timestamp > ago(1h)"
    tables = DATABASE.tables
    database = Database(tables, resource=lambda call, name: OtherResource(name, tables))
    found = compile(text, database, OPTIONS).statements[0].scans
    assert [(scan.resource, scan.time_from) for scan in found] == [
        ("a", NOW - HOUR + 1),
        ("b", NOW - HOUR + 1),
    ]


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("requests | where operation_Id == 'a'", {"a"}),
        ("requests | where 'a' == operation_Id and name == 'x'", {"a"}),
        ("requests | where operation_Id in ('a', 'b')", {"a", "b"}),
        ("requests | where operation_Id in (dynamic(['a', 'b']))", {"a", "b"}),
        ("let ids = dynamic(['a']); requests | where operation_Id in (ids)", {"a"}),
        ("let opId = 'a'; requests | where operation_Id == opId", {"a"}),
        ("let f = (x: string) { requests | where operation_Id == x }; f('a')", {"a"}),
        ("requests | where operation_Id == 'a' or operation_Id in ('b', 'c')", {"a", "b", "c"}),
        ("requests | where operation_Id in ('a', 'b') | where operation_Id == 'a'", {"a"}),
        (
            "requests | where (operation_Id == 'a' and name == 'x') or operation_Id == 'b'",
            {"a", "b"},
        ),
        ("union requests, traces | where operation_Id == 'a'", {"a"}),
        ("requests | project o = operation_Id | where o == 'a'", {"a"}),
        ("requests | summarize count() by operation_Id | where operation_Id == 'a'", {"a"}),
        ("declare query_parameters(o: string = 'a'); requests | where operation_Id == o", {"a"}),
        ("requests | where operation_Id == 'a' or name == 'x'", None),
        ("requests | where operation_Id != 'a'", None),
        ("requests | where not(operation_Id == 'a')", None),
        ("requests | where operation_Id !in ('a')", None),
        ("requests | where operation_Id =~ 'a'", None),
        ("requests | where operation_Id in ('a', name)", None),
        ("requests | take 5 | where operation_Id == 'a'", None),
        ("requests | extend operation_Id = 'a' | where operation_Id == 'a'", None),
        ("requests | where operation_Id in ((traces | project operation_Id))", None),
    ],
)
def test_values_that_texts_are_compared_with_are_named(text: str, among: set[str] | None) -> None:
    assert dict(scans(text)[0].among).get("operation_Id") == among
