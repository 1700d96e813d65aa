"""An engine that failed fatally refuses everything: it is started anew, and nothing is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from packages.server.tests.store.failing_connection import FailingConnection

from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb import day_files
from openinsights.store.duckdb import store as store_module
from openinsights.store.duckdb.day_files import DayFiles
from openinsights.store.duckdb.day_writer import DayWriter
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import DaysChanged, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 30.0
FATAL = "FATAL Error: Failed to rollback transaction. Cannot continue operation."


@pytest.fixture
def store(tmp_path, clock) -> Iterator[DuckDBStore]:
    opened = open_duckdb_store(tmp_path / "data", clock)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(store_module, "_STARTS_APART_S", 0.05)


def messages(store: DuckDBStore) -> list[str]:
    source = store.source(ScanRequest("traces", ("message",)))
    text = f"select message from {source.text} order by message"
    rows = store.run(Sql(text, source.parameters), timeout_s=WITHIN_S, max_rows=1000).rows
    return [str(message) for (message,) in rows]


def break_commits(store: DuckDBStore, *, is_stored: bool = False) -> None:
    writer = store._parts.writer
    error = duckdb.FatalException(FATAL)
    writer._connection = FailingConnection(
        writer._connection, lambda text: text == "commit", error=error, is_done=is_stored
    )


@pytest.mark.parametrize("is_stored", [True, False])
def test_what_was_acknowledged_is_there_once(store, bodies, is_stored, caplog) -> None:
    assert bodies.keep(store, bodies.body("a", (bodies.noon, "a"))) == (1, 0)
    broken = store._parts
    break_commits(store, is_stored=is_stored)
    body = bodies.body("b", (bodies.noon, "b"))
    store.append(body).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert store._parts is not broken
    assert "the engine is started anew: cannot store telemetry" in caplog.text
    assert messages(store) == ["a", "b"]
    assert store.health().accepting
    assert bodies.keep(store, bodies.body("c", (bodies.noon, "c"))) == (1, 0)
    assert bodies.keep(store, body) == (0, 1)
    assert store.health().stored_rows >= 2


def test_an_engine_that_dies_of_what_the_journal_has_is_started_anew_too(
    store, bodies, monkeypatch
) -> None:
    write, left = DayWriter._write, [None] * 3

    def dies(*arguments: Any) -> None:
        if left:
            left.pop()
            raise duckdb.FatalException(FATAL)
        write(*arguments)

    monkeypatch.setattr(DayWriter, "_write", dies)
    store.append(bodies.body("a", (bodies.noon, "a"))).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert not left
    assert messages(store) == ["a"]
    assert store.health().accepting


def test_an_engine_that_is_dead_when_a_day_is_opened_is_started_anew(
    store, bodies, monkeypatch
) -> None:
    attach, left = DayFiles._attach, [None] * 2

    def dies(files: DayFiles, day: int) -> None:
        if left:
            left.pop()
            try:
                raise duckdb.FatalException(FATAL)
            except duckdb.Error as error:
                raise day_files._unreadable("here", error) from error
        attach(files, day)

    monkeypatch.setattr(DayFiles, "_attach", dies)
    broken = store._parts
    store.append(bodies.body("a", (bodies.noon, "a"))).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert store._parts is not broken
    assert messages(store) == ["a"]


def test_what_a_query_of_the_old_engine_says_leaves_the_new_one_alone(store, bodies) -> None:
    old = store._parts
    break_commits(store)
    store.append(bodies.body("a", (bodies.noon, "a"))).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    new = store._parts
    store._begin_restart(old)
    assert store.health().accepting
    assert store._parts is new is not old


def test_a_query_that_meets_the_end_is_compiled_anew(store, bodies, monkeypatch) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    source = store.source(ScanRequest("traces", ("message",)))
    compiled = Sql(f"select message from {source.text}", source.parameters)
    run_query = store_module.run_query

    def fails(*arguments: Any) -> Any:
        monkeypatch.setattr(store_module, "run_query", run_query)
        try:
            raise duckdb.FatalException(FATAL)
        except duckdb.FatalException as error:
            raise store_module.QueryFailed("cannot run the query") from error

    monkeypatch.setattr(store_module, "run_query", fails)
    with pytest.raises(DaysChanged, match="ask again"):
        store.run(compiled, timeout_s=WITHIN_S, max_rows=1)
    assert messages(store) == ["a"]


def test_a_query_of_a_day_that_the_new_engine_has_not_opened_is_compiled_anew(
    store, bodies
) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    source = store.source(ScanRequest("traces", ("message",)))
    compiled = Sql(f"select message from {source.text}", source.parameters)
    (day,) = store._parts.files.days()
    store._parts.files._let_go(day)
    with pytest.raises(DaysChanged, match="ask again"):
        store.run(compiled, timeout_s=WITHIN_S, max_rows=1)
    assert messages(store) == ["a"]


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException("too many open files"),
        SystemError("error return without exception set"),
    ],
)
def test_a_start_that_fails_is_tried_again(store, bodies, monkeypatch, error) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    connect, works = store_module._connect, threading.Event()

    def connect_later(*arguments: Any) -> Any:
        if not works.is_set():
            raise error
        return connect(*arguments)

    monkeypatch.setattr(store_module, "_connect", connect_later)
    monkeypatch.setattr(store_module, "_START_PATIENCE_S", 0.1)
    break_commits(store)
    store.append(bodies.body("b", (bodies.noon, "b"))).result(WITHIN_S)
    assert not store.settle(0.3)
    assert "is started anew" in store.health().reason
    with pytest.raises(StoreUnavailable, match=r"cannot store telemetry: .* anew; try again"):
        store.append(bodies.body("c", (bodies.noon, "c")))
    with pytest.raises(StoreUnavailable, match=r"cannot read the store: .* anew; try again"):
        messages(store)
    works.set()
    assert store.settle(WITHIN_S)
    assert messages(store) == ["a", "b"]


def test_a_stop_before_the_next_start_loses_nothing(
    tmp_path, store, clock, bodies, monkeypatch
) -> None:
    def never(*arguments: Any) -> Any:
        raise duckdb.IOException("too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_connect", never)
        break_commits(store)
        store.append(bodies.body("a", (bodies.noon, "a"))).result(WITHIN_S)
        assert not store.settle(0.3)
        store.close()
    again = open_duckdb_store(tmp_path / "data", clock)
    assert messages(again) == ["a"]
    again.close()


def test_a_store_in_memory_stays_as_it_is(clock, bodies) -> None:
    """Another engine would have none of it."""
    store = open_duckdb_store(None, clock)
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    break_commits(store)
    with pytest.raises(StoreUnavailable):
        store.append(bodies.body("b", (bodies.noon, "b"))).result(WITHIN_S)
    assert not store.health().accepting
    assert messages(store) == ["a"]
    store.close()
