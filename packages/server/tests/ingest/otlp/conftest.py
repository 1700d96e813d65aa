"""A receiver of OTLP over a store in memory, and bodies made by OpenTelemetry's own classes."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette

from openinsights.catalog.resource import Resource
from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.otlp.deltas import Series
from openinsights.ingest.otlp.receiver import Receiver
from openinsights.ingest.otlp.routes import otlp_routes
from openinsights.ingest.pipeline import Pipeline
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = UNIX_EPOCH_TICKS + 1_795_248_000 * 10_000_000  # noon in November 2026
NOW_NS = 1_795_248_000 * 1_000_000_000
KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
OTHER_KEY = "0c1d2e3f-aaaa-4bbb-8ccc-123456789abc"
PROTOBUF = "application/x-protobuf"
TRACE_ID, SPAN_ID, PARENT_ID = bytes(range(16)), bytes(range(8)), bytes(range(8, 16))


def resource(key: str, name: str) -> Resource:
    path = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/{name}"
    return Resource(f"app-{name}", name, "g", "local", key, path, 0)


RESOURCES = {KEY: resource(KEY, "web"), OTHER_KEY: resource(OTHER_KEY, "api")}
REQUESTS = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


def add(attributes: Any, **values: Any) -> None:
    """Add attributes; `__` in a name stands for a dot."""
    for name, value in values.items():
        put(attributes, name.replace("__", "."), value)


def put(attributes: Any, name: str, value: Any) -> None:
    pair = attributes.add()
    pair.key = name
    fill(pair.value, value)


def fill(any_value: Any, value: Any) -> None:
    if isinstance(value, bool):
        any_value.bool_value = value
    elif isinstance(value, int):
        any_value.int_value = value
    elif isinstance(value, float):
        any_value.double_value = value
    elif isinstance(value, str):
        any_value.string_value = value
    elif isinstance(value, bytes):
        any_value.bytes_value = value
    elif isinstance(value, list):
        any_value.array_value.SetInParent()
        for one in value:
            fill(any_value.array_value.values.add(), one)
    elif isinstance(value, dict):
        any_value.kvlist_value.SetInParent()
        for key, one in value.items():
            put(any_value.kvlist_value.values, key, one)


def otlp_json(message: Any) -> bytes:
    """Return a request as OTLP's JSON: protobuf's, but for ids, which are hexadecimal."""
    return json.dumps(_hexadecimal(MessageToDict(message, use_integers_for_enums=True))).encode()


def _hexadecimal(value: Any) -> Any:
    if isinstance(value, list):
        return [_hexadecimal(one) for one in value]
    if isinstance(value, dict):
        import base64

        return {
            key: base64.b64decode(one).hex()
            if key in ("traceId", "spanId", "parentSpanId")
            else _hexadecimal(one)
            for key, one in value.items()
        }
    return value


def traces(**resource_attributes: Any) -> tuple[Any, Any]:
    """Return a request and the list of its spans."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    add(group.resource.attributes, **resource_attributes)
    scope = group.scope_spans.add()
    scope.scope.name = "tests"
    return request, scope.spans


def logs(**resource_attributes: Any) -> tuple[Any, Any]:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    add(group.resource.attributes, **resource_attributes)
    scope = group.scope_logs.add()
    scope.scope.name = "shop.payments"
    return request, scope.log_records


def metrics(**resource_attributes: Any) -> tuple[Any, Any]:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    add(group.resource.attributes, **resource_attributes)
    return request, group.scope_metrics.add().metrics


def span(spans: Any, name: str = "work", kind: int = 2, ms: float = 25.5, **attributes: Any) -> Any:
    one = spans.add()
    one.trace_id, one.span_id, one.name, one.kind = TRACE_ID, SPAN_ID, name, kind
    one.start_time_unix_nano = NOW_NS
    one.end_time_unix_nano = NOW_NS + int(ms * 1_000_000)
    add(one.attributes, **attributes)
    return one


class Clock:
    now = NOW

    def now_ticks(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 10_000_000


class Otlp:
    """What a test sends to, and where it looks; and how it makes what it sends."""

    key = KEY
    other_key = OTHER_KEY
    now_ns = NOW_NS
    trace_id, span_id, parent_id = TRACE_ID, SPAN_ID, PARENT_ID
    add, put = staticmethod(add), staticmethod(put)
    traces, logs, metrics = staticmethod(traces), staticmethod(logs), staticmethod(metrics)
    span = staticmethod(span)
    as_json = staticmethod(otlp_json)

    def __init__(self, watched_from_ns: int, limits: IngestLimits) -> None:
        self.clock = Clock()
        self.store = open_duckdb_store(None, self.clock)
        self.pipeline = Pipeline(
            self.store, lambda key: RESOURCES.get(key.lower()), self.clock, limits
        )
        self.series = Series(watched_from_ns)
        receiver = Receiver(self.pipeline, lambda: KEY, self.series)
        self._app = Starlette(routes=list(otlp_routes(receiver)))

    def post(
        self, content: bytes, path: str = "/v1/traces", content_type: str = PROTOBUF, **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["content-type"] = content_type

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
                return await client.post(path, content=content, headers=named)

        return asyncio.run(send())

    def send(self, message: Any, *, as_json: bool = False, packed: bool = False) -> httpx.Response:
        """Send a request of OpenTelemetry's own classes; it has to be taken."""
        path = next(f"/v1/{name}" for name, kind in REQUESTS.items() if isinstance(message, kind))
        body = otlp_json(message) if as_json else message.SerializeToString()
        headers = {"content_encoding": "gzip"} if packed else {}
        content_type = "application/json" if as_json else PROTOBUF
        reply = self.post(gzip.compress(body) if packed else body, path, content_type, **headers)
        assert reply.status_code == 200, reply.text
        return reply

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, each as a dict of the columns that are not empty."""
        columns = tuple(column.name for column in BY_NAME[table].columns)
        source = self.store.source(ScanRequest(table, columns))
        found = self.store.run(
            Sql(f"from {source.text}", source.parameters), timeout_s=30, max_rows=100_000
        )
        return [
            {
                name: json.loads(value) if name.startswith("custom") else value
                for name, value in zip(columns, row, strict=True)
                if value is not None and value != ""
            }
            for row in found.rows
        ]

    def row(self, table: str) -> dict[str, Any]:
        (row,) = self.rows(table)
        return row

    def close(self) -> None:
        self.pipeline.close()
        self.store.close()


@pytest.fixture
def make_otlp() -> Iterator[Callable[..., Otlp]]:
    made: list[Otlp] = []

    def make(watched_from_ns: int = 0, **limits: int) -> Otlp:
        made.append(Otlp(watched_from_ns, IngestLimits(**limits)))
        return made[-1]

    yield make
    for otlp in made:
        otlp.close()


@pytest.fixture
def otlp(make_otlp: Callable[..., Otlp]) -> Otlp:
    return make_otlp()
