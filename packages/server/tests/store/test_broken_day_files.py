"""What lies in the folder and is no readable day: named when it is needed, ignored when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.clock import SystemClock
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

OLD = "2020-02-02.duckdb"


def test_names_that_are_no_day_and_empty_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "2026-13-45.duckdb").write_bytes(b"x")
    (tmp_path / "2020-02-03.duckdb").mkdir()
    (tmp_path / OLD).touch()

    store = open_duckdb_store(tmp_path, SystemClock())
    days = store.health().days
    store.close()

    assert days == 0


def test_a_broken_old_day_stops_only_what_reads_it_and_is_named(tmp_path: Path) -> None:
    (tmp_path / OLD).write_bytes(b"this is no database" * 1000)

    store = open_duckdb_store(tmp_path, SystemClock())
    request = ScanRequest(
        table="traces", columns=("message",), app_ids=None, time_from=None, time_to=None
    )
    with pytest.raises(StoreError, match=r"2020-02-02\.duckdb.*move it out of the folder"):
        store.source(request)
    store.close()
