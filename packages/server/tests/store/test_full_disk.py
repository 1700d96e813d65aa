"""A real disk that fills up: telemetry is refused in time, what was taken stays, reading goes on."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.errors import StoreFull
from openinsights.store.limits import MIB, StoreLimits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISK_BYTES = 96 * MIB
LIMITS = StoreLimits(
    free_disk_floor_bytes=48 * MIB, checkpoint_wal_bytes=16 * MIB, engine_memory_bytes=128 * MIB
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def count(store: DuckDBStore) -> int:
    source = store.source(ScanRequest("traces", ()))
    sql = Sql(f"select count(*) from {source.text}", source.parameters)
    return int(store.run(sql, timeout_s=30, max_rows=1).rows[0][0])


def fill(store: DuckDBStore, bodies: Any) -> int:
    """Store until the disk is refused and return how many rows were taken."""
    stored = 0
    for number in range(10_000):
        rows = [(bodies.noon + row, f"{number} {row} {number * row}" * 20) for row in range(100)]
        try:
            stored += bodies.keep(store, bodies.body(str(number), *rows))[0]
        except StoreFull:
            return stored
    pytest.fail("the disk never filled up")


@pytest.mark.faults
def test_a_disk_that_fills_up_refuses_loses_nothing_and_recovers(small_disk, clock, bodies) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (16 * MIB))
    store = open_duckdb_store(small_disk / "data", clock, limits=LIMITS)
    stored = fill(store, bodies)
    assert stored > 0
    assert not store.health().accepting
    assert count(store) == stored, "reading goes on"
    ballast.unlink()
    body = bodies.body("after", (bodies.noon, "after"))
    assert bodies.keep(store, body)[0] == 1, "room was made"
    store.close()
    store = open_duckdb_store(small_disk / "data", clock, limits=LIMITS)
    assert count(store) == stored + 1
    assert bodies.keep(store, body)[0] == 0
    store.close()
