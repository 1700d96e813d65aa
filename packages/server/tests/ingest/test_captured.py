"""What unmodified SDKs sent, `contract/captured/<client>/sent.ndjson`, and the rows it becomes.

`RECORD_CONTRACT=1` writes `rows.json` anew, for people to review.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import build, open_parts
from openinsights.clock import TICKS_PER_SECOND
from openinsights.schema.catalog import CLASSIC
from openinsights.settings import resolve
from openinsights_wire.stamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURED = Path(__file__).parents[4] / "contract" / "captured"
CLIENTS = sorted(folder.name for folder in CAPTURED.iterdir())
URL = "http://127.0.0.1:5380/"
KEY = "5f0c0f3e-7d5b-4b1e-9a55-3f1f6f2f9d10"
OF_THE_SERVER = ("itemId", "appId", "appName", "_ResourceId", "itemType", "iKey", "client_IP")


class ClockAt:
    """It is always the same time."""

    def __init__(self, ticks: int) -> None:
        self._ticks = ticks

    def now_ticks(self) -> int:
        return self._ticks

    def monotonic_s(self) -> float:
        return 0.0


class Server:
    """The whole application in memory, at the time at which a client sent."""

    def __init__(self, lines: list[str], opened: ExitStack) -> None:
        latest = max(parse_time(json.loads(line)["time"]) for line in lines)
        clock, settings = ClockAt(latest + TICKS_PER_SECOND), resolve()
        parts = open_parts(None, settings, clock, opened)
        opened.callback(parts.queue.close)
        application = build(parts, settings, clock, URL)
        self._blocking = opened.enter_context(start_blocking_portal())
        transport = httpx.ASGITransport(application, raise_app_exceptions=True)
        self._client = httpx.AsyncClient(transport=transport, base_url=URL)
        opened.callback(lambda: self._blocking.call(self._client.aclose))
        self.app = parts.resolve_key(KEY).app_id

    def post(self, path: str, **more: Any) -> Any:
        reply = self._blocking.call(partial(self._client.post, path, **more))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of every table without what the server adds to all."""
        return {table.name: rows for table in CLASSIC if (rows := self._rows(table.name))}

    def _rows(self, table: str) -> list[dict[str, Any]]:
        query = f"{table} | order by timestamp asc, operation_ParentId asc, name asc"
        if table in ("traces", "exceptions"):
            query = f"{table} | order by timestamp asc"
        answer = self.post(f"v1/apps/{self.app}/query", json={"query": query})["tables"][0]
        names = [column["name"] for column in answer["columns"]]
        return [
            {
                name: value
                for name, value in zip(names, row, strict=True)
                if value not in (None, "", "{}") and name not in OF_THE_SERVER
            }
            for row in answer["rows"]
        ]


@pytest.fixture(params=CLIENTS)
def captured(request: pytest.FixtureRequest) -> Iterator[tuple[Path, list[str], Server]]:
    folder = CAPTURED / request.param
    lines = (folder / "sent.ndjson").read_text(encoding="utf-8").splitlines()
    with ExitStack() as opened:
        yield folder, lines, Server(lines, opened)


@pytest.mark.parametrize("form", ["lines", "array"])
def test_what_a_client_sent_becomes_its_rows(captured, form: str) -> None:
    folder, lines, server = captured
    body = "\n".join(lines) if form == "lines" else f"[{','.join(lines)}]"
    kind = "application/x-json-stream" if form == "lines" else "application/json"
    reply = server.post("v2.1/track", content=body.encode(), headers={"content-type": kind})
    count = len(lines)
    assert (reply["itemsReceived"], reply["itemsAccepted"], reply["errors"]) == (count, count, [])
    rows, file = server.rows(), folder / "rows.json"
    if os.environ.get("RECORD_CONTRACT") == "1":
        file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert rows == json.loads(file.read_text(encoding="utf-8"))


def test_no_file_tells_of_the_machine_that_recorded_it() -> None:
    for file in CAPTURED.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            for word in ("127.0.0.1", "localhost", str(Path.home()), str(CAPTURED.parents[1])):
                assert word not in text, file
