"""A ClickHouse of a test's own, behind its protocol."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINT = Path(__file__).parents[2] / "packages/server/tests/store/clickhouse/endpoint.py"


@pytest.fixture(scope="session")
def _endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("clickhouse_endpoint", ENDPOINT)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["clickhouse_endpoint"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    endpoint = module.Endpoint(tmp_path_factory.mktemp("clickhouse"))
    yield endpoint
    endpoint.stop()


@pytest.fixture
def endpoint(_endpoint: Any) -> Iterator[Any]:
    """Can be told what goes wrong; a test leaves it running, with its databases."""
    yield _endpoint
    _endpoint.tell("heal")
