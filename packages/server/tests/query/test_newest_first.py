"""The newest rows that pass filters: the same from the newest day alone, where that is enough."""

from __future__ import annotations

import random
from typing import Any

import pytest

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.catalog import ALL
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows

NOON = UNIX_EPOCH_TICKS + 20_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2


class Clock:
    def now_ticks(self) -> int:
        return NOON

    def monotonic_s(self) -> float:
        return 0.0


class Stored:
    """A store with rows of four days."""

    def __init__(self) -> None:
        draw = random.Random(7)
        self.store = open_duckdb_store(None, Clock(), functions=engine_functions())
        self._queries = QueryService(self.store, _no_resource, Clock())
        days = []
        for back in range(4):
            tables = []
            for table, column in (("requests", "name"), ("traces", "message")):
                # no two at the same time, in one table or the other: which comes first is chance
                first = NOON - back * TICKS_PER_DAY + (10 if table == "traces" else 0)
                times = [first + place * 20 for place in range(60)]
                draw.shuffle(times)
                values = [draw.choice("aab") + str(place) for place in range(60)]
                tables.append(TableRows(table, 60, {"timestamp": times, column: values}))
            days.append(DayRows(NOON // TICKS_PER_DAY - back, tuple(tables)))
        self.store.append(Rows(bytes(16), 1, tuple(days))).result(30)

    def answer(self, text: str) -> tuple[list[Any], str]:
        result = self._queries.run(QueryRequest(text))
        return [tuple(row) for row in result.tables[0].rows], result.sql


def _no_resource(name: str) -> Any:
    raise AssertionError(name)


@pytest.fixture(scope="module")
def stored() -> Stored:
    return Stored()


@pytest.mark.parametrize(
    ("text", "is_enough"),
    [
        (
            "requests | where name startswith 'a' | top 5 by timestamp | project timestamp, name",
            True,
        ),
        (
            "requests | where name startswith 'b' | sort by timestamp desc | take 8 | project name",
            True,
        ),
        ("requests | where name startswith 'a' | top 100 by timestamp | project timestamp", False),
        ("requests | where name == 'none' | top 3 by timestamp | project timestamp", False),
        (
            "union requests, (traces | extend name = message) | where name startswith 'a'"
            " | top 9 by timestamp | project timestamp, name",
            True,
        ),
        ("requests | where name startswith 'a' | top 5 by timestamp asc | project name", False),
        ("requests | where name startswith 'a' | top 5 by name | project name", False),
        (
            "requests | where name in ((traces | where timestamp < ago(1d) | project message))"
            " | top 4 by timestamp | project timestamp, name",
            None,
        ),
        (
            "requests | where name startswith 'a' | top 5 by timestamp | order by name asc"
            " | project name",
            True,
        ),
    ],
)
def test_rows_are_the_same_from_the_newest_day_and_from_all(
    stored: Stored, text: str, is_enough: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, sql = stored.answer(text)
    if is_enough is not None:
        assert ("d20241001" not in sql) == is_enough
    monkeypatch.setattr(QueryService, "_from_newest_day", lambda *args: None)
    assert rows == stored.answer(text)[0]


def test_any_rows_may_come_from_the_newest_day(stored: Stored) -> None:
    rows, sql = stored.answer("requests | where name startswith 'a' | take 5 | project name")
    assert len(rows) == 5
    assert all(name.startswith("a") for (name,) in rows)
    assert "d20241001" not in sql


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("requests | where name == 'x' | top 5 by timestamp", 5),
        ("requests | where name == 'x' | take 5", 5),
        ("requests | where name == 'x' | top 5 by timestamp | extend y = strlen(name)", 5),
        ("union requests, traces | where itemType == 'x' | top 5 by timestamp", 5),
        ("requests | top 5 by duration", None),
        ("requests | summarize count() by name | take 5", None),
        ("requests | summarize max(timestamp) by name | top 5 by max_timestamp", None),
        ("requests | distinct name | take 5", None),
        ("requests | extend n = row_number() | where n > 3 | take 5", None),
        ("requests | join kind=inner traces on operation_Id | top 5 by timestamp", None),
        ("requests | mv-expand a = customDimensions.x | top 5 by timestamp", None),
        ("requests | top 9 by duration | top 5 by timestamp", None),
        ("requests | extend timestamp = timestamp + 1h | top 5 by timestamp", None),
        ("union requests, (print timestamp = now()) | top 5 by timestamp", None),
        ("let r = materialize(requests); r | top 5 by timestamp", None),
    ],
)
def test_only_rows_of_scans_that_pass_filters_can_be_read_newest_first(
    text: str, count: int | None
) -> None:
    found = compile(text, Database(ALL), CompileOptions(NOON)).statements[0].newest_first
    assert (found.count if found else None) == count


@pytest.mark.parametrize("end", ["ago(1d) + 30tick", "ago(1d)", "ago(1d) + 9tick", "now()"])
@pytest.mark.parametrize("source", ["requests", "union requests, traces"])
def test_the_newest_rows_until_an_end_are_those_before_it(
    stored: Stored, source: str, end: str
) -> None:
    among = f"{source} | where timestamp >= ago(2d) and timestamp < {end}"
    rows, _ = stored.answer(f"{among} | top 7 by timestamp | project timestamp")
    all_in_order = f"{among} | sort by timestamp desc | extend n = row_number() | where n <= 7"
    assert len(rows) == 7
    assert rows == stored.answer(f"{all_in_order} | project timestamp")[0]
