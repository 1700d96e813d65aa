"""Workers of a forking web server are seen one by one, and end as if nobody watched."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "programs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served_by(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
            return str(reply.read().decode())
    except OSError:
        return ""


def test_each_worker_is_a_server_of_its_own(
    server: Any, view: Any, client_environment: dict[str, str]
) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    facts = server.create_resource("live-workers")
    port = free_port()
    command = "-m gunicorn --preload --workers 2 --log-level error --bind"
    with view(server.url, facts["app_id"]) as seen:
        workers = subprocess.Popen(
            [sys.executable, *command.split(), f"127.0.0.1:{port}", "worker:application"],
            cwd=PROGRAMS,
            env={
                **client_environment,
                "APPLICATIONINSIGHTS_CONNECTION_STRING": facts["connection_string"],
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            pids: set[str] = set()

            def both_work(v: Any) -> Any:
                pids.update(served_by(port) for _ in range(20))
                busy = [each for each in v.posting if each["requests_per_second"]]
                return len(pids - {""}) == 2 and len(busy) == 2 and v.posting

            posting = seen.until("two workers with requests", both_work)
            assert {each["role"] for each in posting} == {"workers"}
            assert len({each["stream"] for each in posting}) == len(posting) == 3, "and the master"
            workers.send_signal(signal.SIGTERM)
            _, errors = workers.communicate(timeout=10)
        finally:
            workers.kill()
            workers.wait()
    assert (workers.returncode, errors) == (0, "")
