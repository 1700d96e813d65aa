"""Different values of very many rows that were put together are estimated, where memory allows it."""

from __future__ import annotations

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, Database, compile, emit
from openinsights.kql.sql.estimated import MANY_ROWS
from openinsights.schema.catalog import ALL
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.schema.rollups import ROLLUPS
from openinsights.schema.sql import Sql

NOW = (20_000 + UNIX_EPOCH_TICKS // TICKS_PER_DAY) * TICKS_PER_DAY
TOLD = {"requests": [each for each in ROLLUPS if each.table == "requests"]}
WEEK = "requests | where timestamp > ago(7d) and timestamp < now()"


def sql(text: str, together: int = MANY_ROWS, relation: str = "(select 1)") -> Sql:
    """The SQL of a query to a store that has so many rows put together, found in `relation`."""
    options = CompileOptions(NOW, rollups=TOLD)
    statement = compile(text, Database(ALL), options).statements[0]
    sources = {
        scan.id: Sql(relation, is_rolled_up=scan.is_rolled_up, together=together)
        for scan in statement.scans
    }
    return emit(statement, sources)


@pytest.mark.parametrize(
    "asked",
    [
        "summarize dcount(user_Id)",
        "summarize dcount(user_Id, 1), count()",
        "summarize dcountif(user_Id, session_Id != ''), dcount(session_Id) by bin(timestamp, 1h)",
        "extend x = 'a', hour = bin(timestamp, 2h) | summarize dcount(user_Id) by x, hour",
        "summarize dcount(user_Id) by startofday(timestamp), y = strcat('a', 'b')",
    ],
)
def test_spans_of_time_are_estimated(asked: str) -> None:
    assert "bitstring_agg" in sql(f"{WEEK} | {asked}").text
    assert "bitstring_agg" not in sql(f"{WEEK} | {asked}", MANY_ROWS - 1).text


def test_several_tables_are_estimated_together() -> None:
    text = (
        "union requests, pageViews | where timestamp > ago(7d) and timestamp < now()"
        " | extend series = '' | summarize dcount(user_Id) by bucket = bin(timestamp, 1h), series"
    )
    assert "bitstring_agg" in sql(text, MANY_ROWS // 2).text


@pytest.mark.parametrize(
    "text",
    [
        f"{WEEK} | summarize dcount(user_Id) by session_Id",
        f"{WEEK} | summarize dcount(user_Id) by bin(timestamp, 1h), session_Id",
        f"{WEEK} | summarize dcount(user_Id, 2) by bin(timestamp, 1h)",
        f"{WEEK} | summarize count_distinct(user_Id) by bin(timestamp, 1h)",
        f"{WEEK} | summarize dcount(user_Id) by bin(timestamp, 30m)",
        "requests | summarize dcount(user_Id) by bin(timestamp, 1h)",
        "requests | where timestamp > ago(1000h) and timestamp < now()"
        " | summarize dcount(user_Id) by bin(timestamp, 1h)",
    ],
)
def test_all_others_are_exact(text: str) -> None:
    found = sql(text, 100 * MANY_ROWS).text
    assert "bitstring_agg" not in found
    assert "DISTINCT" in found


def test_estimates_are_within_a_percent_and_a_half() -> None:
    start = NOW - TICKS_PER_DAY
    sizes = [0, 1, 7, 300, 20_000, 190_000, 200_000, 400_000]
    rows = " union all ".join(
        f"select {start + hour * PERIOD_TICKS} as timestamp, 'u' || i as user_Id"
        f" from range({size}) as r(i), range(2)"
        for hour, size in enumerate(sizes)
    )
    text = f"{WEEK} | summarize dcount(user_Id) by bin(timestamp, 1h) | order by timestamp asc"
    made = sql(text, relation=f"({rows})")
    assert "bitstring_agg" in made.text
    found = duckdb.connect().execute(made.text, dict(made.parameters) or None).fetchall()
    for (_, count), size in zip(found, filter(None, sizes), strict=True):
        assert count == pytest.approx(size, rel=0.015, abs=1)
