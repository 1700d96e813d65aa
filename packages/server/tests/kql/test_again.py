"""A table that a let names is bound once; every use of it means what its text means there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, NOW, OPTIONS, Engine

from openinsights.kql.api import CompileOptions, compile
from openinsights.kql.errors import KqlError, LimitExceeded
from openinsights.kql.limits import CompileLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.kql.api import Scan

SECOND = 10_000_000
ONCE = ("toscalar", "in ((", "as held", "materialize")
"""What makes a part of a table be read once for all uses."""
BODIES = (
    "requests",
    "requests | where timestamp > ago(10m) | project id, name, timestamp, duration, customDimensions",
    "requests | where name in ((traces | project message)) | extend word = strcat(name, '!')",
    "requests | extend k = tostring(customDimensions.k) | project-away url",
    "requests | summarize n = count(), duration = sum(duration) by id, name, timestamp",
    "requests | top 3 by timestamp | extend place = row_number()",
    "requests | sort by duration asc | serialize | extend before = prev(name)",
    "union requests, traces | where itemCount > 0",
    "requests | join (traces) on $left.name == $right.message",
    "requests | join kind=leftouter (traces) on $left.name == $right.message",
    "requests | where duration > toscalar(requests | summarize avg(duration))",
    "requests | as held | union held",
    "materialize(requests | where duration > 1)",
    "requests | mv-expand part = dynamic([1, 2]) | extend part = tolong(part)",
    "requests | mv-apply part = dynamic([3, 4]) on (where part == 4)",
    "requests | lookup (datatable(name:string, title:string)['a', 'A', 'b', 'B']) on name",
)
USES = (
    "union ({0}), ({0} | where duration > 1), ({0})",
    "{0} | where timestamp > ago(1h) | join kind=inner ({0} | where timestamp < ago(1m)) on id",
    "{0} | where name == 'a' | union ({0} | where name != 'a' | top 2 by timestamp desc)",
    "{0} | where id in (({0} | where duration > 1 | project id)) | count",
    "{0} | join kind=leftanti ({0} | where name == 'a') on id | project id, name",
    "{0} | summarize m = max(duration) by name | join ({0}) on name | where duration == m",
    "union ({0} | where timestamp > ago(2m)), ({0} | take 100) | where name has 'b'",
    "{0} | join ({0} | join ({0}) on id) on id | where name1 == 'a'",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(DATABASE)
    rows = [
        ("1", "a", 0.5, 1, "x"),
        ("2", "b", 2.0, 2, "y"),
        ("3", "a", 7.5, 3, ""),
        ("4", "c b", 1.5, 9, "x"),
    ]
    engine.insert(
        "requests",
        [
            {
                "id": id_,
                "name": name,
                "duration": duration,
                "timestamp": NOW - minutes * 60 * SECOND,
                "customDimensions": f'{{"k": "{key}"}}' if key else None,
                "itemCount": 1,
            }
            for id_, name, duration, minutes, key in rows
        ],
    )
    engine.insert(
        "traces",
        [{"message": text, "itemCount": 2, "timestamp": NOW - SECOND} for text in ("a", "b", "b")],
    )
    yield engine
    engine.connection.close()


def asked(scan: Scan) -> tuple[object, ...]:
    among = sorted((name, *sorted(of)) for name, of in scan.among)
    bounds = (scan.time_from, scan.time_to, scan.newest_first_limit)
    return scan.table, sorted(scan.columns), bounds, among


def outcome(engine: Engine, text: str) -> tuple[object, ...]:
    """Columns, rows and what is read; or the mistakes."""
    try:
        (statement,) = compile(text, DATABASE, OPTIONS).statements
    except KqlError as error:
        return tuple(part.message for part in error.diagnostics)
    _, rows = engine.run(text)
    scans = sorted(map(repr, map(asked, statement.scans)))
    return statement.columns, sorted(map(repr, rows)), scans


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("body", BODIES)
def test_each_use_is_as_if_the_text_stood_there(engine: Engine, body: str, use: str) -> None:
    named = outcome(engine, f"let T = {body}; {use.format('T')}")
    written = outcome(engine, use.format(f"({body})"))
    if any(once in body for once in ONCE):
        named, written = named[:2], written[:2]
    assert named == written


@pytest.mark.parametrize("use", USES[1:4])
@pytest.mark.parametrize("body", BODIES)
def test_a_table_made_of_one_that_is_used_beside_it(engine: Engine, body: str, use: str) -> None:
    named = f"let S = {body}; let T = S | where isnotempty(id); {use.format('T')} | union (S)"
    alone = f"{use.format(f'({body} | where isnotempty(id))')} | union ({body})"
    assert outcome(engine, named)[:2] == outcome(engine, alone)[:2]


def test_each_use_of_what_is_drawn_by_lot_draws_anew(engine: Engine) -> None:
    table = "let T = range i from 1 to 9 step 1 | extend r = rand(); "
    query = "T | join (T) on i | summarize countif(r == r1)"
    assert engine.run(table + query)[1] == [(0,)]
    inside = "let T = range i from 1 to 9 step 1 | where i in ((print toscalar(rand()) * 1e18)); "
    assert engine.run(inside + "T | union (T) | count")[1] == [(0,)]


def test_what_is_materialized_is_drawn_once(engine: Engine) -> None:
    table = "let T = materialize(range i from 1 to 9 step 1 | extend r = rand()); "
    query = "T | join (T) on i | summarize countif(r == r1)"
    assert engine.run(table + query)[1] == [(9,)]


def test_each_use_counts_as_if_it_were_bound_anew() -> None:
    doubled = "".join(f"let t{n + 1} = t{n} | union (t{n}); " for n in range(12))
    with pytest.raises(LimitExceeded):
        compile(f"let t0 = requests; {doubled} t12", DATABASE, OPTIONS)
    few = CompileOptions(NOW, limits=CompileLimits(tables=5))
    five = "let a = requests; let b = a | union (a); union b, b, a"
    assert len(compile(five, DATABASE, few).statements[0].scans) == 5
    with pytest.raises(LimitExceeded, match="reads more than 5 tables"):
        compile(five + ", a", DATABASE, few)


def test_a_mistake_in_a_table_is_told_once() -> None:
    with pytest.raises(KqlError) as caught:
        compile("let T = requests | where nome == 'a'; union T, T, T", DATABASE, OPTIONS)
    assert len(caught.value.diagnostics) == 1
