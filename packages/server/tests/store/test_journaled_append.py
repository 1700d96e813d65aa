"""What is acknowledged before it is committed: lost by nothing, doubled by nothing, seen by reads."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.day_writer import DayWriter
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import StoreUnavailable
from openinsights.store.limits import StoreLimits
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.group_writer import Pending


class Gate:
    """Holds the commits back, or makes them fail."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.failure: Exception | None = None


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    commit, write = DayWriter.commit, DayWriter._write

    def held_commit(self: DayWriter, group: list[Pending]) -> None:
        gate.entered.set()
        assert gate.open.wait(30)
        commit(self, group)

    def failing_write(self: DayWriter, *args: Any) -> None:
        if gate.failure is not None:
            raise gate.failure
        write(self, *args)

    monkeypatch.setattr(DayWriter, "commit", held_commit)
    monkeypatch.setattr(DayWriter, "_write", failing_write)
    yield gate
    gate.open.set()


def messages(store: DuckDBStore) -> list[str]:
    source = store.source(ScanRequest("traces", ("message",)))
    rows = store.run(Sql(f"from {source.text}", source.parameters), timeout_s=30, max_rows=999).rows
    return sorted(row[0] for row in rows)


def test_a_body_is_acknowledged_before_it_is_committed(tmp_path, clock, bodies, gate) -> None:
    store = open_duckdb_store(tmp_path, clock)
    gate.open.clear()
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    assert not store.settle(0.01)
    assert messages(store) == []
    assert store.health().pending_bytes > 0
    gate.open.set()
    assert store.settle(30)
    assert messages(store) == ["a"]
    assert store.health().pending_bytes == 0
    store.close()


def test_settling_ends_the_wait_of_a_group_that_grows(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock, limits=StoreLimits(linger_s=3600))
    for name in ("a", "b", "c"):
        store.append(bodies.body(name, (bodies.noon, name))).result(30)
        assert store.settle(30)
    assert messages(store) == ["a", "b", "c"]
    store.append(bodies.body("d", (bodies.noon, "d"))).result(30)
    store.close()
    assert not list((tmp_path / "journal").iterdir())


def test_what_a_crash_left_is_stored_at_the_next_start_once(tmp_path, clock, bodies, gate) -> None:
    store = open_duckdb_store(tmp_path / "data", clock)
    committed = bodies.body("a", (bodies.noon, "a"), (bodies.noon, "n", (5, 1)))
    assert bodies.keep(store, committed) == (2, 0)
    gate.open.clear()
    waiting = bodies.body("b", (bodies.noon, "b"), (bodies.noon, "n", (5, 1)))
    store.append(waiting).result(30)
    assert gate.entered.wait(30)
    shutil.copytree(tmp_path / "data", tmp_path / "crashed")
    gate.open.set()
    store.close()
    for _ in range(2):
        again = open_duckdb_store(tmp_path / "crashed", clock)
        assert messages(again) == ["a", "b", "n"]
        assert bodies.keep(again, committed, waiting) == (0, 4)
        again.close()
        assert not list((tmp_path / "crashed" / "journal").iterdir())


def test_a_deleted_resource_does_not_come_back_from_the_journal(
    tmp_path, clock, bodies, gate
) -> None:
    store = open_duckdb_store(tmp_path / "data", clock)
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    assert store.delete(Selection(app_ids=("app-1",))) == 1, (
        "what was acknowledged before is deleted too"
    )
    shutil.copytree(tmp_path / "data", tmp_path / "crashed")
    store.close()
    again = open_duckdb_store(tmp_path / "crashed", clock)
    assert messages(again) == []
    again.close()


def test_a_passing_failure_is_tried_again_and_meanwhile_told(tmp_path, clock, bodies, gate) -> None:
    store = open_duckdb_store(tmp_path, clock)
    gate.failure = duckdb.IOException("no space")
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    assert not store.settle(0.2)
    for _ in range(600):
        if not store.health().accepting:
            break
        assert not store.settle(0.05)
    assert "no space" in store.health().reason
    with pytest.raises(StoreUnavailable, match="no space"):
        store.append(bodies.body("b", (bodies.noon, "b"))).result(30)
    gate.failure = None
    assert store.settle(30)
    assert messages(store) == ["a"]
    assert store.health().accepting
    store.append(bodies.body("b", (bodies.noon, "b"))).result(30)
    store.close()


