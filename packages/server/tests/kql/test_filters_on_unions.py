"""Filters on a union are put to its inputs, where they cost least and say most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, NOW, Engine

from openinsights.kql.api import CompileOptions, compile

if TYPE_CHECKING:
    from collections.abc import Iterator

UNION = "union withsource=t requests, traces"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(DATABASE)
    engine.insert(
        "requests", [{"name": "refused", "itemCount": 1, "duration": 2.5}, {"name": "ok"}]
    )
    engine.insert("traces", [{"message": "was refused", "itemCount": 2}, {"message": ""}])
    yield engine
    engine.connection.close()


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("name has 'refused' or message has 'refused'", 2),
        ("name !has 'refused'", 3),
        ("not(name has 'refused') and message == ''", 2),
        ("name contains ''", 4),
        ("name == '' and message startswith 'was'", 1),
        ("isempty(name)", 2),
        ("isnull(duration)", 3),
        ("isnotnull(duration) and duration > 2", 1),
        ("duration != 2.5", 3),
        ("t == 'requests'", 2),
        ("t has 'trac' or name == 'ok'", 1),
        ("coalesce(itemCount, 0) == 0", 2),
        ("iff(name == '', message, name) has 'refused'", 2),
        ("itemCount in (1, 2)", 2),
        ("name in (requests | project name)", 2),
        ("customDimensions.x == '' or name =~ ''", 4),
    ],
)
def test_the_rows_are_those_of_the_filter_behind_the_union(
    engine: Engine, condition: str, count: int
) -> None:
    ((found,),) = engine.run(f"{UNION} | where {condition} | count")[1]
    # `take` stands between the union and the filter, and keeps the filter where it is
    ((behind,),) = engine.run(f"{UNION} | take 100 | where {condition} | count")[1]
    assert found == behind == count


def test_filters_one_after_the_other_reach_the_tables(engine: Engine) -> None:
    sql = engine.sql(f"{UNION} | where itemCount > 0 | where name has 'x' or message has 'x'").text
    before, after = sql.split("UNION ALL")
    for side, other in ((before, "message"), (after, "name")):
        assert '"itemCount" > CAST(0 AS BIGINT)' in side
        assert f'lower("{other}")' not in side


def test_what_is_known_of_time_reaches_the_scans() -> None:
    query = "union requests, traces | where timestamp > ago(1d) | where itemCount > 0"
    (statement,) = compile(query, DATABASE, CompileOptions(NOW)).statements
    assert [scan.time_from for scan in statement.scans] == [NOW - 864_000_000_000 + 1] * 2
