"""A commit that fails may be there all the same: what is in the file counts; nothing comes twice."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from packages.server.tests.store.failing_connection import FailingConnection

from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 60.0
PRESSURE_S = 15.0
TAKE_MEMORY = (
    "with t as (select range as x, 1 as k from range(100000))"
    " select a.x + b.x as y from t a join t b using (k) order by y desc",
    "select list(range) from range(1000000000)",
    "select repeat(range::varchar, 1000) as s from range(500000) order by s",
)


@pytest.fixture
def store(tmp_path, clock) -> Iterator[DuckDBStore]:
    opened = open_duckdb_store(tmp_path / "data", clock)
    yield opened
    opened.close()


def doubtful(store: DuckDBStore, *, is_stored: bool) -> FailingConnection:
    """Have one commit fail that is stored, or not."""
    failing = FailingConnection(
        store._parts.writer._connection,
        lambda text: text == "commit",
        is_done=is_stored,
        times=1,
    )
    store._parts.writer._connection = failing
    return failing


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_body_whose_commit_failed_is_stored_once(store, bodies, is_stored) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "before")))
    committing = doubtful(store, is_stored=is_stored)
    group = [bodies.body(name, (bodies.noon, name)) for name in "bcd"]
    for body in group:
        store.append(body).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert committing.failed == 1
    assert bodies.count(store) == 4
    assert bodies.keep(store, group[0]) == (0, 1)


def test_a_transaction_that_could_not_be_ended_is_no_proof(store, bodies) -> None:
    """What the writer alone sees, for it did not commit it, is not believed to be stored."""
    bodies.keep(store, bodies.body("a", (bodies.noon, "before")))
    doubtful(store, is_stored=False)
    rolling_back = FailingConnection(
        store._parts.writer._connection, lambda text: text == "rollback", times=2
    )
    store._parts.writer._connection = rolling_back
    store.append(bodies.body("b", (bodies.noon, "b"))).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert rolling_back.failed == 2
    assert bodies.count(store) == 2


@pytest.mark.faults
def test_commits_that_run_out_of_memory_store_each_body_once(store, bodies) -> None:
    """Greedy queries take what commits need; which of those that fail are stored, the engine hides."""
    done, asking = threading.Event(), {}

    def take(text: str) -> None:
        while not done.is_set():
            with suppress(*ENGINE_ERRORS), store._parts.root.cursor() as cursor:
                asking[text] = cursor
                cursor.execute(text).fetchmany(10)

    takers = [threading.Thread(target=take, args=(text,)) for text in TAKE_MEMORY]
    for taker in takers:
        taker.start()
    sent, until_s = 0, time.monotonic() + PRESSURE_S
    try:
        while time.monotonic() < until_s:
            with suppress(StoreUnavailable):
                body = bodies.body(str(sent), (bodies.noon + sent, "x" * 2_000))
                store.append(body).result(WITHIN_S)
                sent += 1
                store.settle(0.2)
    finally:
        done.set()
        while any(taker.is_alive() for taker in takers):
            for cursor in list(asking.values()):
                with suppress(*ENGINE_ERRORS):
                    cursor.interrupt()
            time.sleep(0.1)
    assert store.settle(WITHIN_S)
    assert store.health().refused_bodies == 0
    assert bodies.count(store) == sent
