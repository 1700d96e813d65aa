"""Memory is too short to open a day, or to undo that: it is opened later, and nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from packages.server.tests.store.failing_connection import FailingConnection

from openinsights.clock import TICKS_PER_DAY
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN_S = 60.0


@pytest.fixture
def store(tmp_path, clock) -> Iterator[DuckDBStore]:
    opened = open_duckdb_store(tmp_path / "data", clock)
    yield opened
    opened.close()


def is_attach(text: str) -> bool:
    return text.startswith("attach ")


def is_detach(text: str) -> bool:
    return text.startswith("detach ")


def is_laid_out(text: str) -> bool:
    return "create table" in text


def let_fail(
    store: DuckDBStore, fails: Callable[[str], bool], times: int = 1, *, is_done: bool = False
) -> FailingConnection:
    files = store._parts.files
    failing = FailingConnection(files._connection, fails, times=times, is_done=is_done)
    files._connection = failing
    return failing


def is_stored_once(store: DuckDBStore, bodies, caplog) -> bool:
    body = bodies.body("a", (bodies.noon, "a"))
    store.append(body).result(WITHIN_S)
    assert store.settle(WITHIN_S)
    assert "journaled telemetry cannot be committed" in caplog.text
    assert store.health().refused_bodies == 0
    assert bodies.keep(store, body) == (0, 1)
    return bool(bodies.count(store) == 1)


@pytest.mark.parametrize("is_done", [True, False])
def test_attaching_fails(store, bodies, caplog, is_done) -> None:
    failing = let_fail(store, is_attach, is_done=is_done)
    assert is_stored_once(store, bodies, caplog)
    assert failing.failed == 1


def test_attaching_fails_and_it_stays_attached(store, bodies, caplog, tmp_path) -> None:
    attaching = let_fail(store, is_attach, is_done=True)
    detaching = let_fail(store, lambda text: is_detach(text) and attaching.failed > 0, 2)
    assert is_stored_once(store, bodies, caplog)
    assert detaching.failed == 2
    # the file is one that can be opened again
    store.close()
    opened = open_duckdb_store(tmp_path / "data", store._around.clock)
    assert bodies.count(opened) == 1
    opened.close()


def test_laying_out_fails_and_is_not_rolled_back(store, bodies, caplog) -> None:
    """The transaction stays, aborted, and every later statement fails for it."""
    files = store._parts.files

    def begins(text: str) -> bool:
        if is_laid_out(text):
            files._connection.execute("begin")
        return is_laid_out(text)

    laying_out = let_fail(store, begins)
    rolling_back = let_fail(store, lambda text: text == "rollback", 2)
    assert is_stored_once(store, bodies, caplog)
    assert laying_out.failed == 1
    assert rolling_back.failed == 2


def test_a_day_that_cannot_be_detached_is_not_dropped(store, bodies) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    let_fail(store, is_detach)
    day = bodies.noon // TICKS_PER_DAY
    with pytest.raises(StoreUnavailable, match=r"cannot close day file .*; try again"):
        store.drop_day(day)
    assert bodies.count(store) == 1
    assert store.drop_day(day) == 1
    assert bodies.count(store) == 0
    assert bodies.keep(store, bodies.body("b", (bodies.noon, "b"))) == (1, 0)
    assert bodies.count(store) == 1


def test_a_transaction_left_aborted_says_nothing_about_the_rows(store, bodies, caplog) -> None:
    error = duckdb.TransactionException("Current transaction is aborted (please ROLLBACK)")
    files = store._parts.files
    files._connection = FailingConnection(files._connection, is_attach, error=error, times=1)
    assert is_stored_once(store, bodies, caplog)


def test_a_copy_that_could_not_be_detached_is_no_obstacle_to_the_next(store, bodies) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    snapshots, root = store._parts.snapshots, store._parts.root
    attached = []

    def after_attach(text: str) -> bool:
        attached.extend([text] if is_attach(text) else [])
        return bool(attached) and is_detach(text)

    class Cursor(FailingConnection):
        def __enter__(self) -> Cursor:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

    snapshots._cursor = lambda: Cursor(root.cursor(), after_attach, times=1)
    with pytest.raises(StoreError, match="cannot copy day"):
        list(store.stored_files())
    snapshots._cursor = root.cursor
    assert [each.rows["traces"] for each in store.stored_files() if each.rows] == [1]


def test_tidying_that_runs_out_of_memory_goes_on_later(store, bodies, caplog) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon - TICKS_PER_DAY, "a")))
    tidier = store._parts.tidier
    error = SystemError("error return without exception set")
    tidier._connection = FailingConnection(
        tidier._connection, lambda text: text.startswith("select"), error=error, times=1
    )
    store.tidy()
    assert tidier._connection.failed == 1
    assert "cannot tidy a day" in caplog.text
    caplog.clear()
    store.tidy()
    assert "cannot tidy a day" not in caplog.text
    assert bodies.count(store) == 1
