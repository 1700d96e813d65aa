from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import DuckDBStore, open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openinsights.store.api import Store

NOON = UNIX_EPOCH_TICKS + 20_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2


class FixedClock:
    """A clock that stands until it is set."""

    def __init__(self, now_ticks: int = NOON) -> None:
        self.now = now_ticks

    def now_ticks(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 10_000_000


class Bodies:
    """Makes rows of request bodies."""

    noon = NOON

    def body(
        self,
        name: str,
        *items: tuple[int, str] | tuple[int, str, tuple[int, int]],
        table: str = "traces",
        app_id: str = "app-1",
        size_bytes: int = 1000,
    ) -> Rows:
        """Return a body of (ticks, message[, sequence]) items of one table."""
        by_day: dict[int, list[Any]] = {}
        for item in items:
            by_day.setdefault(item[0] // TICKS_PER_DAY, []).append(item)
        column = "message" if table in ("traces", "exceptions") else "name"
        days = tuple(
            DayRows(
                day,
                (
                    TableRows(
                        table,
                        len(rows),
                        {
                            "timestamp": [row[0] for row in rows],
                            column: [row[1] for row in rows],
                            "appId": [app_id] * len(rows),
                        },
                        [row[2] if len(row) > 2 else None for row in rows]
                        if any(len(row) > 2 for row in rows)
                        else None,
                    ),
                ),
            )
            for day, rows in by_day.items()
        )
        return Rows(hashlib.sha256(name.encode()).digest()[:16], size_bytes, days)

    @staticmethod
    def keep(store: Store, *sent: Rows) -> tuple[int, int]:
        """Append bodies and return how many rows were stored, and how many had been before."""
        assert store.settle(60)
        before = store.health()
        for future in [store.append(rows) for rows in sent]:
            future.result(60)
        assert store.settle(60)
        after = store.health()
        return (
            after.stored_rows - before.stored_rows,
            after.duplicate_rows - before.duplicate_rows,
        )

    @staticmethod
    def count(store: Store) -> int:
        """Return how many traces a query finds."""
        source = store.source(ScanRequest("traces", ()))
        counted = Sql(f"select count(*) from {source.text}", source.parameters)
        ((count,),) = store.run(counted, timeout_s=60, max_rows=1).rows
        return int(count)


@pytest.fixture
def bodies() -> Bodies:
    return Bodies()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["folder", "memory"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> Iterator[DuckDBStore]:
    opened = open_duckdb_store(tmp_path / "data" if request.param == "folder" else None, clock)
    yield opened
    opened.close()
