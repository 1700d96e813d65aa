"""Programs that report to a real server, and views of that server as people have them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = Path(__file__).with_name("programs") / "busy.py"
DEADLINE_S = 40.0
KEY = "11111111-2222-3333-4444-555555555555"


@dataclass
class Program:
    """A program that runs until it is told to end."""

    process: subprocess.Popen[str]

    def end(self) -> str:
        """Let the program end and return what it wrote on standard error."""
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture
def run(client_environment: dict[str, str]) -> Iterator[Callable[..., Program]]:
    """Start the program with a connection string and words that it knows."""
    started: list[Program] = []

    def start(connection_string: str, *words: str) -> Program:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *words],
            env={**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        program = Program(process)
        started.append(program)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return program

    yield start
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
            program.process.communicate()


@dataclass
class View:
    """What a stream told so far."""

    events: Iterator[tuple[str, Any]]
    sample: dict[str, Any] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)

    def until(self, what: str, is_so: Callable[[View], Any]) -> Any:
        """Read on until something is so and return it; the stream goes on once a second."""
        for count, (kind, data) in enumerate(self.events):
            if kind == "sample":
                self.sample = data
            else:
                self.documents += data
            answer = is_so(self)
            if answer:
                return answer
            assert count < 2 * DEADLINE_S, f"waited for {what}: {self.sample.get('servers')}"
        raise AssertionError(f"the stream ended before {what}")

    @property
    def posting(self) -> list[dict[str, Any]]:
        """The servers that post themselves."""
        return [each for each in self.sample.get("servers", ()) if each["source"] == "live"]

    def newest(self, metric: str) -> float:
        """Return the newest number of a metric; 0 when there is none."""
        return next((v for v in reversed(self.sample["series"][metric]) if v is not None), 0.0)


@contextmanager
def view_of(url: str, app: str, **parameters: Any) -> Iterator[View]:
    with (
        httpx.Client(base_url=url, timeout=DEADLINE_S, trust_env=False) as http,
        http.stream("GET", f"/api/live/{app}", params=parameters) as reply,
    ):
        assert reply.status_code == 200
        yield View(_events(reply))


def _events(reply: httpx.Response) -> Iterator[tuple[str, Any]]:
    kind = ""
    for line in reply.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


@pytest.fixture
def view() -> Any:
    return view_of


class Recorder:
    """A server that takes telemetry, and answers Live Metrics as the test says.

    Args:
        reply: The status and headers for a ping or post; None lets the request hang.
    """

    def __init__(self, reply: tuple[int, dict[str, str]] | None) -> None:
        self.paths: list[str] = []
        self.is_asked = threading.Event()
        self._let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                path = self.path.partition("?")[0]
                outer.paths.append(path)
                if "QuickPulse" not in path:
                    self._answer(200, {}, b'{"itemsReceived":1,"itemsAccepted":1,"errors":[]}')
                    return
                outer.is_asked.set()
                if reply is None:
                    outer._let_go.wait()
                    self.close_connection = True
                else:
                    self._answer(reply[0], reply[1], b"")

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                return  # a client that goes away is part of these tests

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def connection_string(self) -> str:
        url = f"http://127.0.0.1:{self._server.server_port}"
        return f"InstrumentationKey={KEY};IngestionEndpoint={url}/;LiveEndpoint={url}/"

    @property
    def live_paths(self) -> set[str]:
        return {path.rpartition("/")[2] for path in self.paths if "QuickPulse" in path}

    def close(self) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def record() -> Iterator[Callable[..., Recorder]]:
    made: list[Recorder] = []

    def make(reply: tuple[int, dict[str, str]] | None) -> Recorder:
        made.append(Recorder(reply))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()
