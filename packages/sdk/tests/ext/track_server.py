"""A small real HTTP server that records what arrives on the track path and misbehaves on demand."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "11111111-2222-3333-4444-555555555555"


@dataclass
class Answer:
    """One scripted reply; `hang_up` closes the connection instead, `wait` delays it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang_up: bool = False
    wait: threading.Event | None = None


@dataclass
class Post:
    """One recorded request."""

    path: str
    headers: dict[str, str]
    items: list[dict[str, Any]]
    status: int
    connection: int


class PassingServer(ThreadingHTTPServer):
    """A server of one test: when it is closed, nothing of it goes on.

    A client that nobody closed would otherwise go on speaking to a thread of it, in another test.
    """

    allow_reuse_address = True
    request_queue_size = 64
    daemon_threads = False  # closing waits for what they do

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._closing = threading.Lock()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._closing:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._closing:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        with self._closing:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        return  # a client that goes away is part of these tests


class TrackServer:
    """Listens on loopback; answers 200 unless `answers` holds something else for the next posts."""

    def __init__(self, port: int = 0) -> None:
        self.posts: list[Post] = []
        self.gets: list[Post] = []
        self.serves_gets = False
        self.answers: deque[Answer] = deque()
        self.always: Answer | None = None
        self._changed = threading.Condition()
        self._waits: list[threading.Event] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                recorder._handle(self)

            def do_GET(self) -> None:
                if not recorder.serves_gets:
                    self.send_error(501)
                    return
                connection = self.client_address[1]
                recorder.gets.append(Post(self.path, dict(self.headers), [], 200, connection))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self._server = PassingServer(port, Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.endpoint}/"

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The items of all requests answered with 200, in order of arrival."""
        with self._changed:
            return [item for post in self.posts if post.status == 200 for item in post.items]

    def of_type(self, base_type: str) -> list[dict[str, Any]]:
        return [item for item in self.accepted if item["data"]["baseType"] == base_type]

    def wait_for(self, condition: Callable[[], Any], timeout_s: float = 20) -> Any:
        """Wait until `condition` holds and return its value; fail with what arrived."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                value = condition()
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"nothing such arrived: {self.posts!r}")
                self._changed.wait(min(left, 0.1))

    def wait_for_items(self, count: int, timeout_s: float = 20) -> list[dict[str, Any]]:
        self.wait_for(lambda: len(self.accepted) >= count, timeout_s)
        return self.accepted

    def close(self) -> None:
        self._server.shutdown()
        with self._changed:
            for wait in self._waits:
                wait.set()
        self._server.server_close()
        self._thread.join()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        items = json.loads(body)
        with self._changed:
            answer = self.answers.popleft() if self.answers else self.always or Answer()
            if answer.wait is not None:
                self._waits.append(answer.wait)
        if answer.wait is not None:
            answer.wait.wait(30)
        with self._changed:
            self.posts.append(
                Post(
                    request.path,
                    dict(request.headers),
                    items,
                    0 if answer.hang_up else answer.status,
                    request.client_address[1],
                )
            )
            self._changed.notify_all()
        if answer.hang_up:
            request.close_connection = True
            return
        reply = answer.body
        if reply is None:
            count = len(items)
            reply = json.dumps(
                {
                    "itemsReceived": count,
                    "itemsAccepted": count if answer.status == 200 else 0,
                    "errors": [],
                }
            ).encode()
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(reply)))
        # Head and body in one packet: in two, the second waits for the client's delayed ACK.
        request._headers_buffer.append(b"\r\n" + reply)  # type: ignore[attr-defined]
        request.flush_headers()
