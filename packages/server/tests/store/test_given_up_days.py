"""The engine gives up a day whose log it cannot empty: the day is opened anew, and nothing is lost."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import DaysChanged, StoreUnavailable
from openinsights.store.limits import MIB, StoreLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.rows import Rows

WITHIN_S = 30.0
EMPTIES_SOON = StoreLimits(checkpoint_wal_bytes=256 * 1024)
TAKES_MUCH = """
select max(s) from (
    select sum(i) over (partition by i % 2 order by hash(i)) as s from range(3000000) rows(i)
)
"""
connect = duckdb.connect


class Unlocked:
    """A connection to an engine whose settings can be changed later, as a store's cannot."""

    def __init__(self, database: str) -> None:
        self._connection = connect(database)

    def execute(self, text: str) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(text.replace("lock_configuration = true", "threads = 2"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def store(tmp_path, clock, monkeypatch) -> Iterator[DuckDBStore]:
    """One that empties its log soon."""
    with monkeypatch.context() as patch:
        patch.setattr(duckdb, "connect", Unlocked)
        opened = open_duckdb_store(tmp_path / "data", clock, limits=EMPTIES_SOON)
    yield opened
    opened.close()


@contextmanager
def checkpoints_fail(store: DuckDBStore, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Have checkpoints fail until one has."""
    store._parts.root.execute("set debug_checkpoint_abort = 'before_header'")
    try:
        yield
        wait_until(lambda: "is opened anew" in caplog.text)
    finally:
        store._parts.root.execute("set debug_checkpoint_abort = 'none'")


def wait_until(is_so) -> None:
    due_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < due_s
        time.sleep(0.01)


def send(store: DuckDBStore, body: Rows) -> None:
    """Send a body as a client does: again, when it is told to come back."""
    due_s = time.monotonic() + WITHIN_S
    while time.monotonic() < due_s:
        with suppress(StoreUnavailable):
            return store.append(body).result(WITHIN_S)
        time.sleep(0.1)
    pytest.fail("the store takes nothing")


def messages(store: DuckDBStore) -> list[str]:
    source = store.source(ScanRequest("traces", ("message",)))
    text = f"select message from {source.text} order by message"
    rows = store.run(Sql(text, source.parameters), timeout_s=WITHIN_S, max_rows=1000).rows
    return [str(message) for (message,) in rows]


def many(bodies, name: str, count: int = 2_000):
    """Enough for a log that is too long."""
    return bodies.body(
        name, *[(bodies.noon + n, f"{name} {n:05} {'x' * 600}") for n in range(count)]
    )


def test_what_was_committed_and_what_comes_next_is_there_once(store, bodies, caplog) -> None:
    with checkpoints_fail(store, caplog):
        assert bodies.keep(store, many(bodies, "a"))[0] == 2_000
    assert bodies.keep(store, bodies.body("b", (bodies.noon, "next"))) == (1, 0)
    # who was not told that it is stored sends it again
    assert bodies.keep(store, many(bodies, "a")) == (0, 2_000)
    assert len(messages(store)) == 1000
    assert bodies.count(store) == 2_001
    assert store.health().accepting


def test_a_day_that_only_queries_read_is_opened_anew(store, bodies, caplog) -> None:
    with checkpoints_fail(store, caplog):
        bodies.keep(store, many(bodies, "a", 2_000))
    assert messages(store)[0].startswith("a 00000")


def test_a_commit_that_failed_as_a_query_opened_the_day_anew_is_stored_once(
    store, bodies, monkeypatch
) -> None:
    """It may be durable though it failed, and its error may be that the day is not there."""
    write, failed = store._parts.writer._write, []

    def fails_once(day: int, *rest: Any) -> None:
        write(day, *rest)
        if not failed:
            failed.append(day)
            store._parts.files._let_go(day)
            store._parts.files.attach(day)
            raise duckdb.CatalogException("no such database")

    monkeypatch.setattr(store._parts.writer, "_write", fails_once)
    bodies.keep(store, bodies.body("a", (bodies.noon, "once")))
    assert failed
    assert messages(store) == ["once"]
    assert store.health().refused_bodies == 0


def test_a_query_that_was_compiled_before_is_told_to_ask_again(store, bodies, caplog) -> None:
    bodies.keep(store, bodies.body("b", (bodies.noon, "before")))
    source = store.source(ScanRequest("traces", ("message",)))
    with checkpoints_fail(store, caplog):
        bodies.keep(store, many(bodies, "a"))
    compiled = Sql(f"select message from {source.text}", source.parameters)
    with pytest.raises(DaysChanged, match="ask again"):
        store.run(compiled, timeout_s=WITHIN_S, max_rows=1)
    assert "before" in messages(store) or len(messages(store)) == 1000


def test_telemetry_waits_in_the_journal_until_who_reads_it_is_done(store, bodies, caplog) -> None:
    bodies.keep(store, bodies.body("b", (bodies.noon, "before")))
    reader = store._parts.root.cursor()
    reader.execute("begin")
    (day,) = store._parts.files.days()
    reader.execute(f"select count(*) from {store._parts.files.alias(day)}.traces").fetchall()
    with checkpoints_fail(store, caplog):
        bodies.keep(store, many(bodies, "a"))
    store.append(bodies.body("c", (bodies.noon, "meanwhile"))).result(WITHIN_S)
    assert not store.settle(0.5)
    with pytest.raises(StoreUnavailable, match="still being read; try again"):
        messages(store)
    reader.close()
    assert store.settle(WITHIN_S)
    assert bodies.count(store) == 2_002


def test_a_stop_meanwhile_loses_nothing(store, tmp_path, clock, bodies, caplog) -> None:
    with checkpoints_fail(store, caplog):
        bodies.keep(store, many(bodies, "a", 500))
    store.close()
    again = open_duckdb_store(tmp_path / "data", clock, limits=EMPTIES_SOON)
    assert len(messages(again)) == 500
    again.close()


def test_queries_that_take_much_memory_stop_no_telemetry(tmp_path, clock, bodies) -> None:
    limits = StoreLimits(checkpoint_wal_bytes=4 * MIB, engine_memory_bytes=64 * MIB)
    store = open_duckdb_store(tmp_path, clock, limits=limits)
    sent = 0
    done = threading.Event()

    def take_memory() -> None:
        while not done.is_set():
            with suppress(duckdb.Error), store._parts.root.cursor() as cursor:
                cursor.execute(TAKES_MUCH).fetchall()

    taker = threading.Thread(target=take_memory)
    taker.start()
    try:
        for number in range(40):
            send(store, many(bodies, str(number), 1_000))
            sent += 1_000
    finally:
        done.set()
        taker.join()
    assert store.settle(WITHIN_S)
    assert bodies.count(store) == sent
    store.close()
