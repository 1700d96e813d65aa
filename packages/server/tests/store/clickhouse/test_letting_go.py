"""Telemetry goes by whole parts where it can, and leaves no bytes where it must not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY, SystemClock
from openinsights.store.clickhouse import ddl
from openinsights.store.errors import StoreHasNoFiles
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.clickhouse

KEPT = {"app-1": 3000, "app-2": 9000, "app-3": 9000}
"""Long enough that ClickHouse, whose clock is not the test's, drops nothing itself."""


@pytest.fixture
def store(clickhouse_url: str, clock: Any) -> Iterator[Any]:
    from openinsights.store.clickhouse.store import open_clickhouse_store

    opened = open_clickhouse_store(clickhouse_url, clock, retention_of=lambda app, _: KEPT[app])
    yield opened
    opened.close()


def parts(store: Any) -> list[Any]:
    """What rows of traces are in: partition, rows, and whether some of them are deleted."""
    database = store._place.database
    text = (
        "select partition, sum(rows), max(has_lightweight_delete) from system.parts"
        f" where active and rows > 0 and database = '{database}' and table = 'traces'"
        " group by partition order by partition"
    )
    return list(store._rows(text))


def of_day(bodies: Any, *app_ids: str) -> Selection:
    first = bodies.noon // TICKS_PER_DAY * TICKS_PER_DAY
    return Selection("traces", app_ids=app_ids, time_from=first, time_to=first + TICKS_PER_DAY - 1)


def test_rows_that_are_kept_equally_long_go_as_whole_parts(store, bodies) -> None:
    day = bodies.noon // TICKS_PER_DAY
    for app_id in KEPT:
        bodies.keep(store, bodies.body(app_id, (bodies.noon, app_id), app_id=app_id))
    assert parts(store) == [(f"({day},3000)", 1, 0), (f"({day},9000)", 2, 0)]
    assert store.delete(of_day(bodies, "app-1")) == 1
    assert parts(store) == [(f"({day},9000)", 2, 0)]
    assert store.delete(of_day(bodies, "app-2")) == 1
    assert parts(store) == [(f"({day},9000)", 2, 1)], "somebody else's row is in the part"
    assert store.delete(of_day(bodies, "app-1", "app-3")) == 1
    assert store.counts(day) == {}


def test_no_byte_of_what_was_erased_is_in_a_part_that_is_read(store, bodies) -> None:
    day = bodies.noon // TICKS_PER_DAY
    bodies.keep(store, bodies.body("b", (bodies.noon, "secret"), (bodies.noon, "plain")))
    gone = Selection("traces", conditions=(Condition("message", "==", ("secret",)),))
    assert store.delete(gone, to_erase=True) == 1
    assert parts(store)[0][1:] == (2, 1)
    store.erase(day + 1)
    assert parts(store)[0][1:] == (2, 1)
    store.erase(day)
    assert parts(store)[0][1:] == (1, 0)
    assert store.counts(day)["traces"] == 1


def test_a_dropped_day_takes_its_operations_along(store, bodies) -> None:
    day = bodies.noon // TICKS_PER_DAY
    body = bodies.body("b", (bodies.noon, "one"))
    body.days[0].tables[0].columns["operation_Id"] = ["abc"]
    bodies.keep(store, body)
    assert store._bounds_of(frozenset({"abc", "other"})) == (bodies.noon, bodies.noon)
    assert store.drop_day(day) == 1
    assert store._bounds_of(frozenset({"abc"})) is None
    assert store.stored_days() == []


def test_a_transaction_is_found_by_its_times(store, bodies) -> None:
    from openinsights.schema.sql import Sql
    from openinsights.store.api import ScanRequest

    noon = bodies.noon
    body = bodies.body("b", (noon, "one"), (noon + 5, "two"), (noon - TICKS_PER_DAY, "three"))
    body.days[0].tables[0].columns["operation_Id"] = ["abc", "abd"]
    body.days[1].tables[0].columns["operation_Id"] = ["abc"]
    bodies.keep(store, body)

    def found(*ids: str, **bounds: int) -> tuple[list[str], Any]:
        among = (("operation_Id", frozenset(ids)),)
        request = ScanRequest("traces", ("message", "operation_Id"), among=among, **bounds)
        source = store.source(request)
        answer = store.run(
            Sql(f"select * from {source.text}", source.parameters), timeout_s=30, max_rows=9
        )
        return sorted(row[0] for row in answer.rows if row[1] in ids), source.parameters

    assert found("abd") == (["two"], {"s0_from": noon + 5, "s0_to": noon + 5})
    assert found("abc")[0] == ["one", "three"]
    assert found("abc", time_from=noon)[0] == ["one"]
    assert found("nothing")[0] == []
    assert found("abc", "")[0] == ["one", "three"]


AGE_DAYS = 20
EXPIRING = {"gone": AGE_DAYS - ddl.GRACE_DAYS, "stays": AGE_DAYS - ddl.GRACE_DAYS + 2}
"""By the clock that ClickHouse has: the one since the last midnight, the other not before tomorrow."""


def test_clickhouse_itself_drops_the_parts_of_what_has_expired_and_rewrites_none(
    clickhouse_url, bodies
) -> None:
    """Nobody asks it to: no keeper runs, and no statement."""
    from openinsights.store.clickhouse.store import open_clickhouse_store

    clock = SystemClock()
    store = open_clickhouse_store(
        clickhouse_url, clock, retention_of=lambda app, _: EXPIRING[app.rpartition("-")[0]]
    )
    at = clock.now_ticks() - AGE_DAYS * TICKS_PER_DAY
    day, database = at // TICKS_PER_DAY, store._place.database
    kept = f"({day},{EXPIRING['stays']})"

    def written() -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for table, partition, part in store._rows(
            "select table, partition, name from system.parts where active and rows > 0"
            f" and database = '{database}' and table like 'requests%'"
        ):
            found.setdefault((table, partition), set()).add(part)
        return found

    bodies.keep(store, bodies.body("s", (at, "GET /"), table="requests", app_id="stays-1"))
    before = written()
    tables = {table for table, _ in before}
    assert "requests" in tables
    assert len(tables) > 1, "rows put together go with the rows"
    bodies.keep(
        store,
        bodies.body("g", *[(at, "GET /")] * 3, table="requests", app_id="gone-1"),
        bodies.body("h", (at, "GET /"), table="requests", app_id="gone-2"),
    )
    patience = threading.Event()
    for _ in range(600):  # two minutes and more
        if len(found := written()) <= len(before):
            break
        patience.wait(0.2)
    assert found == before, "what stays is as it was, and not in other parts"
    assert set(found) == {(table, kept) for table in tables}
    assert store.counts(day)["requests"] == 1
    store.close()


def test_files_are_not_copied_and_it_is_said_what_to_do(store) -> None:
    with pytest.raises(StoreHasNoFiles, match="openinsights store backup"):
        store.stored_files()
