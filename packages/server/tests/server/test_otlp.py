"""OpenTelemetry's own exporters, unmodified, against a real server; Azure's exporter beside them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.context import Context
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind

BOTH_WAYS = Path(__file__).parent / "programs" / "telemetry_both_ways.py"
TRACE_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
QUIET = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
}
TABLES = (
    "requests",
    "dependencies",
    "traces",
    "exceptions",
    "customEvents",
    "availabilityResults",
    "customMetrics",
)
OWN = frozenset(("itemId", "appId", "appName", "iKey", "_ResourceId", "sdkVersion"))
"""Columns that differ between any two resources, and the name of the sender."""
DURATION_MS = 0.5000001
"""Azure's exporter rounds durations to a millisecond."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def otlp(serve_for_module):
    """One server for all tests that tell their telemetry apart by keys or names."""
    ports = free_port(), free_port()
    options = ("--otlp-grpc-port", str(ports[0]), "--otlp-http-port", str(ports[1]))
    with serve_for_module(*options) as server:
        server.grpc_address, server.otlp_url = (
            f"127.0.0.1:{ports[0]}",
            f"http://127.0.0.1:{ports[1]}",
        )
        yield server
    assert server.errors == ""


def rows_of(server, table, key):
    reply = server.http.post("v1/apps/*/query", json={"query": f"{table} | where iKey == '{key}'"})
    (answer,) = reply.json()["tables"]
    names = [column["name"] for column in answer["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
    for row in rows:
        row["customDimensions"] = json.loads(row["customDimensions"] or "{}")
    return sorted(rows, key=lambda row: json.dumps(comparable(row), sort_keys=True))


def comparable(row):
    return {
        name: value
        for name, value in row.items()
        if name not in OWN
        # Azure's exporter rounds durations to milliseconds, and the bucket follows from them
        and name not in ("timestamp", "duration", "performanceBucket", "valueMin", "valueMax")
    }


@pytest.mark.parametrize("way", ["http", "json", "grpc"])
def test_one_program_has_the_same_rows_through_azures_exporter_and_through_otlp(otlp, way):
    azure_key, otlp_key = str(uuid.uuid4()), str(uuid.uuid4())
    string = f"InstrumentationKey={azure_key};IngestionEndpoint={otlp.url};LiveEndpoint={otlp.url}"
    address = otlp.grpc_address if way == "grpc" else otlp.otlp_url
    program = subprocess.run(
        [sys.executable, str(BOTH_WAYS), string, address, otlp_key, way],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (program.returncode, program.stderr) == (0, "")
    found = {}
    for table in TABLES:
        azures, ours = (rows_of(otlp, table, key) for key in (azure_key, otlp_key))
        if table == "customMetrics":
            # growth of nothing is no row; each reader collects at a moment of its own
            azures = [row for row in azures if row["value"] or row["name"] != "bytes.read"]
            azures, ours = (sorted(rows, key=by_series) for rows in (azures, ours))
        else:
            assert list(map(seconds, ours)) == pytest.approx(list(map(seconds, azures)), abs=1e-5)
        assert list(map(comparable, azures)) == list(map(comparable, ours))
        for azure, own in zip(azures, ours, strict=True):
            if "duration" in own:
                assert own["duration"] == pytest.approx(azure["duration"], abs=DURATION_MS)
        found[table] = len(ours)
    assert found == {
        "requests": 9,
        "dependencies": 23,
        "traces": 8,
        "exceptions": 3,
        "customEvents": 1,
        "availabilityResults": 1,
        "customMetrics": 24,
    }


def seconds(row):
    return datetime.fromisoformat(row["timestamp"]).timestamp()


def by_series(row):
    return row["name"], json.dumps(row["customDimensions"]), row["timestamp"]


def span_exporter(way, server, url=None):
    if way == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=server.grpc_address, insecure=True)
    if way == "json":
        from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    return OTLPSpanExporter(endpoint=f"{url or server.otlp_url}/v1/traces")


def send_span(exporter, name):
    provider = TracerProvider(sampler=ALWAYS_ON)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # in a context of its own: another test of this process may have left a span that decides
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span(name, context=Context(), kind=SpanKind.SERVER):
        pass
    provider.shutdown()


def test_without_a_key_telemetry_goes_to_the_default_resource_on_every_way(otlp, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    for way in ("http", "json", "grpc"):
        send_span(span_exporter(way, otlp), f"default {way}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.url)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    send_span(OTLPSpanExporter(), "default main port")
    text = "requests | where name startswith 'default' | order by timestamp asc"
    assert otlp.rows(f"{text} | project name, appName") == [
        ["default http", "default"],
        ["default json", "default"],
        ["default grpc", "default"],
        ["default main port", "default"],
    ]


def test_path_and_headers_of_exporters_name_the_resource(otlp, monkeypatch):
    shop, stock = otlp.create("shop"), otlp.create("stock")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{otlp.url}{shop['InstrumentationKey']}")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    send_span(OTLPSpanExporter(), "path")
    monkeypatch.setenv(
        "OTEL_EXPORTER_OTLP_HEADERS", f"x-ms-connection-string={quote(stock['ConnectionString'])}"
    )
    for way in ("http", "grpc"):
        send_span(span_exporter(way, otlp), way)
    text = "requests | where appName in ('shop', 'stock') | order by timestamp asc"
    assert otlp.rows(f"{text} | project name, appName") == [
        ["path", "shop"],
        ["http", "stock"],
        ["grpc", "stock"],
    ]


class LosesFirstReply(ThreadingHTTPServer):
    """Passes requests on, and keeps the first reply to itself."""

    def __init__(self, target):
        self.target, self.seen = target, []
        super().__init__(("127.0.0.1", 0), _Passing)


class _Passing(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        reply = httpx.post(
            self.server.target + self.path,
            content=body,
            headers=dict(self.headers),
            trust_env=False,
        )
        self.server.seen.append(reply.status_code)
        if len(self.server.seen) == 1:
            self.send_response(503)
            self.send_header("retry-after", "0")
            self.end_headers()
            return
        self.send_response(reply.status_code)
        self.send_header("content-type", reply.headers["content-type"])
        self.send_header("content-length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("way", ["http", "json"])
def test_what_an_exporter_sends_again_is_stored_once(otlp, way):
    relay = LosesFirstReply(otlp.otlp_url)
    thread = threading.Thread(target=relay.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{relay.server_address[1]}"
        send_span(span_exporter(way, otlp, url=url), f"again {way}")
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()
    assert relay.seen == [200, 200]
    assert otlp.rows(f"requests | where name == 'again {way}' | count") == [[1]]


@pytest.fixture
def export(otlp):
    """Return a function that sends bytes to the gRPC port."""
    with grpc.insecure_channel(otlp.grpc_address) as channel:
        call = channel.unary_unary(TRACE_EXPORT)

        def send(message, **options):
            return call(message, timeout=60, **options)

        yield send


@pytest.mark.parametrize(
    ("message", "packed", "code", "said"),
    [
        (b"\x0a\xff", False, grpc.StatusCode.INVALID_ARGUMENT, "breaks off"),
        (bytes(9_000_000), False, grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than"),
        (bytes(40_000_000), True, grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than"),
        (None, False, grpc.StatusCode.INVALID_ARGUMENT, "older than the allowed"),
    ],
    ids=["garbage", "large", "bomb", "old"],
)
def test_grpc_refuses_what_it_cannot_take(export, message, packed, code, said):
    options = {"compression": grpc.Compression.Gzip} if packed else {}
    with pytest.raises(grpc.RpcError) as refused:
        export(_span(start_ns=1) if message is None else message, **options)
    assert refused.value.code() is code
    assert said in refused.value.details()


def _span(start_ns, name=b"s"):
    fields = (
        b"\x0a\x10"
        + bytes(range(1, 17))
        + b"\x12\x08"
        + bytes(range(1, 9))
        + b"\x2a"
        + bytes((len(name),))
        + name
        + b"\x39"
        + start_ns.to_bytes(8, "little")
    )
    for tag in (0x12, 0x12, 0x0A):
        fields = bytes((tag, len(fields))) + fields
    return fields


def test_grpc_is_told_of_a_part_and_sends_again_only_once_stored(otlp, export):
    good, old = _span(time.time_ns(), b"good"), _span(1, b"old")
    for compression in (
        grpc.Compression.NoCompression,
        grpc.Compression.Gzip,
        grpc.Compression.Deflate,
    ):
        reply = ExportTraceServiceResponse.FromString(export(good + old, compression=compression))
        assert reply.partial_success.rejected_spans == 1
    assert otlp.rows("dependencies | where name in ('good', 'old') | project name") == [["good"]]


def test_grpc_calls_that_send_nothing_do_not_keep_others_out(otlp, export):
    over = threading.Event()

    def nothing():
        over.wait(60)
        yield from ()

    with grpc.insecure_channel(otlp.grpc_address) as channel:
        silent = [channel.stream_unary(TRACE_EXPORT).future(nothing()) for _ in range(150)]
        try:
            assert export(b"") == b""
            refused = {call.exception().code() for call in silent}
        finally:
            over.set()
    assert refused == {grpc.StatusCode.UNAVAILABLE}


def test_throttled_grpc_calls_say_when_to_try_again(serve, tmp_path):
    port = free_port()
    (tmp_path / "settings.toml").write_text("max_items_per_s = 1\n")
    with serve("--otlp-grpc-port", str(port)) as server:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary(TRACE_EXPORT)

            def send_many():
                for number in range(200):
                    call(_span(time.time_ns(), b"%d" % number), timeout=60)

            with pytest.raises(grpc.RpcError) as refused:
                send_many()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        trailers = dict(refused.value.trailing_metadata())
        status = Status.FromString(trailers["grpc-status-details-bin"])
        assert status.details[0].value == trailers["google.rpc.retryinfo-bin"]
        assert server.rows("dependencies | count")[0][0] >= 60


def test_taken_ports_are_warnings(serve, tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("127.0.0.1", 0)) as second,
    ):
        ports = [str(one.getsockname()[1]) for one in (first, second)]
        with serve("--otlp-grpc-port", ports[0], "--otlp-http-port", ports[1]) as server:
            assert server.http.get("health").status_code == 200
            assert (
                server.http.post(
                    "v1/traces", headers={"content-type": "application/json"}, content=b"{}"
                ).status_code
                == 200
            )
    assert f"gRPC is not received on port {ports[0]}" in server.errors
    assert f"HTTP is not received on port {ports[1]}" in server.errors
    assert "--otlp-http-port" in server.errors


def test_otlp_port_serves_nothing_else_and_unknown_keys_may_be_refused(serve):
    port = free_port()
    with (
        serve("--otlp-http-port", str(port), "--unknown-keys", "reject") as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        assert http.get("/health").status_code == 404
        assert http.get("/v1/traces").status_code == 405
        preflight = http.options("/v1/traces", headers={"origin": "http://page.example"})
        assert preflight.headers["access-control-allow-origin"] == "*"
        as_json = {"content-type": "application/json", "origin": "http://page.example"}
        refused = http.post("/v1/traces", headers=as_json, content=b"{}")
        assert (refused.status_code, refused.json()["code"]) == (400, 3)
        assert "x-ms-instrumentation-key" in refused.json()["message"]
        server.create("default")
        assert http.post("/v1/traces/", headers=as_json, content=b"{}").status_code == 200
        elsewhere = http.post("/v1/traces", headers={"host": "evil.example"}, content=b"")
        assert elsewhere.status_code == 421


def total(value, time_ns):
    points = [
        {"asDouble": value, "startTimeUnixNano": "1", "timeUnixNano": str(time_ns)},
    ]
    metric = {
        "name": "orders",
        "sum": {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": True},
    }
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}


def test_totals_outlive_a_stop_and_none_is_believed_after_a_crash(serve):
    now_ns = time.time_ns()

    def export(server, value):
        reply = server.http.post("v1/metrics", json=total(value, now_ns + int(value)))
        assert reply.status_code == 200

    with serve() as server:
        export(server, 10.0)
    with serve() as server:
        export(server, 15.0)
    with serve() as server:
        export(server, 17.0)
        assert server.rows("customMetrics | summarize sum(value), count()") == [[17.0, 3]]
        server.process.kill()
    with serve() as server:
        export(server, 20.0)
        export(server, 21.0)
        assert server.rows("customMetrics | summarize sum(value), count()") == [[18.0, 4]]
