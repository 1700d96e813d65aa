from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.app import open_parts
from openinsights.clock import TICKS_PER_DAY
from openinsights.data_folder import DataFolder
from openinsights.keeping.keeper import Keeper, KeepingLimits
from openinsights.settings import resolve
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openinsights.app import Parts
    from openinsights.catalog.resource import Resource

TODAY = 740_000


class VirtualClock:
    """A clock that is set."""

    def __init__(self, day: int = TODAY) -> None:
        self.day = day

    def now_ticks(self) -> int:
        return self.day * TICKS_PER_DAY + TICKS_PER_DAY // 2

    def monotonic_s(self) -> float:
        return self.day * 86_400.0


def store_row(
    parts: Parts, resource: Resource, day: int, table: str = "traces", **columns: Any
) -> None:
    """Store a row of a table, on a day."""
    row = {
        "timestamp": [day * TICKS_PER_DAY + 5],
        "appId": [resource.app_id],
        **{name: [value] for name, value in columns.items()},
    }
    rows = (DayRows(day, (TableRows(table, 1, row),)),)
    digest = json.dumps([resource.app_id, day, table, columns]).encode()
    parts.store.append(Rows(hashlib.sha256(digest).digest()[:16], 100, rows)).result(30)


@dataclass
class Kept:
    """Opened parts on a virtual clock, and short ways to write and read them."""

    parts: Parts
    clock: VirtualClock

    def store(self, resource: Resource, day: int, table: str = "traces", **columns: Any) -> None:
        """Store a row of a table, on a day."""
        store_row(self.parts, resource, day, table, **columns)

    def left(self, table: str = "traces") -> dict[int, int]:
        """Return how many rows each day has left."""
        assert self.parts.store.settle(30)
        days = [each.day for each in self.parts.store.stored_days()]
        return {day: self.parts.store.counts(day).get(table, 0) for day in days}

    def keeper(self, **limits: Any) -> Keeper:
        parts = self.parts
        limits_ = KeepingLimits(**limits)
        return Keeper(
            parts.store, parts.resources, parts.purges, self.clock, limits_, parts.believed
        )


@pytest.fixture
def store_a_row() -> Callable[..., None]:
    return store_row


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    clock = VirtualClock()
    with ExitStack() as opened:
        folder = opened.enter_context(DataFolder(tmp_path / "data"))
        yield Kept(open_parts(folder, resolve(), clock, opened), clock)
