"""Rows that were put together give the answers that the rows themselves give."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.kql.sql import repeated
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.query.values import datetime_text
from openinsights.schema.catalog import ALL
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.schema.rollups import ROLLUPS
from openinsights.store.duckdb import rollups
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TODAY = 20_000 + UNIX_EPOCH_TICKS // TICKS_PER_DAY
NOW = TODAY * TICKS_PER_DAY + 10 * PERIOD_TICKS + 12_345
SOME = (TODAY - 2) * TICKS_PER_DAY + 5 * PERIOD_TICKS + 777
"""In the middle of an hour of a day that is over."""
TABLES = ("requests", "dependencies", "traces", "customEvents")
DURATIONS = (0.0, 0.25, 1.0, 1.5, 40.0, 41.0, 42.5, 1000.25, 5e5, -3.0, None)
QUERIES = (
    "{t} | summarize count(), sum(itemCount), min(timestamp), max(timestamp)",
    "{t} | summarize count() by cloud_RoleName",
    "{t} | summarize count() by bin(timestamp, 1h), cloud_RoleName",
    "{t} | summarize sum(itemCount) by bin(timestamp, 6h)",
    "{t} | summarize sum(itemCount) by bin(timestamp, 1d), itemType",
    "{t} | summarize count() by startofday(timestamp)",
    "{t} | summarize count() by bin(timestamp, 30m)",
    "{t} | where timestamp >= datetime({some}) | summarize count(), max(timestamp) by cloud_RoleInstance",
    "{t} | where timestamp > datetime({some}) and timestamp <= datetime({today}) | summarize count() by operation_Name",
    "{t} | where timestamp between (datetime({some}) .. 30m) | summarize count()",
    "{t} | where timestamp >= datetime({some}) and timestamp < datetime({some}) + 1d | summarize sum(itemCount) by application_Version",
    "{t} | where cloud_RoleName == 'web' and timestamp > ago(3d) | summarize countif(operation_Name != ''), dcount(cloud_RoleInstance)",
    "{t} | where cloud_RoleName != 'web' or operation_Name == 'o1' | summarize minif(timestamp, application_Version == '1'), maxif(timestamp, application_Version == '2') by cloud_RoleName",
    "{t} | summarize app = take_any(appId), dcountif(operation_Name, cloud_RoleName == 'web') by cloud_RoleName | extend app = app in ('a', 'b')",
    "{t} | distinct cloud_RoleName, application_Version",
    "{t} | extend part = strcat(cloud_RoleName, '/', application_Version) | summarize count() by part",
    "{t} | extend hour = bin(timestamp, 1h) | where hour > datetime({some}) | summarize count() by hour",
    "{t} | extend weight = itemCount | summarize sum(weight), count() by cloud_RoleName",
    "{t} | extend weight = itemCount * 2 | summarize sum(weight) by cloud_RoleName",
    "{t} | where hourofday(timestamp) == 5 | summarize count()",
    "{t} | where rand() <= 1 | summarize count()",
    "{t} | where user_Id == 'u1' | summarize count() by cloud_RoleName",
    "{t} | summarize dcount(user_Id) by cloud_RoleName",
    "{t} | where tostring(customDimensions.k) == 'v' | summarize count()",
    "{t} | summarize avg(itemCount), max(itemCount) by cloud_RoleName",
    "{t} | summarize arg_max(timestamp, operation_Name) by cloud_RoleName",
    "{t} | top 5 by timestamp desc | summarize count() by cloud_RoleName",
    "{t} | where timestamp > ago(2d) | summarize n = count() by cloud_RoleName | join kind=leftouter ({t} | summarize m = sum(itemCount) by cloud_RoleName) on cloud_RoleName",
    "let x = {t} | where timestamp > ago(2d); x | summarize count() by cloud_RoleName | extend all = toscalar(x | summarize sum(itemCount))",
    "let x = materialize({t} | summarize n = count() by cloud_RoleName, application_Version); x | summarize sum(n) by cloud_RoleName | union (x | count)",
    "requests | summarize sum(duration * itemCount) / sum(itemCount), sumif(itemCount, success == 'False') by name",
    "requests | summarize sum(itemCount * duration), sum(duration), max(duration), min(duration) by name",
    "requests | summarize sum(duration * duration * itemCount) by name",
    "requests | summarize percentilew(duration, itemCount, 95) by name",
    "requests | summarize percentilesw(duration, itemCount, 0, 50, 95, 99, 100), count() by bin(timestamp, 1h)",
    "requests | summarize percentilew(duration, itemCount, 50), sum(duration * itemCount), dcount(resultCode)",
    "requests | where success == 'False' and timestamp > datetime({some}) | summarize percentilew(duration, itemCount, 90), count() by cloud_RoleName, name",
    "requests | summarize percentilew(duration, itemCount, 95), min(timestamp) by cloud_RoleInstance, application_Version",
    "requests | summarize percentilew(duration, itemCount, 95), percentilew(itemCount, itemCount, 95) by name",
    "dependencies | summarize percentilesw(duration, itemCount, 5, 95), sumif(itemCount, success == 'False') by type, target, name",
    "dependencies | where type == 'SQL' and name in ('n1', 'n2') | summarize percentilew(duration, itemCount, 50) by bin(timestamp, 1d)",
    "requests | summarize dcountif(user_Id, isnotempty(user_Id)), dcount(session_Id) by bin(timestamp, 1h)",
    "union requests, traces | where timestamp > datetime({some}) | summarize dcount(user_Id), count() by bin(timestamp, 1d)",
    "union requests, dependencies | summarize percentilew(duration, itemCount, 95), count() by cloud_RoleName",
    "union requests, dependencies, traces, customEvents | summarize count(), sum(itemCount), max(timestamp) by itemType",
    "union withsource = w requests, traces, customEvents, pageViews | where timestamp > datetime({some}) | summarize count() by w, bin(timestamp, 1h)",
    "union requests, traces | summarize count() by itemType, resultCode, severityLevel, operation_Name",
    "union requests, dependencies, traces | summarize sum(itemCount) by cloud_RoleName, cloud_RoleInstance, application_Version",
    "union (requests | where name == 'n1'), (dependencies | where name == 'n2' | extend cloud_RoleName = 'x') | summarize count() by cloud_RoleName, name",
    "let r = union requests, requests; r | summarize sum(itemCount), percentilew(duration, itemCount, 50) by name",
    "traces | summarize sum(itemCount), count() by severityLevel, operation_SyntheticSource, sdkVersion",
    "requests | make-series sum(itemCount) default = 0 on timestamp from datetime({some}) to datetime({today}) step 1h by cloud_RoleName",
    "requests | where timestamp > ago(1h) | summarize count()",
    "requests | where timestamp < datetime(1999-01-01) | summarize count(), min(timestamp), sum(duration * itemCount)",
)  # fmt: skip


FEWEST = (
    ("requests | summarize percentilew(duration, itemCount, 95) by bin(timestamp, 1h)", "requests_hours"),
    ("requests | summarize sumif(itemCount, success == 'False'), max(duration)", "requests_hours"),
    ("requests | summarize percentilew(duration, itemCount, 95) by name", "requests_names"),
    ("dependencies | summarize count() by itemType, cloud_RoleInstance", "dependencies_sources"),
    ("traces | summarize sum(itemCount), max(timestamp) by cloud_RoleName", "traces_sources"),
    ("customMetrics | summarize count() by bin(timestamp, 1d)", "customMetrics_sources"),
)  # fmt: skip
"""Queries, and what they read of finished days."""


class Clock:
    def now_ticks(self) -> int:
        return NOW

    def monotonic_s(self) -> float:
        return 0.0


class Stored:
    """A store and the queries on it."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.open()

    def open(self) -> None:
        self.store = open_duckdb_store(self.folder, Clock(), functions=engine_functions())
        self._queries = QueryService(self.store, _no_resource, Clock())

    def append(self, sent: list[Rows]) -> None:
        for waiting in [self.store.append(rows) for rows in sent]:
            waiting.result(60)
        assert self.store.settle(60)

    def answer(self, text: str, apps: tuple[str, ...] | None = None) -> list[Any]:
        result = self._queries.run(QueryRequest(text, app_ids=apps))
        return [(table.columns, sorted(map(repr, table.rows))) for table in result.tables]

    def sql(self, text: str) -> str:
        return self._queries.run(QueryRequest(text)).sql


