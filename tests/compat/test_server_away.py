"""A program goes on while the server is killed and started again; all that it logged is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = Path(__file__).with_name("programs") / "steady.py"

pytestmark = pytest.mark.faults


def start(count: int, url: str, key: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    text = f"InstrumentationKey={key};IngestionEndpoint={url}/"
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(count)],
        env={**environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": text},
        stdout=subprocess.PIPE,
        text=True,
    )


def read_until(program: subprocess.Popen[str], logged: int) -> None:
    assert program.stdout is not None
    for line in program.stdout:
        if int(line) >= logged:
            return


def finish(program: subprocess.Popen[str]) -> None:
    program.communicate(timeout=60)
    assert program.returncode == 0


def test_everything_arrives_once_though_the_server_is_killed(
    stopped_server: Any, client_environment: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    stopped_server.start()
    program = start(2000, stopped_server.url, key, client_environment)
    for logged in (400, 900, 1400):
        read_until(program, logged)
        stopped_server.stop(signal.SIGKILL)
        read_until(program, logged + 200)
        stopped_server.start()
    finish(program)

    # What an attempt left on disk goes out with the next process of the same resource.
    finish(start(1, stopped_server.url, key, client_environment))
    found = stopped_server.wait_for_rows(
        f"app-{key[:8]}", "traces | summarize n = count() by message", 2000
    )
    assert {row["n"] for row in found if row["message"] != "message 0"} == {1}
    assert {row["message"] for row in found} == {f"message {number}" for number in range(2000)}


def test_what_a_program_logged_without_a_server_arrives_with_its_next_run(
    stopped_server: Any, client_environment: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    finish(start(100, stopped_server.url, key, client_environment))
    stored = [
        path for path in Path(client_environment["TMPDIR"]).rglob("*") if path.suffix == ".blob"
    ]
    assert stored
    stopped_server.start()
    finish(start(1, stopped_server.url, key, client_environment))

    stopped_server.wait_for_rows(f"app-{key[:8]}", "traces", 101)
    assert os.listdir(stored[0].parent) == []
