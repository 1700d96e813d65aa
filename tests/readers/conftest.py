"""Unmodified clients that read, each in an environment of its own, against a real server.

The environments are made once from the package indexes and kept in `.senders`, as those of the
clients that send.
"""

from __future__ import annotations

import subprocess
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import RunningServer
from tests.senders.conftest import made_once, run_or_fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
INSTALL_S = 900

EVERY_TYPE = """
print
    flag = true, no_flag = bool(null),
    small = int(-2147483648), no_small = int(null),
    big = 9223372036854775807, no_big = long(null),
    ratio = 0.1, no_ratio = real(null), nan = real(nan), up = real(+inf), down = real(-inf),
    exact = decimal(12345678901234567890.5), no_exact = decimal(null),
    at = datetime(2016-12-31T23:59:59.9999999Z), no_at = datetime(null),
    took = timespan(1.02:03:04.0000005), no_took = timespan(null),
    id = guid(8a7a8f2e-5b0a-4ed5-9f34-0a4e5c7b1b1e), no_id = guid(null),
    text = "김치 \\"crème\\" 🎉", empty = "",
    bag = dynamic({"a": [1, null, {"b": "c"}]}), word = dynamic("w"), no_bag = dynamic(null)
"""
"""A row with a value of each type, at the ends of what it holds, and null."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.readers)


def python_with(name: str, *wanted: str) -> Path:
    """Return a Python that has some distributions and nothing of ours."""

    def install(folder: Path) -> None:
        run_or_fail(["python3", "-m", "venv", folder / "python"])
        pip = [folder / "python" / "bin" / "python", "-m", "pip", "install", "--quiet"]
        run_or_fail([*pip, "--disable-pip-version-check", *wanted], timeout=INSTALL_S)

    return made_once(name, wanted, install) / "python" / "bin"


@pytest.fixture(scope="session")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a certificate of its own authority."""
    options = ("--tls", "auto", "--otlp-grpc-port", "0", "--otlp-http-port", "0")
    running = RunningServer(tmp_path_factory.mktemp("readers") / "data", options=options)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shop(https: RunningServer) -> dict[str, str]:
    """A resource with three requests of the last hour and one of the day before."""
    facts = https.create_resource("shop")
    now = datetime.now(timezone.utc)
    times = [now - timedelta(minutes=minutes) for minutes in (3, 2, 1, 24 * 60)]
    items = [_request(facts["instrumentation_key"], at, n) for n, at in enumerate(times)]
    assert https.post("/v2.1/track", items)["itemsAccepted"] == 4
    https.create_resource("bank")
    return facts


def _request(key: str, at: datetime, number: int) -> dict[str, Any]:
    data = {
        "ver": 2,
        "id": uuid.uuid4().hex[:16],
        "name": f"GET /{number}",
        "duration": f"0.00:00:00.{number + 1}00",
        "responseCode": "200",
        "success": True,
        "properties": {"number": str(number)},
    }
    return {
        "name": "Microsoft.ApplicationInsights.Request",
        "time": at.isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": "web"},
        "data": {"baseType": "RequestData", "baseData": data},
    }


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """Run a program to its end and return what it printed."""

    def running(words: list[str | Path], **environ: str) -> str:
        kept = {"PATH": "/usr/bin:/bin", "HOME": environ.get("HOME", "/nonexistent")}
        ran = subprocess.run(
            words, capture_output=True, text=True, env={**kept, **environ}, timeout=180
        )
        assert ran.returncode == 0, f"{words}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
        return ran.stdout

    return running