def _no_resource(name: str) -> Any:
    raise AssertionError(name)


@pytest.fixture
def eager(monkeypatch) -> None:
    """Few rows are put together too, and percentiles are found in bands."""
    monkeypatch.setattr(rollups, "FEW_ROWS", 1)
    monkeypatch.setattr(rollups, "LEAST_GAIN", 0)
    monkeypatch.setattr(repeated, "MAX_ROWS", 0)


def bodies(seed: int, count: int, days: Sequence[int] = (0, 1, 2, 3)) -> list[Rows]:
    draw = random.Random(seed)
    made = []
    for number in range(count):
        rows = tuple(
            DayRows(TODAY - back, tuple(telemetry(draw, name, TODAY - back) for name in TABLES))
            for back in days
        )
        made.append(Rows((seed * 1000 + number).to_bytes(16, "little"), 100, rows))
    return made


def telemetry(draw: random.Random, name: str, day: int) -> TableRows:
    size = draw.randrange(1, 14)

    def some(values: Sequence[Any]) -> list[Any]:
        return [draw.choice(values) for _ in range(size)]

    hours = PERIOD_TICKS * 10 if day == TODAY else TICKS_PER_DAY
    columns: dict[str, list[Any]] = {
        "timestamp": [
            day * TICKS_PER_DAY
            + draw.choice((0, 5 * PERIOD_TICKS, 5 * PERIOD_TICKS - 1, draw.randrange(hours)))
            for _ in range(size)
        ],
        "appId": some(("a", "b")),
        "itemCount": some((1, 1, 1, 2, 7)),
        "cloud_RoleName": some(("", "web", "jobs")),
        "cloud_RoleInstance": some(("", "i1", "i2")),
        "application_Version": some(("1", "2")),
        "operation_Name": some(("", "o1", "o2")),
        "user_Id": some(("u1", "u2", "u3")),
        "customDimensions": some((None, '{"k":"v"}', '{"k":"w"}')),
    }
    if name in ("requests", "dependencies"):
        columns |= {
            "name": some(("n1", "n2", "Ünï 🚀")),
            "duration": some(DURATIONS),
            "success": some(("True", "False")),
            "resultCode": some(("200", "404", "")),
        }
    if name == "dependencies":
        columns |= {"type": some(("SQL", "HTTP")), "target": some(("x", "y"))}
    if name == "traces":
        columns["severityLevel"] = some((None, 0, 3))
    return TableRows(name, size, columns)


