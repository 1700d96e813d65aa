"""The examples of the pages on databases run against real ones, and their queries find them."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import tomllib

ROWS = Path(__file__).resolve().parents[2] / "scripts" / "integrations"
PORTS = {"postgresql": 5432, "mariadb": 3306, "redis": 6379, "mongodb": 27017}
FIXTURES = {"redis": "redis_server"}


def with_a_peer() -> list[str]:
    return [
        path.stem
        for path in sorted(ROWS.glob("*.toml"))
        if "peer" in tomllib.loads(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("name", with_a_peer())
def test_the_example_of_a_page(
    name: str, server: Any, client_environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    row = tomllib.loads((ROWS / f"{name}.toml").read_text(encoding="utf-8"))
    peer = request.getfixturevalue(FIXTURES.get(row["peer"], row["peer"]))
    port = str(PORTS[row["peer"]])
    assert port in row["example"]
    key = str(uuid.uuid4())
    text = f"InstrumentationKey={key};IngestionEndpoint={server.url}/"
    done = subprocess.run(
        [sys.executable, "-c", row["example"].replace(port, str(peer.port))],
        env={**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": text},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    server.wait_for_rows(f"app-{key[:8]}", row["query"])
