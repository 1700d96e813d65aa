from __future__ import annotations

from contextlib import ExitStack

import pytest

from openinsights.app import open_parts, route_table
from openinsights.clock import SystemClock
from openinsights.settings import resolve

PUBLIC_URL = "http://127.0.0.1:5380/"


@pytest.fixture(scope="session")
def table():
    """Every route of the server, as it is served."""
    clock, settings = SystemClock(), resolve()
    with ExitStack() as opened:
        parts = open_parts(None, settings, clock, opened)
        yield route_table(parts, settings, clock, PUBLIC_URL)