def test_a_broken_engine_refuses_and_the_next_start_stores(tmp_path, clock, bodies, gate) -> None:
    store = open_duckdb_store(tmp_path, clock)
    assert bodies.keep(store, bodies.body("z", (bodies.noon, "z"))) == (1, 0)
    gate.open.clear()
    for name in ("a", "b"):
        store.append(bodies.body(name, (bodies.noon, name))).result(30)
    store._parts.writer.broken = "the day file is unusable"
    gate.open.set()
    assert store.settle(30)
    with pytest.raises(StoreUnavailable, match="unusable"):
        store.append(bodies.body("c", (bodies.noon, "c"))).result(30)
    store.close()
    assert list((tmp_path / "journal").glob("*.log"))
    store = open_duckdb_store(tmp_path, clock)
    assert messages(store) == ["a", "b", "z"]
    store.close()


def test_closing_while_commits_fail_keeps_what_was_acknowledged(
    tmp_path, clock, bodies, gate
) -> None:
    store = open_duckdb_store(tmp_path, clock)
    gate.failure = duckdb.OutOfMemoryException("too little")
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    store.close()
    gate.failure = None
    store = open_duckdb_store(tmp_path, clock)
    assert messages(store) == ["a"]
    store.close()


def test_senders_wait_when_commits_fall_behind(tmp_path, clock, bodies, gate) -> None:
    store = open_duckdb_store(tmp_path, clock, limits=StoreLimits(uncommitted_bytes=1))
    gate.open.clear()
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    second = store.append(bodies.body("b", (bodies.noon, "b")))
    assert gate.entered.wait(30)
    assert not second.done()
    gate.open.set()
    second.result(30)
    assert store.settle(30)
    assert messages(store) == ["a", "b"]
    store.close()


def test_a_value_that_no_record_can_hold_fails_its_own_body_only(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    bad = bodies.body("a", (bodies.noon, "a"))
    bad.days[0].tables[0].columns["itemCount"] = [2**70]
    futures = [store.append(bad), store.append(bodies.body("b", (bodies.noon, "b")))]
    with pytest.raises(Exception, match="cannot store telemetry"):
        futures[0].result(30)
    futures[1].result(30)
    assert store.settle(30)
    assert messages(store) == ["b"]
    store.close()


def test_a_store_opens_without_room_and_commits_what_was_left_when_there_is_some(
    tmp_path, clock, bodies, gate
) -> None:
    store = open_duckdb_store(tmp_path / "data", clock)
    assert bodies.keep(store, bodies.body("a", (bodies.noon, "a"))) == (1, 0)
    gate.open.clear()
    for name in ("b", "c"):
        store.append(bodies.body(name, (bodies.noon, name))).result(30)
    shutil.copytree(tmp_path / "data", tmp_path / "crashed")
    gate.open.set()
    store.close()
    free = [0]
    limits = StoreLimits(free_disk_floor_bytes=1000)

    def opened() -> DuckDBStore:
        again = open_duckdb_store(
            tmp_path / "crashed", clock, limits=limits, free_bytes=lambda: free[0]
        )
        assert messages(again) == ["a"]
        assert not again.health().accepting
        assert again.health().pending_bytes > 0
        with pytest.raises(StoreUnavailable):
            again.append(bodies.body("d", (bodies.noon, "d"))).result(30)
        return again

    opened().close()
    again = opened()
    free[0] = 10_000
    assert again.settle(30)
    assert messages(again) == ["a", "b", "c"]
    assert again.health().accepting
    assert bodies.keep(again, bodies.body("b", (bodies.noon, "b"))) == (0, 1)
    again.close()
    assert not list((tmp_path / "crashed" / "journal").iterdir())


def test_what_memory_does_not_hold_at_once_is_committed_in_parts(
    tmp_path, clock, bodies, gate, monkeypatch
) -> None:
    tried: list[int] = []
    write = DayWriter._write

    def short_of_memory(
        self: DayWriter, day: int, tables: dict[str, list[Any]], *more: Any
    ) -> None:
        tried.append(sum(part.count for parts in tables.values() for part in parts))
        if tried[-1] > 3:
            raise duckdb.OutOfMemoryException("failed to pin block")
        write(self, day, tables, *more)

    monkeypatch.setattr(DayWriter, "_write", short_of_memory)
    store = open_duckdb_store(tmp_path, clock)
    gate.open.clear()
    names = "abcdefghi"
    store.append(bodies.body("a", (bodies.noon, "a"))).result(30)
    assert gate.entered.wait(30)
    for name in names[1:]:
        store.append(bodies.body(name, (bodies.noon, name))).result(30)
    gate.open.set()
    assert store.settle(30)
    assert messages(store) == list(names)
    assert tried == [1, 8, 4, 2, 2, 4, 2, 2], "halves, not each alone"
    assert store.health().refused_bodies == 0
    store.close()
