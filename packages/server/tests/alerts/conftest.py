"""A clock that a test puts where it wants it, and catalogs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

sys.path.insert(0, str(Path(__file__).parent))

from served import HandClock, Served

from openinsights.catalog.engine import open_file, open_memory


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=["memory", "file"])
def catalog(request, tmp_path):
    engine = open_memory() if request.param == "memory" else open_file(tmp_path / "catalog.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def served(clock, portal):
    served = Served(clock, portal)
    yield served
    served.stop()
