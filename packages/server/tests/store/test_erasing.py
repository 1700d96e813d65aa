"""What was deleted to be erased: no file of the store has a byte of it, the rest is as it was."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from packages.server.tests.store.failing_connection import FailingConnection

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb import day_paths, hot_keys
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import DaysChanged, StoreFull, StoreUnavailable
from openinsights.store.limits import StoreLimits
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "kim.min-jun@example.test"


def selection(text: str = SECRET) -> Selection:
    return Selection("traces", conditions=(Condition("user_Id", "==", (text,)),))


def filled(store: DuckDBStore, bodies: Any, count: int = 2_000) -> list[Any]:
    """Store rows of which every tenth has the text, in columns, keys and operations."""
    sent = []
    for number in range(4):
        rows = [(bodies.noon + row, f"{number} {row}") for row in range(count)]
        body = bodies.body(f"b{number}", *rows)
        of_kim = [row % 10 == 0 for row in range(count)]
        body.days[0].tables[0].columns.update(
            user_Id=[SECRET if one else f"user {row}" for row, one in enumerate(of_kim)],
            operation_Id=[SECRET if one else f"op {row % 7}" for row, one in enumerate(of_kim)],
            customDimensions=[
                f'{{"who":"{SECRET if one else "someone"}","n":"{row}"}}'
                for row, one in enumerate(of_kim)
            ],
        )
        bodies.keep(store, body)
        sent.append(body)
    return sent


def rows(store: DuckDBStore) -> list[Any]:
    assert store.settle(30)
    names = ("timestamp", "message", "user_Id", "operation_Id", "customDimensions")
    source = store.source(ScanRequest("traces", names))
    sql = Sql(f"select * from {source.text}", source.parameters)
    return sorted(store.run(sql, timeout_s=30, max_rows=100_000).rows)


def is_last_detach() -> Callable[[str], bool]:
    """Find the detach after an attach; the one before makes sure that the name is free."""
    attached = []

    def found(text: str) -> bool:
        attached.extend([text] if text.startswith("attach") else [])
        return bool(attached) and text.startswith("detach")

    return found


def files_with(folder: Path, text: str = SECRET) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def test_no_file_has_a_byte_of_it_and_the_rest_is_as_it_was(
    tmp_path, clock, bodies, monkeypatch
) -> None:
    monkeypatch.setattr(hot_keys, "FEW_ROWS", 100)
    store = open_duckdb_store(tmp_path, clock)
    sent = filled(store, bodies)
    bodies.keep(store, bodies.body("other day", (bodies.noon - TICKS_PER_DAY, "x")))
    store.tidy()
    assert store.kept_keys()["traces"]["customDimensions"] >= {"who"}, "its texts are listed"
    before = rows(store)
    day = bodies.noon // TICKS_PER_DAY
    assert store.delete(selection(), to_erase=True) == 800
    left = rows(store)
    assert left == [row for row in before if row[2] != SECRET]
    for each in store.stored_days():
        store.erase(each.day)
    assert files_with(tmp_path) == []
    assert rows(store) == left
    assert bodies.keep(store, *sent) == (0, 8_000), "what was deleted is recognised still"
    bodies.keep(store, bodies.body("later", (bodies.noon, "later")))
    store.tidy()
    assert store.kept_keys()["traces"]["customDimensions"] >= {"who"}
    size = store.stored_days()[-1].size_bytes
    store.erase(day)
    assert store.stored_days()[-1].size_bytes == size, "once is enough"
    store.close()
    assert files_with(tmp_path) == []
    again = open_duckdb_store(tmp_path, clock)
    assert len(rows(again)) == len(left) + 1
    again.close()


def test_what_was_deleted_otherwise_is_left_to_the_end_of_its_day(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    filled(store, bodies)
    store.delete(selection())
    (day,) = store.stored_days()
    store.erase(day.day)
    assert len(list(tmp_path.glob("*.duckdb"))) == 1
    assert next(iter(tmp_path.glob("*.duckdb"))).name.count(".") == 1
    store.erase(day.day - 9)
    store.close()


def test_erasing_goes_on_after_a_crash(tmp_path, clock, bodies, monkeypatch) -> None:
    """Stopped after the deletion, half written, and before the old file went."""
    store = open_duckdb_store(tmp_path / "data", clock)
    filled(store, bodies)
    store.delete(selection(), to_erase=True)
    left = rows(store)
    day = bodies.noon // TICKS_PER_DAY
    shutil.copytree(tmp_path / "data", tmp_path / "deleted")
    monkeypatch.setattr(day_paths, "delete", lambda path: None)
    store.erase(day)
    shutil.copytree(tmp_path / "data", tmp_path / "both")
    shutil.copytree(tmp_path / "deleted", tmp_path / "half")
    (anew,) = (tmp_path / "both").glob("*.1.duckdb")
    content = anew.read_bytes()
    old = f"{anew.name.split('.')[0]}.duckdb"
    (tmp_path / "half" / f"{old}.anew").write_bytes(content[: len(content) // 2])
    monkeypatch.undo()
    store.close()
    # the rows were committed, and are in the log or in the file
    assert {name.removesuffix(".wal") for name in files_with(tmp_path / "both")} == {old}
    for name in ("deleted", "half", "both"):
        again = open_duckdb_store(tmp_path / name, clock)
        assert rows(again) == left, name
        again.erase(day)
        assert rows(again) == left, name
        again.close()
        assert files_with(tmp_path / name) == [], name


def test_without_room_it_waits(tmp_path, clock, bodies) -> None:
    free = [1 << 40]
    store = open_duckdb_store(
        tmp_path,
        clock,
        limits=StoreLimits(free_disk_floor_bytes=1 << 20),
        free_bytes=lambda: free[0],
    )
    filled(store, bodies)
    assert store.delete(selection(), to_erase=True) == 800
    left, day = rows(store), bodies.noon // TICKS_PER_DAY
    free[0] = (1 << 20) + 1000
    with pytest.raises(StoreFull, match="cannot erase what was deleted from day"):
        store.erase(day)
    assert rows(store) == left
    free[0] = 1 << 40
    store.erase(day)
    assert rows(store) == left
    assert files_with(tmp_path) == []
    store.close()


def test_a_query_that_began_before_is_asked_again(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    filled(store, bodies)
    source = store.source(ScanRequest("traces", ("message",)))
    store.delete(selection(), to_erase=True)
    store.erase(bodies.noon // TICKS_PER_DAY)
    with pytest.raises(DaysChanged):
        store.run(Sql(f"select * from {source.text}", source.parameters), timeout_s=30, max_rows=9)
    store.close()


def test_a_file_that_could_not_be_detached_is_the_next_time(tmp_path, clock, bodies) -> None:
    """Memory was too short for it as a day was written anew, or to let go of the old one."""
    store = open_duckdb_store(tmp_path, clock)
    filled(store, bodies)
    store.delete(selection(), to_erase=True)
    left, (day,) = rows(store), store.stored_days()
    writing = FailingConnection(store._parts.writer._connection, is_last_detach(), times=1)
    store._parts.writer._connection = writing
    with pytest.raises(StoreUnavailable, match="cannot erase telemetry"):
        store.erase(day.day)
    files = store._parts.files
    letting_go = FailingConnection(
        files._connection, lambda text: text.startswith("detach"), times=1
    )
    files._connection = letting_go
    store.erase(day.day)
    assert (writing.failed, letting_go.failed) == (1, 1)
    assert files_with(tmp_path) == []
    assert rows(store) == left
    store.close()
    again = open_duckdb_store(tmp_path, clock)
    assert rows(again) == left
    again.close()
