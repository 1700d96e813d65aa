"""A server that passes posts on to a real one and remembers every item, so that twins show.

The real server stores an item that comes twice once; what was sent twice shows only on the way.
"""

from __future__ import annotations

import gzip
import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Relay:
    """Listens on loopback and passes everything on to the server at ``url``."""

    def __init__(self, url: str) -> None:
        self.items: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, reply = relay._pass_on(url + self.path, body, self.headers)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                # Head and body in one packet: in two, the second waits for a delayed ACK.
                self._headers_buffer.append(b"\r\n" + reply)  # type: ignore[attr-defined]
                self.flush_headers()

            def log_message(self, *args: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                return  # a client that goes away is part of these tests

        self._make = lambda port: Server(("127.0.0.1", port), Handler)
        self._port = 0
        self.open_again()

    def open_again(self) -> None:
        """Listen where it listened before."""
        self._server = self._make(self._port)
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, url: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        encoding = headers.get("Content-Encoding", "")
        plain = gzip.decompress(body) if encoding == "gzip" else body
        kept = {"Content-Type": "application/json", "Content-Encoding": encoding}
        request = urllib.request.Request(
            url, data=body, headers={name: value for name, value in kept.items() if value}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                answer = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            answer = error.code, error.read()
        with self._lock:
            if answer[0] == 200:
                self.items += json.loads(plain)
        return answer
