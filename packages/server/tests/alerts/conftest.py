"""A clock that a test puts where it wants it, and catalogs."""

from __future__ import annotations

import pytest

from openinsights.catalog.engine import open_file, open_memory
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND

NOON = 739_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2


class HandClock:
    def __init__(self, now=NOON):
        self.now = now

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=["memory", "file"])
def catalog(request, tmp_path):
    engine = open_memory() if request.param == "memory" else open_file(tmp_path / "catalog.db")
    yield engine
    engine.dispose()
