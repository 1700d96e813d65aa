from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import Parts, build, open_parts
from openinsights.clock import TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from openinsights.settings import resolve
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "http://127.0.0.1:5380/"
START = UNIX_EPOCH_TICKS + 1_795_248_000 * TICKS_PER_SECOND  # 2026-11-21T08:00:00Z
PING = "/QuickPulseService.svc/ping"
POST = "/QuickPulseService.svc/post"


class SteppedClock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.ticks = START

    def now_ticks(self) -> int:
        return self.ticks

    def monotonic_s(self) -> float:
        return self.ticks / TICKS_PER_SECOND

    def forward(self, seconds: float) -> None:
        self.ticks += round(seconds * TICKS_PER_SECOND)


@dataclass
class LiveServer:
    """The whole application in memory, asked without a socket."""

    client: httpx.AsyncClient
    blocking: Any
    parts: Parts
    clock: SteppedClock
    app: str
    key: str

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        reply: httpx.Response = self.blocking.call(
            partial(self.client.request, method, path, **more)
        )
        return reply

    def ping(self, key: str | None = None, **more: Any) -> httpx.Response:
        more = {"json": point(self), **more}
        return self.ask("POST", PING, params={"ikey": key or self.key}, **more)

    def post(self, *points: dict[str, Any], **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", POST, params={"ikey": self.key}, json=points, headers=named)

    def watch(self, **parameters: Any) -> dict[str, Any]:
        """Look once, as a viewer who asks from time to time."""
        reply = self.ask("GET", f"/api/live/{self.app}/latest", params=parameters)
        assert reply.status_code == 200, reply.text
        seen: dict[str, Any] = reply.json()
        return seen

    def newest(self, **parameters: Any) -> dict[str, float | None]:
        """Return each metric in the second that is just over."""
        series = self.watch(**parameters)["sample"]["series"]
        return {name: values[-1] for name, values in series.items()}

    def track(self, *items: dict[str, Any]) -> None:
        reply = self.ask("POST", "/v2.1/track", json=[{"iKey": self.key, **one} for one in items])
        assert reply.status_code == 200, reply.text


def point(server: LiveServer, **more: Any) -> dict[str, Any]:
    """A point as most clients write it, of the server's present second."""
    return {
        "Version": "py3.12.1:oc0.12.0:ext1.2.0",
        "InvariantVersion": 5,
        "Instance": "web-1",
        "RoleName": "shop",
        "MachineName": "host",
        "StreamId": "0af7651916cd43dd8448eb211c80319c",
        "IsWebApp": False,
        "PerformanceCollectionSupported": True,
        "Timestamp": format_time(server.clock.ticks),
        **more,
    }


def metrics(**values: float | tuple[float, int]) -> list[dict[str, Any]]:
    """Metrics by the short names of `NAMES`; a tuple gives the weight too."""
    return [
        {
            "Name": NAMES[name],
            "Value": value[0] if isinstance(value, tuple) else value,
            "Weight": value[1] if isinstance(value, tuple) else 1,
        }
        for name, value in values.items()
    ]


NAMES = {
    "requests": r"\ApplicationInsights\Requests/Sec",
    "failed": r"\ApplicationInsights\Requests Failed/Sec",
    "duration": r"\ApplicationInsights\Request Duration",
    "dependencies": r"\ApplicationInsights\Dependency Calls/Sec",
    "dependency_duration": r"\ApplicationInsights\Dependency Call Duration",
    "exceptions": r"\ApplicationInsights\Exceptions/Sec",
    "committed": r"\Memory\Committed Bytes",
    "physical": r"\Process\Physical Bytes",
    "processor": r"\Processor(_Total)\% Processor Time",
    "process": r"\% Process\Processor Time Normalized",
}


@pytest.fixture
def make_server() -> Iterator[Callable[..., LiveServer]]:
    with ExitStack() as opened:

        def make(**explicit: object) -> LiveServer:
            clock = SteppedClock()
            settings = resolve(explicit)
            parts = open_parts(None, settings, clock, opened)
            application = build(parts, settings, clock, URL)
            blocking = opened.enter_context(start_blocking_portal())
            transport = httpx.ASGITransport(application, raise_app_exceptions=True)
            client = httpx.AsyncClient(transport=transport, base_url=URL)
            opened.callback(lambda: blocking.call(client.aclose))
            resource = parts.resources.create("shop")
            return LiveServer(
                client, blocking, parts, clock, resource.app_id, resource.instrumentation_key
            )

        yield make


@pytest.fixture
def server(make_server: Callable[..., LiveServer]) -> LiveServer:
    return make_server()


@pytest.fixture
def live() -> Any:
    """Builders of what clients send."""
    return Builders()


class Builders:
    point = staticmethod(point)
    metrics = staticmethod(metrics)
    names = NAMES

    @staticmethod
    def item(kind: str, at_ticks: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "name": "anything",
            "time": format_time(at_ticks),
            "tags": {"ai.cloud.role": "shop", "ai.cloud.roleInstance": "web-1"},
            "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
            **more,
        }

    @classmethod
    def request(
        cls, at_ticks: int, ms: int = 100, *, ok: bool = True, **more: Any
    ) -> dict[str, Any]:
        data = {
            "id": "1",
            "name": "GET /cart",
            "duration": f"00:00:{ms // 1000:02d}.{ms % 1000:03d}",
            "responseCode": "200" if ok else "500",
            "success": ok,
        }
        return cls.item("RequestData", at_ticks, data, **more)
