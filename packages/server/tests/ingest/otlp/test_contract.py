"""Bodies as OpenTelemetry's exporters sent them: `contract/otlp/<client>/<signal>.{binpb,json}`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.ingest.otlp.json_body import JsonReader
from openinsights.ingest.otlp.protobuf import ProtobufReader

CONTRACT = Path(__file__).parents[5] / "contract" / "otlp"
BODIES = sorted((*CONTRACT.glob("*/*.binpb"), *CONTRACT.glob("*/*.json")))
READERS = {".binpb": lambda: ProtobufReader(1000), ".json": JsonReader}
TYPES = {".binpb": "application/x-protobuf", ".json": "application/json"}
METHODS = {"traces": "spans", "logs": "logs", "metrics": "points"}


def named(path):
    return f"{path.parent.name}/{path.name}"


def captured_at(path):
    """Return the server's time for a body that was captured some time ago."""
    read = getattr(READERS[path.suffix](), METHODS[path.stem])
    for _, record in read(path.read_bytes()):
        time_ns = getattr(record, "time_ns", 0) or getattr(record, "start_ns", 0)
        if time_ns:
            return UNIX_EPOCH_TICKS + time_ns // 100
    raise AssertionError("no record has a time")


@pytest.fixture
def sent(otlp, request):
    path = request.param
    otlp.clock.now = captured_at(path)
    reply = otlp.post(path.read_bytes(), f"/v1/{path.stem}", TYPES[path.suffix])
    assert reply.status_code == 200
    assert reply.content in (b"", b'{"partialSuccess":{}}')
    return otlp


def of(signal):
    paths = [path for path in BODIES if path.stem == signal]
    assert len({path.suffix for path in paths}) == 2
    return pytest.mark.parametrize("sent", paths, indirect=True, ids=named)


@of("traces")
def test_spans(sent):
    row = sent.row("requests")
    assert (row["name"], row["resultCode"], row["success"]) == ("POST /orders", "500", "False")
    assert (row["url"], row["cloud_RoleName"]) == (
        "https://shop.example:443/orders",
        "shop.checkout",
    )
    dimensions = row["customDimensions"]
    assert json.loads(dimensions.pop("tags")) == ["a", "b"]
    dimensions.pop("_MS.ProcessedByMetricExtractors", None)
    assert dimensions == {"tenant": "north", "vip": "True", "items": "3"}
    call = sent.row("dependencies")
    assert (call["type"], call["target"], call["data"]) == (
        "postgresql",
        "db.example|shop",
        "SELECT 1",
    )
    (link,) = json.loads(call["customDimensions"]["_MS.links"])
    assert link == {"operation_Id": row["operation_Id"], "id": row["id"]}
    assert call["operation_ParentId"] == row["id"]
    failed = sent.row("exceptions")
    assert (failed["type"], failed["outerMessage"]) == ("TimeoutError", "bank did not answer")
    assert failed["operation_ParentId"] == row["id"]
    assert sent.row("traces")["message"] == "cart read"


@of("logs")
def test_log_records(sent):
    trace = sent.row("traces")
    assert (trace["message"], trace["severityLevel"]) == ("payment declined", 2)
    assert trace["customDimensions"] == {"order": "82", "logger_name": "shop.payments"}
    assert sent.row("customEvents")["name"] == "coupon used"
    failed = sent.row("exceptions")
    assert (failed["type"], failed["severityLevel"]) == ("KeyError", 3)
    assert json.loads(failed["outerMessage"]) == {"code": 7, "why": ["a"]}


@of("metrics")
def test_points(sent):
    rows = {row["name"]: row for row in sent.rows("customMetrics")}
    assert {name: (row["value"], row["valueCount"]) for name, row in rows.items()} == {
        "orders": (3.0, 1),
        "carts.open": (2.0, 1),
        "temperature": (20.5, 1),
        "cart.value": (132.0, 2),
        "latency": (1.0, 2),
    }
    latency = rows["latency"]
    assert (latency["valueMin"], latency["valueMax"]) == (0.25, 0.75)
    assert rows["cart.value"]["customDimensions"] == {"region": "north"}
