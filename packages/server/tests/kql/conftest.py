"""Fixtures of the compiler's tests: one engine for all, and the switch that rewrites golden files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="rewrite duckdb.sql and rows.json of the KQL cases"
    )


@pytest.fixture(scope="session")
def kql_engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.connection.close()
