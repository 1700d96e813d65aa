"""Real servers on one real PostgreSQL, each with a data folder of its own, and a wire that can be cut."""

from __future__ import annotations

import json
import signal
import threading
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from database_peers import own_folder, postgresql  # noqa: F401 - fixtures
from tests.conftest import RunningServer
from wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from database_peers import Peer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.databases)


class Database:
    """A catalog of a test's own, and what is in it."""

    def __init__(self, peer: Peer, name: str) -> None:
        self.peer = peer
        self.name = name

    def url(self, port: int = 0) -> str:
        """Return where servers find it, by way of another port if one is given."""
        where = f"{self.peer.host}:{port or self.peer.port}"
        return f"postgresql://{self.peer.user}@{where}/{self.name}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def holder(self, work: str) -> int:
        """Return the process that does a kind of work; 0 when nobody does."""
        found = self.rows(
            f"select holder from leases where name = '{work}'"
            " and until_ms > extract(epoch from clock_timestamp()) * 1000"
        )
        return int(found[0][0].split(":")[1]) if found else 0


@pytest.fixture
def database(postgresql: Peer) -> Iterator[Database]:  # noqa: F811
    name = f"catalog_{uuid.uuid4().hex[:8]}"
    where = f"postgresql://{postgresql.user}@{postgresql.host}:{postgresql.port}/postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    yield Database(postgresql, name)
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def start(tmp_path: Path, database: Database) -> Iterator[Callable[..., list[RunningServer]]]:
    """Starts servers on the catalog, all at the same moment, and returns them."""
    started: list[RunningServer] = []

    def several(count: int, *options: str, port: int = 0) -> list[RunningServer]:
        servers = [
            RunningServer(
                tmp_path / f"data{len(started) + number}",
                options=("--catalog", database.url(port), *options),
            )
            for number in range(count)
        ]
        started.extend(servers)
        threads = [threading.Thread(target=each.start) for each in servers]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for server in servers:
            assert server.is_healthy()
        return servers

    yield several
    for each in started:
        if each.process is not None:
            each.stop(signal.SIGKILL)


class Answer:
    """What a server answered."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode(errors="replace")

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture
def ask() -> Callable[..., Answer]:
    """Sends a request and returns the answer, whatever its status."""

    def one(server: RunningServer, method: str, path: str, body: Any = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            server.url + path,
            data=data,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    return one


@pytest.fixture
def hook() -> Iterator[Any]:
    """A receiver of webhooks on loopback, which keeps the ids of what came, as often as it came."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            came.append(body["data"]["essentials"]["alertId"].rpartition("/")[2])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    came: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield type("Received", (), {"came": came, "url": f"http://127.0.0.1:{server.server_port}/"})
    server.shutdown()
    server.server_close()


@pytest.fixture
def wire(postgresql: Peer) -> Iterator[Wire]:  # noqa: F811
    made = Wire(postgresql.port)
    yield made
    made.close()
