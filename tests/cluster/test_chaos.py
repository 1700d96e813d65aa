"""Servers that are killed while telemetry comes lose none of it, store none twice, and alert once.

OPENINSIGHTS_CHAOS_SECONDS=600 lets it take ten minutes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = float(os.environ.get("OPENINSIGHTS_CHAOS_SECONDS", "20"))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """ClickHouse's engine behind its protocol."""
    pytest.importorskip("chdb")
    path = ROOT / "packages" / "server" / "tests" / "store" / "clickhouse" / "endpoint.py"
    spec = importlib.util.spec_from_file_location("clickhouse_endpoint_of_the_cluster", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    endpoint = module.Endpoint(tmp_path / "clickhouse")
    yield f"clickhouse://default@127.0.0.1:{endpoint.port}/chaos"
    endpoint.stop()


def test_what_was_accepted_is_there_once_and_every_alert_fires_once_when_servers_are_killed(
    store: str, database: Any
) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "chaos.py"), "--seconds", str(SECONDS)]
    done = subprocess.run(
        [*command, "--catalog", database.url(), "--store", store],
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS + 1500,
    )
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout[done.stdout.index("{") :])
    print(told)
    assert (told["lost"], told["doubled"], told["queries_unanswered"]) == (0, 0, 0)
    assert told["servers_agree"]
    # every part that failed is an alert of each of the two rules, by their names an alert each
    assert told["alerts_owed"] == told["alerts_fired"] >= 2
    assert (told["alerts_missing"], told["alerts_fired_twice"]) == (0, 0)
    assert told["kills"] >= 1
    assert told["accepted"] > 100
    assert told["queries_answered"] > 10
