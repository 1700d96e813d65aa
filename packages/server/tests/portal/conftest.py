from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import Parts, build, open_parts
from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.catalog.resource import Resource

PUBLIC_URL = "http://127.0.0.1:5380/"
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


class StoppedClock:
    """Noon of one day, for ever."""

    def now_ticks(self) -> int:
        return UNIX_EPOCH_TICKS + int(NOW.timestamp()) * 10_000_000

    def monotonic_s(self) -> float:
        return 0.0


@dataclass
class Server:
    """The whole application in memory, asked without a socket."""

    client: httpx.AsyncClient
    blocking: Any
    parts: Parts

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        reply: httpx.Response = self.blocking.call(
            partial(self.client.request, method, path, **more)
        )
        return reply

    def tile(self, name: str, app: str, **parameters: str) -> dict[str, Any]:
        reply = self.ask("GET", f"/portal/api/tile/{name}", params={"app": app, **parameters})
        assert reply.status_code == 200, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    def rows(self, name: str, app: str, **parameters: str) -> list[dict[str, Any]]:
        answer = self.tile(name, app, **parameters)
        names = [column["name"] for column in answer["columns"]]
        return [dict(zip(names, row, strict=True)) for row in answer["rows"]]

    def send(self, resource: Resource, *items: dict[str, Any]) -> None:
        envelopes = [{"iKey": resource.instrumentation_key, **item} for item in items]
        reply = self.ask("POST", "/v2.1/track", json=envelopes)
        assert reply.status_code == 200, reply.text


@pytest.fixture
def server() -> Iterator[Server]:
    clock = StoppedClock()
    settings = resolve()
    with ExitStack() as opened:
        parts = open_parts(None, settings, clock, opened)
        application = build(parts, settings, clock, PUBLIC_URL)
        blocking = opened.enter_context(start_blocking_portal())
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        opened.callback(lambda: blocking.call(client.aclose))
        yield Server(client, blocking, parts)


def at(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).isoformat()


def item(
    kind: str, minutes_ago: float, data: dict[str, Any], sample_rate: float = 100.0
) -> dict[str, Any]:
    return {
        "name": f"Microsoft.ApplicationInsights.{kind.removesuffix('Data')}",
        "time": at(minutes_ago),
        "sampleRate": sample_rate,
        "tags": {"ai.cloud.role": "web"},
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def request_item(
    minutes_ago: float, ms: int, *, ok: bool = True, name: str = "GET /", sample_rate: float = 100.0
) -> dict[str, Any]:
    data = {
        "id": "1",
        "name": name,
        "duration": f"00:00:{ms // 1000:02d}.{ms % 1000:03d}",
        "responseCode": "200" if ok else "500",
        "success": ok,
    }
    return item("RequestData", minutes_ago, data, sample_rate)


@pytest.fixture
def items() -> Any:
    """Builders of envelopes that happened some minutes before noon."""
    return ItemBuilders()


class ItemBuilders:
    request = staticmethod(request_item)

    @staticmethod
    def exception(minutes_ago: float, type_name: str, message: str) -> dict[str, Any]:
        detail = {"typeName": type_name, "message": message, "hasFullStack": False}
        return item("ExceptionData", minutes_ago, {"exceptions": [detail]})

    @staticmethod
    def dependency(minutes_ago: float, target: str, *, ok: bool) -> dict[str, Any]:
        data = {
            "name": "GET /stock",
            "type": "HTTP",
            "target": target,
            "duration": "00:00:00.020",
            "success": ok,
        }
        return item("RemoteDependencyData", minutes_ago, data)

    @staticmethod
    def message(minutes_ago: float, text: str) -> dict[str, Any]:
        return item("MessageData", minutes_ago, {"message": text})
