"""Rows that ClickHouse puts together stand for the same rows as those that are read as they are."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.kql.api import CompileOptions, compile, emit
from openinsights.kql.database import Database
from openinsights.kql.sql.dialects import dialect_named
from openinsights.schema.catalog import ALL
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.schema.rollups import BAND, COUNT, FIRST, ITEMS, LAST, SHORTEST, TIME_SPENT
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.errors import QueryOutOfRange
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.clickhouse

MEASURES = (COUNT, ITEMS, TIME_SPENT, FIRST, LAST)
COLUMNS = ("name", "appId", *(each.name for each in MEASURES))


@pytest.fixture
def store(clickhouse_url: str, clock: Any) -> Iterator[Any]:
    from openinsights.store.clickhouse.store import open_clickhouse_store

    opened = open_clickhouse_store(clickhouse_url, clock)
    yield opened
    opened.close()


def fill(store: Any, bodies: Any) -> list[dict[str, Any]]:
    draw = random.Random(7)
    kept = []
    for place in range(4):
        app_id = f"app-{place % 2}"
        first = bodies.noon // TICKS_PER_DAY * TICKS_PER_DAY
        times = [first + draw.randrange(-PERIOD_TICKS, 5 * PERIOD_TICKS) for _ in range(150)]
        names = [f"GET /{draw.randrange(4)}" for _ in times]
        body = bodies.body(
            f"b{place}", *zip(times, names, strict=True), table="requests", app_id=app_id
        )
        for day in body.days:
            (table,) = day.tables
            counts = [draw.choice((None, 1, 3)) for _ in range(table.count)]
            durations = [draw.choice((None, 0.5, 20.25)) for _ in range(table.count)]
            table.columns.update(itemCount=counts, duration=durations)
            kept += [
                dict(zip(("time", "name", "count", "duration"), row, strict=True), app=app_id)
                for row in zip(
                    table.columns["timestamp"],
                    table.columns["name"],
                    counts,
                    durations,
                    strict=True,
                )
            ]
        bodies.keep(store, body)
    return kept


def asked(store: Any, **bounds: Any) -> tuple[list[Any], Sql]:
    request = ScanRequest("requests", COLUMNS, is_rolled_up=True, **bounds)
    source = store.source(request)
    count, items, spent, first, last = (f'"{each.name}"' for each in MEASURES)
    text = (
        f"select name, appId, sum({count}), sum({items}), sum({spent}), min({first}), max({last})"
        f" from {source.text} as found group by name, appId order by name, appId"
    )
    return store.run(Sql(text, source.parameters), timeout_s=60, max_rows=100).rows, source


def expected(rows: list[dict[str, Any]]) -> list[Any]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["name"], row["app"]), []).append(row)
    found = []
    for (name, app), of in sorted(groups.items()):
        items = [row["count"] for row in of if row["count"] is not None]
        spent = [
            row["count"] * row["duration"]
            for row in of
            if row["count"] is not None and row["duration"] is not None
        ]
        times = [row["time"] for row in of]
        found.append(
            (name, app, len(of), sum(items) if items else None, sum(spent) if spent else None,
             min(times), max(times))
        )  # fmt: skip
    return found


def test_whatever_range_is_asked_for_the_sums_are_those_of_the_rows(store, bodies) -> None:
    rows = fill(store, bodies)
    first = bodies.noon // TICKS_PER_DAY * TICKS_PER_DAY
    hour = PERIOD_TICKS
    for low, high in (
        (None, None),
        (first, None),
        (None, first + 3 * hour - 1),
        (first + 1, first + 4 * hour),
        (first + hour // 2, first + 3 * hour + hour // 2),
        (first + hour // 4, first + hour // 2),
        (first - 3 * hour, first - 1),
    ):
        for app_ids in (None, ("app-1",), ("app-0", "app-1"), ()):
            bounds = {"time_from": low, "time_to": high, "app_ids": app_ids}
            meant = [
                row
                for row in rows
                if (low is None or row["time"] >= low)
                and (high is None or row["time"] <= high)
                and (app_ids is None or row["app"] in app_ids)
            ]
            found, source = asked(store, **bounds)
            assert found == expected(meant), bounds
            whole = low is None or high is None or high - low >= 2 * hour
            assert source.is_rolled_up is whole
            assert ("requests_by_" in source.text) is whole


def test_deleted_rows_are_in_no_sum(store, bodies) -> None:
    rows = fill(store, bodies)
    gone = Selection("requests", conditions=(Condition("name", "==", ("GET /2",)),))
    assert store.delete(gone) == sum(row["name"] == "GET /2" for row in rows)
    rows = [row for row in rows if row["name"] != "GET /2"]
    assert asked(store)[0] == expected(rows)
    day = bodies.noon // TICKS_PER_DAY
    store.drop_day(day)
    rows = [row for row in rows if row["time"] // TICKS_PER_DAY != day]
    assert rows
    assert asked(store)[0] == expected(rows)


def test_what_no_rollup_says_is_read_as_it_is(store, bodies) -> None:
    fill(store, bodies)
    request = ScanRequest("requests", ("url", COUNT.name), is_rolled_up=True)
    source = store.source(request)
    assert not source.is_rolled_up
    text = f'select sum("{COUNT.name}") from {source.text} as found'
    assert store.run(Sql(text), timeout_s=60, max_rows=9).rows == [(600,)]


def counted(store: Any, *, is_rolled_up: bool) -> list[Any]:
    """What lies in each band, and whether the rollup with bands was read."""
    request = ScanRequest(
        "requests", ("name", BAND.name, ITEMS.name, SHORTEST.name), is_rolled_up=True
    )
    source = store.source(request)
    assert source.is_rolled_up
    assert ("requests_by_names_in_bands" in source.text) is is_rolled_up
    text = (
        f'select name, "{BAND.name}" as band, sum("{ITEMS.name}"), min("{SHORTEST.name}")'
        f" from {source.text} as found group by name, band order by name, band"
    )
    return store.run(Sql(text, source.parameters), timeout_s=60, max_rows=1000).rows


def in_bands(rows: list[dict[str, Any]]) -> dict[tuple[str, float], int]:
    found: dict[tuple[str, float], int] = {}
    for row in rows:
        if row["count"] and row["duration"] is not None:
            key = row["name"], row["duration"]
            found[key] = found.get(key, 0) + row["count"]
    return found


def test_values_are_counted_in_bands(store, bodies) -> None:
    rows = fill(store, bodies)
    found = counted(store, is_rolled_up=True)
    assert {(name, least): items for name, band, items, least in found if band is not None} == (
        in_bands(rows)
    )
    assert len({band for _, band, _, _ in found if band is not None}) == len((0.5, 20.25))


def test_days_that_were_there_before_a_rollup_are_read_as_they_are(
    clickhouse_url, clock, bodies
) -> None:
    """An earlier release kept no bands: its rows are in none of them, also beside later ones."""
    from openinsights.store.clickhouse.layout import initialise
    from openinsights.store.clickhouse.store import open_clickhouse_store

    store = open_clickhouse_store(clickhouse_url, clock)
    clients, database = store._clients, store._place.database
    for kind, name in (("view", "telemetry_view_3_requests_"), ("table", "requests_by_")):
        clients.command(f"drop {kind} {database}.{name}names_in_bands sync")
    rows = fill(store, bodies)
    initialise(clients)
    rows += fill_again(store, bodies)
    found = counted(store, is_rolled_up=True)
    assert {(name, least): items for name, band, items, least in found if band is not None} == (
        in_bands(rows)
    )
    days = {row["time"] // TICKS_PER_DAY for row in rows}
    noted = clients.rows(
        f"select distinct day from {database}.unrolled where name = 'requests_by_names_in_bands'"
    )
    assert days <= {day for (day,) in noted}
    store.close()


def fill_again(store: Any, bodies: Any) -> list[dict[str, Any]]:
    """Rows of the same days that come later."""
    first = bodies.noon // TICKS_PER_DAY * TICKS_PER_DAY
    times = [first + hour * PERIOD_TICKS for hour in (-1, 2, 2, 3)]
    body = bodies.body("later", *((at, "GET /late") for at in times), table="requests")
    kept = []
    for day in body.days:
        (table,) = day.tables
        table.columns.update(itemCount=[2] * table.count, duration=[7.5] * table.count)
        kept += [
            {"time": at, "name": "GET /late", "count": 2, "duration": 7.5}
            for at in table.columns["timestamp"]
        ]
    bodies.keep(store, body)
    return kept


def test_nan_among_the_values_fails_the_question(store, bodies) -> None:
    """As it does where every value is read: ClickHouse has no place for it in an order."""
    body = bodies.body("nan", (bodies.noon, "GET /"), table="requests")
    body.days[0].tables[0].columns.update(itemCount=[1], duration=[float("nan")])
    bodies.keep(store, body)
    text = "requests | summarize percentilew(duration, itemCount, 95) by name"
    for rollups in (store.rollups(), {}):
        options = CompileOptions(bodies.noon, rollups=rollups)
        (statement,) = compile(text, Database(ALL), options).statements
        sources = {
            scan.id: store.source(
                ScanRequest(scan.table, scan.columns, is_rolled_up=scan.is_rolled_up, id=scan.id)
            )
            for scan in statement.scans
        }
        assert any(each.is_rolled_up for each in sources.values()) is bool(rollups)
        sql = emit(statement, sources, dialect=dialect_named(store.dialect))
        with pytest.raises(QueryOutOfRange, match="NaN is among the values"):
            store.run(sql, timeout_s=60, max_rows=9)
