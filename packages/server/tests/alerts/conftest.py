"""A clock that a test puts where it wants it, and catalogs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

sys.path.insert(0, str(Path(__file__).parent))

from served import NOON, HandClock, Served

from openinsights.catalog.engine import open_file, open_memory
from openinsights.catalog.postgresql import open_postgresql
from openinsights.clock import TICKS_PER_DAY


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=["memory", "file", pytest.param("server", marks=pytest.mark.databases)])
def catalog(request, tmp_path):
    if request.param == "memory":
        engine = open_memory()
    elif request.param == "file":
        engine = open_file(tmp_path / "catalog.db")
    else:
        engine = open_postgresql(request.getfixturevalue("empty_postgresql"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def serving(portal):
    """One server for all tests of a file."""
    served = Served(HandClock(), portal)
    yield served
    served.stop()


@pytest.fixture
def served(serving):
    """A server at noon of a new day, with nothing that another test left."""
    yield serving
    for each in serving.parts.resources.list():
        assert serving.ask("DELETE", each.resource_id).status_code == 200
    day = (serving.clock.now - NOON) // TICKS_PER_DAY + 1
    serving.clock.now = NOON + day * TICKS_PER_DAY
    serving.parts.alerts.engine.run_due()
