"""What hostile tests share: a resource of their own, raw sockets, and the server's memory."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.conftest import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE_S = 60.0


class Running(Protocol):
    """What these tests need of a running server."""

    port: int
    process: Any

    def create_resource(self, name: str) -> dict[str, str]: ...


@dataclass(frozen=True)
class Answer:
    """A reply of the server."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def mistake(self) -> dict[str, Any]:
        """The innermost error of a refused query."""
        error: dict[str, Any] = self.json["error"]
        while "innererror" in error:
            error = error["innererror"]
        return error


@dataclass(frozen=True)
class Target:
    """A server under attack, and one resource on it."""

    port: int
    pid: int
    name: str
    key: str
    app_id: str

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Return the reply to one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            reply = connection.getresponse()
            return Answer(reply.status, reply.read(), dict(reply.getheaders()))
        finally:
            connection.close()

    def track(self, body: bytes | list[Any], encoding: str = "") -> Answer:
        """Send telemetry."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return self.ask("POST", "/v2.1/track", content, headers)

    def query(self, text: str, **more: Any) -> Answer:
        """Ask a query."""
        body = json.dumps({"query": text, **more}).encode()
        return self.ask("POST", f"/v1/apps/{self.name}/query", body, {"Prefer": "wait=20"})

    def count(self, message: str) -> int:
        """Return how many traces carry the text."""
        reply = self.query(f"traces | where message == {json.dumps(message)} | count")
        return int(reply.json["tables"][0]["rows"][0][0])

    def trace(self, message: str = "good", **changes: Any) -> dict[str, Any]:
        """Return an envelope that is in order, apart from the changes."""
        return {**self.item("MessageData", {"ver": 2, "message": message}), **changes}

    def item(self, base_type: str, data: Any) -> dict[str, Any]:
        """Return an envelope around some data."""
        return {
            "name": "Microsoft.ApplicationInsights.Message",
            "time": at(),
            "iKey": self.key,
            "tags": {},
            "data": {"baseType": base_type, "baseData": data},
        }

    def raw(self, data: bytes) -> bytes:
        """Return what comes back for bytes that need not be HTTP, until the server hangs up."""
        with self.connection() as one:
            one.sendall(data)
            parts = []
            while part := one.recv(65536):
                parts.append(part)
            return b"".join(parts)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A bare connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as one:
            yield one

    def resident_mib(self, what: str = "VmRSS") -> int:
        """Return the server's memory; `VmHWM` is the most it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(what))

    def forget_the_most(self) -> None:
        """Have `VmHWM` begin again at what the server has now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @contextmanager
    def slowest_answer(self) -> Iterator[list[float]]:
        """Ask for the server's health all the time; the list's only entry is the longest wait."""
        longest, done = [0.0], threading.Event()

        def ask() -> None:
            while not done.wait(0.02):
                began = time.monotonic()
                assert self.ask("GET", "/health").status == 200
                longest[0] = max(longest[0], time.monotonic() - began)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield longest
        finally:
            done.set()
            asking.join()


def at(seconds: float = 0.0) -> str:
    """Return a time as an envelope carries it, so many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def target_on(server: Running, name: str | None = None) -> Target:
    """Make a resource on a running server."""
    name = name or f"hostile-{uuid.uuid4().hex[:8]}"
    text = server.create_resource(name)["connection_string"]
    facts = dict(part.split("=", 1) for part in text.split(";"))
    return Target(
        server.port, server.process.pid, name, facts["InstrumentationKey"], facts["ApplicationId"]
    )


@pytest.fixture(scope="session")
def target(server: Running) -> Target:
    """A resource on the server that all tests of a session share."""
    return target_on(server)


class Spare:
    """A server for those that ask too much: another one when it does not give its memory back."""

    USUAL_MIB = 400

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = 0
        self._server: RunningServer | None = None

    def target(self) -> Target:
        """Return a resource on a server which has used little so far."""
        if self._server is not None:
            found = target_on(self._server)
            if found.resident_mib() < self.USUAL_MIB:
                found.forget_the_most()
                return found
            self.stop()
        self._started += 1
        self._server = RunningServer(self._folder / str(self._started))
        self._server.start()
        return target_on(self._server)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(signal.SIGKILL)
            self._server = None


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spare]:
    one = Spare(tmp_path_factory.mktemp("spare"))
    yield one
    one.stop()


@pytest.fixture
def spare_target(spare: Spare) -> Target:
    """A resource on a server that tests of this file bring to its knees one after the other."""
    return spare.target()


@pytest.fixture
def lone_target(stopped_server: Any) -> Target:
    """A resource on a server that this test alone may bring to its knees."""
    stopped_server.start()
    return target_on(stopped_server)
