"""Deleting rows and dropping days: what goes, what stays, and what comes again afterwards."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import DaysChanged, StoreError, StoreFull
from openinsights.store.limits import StoreLimits
from openinsights.store.record import decode_record
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.store.api import Store

TABLE_COLUMNS = ("message", "user_Id", "customDimensions", "severityLevel")


def read(store: Store, table: str = "traces", column: str = "message") -> list[Any]:
    assert store.settle(30)
    source = store.source(ScanRequest(table, (column,)))
    sql = Sql(f"select * from {source.text}", source.parameters)
    return sorted(row[0] for row in store.run(sql, timeout_s=30, max_rows=10_000).rows)


def marked(bodies, name: str, **columns: list[Any]) -> Any:
    """A body of one trace for each value, with further columns."""
    count = len(next(iter(columns.values())))
    body = bodies.body(name, *[(bodies.noon + row, f"{name}{row}") for row in range(count)])
    body.days[0].tables[0].columns.update(columns)
    return body


def test_an_old_day_leaves_nothing_behind(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    bodies.keep(store, bodies.body("a", (bodies.noon, "one")))
    clock.now += 10 * TICKS_PER_DAY
    assert store.drop_day(bodies.noon // TICKS_PER_DAY) == 1
    store.close()
    assert not list(tmp_path.glob("*.duckdb*"))


def test_dropped_days_stay_dropped_after_a_restart(tmp_path, clock, bodies) -> None:
    noon, day = bodies.noon, bodies.noon // TICKS_PER_DAY
    for number in range(3):
        store = open_duckdb_store(tmp_path, clock)
        assert read(store) == ([] if number == 0 else [f"{number - 1} kept"])
        bodies.keep(store, bodies.body(f"{number}", (noon, f"{number}")))
        store.drop_day(day)
        bodies.keep(store, bodies.body(f"{number} kept", (noon, f"{number} kept")))
        store.close()
    assert len(list(tmp_path.glob("*.duckdb"))) == 1


def test_what_was_deleted_does_not_come_back_from_the_journal(tmp_path, clock, bodies) -> None:
    noon, day = bodies.noon, bodies.noon // TICKS_PER_DAY
    limits = StoreLimits(checkpoint_idle_s=1000)  # no thread tidies up by itself
    for number, remove in enumerate(
        (lambda s: s.drop_day(day), lambda s: s.delete(Selection("traces")))
    ):
        data, killed = tmp_path / str(number), tmp_path / f"{number} killed"
        store = open_duckdb_store(data, clock, limits=limits)
        store.append(bodies.body("a", (noon, "one"), (noon, "two"))).result(30)
        assert remove(store) == 2
        assert not list((data / "journal").iterdir())
        shutil.copytree(data, killed, ignore=shutil.ignore_patterns("owner.lock"))
        reopened = open_duckdb_store(killed, clock)
        assert read(reopened) == []
        reopened.close()
        store.close()


def test_a_drop_that_a_crash_cut_short_is_finished_at_the_start(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    bodies.keep(store, bodies.body("a", (bodies.noon, "one")))
    store.close()
    (path,) = tmp_path.glob("*.duckdb")
    path.rename(path.with_name(path.name + ".dropped"))
    path.with_name(path.name + ".wal").write_bytes(b"of the file that went")
    store = open_duckdb_store(tmp_path, clock)
    assert store.stored_days() == []
    assert bodies.keep(store, bodies.body("b", (bodies.noon, "two"))) == (1, 0)
    store.close()


def test_a_day_that_cannot_be_read_can_be_dropped(tmp_path, clock) -> None:
    path = tmp_path / "2020-02-02.duckdb"
    path.write_bytes(b"this is no database" * 1000)
    store = open_duckdb_store(tmp_path, clock)
    (day,) = store.stored_days()
    with pytest.raises(StoreError):
        store.source(ScanRequest("traces", ("message",)))
    assert day.size_bytes == 19_000
    assert store.drop_day(day.day) == 0
    assert not path.exists()
    assert read(store) == []
    store.close()


def test_a_query_that_runs_while_its_day_is_dropped_is_not_cut_short(store, bodies) -> None:
    noon, day = bodies.noon, bodies.noon // TICKS_PER_DAY
    bodies.keep(store, bodies.body("a", *[(noon + row, "text") for row in range(1000)]))
    source = store.source(ScanRequest("traces", ("message",)))
    text = (
        f"select count(*) from (select message from {source.text}) a, range(30000) b "
        "where hash(a.message || b.range) % 2 < 2"
    )
    found: list[Any] = []

    def ask() -> None:
        try:
            found.extend(store.run(Sql(text, source.parameters), timeout_s=60, max_rows=1).rows)
        except DaysChanged:
            found.append("ask again")

    query = threading.Thread(target=ask)
    query.start()
    store.drop_day(day)
    after = store.source(ScanRequest("traces", ("message",)))
    assert store.run(after, timeout_s=30, max_rows=5).rows == []
    query.join(60)
    assert found in ([(30_000_000,)], ["ask again"]), "it began before or after the drop"


def test_a_query_compiled_before_a_drop_and_run_after_it_is_told_so(store, bodies) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "one")))
    source = store.source(ScanRequest("traces", ("message",)))
    store.drop_day(bodies.noon // TICKS_PER_DAY)
    with pytest.raises(DaysChanged, match="ask again"):
        store.run(source, timeout_s=30, max_rows=5)


def test_days_are_listed_with_their_size(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock, limits=StoreLimits(usage_fresh_s=0))
    noon = bodies.noon
    bodies.keep(store, bodies.body("a", (noon, "one"), (noon - TICKS_PER_DAY, "zero")))
    days = store.stored_days()
    assert [each.day for each in days] == [noon // TICKS_PER_DAY - 1, noon // TICKS_PER_DAY]
    assert sum(each.size_bytes for each in days) <= (store.health().used_disk_bytes or 0)
    assert all(each.size_bytes > 0 for each in days)
    assert store.counts(days[0].day)["traces"] == 1
    store.close()


def test_beyond_the_cap_telemetry_is_refused_until_a_day_is_dropped(
    tmp_path: Path, clock, bodies
) -> None:
    limits = StoreLimits(max_disk_bytes=300_000, usage_fresh_s=0)
    store = open_duckdb_store(tmp_path, clock, limits=limits)
    noon = bodies.noon
    text = "".join(chr(32 + row % 90) for row in range(5000))

    def fill() -> None:
        for number in range(200):
            bodies.keep(store, bodies.body(str(number), (noon - TICKS_PER_DAY, f"{number}{text}")))

    with pytest.raises(StoreFull, match=r"telemetry takes \d+ bytes of the disk, 300000 are"):
        fill()
    health = store.health()
    assert not health.accepting
    assert "300000 are allowed" in health.reason
    assert len(read(store)) > 0, "reading goes on"
    assert store.drop_day(noon // TICKS_PER_DAY - 1) > 0
    assert bodies.keep(store, bodies.body("new", (noon, "new"))) == (1, 0)
    store.close()


def test_telemetry_that_comes_between_deletions_is_stored(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    days = [bodies.noon - age * TICKS_PER_DAY for age in range(3)]
    for number in range(30):
        items = [(day + number, f"{number} {place}") for place, day in enumerate(days)]
        assert bodies.keep(store, bodies.body(str(number), *items)) == (3, 0)
        condition = Condition("message", "==", (f"{number} 1",))
        assert store.delete(Selection(conditions=(condition,))) == 1
        store.counts(days[0] // TICKS_PER_DAY)
        store.drop_day_if_empty(days[0] // TICKS_PER_DAY)
    assert store.health().refused_bodies == 0
    assert len(read(store)) == 60
    store.close()


def test_bodies_that_were_set_aside_lose_their_rows_too(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    (journal,) = [store._parts.journal]
    assert journal is not None
    for name, items in (("a", ("x", "y")), ("b", ("x",))):
        journal.set_aside.add(bodies.body(name, *[(bodies.noon, item) for item in items]))
    condition = Condition("message", "==", ("x",))
    assert store.delete(Selection("traces", ("app-2",), conditions=(condition,))) == 0
    assert store.delete(Selection("traces", ("app-1",), conditions=(condition,))) == 2
    assert store.delete(Selection("traces", ("app-1",), conditions=(condition,))) == 0
    assert store.health().refused_bodies == 1
    (left,) = (tmp_path / "journal").glob("refused-*")
    assert decode_record(left.read_bytes()).days[0].tables[0].columns["message"] == ["y"]
    store.close()