def compare(kept: Stored, plain: Stored, part: int = 0, parts: int = 1) -> None:
    """Hold a part of the queries against the rows themselves, each on one of the tables."""
    some, today = datetime_text(SOME), datetime_text(TODAY * TICKS_PER_DAY)
    for place, query in list(enumerate(QUERIES))[part::parts]:
        text = query.format(t=TABLES[(place // 3 + part) % 4], some=some, today=today)
        apps = ("b",) if (place + part) % 4 == 0 else None
        assert kept.answer(text, apps) == plain.answer(text, apps), text


def test_answers_are_those_of_the_rows_themselves(tmp_path, eager) -> None:
    """After rows were put together; with later rows, without deleted ones, and put together again."""
    plain, kept = Stored(None), Stored(tmp_path)
    for each in (plain, kept):
        each.append(bodies(1, 6))
    kept.store.tidy()
    assert "rollup_" in kept.sql("requests | summarize count() by cloud_RoleName")
    assert "rollup_" in kept.sql(
        "requests | summarize percentilew(duration, itemCount, 95) by name"
    )
    compare(kept, plain)
    for each in (plain, kept):
        each.append(bodies(100, 1, (0, 1)))
    compare(kept, plain, 0, 3)
    kept.store.close()
    kept.open()
    compare(kept, plain, 1, 3)
    kept.store.tidy()
    compare(kept, plain, 2, 3)
    for each in (plain, kept):
        each.store.delete(Selection("requests", conditions=(Condition("name", "==", ("n1",)),)))
    compare(kept, plain, 3, 6)
    for each in (plain, kept):
        each.append(bodies(200, 1, (1, 2)))
    kept.store.tidy()
    compare(kept, plain, 4, 6)
    plain.store.close()
    kept.store.close()


def test_what_was_put_together_is_not_read_once_rows_are_deleted(tmp_path, eager) -> None:
    kept = Stored(tmp_path)
    kept.append(bodies(1, 3))
    kept.store.tidy()
    text = "requests | where timestamp < ago(1d) | summarize count() by cloud_RoleName"
    assert "rollup_" in kept.sql(text)
    kept.store.delete(Selection("requests", app_ids=("a",)), to_erase=True)
    assert "rollup_" not in kept.sql(text), "the places of its rows may change"
    for day in kept.store.stored_days():
        kept.store.erase(day.day)
    kept.store.tidy()
    assert "rollup_" in kept.sql(text), "written anew, the rows have places again"
    kept.store.close()


def test_a_copy_that_is_made_row_by_row_has_none(tmp_path, eager) -> None:
    """Its row ids need not be those of the file; one that is copied as a file keeps them."""
    kept = Stored(tmp_path / "stored")
    kept.append(bodies(1, 3, (1, 2)))
    kept.store.tidy()
    kept.append(bodies(2, 1, (1,)))
    found = {}
    for file in kept.store.stored_files():
        if file.name.endswith(".duckdb"):
            with duckdb.connect(str(file.path), read_only=True) as copy:
                names = copy.execute("select table_name from duckdb_tables()").fetchall()
            found[file.name] = any(name.startswith("rollup_") for (name,) in names)
    assert list(found.values()) == [True, False]
    kept.store.close()


def test_rows_that_hardly_become_fewer_are_left_as_they_are(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(rollups, "FEW_ROWS", 1)
    kept = Stored(tmp_path)
    kept.append(bodies(1, 1))
    kept.store.tidy()
    assert kept.store.rollups() == {}
    assert "rollup_" not in kept.sql("requests | summarize count() by cloud_RoleName")
    kept.store.close()


def test_today_and_few_rows_are_read_as_they_are(tmp_path, eager, monkeypatch) -> None:
    kept = Stored(tmp_path)
    kept.append(bodies(1, 3, (0,)))
    kept.store.tidy()
    assert kept.store.rollups() == {}
    monkeypatch.setattr(rollups, "FEW_ROWS", 1_000)
    kept.append(bodies(2, 3, (1,)))
    kept.store.tidy()
    assert kept.store.rollups() == {}
    kept.store.close()


def test_the_fewest_rows_that_say_it_are_read(tmp_path, eager) -> None:
    kept, plain = Stored(tmp_path), Stored(None)
    draw = random.Random(3)
    day = TODAY - 1
    sent = [
        DayRows(day, tuple(telemetry(draw, name, day) for name in (*TABLES, "customMetrics")))
        for _ in range(40)
    ]
    for each in (kept, plain):
        each.append([Rows(bytes([n] * 16), 100, (rows,)) for n, rows in enumerate(sent)])
    kept.store.tidy()
    for asked, relation in FEWEST:
        assert f"rollup_{relation}_1" in kept.sql(asked), asked
        assert kept.answer(asked) == plain.answer(asked), asked
    kept.store.close()
    plain.store.close()


def test_a_group_that_asks_for_more_than_is_kept_has_one_way_only() -> None:
    told = {"requests": [each for each in ROLLUPS if each.table == "requests"]}
    options = CompileOptions(NOW, rollups=told)

    def measures(text: str) -> list[tuple[str, ...]]:
        (statement,) = compile(text, Database(ALL), options).statements
        return [scan.columns for scan in statement.scans if scan.is_rolled_up]

    assert measures("requests | summarize count() by name") == [("name", "count()")]
    assert measures("requests | count") == [("count()",)]
    assert measures("requests | where timestamp > ago(1d) | count") == [("timestamp", "count()")]
    assert measures("requests | summarize count() by bin(timestamp, 90m)") == []
    assert measures("requests | summarize count() by bin(timestamp, 2h)") == [
        ("timestamp", "count()")
    ]
    assert measures("requests | summarize count() by url") == []
    assert measures("requests | summarize max(itemCount)") == []
    assert measures("requests | take 10 | summarize count() by name") == []
    assert measures("dependencies | summarize count() by name") == []
    assert measures("union requests, dependencies | summarize count() by name") == [
        ("name", "count()"),
        ("name", "count()"),
    ]
