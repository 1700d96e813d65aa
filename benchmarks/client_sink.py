"""The server that every client under measurement sends to: it counts what comes and accepts it all.

    python benchmarks/client_sink.py

Prints its port. Bodies may be compressed. `GET /` answers with what came so far, as JSON: `posts`,
`items`, and `bytes` of the bodies as they were sent. It is a process of its own, so that its time
is in nobody's figures.
"""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEM = b'"iKey"'
"""What stands once in every envelope, whoever wrote it, and nowhere else in the measured ones."""


class Received:
    """What came so far; connections have a thread each and share it."""

    def __init__(self) -> None:
        self.posts = self.items = self.bytes = 0
        self._lock = threading.Lock()

    def add(self, body: bytes, items: int) -> None:
        """Count one body."""
        with self._lock:
            self.posts += 1
            self.items += items
            self.bytes += len(body)

    def as_json(self) -> bytes:
        """Return the counts."""
        with self._lock:
            counts = {"posts": self.posts, "items": self.items, "bytes": self.bytes}
        return json.dumps(counts).encode()


def serve() -> None:
    """Accept connections until the process is ended."""
    received = Received()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_talk, args=(connection, received), daemon=True).start()


def _talk(connection: socket.socket, received: Received) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as stream:
        while request := stream.readline():
            headers = {}
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip().lower()
            body = stream.read(int(headers.get(b"content-length", 0)))
            if request.startswith(b"GET"):
                reply = received.as_json()
            else:
                compressed = headers.get(b"content-encoding") == b"gzip"
                items = (gzip.decompress(body) if compressed else body).count(ITEM)
                received.add(body, items)
                reply = b'{"itemsReceived":%d,"itemsAccepted":%d,"errors":[]}' % (items, items)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(reply), reply)
            )


class Sink:
    """A running sink, as the program sees it that started it.

    Attributes:
        port: Where it listens, on this machine only.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def received(self) -> dict[str, Any]:
        """Return what came so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/") as reply:
            return json.loads(reply.read())


@contextmanager
def running() -> Iterator[Sink]:
    """Run a sink in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Sink(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    serve()
