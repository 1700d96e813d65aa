from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from openinsights.catalog.resource import Resource
from openinsights.catalog.resource_settings import changed
from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.pipeline import Pipeline
from openinsights.ingest.routes import track_routes
from openinsights.ingest.usage import UsageMeter
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openinsights.ingest.places import Place
    from openinsights.ingest.usage import HourOfUse
    from openinsights.store.api import Store

NOW = UNIX_EPOCH_TICKS + 1_795_248_000 * 10_000_000  # noon in November 2026
KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
OTHER_KEY = "0c1d2e3f-aaaa-4bbb-8ccc-123456789abc"


def resource(key: str, name: str) -> Resource:
    path = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/{name}"
    return Resource(f"app-{name}", name, "g", "local", key, path, 0)


RESOURCES = {KEY: resource(KEY, "web"), OTHER_KEY: resource(OTHER_KEY, "api")}


class FixedClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ticks(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 10_000_000


class Ingest:
    """A pipeline behind its routes, over a store in memory."""

    key = KEY
    other_key = OTHER_KEY
    now = NOW

    def __init__(
        self,
        store: Store,
        clock: FixedClock,
        limits: IngestLimits,
        place_of: Callable[[str], Place] | None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.settings: dict[str, object] = {}
        self.saved: list[HourOfUse] = []
        self.pipeline = Pipeline(
            store,
            self._resource,
            clock,
            limits,
            usage=UsageMeter((), self.saved.extend),
            place_of=place_of,
        )
        self._app = Starlette(routes=list(track_routes(self.pipeline)))

    def _resource(self, key: str) -> Resource | None:
        known = RESOURCES.get(key.lower())
        return known and replace(known, settings=changed(known.settings, self.settings))

    def envelope(self, base_type: str = "EventData", /, **base_data: Any) -> dict[str, Any]:
        if base_type == "EventData":
            base_data.setdefault("name", "something")
        return {
            "name": "anything",
            "time": format_time(NOW),
            "iKey": KEY,
            "tags": {},
            "data": {"baseType": base_type, "baseData": {"ver": 2, **base_data}},
        }

    def request(
        self, content: Any, *, method: str = "POST", path: str = "/v2.1/track", **headers: str
    ) -> httpx.Response:
        """Send bytes as they are, anything else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
                return await client.request(method, path, content=body, headers=named)

        return asyncio.run(send())

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, each as a dict of the columns that are not empty."""
        columns = tuple(column.name for column in BY_NAME[table].columns)
        source = self.store.source(ScanRequest(table, columns))
        sql = Sql(f"from {source.text}", source.parameters)
        found = self.store.run(sql, timeout_s=30, max_rows=100_000)
        return [
            {
                name: value
                for name, value in zip(columns, row, strict=True)
                if value is not None and value != ""
            }
            for row in found.rows
        ]

    def row(self, table: str) -> dict[str, Any]:
        (row,) = self.rows(table)
        return row

    def count(self, table: str) -> int:
        return len(self.rows(table))


@pytest.fixture
def make_ingest() -> Iterator[Callable[..., Ingest]]:
    made: list[Ingest] = []

    def make(place_of: Callable[[str], Place] | None = None, **limits: int) -> Ingest:
        clock = FixedClock()
        store = open_duckdb_store(None, clock)
        made.append(Ingest(store, clock, IngestLimits(**limits), place_of))
        return made[-1]

    yield make
    for ingest in made:
        ingest.pipeline.close()
        ingest.store.close()


@pytest.fixture
def ingest(make_ingest: Callable[..., Ingest]) -> Ingest:
    return make_ingest()
