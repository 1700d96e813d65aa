"""A server that answers Live Metrics as a test tells it to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from track_server import PassingServer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Server:
    """Takes telemetry, answers pings and posts as it is told, and remembers those."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {"x-ms-qps-subscribed": "true"}
        self.body = b""
        self.garbage = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if "QuickPulse" not in self.path:
                    self._answer(200, {}, b'{"itemsReceived":1,"itemsAccepted":1,"errors":[]}')
                    return
                outer.requests.append((self.path, dict(self.headers), json.loads(body)))
                if outer.garbage:
                    self.wfile.write(outer.garbage)
                    self.close_connection = True
                    return
                self._answer(outer.status, outer.headers, outer.body)

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        self._server = PassingServer(0, Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def other() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()
