"""OpenTelemetry's SDK for Node with its OTLP exporters: JSON and protobuf over HTTP, and gRPC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.conftest import RunningServer, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPORTERS = tuple(
    f"@opentelemetry/exporter-{signal}-otlp-{kind}@0.223.0"
    for signal in ("trace", "logs", "metrics")
    for kind in ("http", "proto", "grpc")
)


@pytest.fixture(scope="module")
def sender(node_with):
    return node_with(
        "opentelemetry-node",
        "@opentelemetry/api@1",
        "@opentelemetry/resources@2",
        "@opentelemetry/sdk-logs@0.223.0",
        "@opentelemetry/sdk-metrics@2",
        "@opentelemetry/sdk-trace-node@2",
        *EXPORTERS,
    )


@pytest.fixture(scope="module")
def otlp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with its two ports for OpenTelemetry."""
    ports = str(free_port()), str(free_port())
    options = ("--otlp-http-port", ports[0], "--otlp-grpc-port", ports[1])
    running = RunningServer(tmp_path_factory.mktemp("otlp") / "data", options=options)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("way", "port"), [("json", 1), ("protobuf", 1), ("grpc", 3)])
def test_everything_it_sends_is_in_its_table(sender, otlp_server, way, port) -> None:
    facts = otlp_server.create_resource(way)
    sender.run(
        "node_opentelemetry.js",
        "",
        WAY=way,
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{otlp_server.options[port]}",
        OTEL_EXPORTER_OTLP_HEADERS=f"x-ms-instrumentation-key={facts['instrumentation_key']}",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
    )

    def row(table):
        (only,) = otlp_server.wait_for_rows(facts["app_id"], table)
        return only

    request = row("requests")
    assert (request["name"], request["resultCode"], request["success"]) == (
        "POST /orders",
        "201",
        "True",
    )
    assert json.loads(request["customDimensions"]) == {"주문": "김치 · crème brûlée · 🎉"}
    assert request["cloud_RoleName"] == "shop.checkout"
    call = row("dependencies")
    assert (call["type"], call["data"], call["success"]) == ("postgresql", "select 1", "False")
    assert call["operation_ParentId"] == request["id"]
    caught = row("exceptions")
    assert (caught["type"], caught["outerMessage"]) == ("RangeError", "broken")
    logged = row("traces")
    assert (logged["message"], logged["severityLevel"]) == ("재고 부족", 2)
    metric = row("customMetrics")
    assert (metric["name"], metric["valueSum"], metric["valueCount"]) == ("speed", 3.5, 2)
