"""What a store in a folder promises beyond the contract: files, restarts, bounds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import StoreBusy, StoreError, StoreFull, StoreInUse
from openinsights.store.limits import StoreLimits
from openinsights.store.record import decode_record

if TYPE_CHECKING:
    from openinsights.store.api import Store


def messages(store: Store, **where: Any) -> list[str]:
    assert store.settle(30)
    source = store.source(ScanRequest("traces", ("message",), **where))
    rows = store.run(Sql(f"from {source.text}", source.parameters), timeout_s=30, max_rows=99).rows
    return sorted(row[0] for row in rows)


def test_rows_survive_a_restart_and_are_still_recognised(tmp_path, clock, bodies) -> None:
    body = bodies.body("a", (bodies.noon, "one"), (bodies.noon, "two", (9, 4)))
    with_store(tmp_path, clock, lambda store: store.append(body).result(30))
    regrouped = bodies.body("b", (bodies.noon, "two", (9, 4)), (bodies.noon, "three", (9, 5)))

    def again(store: Store) -> None:
        assert bodies.keep(store, body)[0] == 0
        assert bodies.keep(store, regrouped)[0] == 1
        assert messages(store) == ["one", "three", "two"]

    with_store(tmp_path, clock, again)


def with_store(directory: Any, clock: Any, act: Any) -> None:
    store = open_duckdb_store(directory, clock)
    try:
        act(store)
    finally:
        store.close()


def test_one_file_per_day_and_only_the_asked_days_are_named(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    for back in range(3):
        at = bodies.noon - back * TICKS_PER_DAY
        bodies.keep(store, bodies.body(str(back), (at, str(back))))
    names = sorted(path.name for path in tmp_path.glob("*.duckdb"))
    assert names == ["2024-10-02.duckdb", "2024-10-03.duckdb", "2024-10-04.duckdb"]
    day = bodies.noon // TICKS_PER_DAY * TICKS_PER_DAY
    source = store.source(ScanRequest("traces", ("message",), None, day - 1, day))
    assert "d20241002" not in source.text
    assert "d20241003" in source.text
    assert "d20241004" in source.text
    store.close()


def test_a_second_process_is_told_who_holds_the_folder(tmp_path, clock) -> None:
    store = open_duckdb_store(tmp_path, clock)
    program = (
        "import sys, pathlib; from openinsights.clock import SystemClock\n"
        "from openinsights.store.duckdb.store import open_duckdb_store\n"
        "open_duckdb_store(pathlib.Path(sys.argv[1]), SystemClock())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    store.close()
    assert other.returncode == 1
    assert f"process {os.getpid()} has it open" in other.stderr


def test_the_same_process_cannot_open_a_folder_twice(tmp_path, clock) -> None:
    store = open_duckdb_store(tmp_path, clock)
    with pytest.raises(StoreInUse, match="data folder"):
        open_duckdb_store(tmp_path, clock)
    store.close()
    open_duckdb_store(tmp_path, clock).close()


def test_too_little_free_space_is_refused_before_the_engine_fails(tmp_path, clock, bodies) -> None:
    free = [10**12]
    store = open_duckdb_store(tmp_path, clock, free_bytes=lambda: free[0])
    free[0] = 1000
    with pytest.raises(StoreFull, match="1000 bytes are free") as refused:
        store.append(bodies.body("a", (bodies.noon, "one"))).result(30)
    assert refused.value.retry_after_s > 0
    assert not store.health().accepting
    assert "1000 bytes are free" in store.health().reason
    free[0] = 10**12
    assert bodies.keep(store, bodies.body("a", (bodies.noon, "one")))[0] == 1
    assert messages(store) == ["one"]
    store.close()


def test_more_than_may_wait_is_refused_at_once(tmp_path, clock, bodies) -> None:
    blocked = threading.Event()
    go_on = threading.Event()

    def free_bytes() -> int:
        if threading.current_thread().name == "openinsights-journal":
            blocked.set()
            assert go_on.wait(30)
        return 10**12

    limits = StoreLimits(pending_bytes=2500)
    store = open_duckdb_store(tmp_path, clock, limits=limits, free_bytes=free_bytes)
    first = store.append(bodies.body("a", (bodies.noon, "a")))
    assert blocked.wait(30)
    second = store.append(bodies.body("b", (bodies.noon, "b")))
    with pytest.raises(StoreBusy) as refused:
        store.append(bodies.body("c", (bodies.noon, "c")))
    assert refused.value.retry_after_s > 0
    go_on.set()
    first.result(30)
    second.result(30)
    assert messages(store) == ["a", "b"]
    assert bodies.keep(store, bodies.body("c", (bodies.noon, "c")))[0] == 1
    store.close()


def test_a_body_larger_than_the_bound_is_taken_when_nothing_waits(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock, limits=StoreLimits(pending_bytes=10))
    body = bodies.body("a", (bodies.noon, "a"), size_bytes=1000)
    assert bodies.keep(store, body)[0] == 1
    store.close()


def test_closing_writes_what_waits(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock)
    futures = [store.append(bodies.body(str(n), (bodies.noon, str(n)))) for n in range(50)]
    store.close()
    assert [future.result(0) for future in futures] == [None] * 50
    store = open_duckdb_store(tmp_path, clock)
    assert len(messages(store)) == 50
    store.close()


def test_a_body_the_engine_refuses_does_not_harm_its_neighbours(tmp_path, clock, bodies) -> None:
    go_on = threading.Event()

    def free_bytes() -> int:
        assert go_on.wait(30)
        return 10**12

    go_on.set()
    store = open_duckdb_store(tmp_path, clock, free_bytes=free_bytes)
    go_on.clear()
    good = [store.append(bodies.body(f"g{n}", (bodies.noon, f"g{n}"))) for n in range(3)]
    poison = bodies.body("p", (bodies.noon, "p"))
    poison.days[0].tables[0].columns["no_such_column"] = ["x"]
    bad = store.append(poison)
    good += [store.append(bodies.body(f"h{n}", (bodies.noon, f"h{n}"))) for n in range(3)]
    go_on.set()
    for future in [bad, *good]:
        future.result(30)
    assert messages(store) == ["g0", "g1", "g2", "h0", "h1", "h2"]
    assert store.health().refused_bodies == 1
    assert store.health().accepting
    aside = tmp_path / "journal" / f"refused-{poison.digest.hex()}.rec"
    assert decode_record(aside.read_bytes()) == poison
    store.close()


def test_a_day_that_failed_is_healed_by_sending_the_body_again(tmp_path, clock, bodies) -> None:
    late = bodies.noon + TICKS_PER_DAY // 2 - 1
    whole = bodies.body("b", (late, "before", (3, 1)), (late + 1, "after", (3, 2)))
    broken = bodies.body("b", (late, "before", (3, 1)), (late + 1, "after", (3, 2)))
    broken.days[1].tables[0].columns["no_such_column"] = ["x"]
    store = open_duckdb_store(tmp_path, clock)
    store.append(broken).result(30)
    assert messages(store) == ["before"]
    assert bodies.keep(store, whole) == (1, 1)
    assert messages(store) == ["after", "before"]
    store.close()


def test_digests_beyond_the_memory_bound_are_looked_up_on_disk(tmp_path, clock, bodies) -> None:
    limits = StoreLimits(digest_memory_bytes=0, sequence_sources=1)
    store = open_duckdb_store(tmp_path, clock, limits=limits)
    sent = [bodies.body(f"b{n}", (bodies.noon, f"m{n}", (n, 1)), size_bytes=1) for n in range(5000)]
    assert bodies.keep(store, *sent) == (5000, 0)
    assert bodies.keep(store, *sent) == (0, 5000)
    regrouped = bodies.body("new", *((bodies.noon, f"m{n}", (n, 1)) for n in range(0, 5000, 100)))
    assert bodies.keep(store, regrouped)[0] == 0
    store.close()


def test_a_written_day_is_checkpointed_when_idle(tmp_path, clock, bodies) -> None:
    limits = StoreLimits(checkpoint_idle_s=0.05)
    store = open_duckdb_store(tmp_path, clock, limits=limits)
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    log = tmp_path / "2024-10-04.duckdb.wal"
    deadline = threading.Event()
    for _ in range(600):
        if not log.exists() or log.stat().st_size == 0:
            break
        deadline.wait(0.05)
    assert not log.exists() or log.stat().st_size == 0
    assert messages(store) == ["a"]
    store.close()


def test_the_days_before_are_checkpointed_when_a_day_begins(tmp_path, clock, bodies) -> None:
    store = open_duckdb_store(tmp_path, clock, limits=StoreLimits(checkpoint_idle_s=3600))
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    log = tmp_path / "2024-10-04.duckdb.wal"
    assert log.stat().st_size > 0
    clock.now += TICKS_PER_DAY
    bodies.keep(store, bodies.body("b", (clock.now, "b")))
    assert not log.exists() or log.stat().st_size == 0
    assert messages(store) == ["a", "b"]
    store.close()


def test_a_file_of_another_layout_is_refused(tmp_path, clock, bodies) -> None:
    with_store(tmp_path, clock, lambda s: s.append(bodies.body("a", (bodies.noon, "a"))).result(30))
    with duckdb.connect(str(tmp_path / "2024-10-04.duckdb")) as file:
        file.execute("update layout set version = 99")
    with pytest.raises(StoreError, match="layout 99"):
        open_duckdb_store(tmp_path, clock)
    open_again = duckdb.connect(str(tmp_path / "2024-10-04.duckdb"))
    open_again.execute("update layout set version = 2")
    open_again.close()
    open_duckdb_store(tmp_path, clock).close()


def test_a_crash_while_a_day_file_is_made_leaves_no_half_file(tmp_path, clock, bodies) -> None:
    with duckdb.connect(str(tmp_path / "2024-10-04.duckdb")):
        pass
    store = open_duckdb_store(tmp_path, clock)
    assert bodies.keep(store, bodies.body("a", (bodies.noon, "a")))[0] == 1
    assert messages(store) == ["a"]
    store.close()
