"""A real server as a process of its own, for tests that look at the product from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "openinsights.cli.main"]
COMPONENTS = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
    "/providers/Microsoft.Insights/components"
)
DEADLINE_S = 90.0
"""How long a busy machine is waited for; what is quick enough, benchmarks tell."""
POLL_S = 0.05


def wait_until(what: str, is_so: Any, within_s: float = DEADLINE_S) -> Any:
    """Return the first true answer of `is_so`; fail with what was waited for."""
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        answer = is_so()
        if answer:
            return answer
        time.sleep(POLL_S)
    raise AssertionError(f"waited {within_s:g} s for {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningServer:
    """`openinsights serve` on a folder and a free port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()

    @property
    def is_tls(self) -> bool:
        return "--tls" in self.options

    @property
    def url(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """What clients of a server with a certificate of its own must trust."""
        return self.folder / "tls" / "ca.pem"

    def start(self) -> None:
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [
                    *(*COMMAND, "serve", "--data", str(self.folder), "--port", str(self.port)),
                    *self.options,
                ],
                stdout=log,
                stderr=log,
            )
        wait_until("the server's health", self.is_healthy)

    def is_healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the server stopped"
        try:
            with self._open(f"{self.url}/health", 5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=DEADLINE_S)
            self.process = None

    def post(self, path: str, value: Any) -> Any:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        request = urllib.request.Request(
            self.url + path, data=body, headers={"Content-Type": "application/json"}
        )
        with self._open(request, DEADLINE_S) as reply:
            return json.load(reply)

    def _open(self, what: str | urllib.request.Request, timeout_s: float) -> Any:
        trusting = ssl.create_default_context(cafile=self.authority) if self.is_tls else None
        return urllib.request.urlopen(what, timeout=timeout_s, context=trusting)

    def create_resource(self, name: str) -> dict[str, str]:
        """Return the facts of a new resource, under the names that the command line gives them."""
        request = urllib.request.Request(
            f"{self.url}{COMPONENTS}/{quote(name)}",
            data=b'{"location": "local", "properties": {}}',
            headers={"Content-Type": "application/json", "If-None-Match": "*"},
            method="PUT",
        )
        with self._open(request, DEADLINE_S) as reply:
            made = json.load(reply)
        return {
            "app_id": made["properties"]["AppId"],
            "instrumentation_key": made["properties"]["InstrumentationKey"],
            "connection_string": made["properties"]["ConnectionString"],
            "resource_id": made["id"],
        }

    def rows(self, app: str, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query over HTTP, by column name."""
        try:
            reply = self.post(f"/v1/apps/{app}/query", {"query": query})
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        table = reply["tables"][0]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]

    def wait_for_rows(self, app: str, query: str, at_least: int = 1) -> list[dict[str, Any]]:
        """Return the rows of a query once there are enough of them."""

        def enough() -> list[dict[str, Any]] | None:
            rows = self.rows(app, query)
            return rows if len(rows) >= at_least else None

        found: list[dict[str, Any]] = wait_until(f"{at_least} rows of {query}", enough)
        return found


@pytest.fixture
def stopped_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that the test starts itself."""
    server = RunningServer(tmp_path / "data")
    yield server
    if server.process is not None:
        server.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests of a session that only add to it."""
    running = RunningServer(tmp_path_factory.mktemp("server") / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a client program: its temporary files are the test's own."""
    kept = {name: value for name, value in os.environ.items() if "INSIGHTS" not in name}
    return {**kept, "TMPDIR": str(tmp_path)}
