"""OpenTelemetry's spans against the same items as track envelopes, in one run.

Makes spans with the attributes of HTTP instrumentations and the envelopes that they become, and sends
both to one real server from another process, turn by turn, each body new. Prints items per second
of each way and its ratio to track, then the time of reading one item, on one thread.

    .venv/bin/python benchmarks/otlp.py --seconds 5 --turns 3
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from multiprocessing import get_context

import msgspec
import psutil

KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
BATCH = 512
STAMP = b"00000000000000aa"
HEADERS = {
    "track": {"content-type": "application/json"},
    "otlp protobuf": {"content-type": "application/x-protobuf", "x-ms-instrumentation-key": KEY},
    "otlp json": {"content-type": "application/json", "x-ms-instrumentation-key": KEY},
}
PATHS = {"track": "/v2.1/track", "otlp protobuf": "/v1/traces", "otlp json": "/v1/traces"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    bodies = templates()
    steps(bodies)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, batches of {BATCH}")
    for name, content in bodies.items():
        print(f"  {name:14} {len(content) / BATCH:6.0f} B an item")
    rates = measure(bodies, options)
    rate, cost = (statistics.median(column) for column in zip(*rates["track"], strict=True))
    for name, found in rates.items():
        own, spent = (statistics.median(column) for column in zip(*found, strict=True))
        print(
            f"  {name:14} {own:9,.0f} items/s, {own / rate:.2f} of track; server's processor"
            f" {spent:5.1f} µs an item, {spent / cost:.2f} of track"
        )


def templates() -> dict[str, bytes]:
    """Return a body of each way; equal rows come of all of them."""
    from openinsights.clock import SystemClock
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.otlp.body import TRACES, OtlpForm
    from openinsights.ingest.otlp.deltas import Series

    request = spans()
    protobuf = request.SerializeToString()
    form = OtlpForm(TRACES, False, KEY, Series(0))
    envelopes = form.decode(protobuf, SystemClock().now_ticks(), IngestLimits())
    for envelope in envelopes:
        data = envelope.data.baseData
        data.duration = f"0.00:00:{data.duration / 1000:09.6f}"
    track = msgspec.json.encode(envelopes)
    return {"track": track, "otlp protobuf": protobuf, "otlp json": as_json(request)}


def spans():  # type: ignore[no-untyped-def]
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    resource = {
        "service.name": "checkout",
        "service.namespace": "shop",
        "service.instance.id": "pod-1",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "1.45.1",
    }
    for key, value in resource.items():
        group.resource.attributes.add(key=key).value.string_value = value
    scope = group.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.fastapi"
    now = time.time_ns()
    for number in range(BATCH):
        served = number % 2 == 0
        span = scope.spans.add(
            name="GET /orders/{number}",
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            parent_span_id=os.urandom(8),
            kind=2 if served else 3,
            start_time_unix_nano=now + number * 1000,
            end_time_unix_nano=now + number * 1_000_000,
        )
        attributes = SERVED if served else CALLED
        for key, value in {**attributes, **OWN, "order": str(number * 7919)}.items():
            if served and key == "url.path":
                value = f"/orders/{number}"
            pair = span.attributes.add(key=key)
            if isinstance(value, bool):
                pair.value.bool_value = value
            elif isinstance(value, int):
                pair.value.int_value = value
            else:
                pair.value.string_value = value
    scope.spans[0].attributes.add(key="stamp").value.string_value = STAMP.decode()
    return request


SERVED = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "server.address": "shop.example",
    "server.port": 443,
    "url.path": "/orders/1",
    "http.route": "/orders/{number}",
    "http.response.status_code": 200,
    "client.address": "203.0.113.9",
    "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0",
    "network.protocol.version": "1.1",
}
CALLED = {
    "db.system.name": "postgresql",
    "db.query.text": "SELECT id, name, price FROM items WHERE shelf = ? AND id > ?",
    "db.namespace": "stock",
    "server.address": "db.example",
    "server.port": 5432,
}
OWN = {"tenant": "north", "region": "west", "feature": "checkout", "vip": True}


def as_json(request):  # type: ignore[no-untyped-def]
    import base64

    from google.protobuf.json_format import MessageToDict

    def hexadecimal(value):  # type: ignore[no-untyped-def]
        if isinstance(value, list):
            return [hexadecimal(one) for one in value]
        if not isinstance(value, dict):
            return value
        ids = ("traceId", "spanId", "parentSpanId")
        return {
            key: base64.b64decode(one).hex() if key in ids else hexadecimal(one)
            for key, one in value.items()
        }

    found = hexadecimal(MessageToDict(request, use_integers_for_enums=True))
    return json.dumps(found, separators=(",", ":")).encode()


def measure(
    bodies: dict[str, bytes], options: argparse.Namespace
) -> dict[str, list[tuple[float, float]]]:
    """Return items per second and the server's µs of processor per item, of each way and turn."""
    folder = tempfile.mkdtemp(prefix="openinsights-otlp-")
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", folder]
    grpc_port = _free_port()
    command += ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", str(grpc_port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in (*bodies, "otlp grpc")}
    try:
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None
        process = psutil.Process(server.pid)
        sender = get_context("spawn").Pool(1)
        with sender:
            for _ in range(options.turns):
                for name in rates:
                    port = grpc_port if name == "otlp grpc" else int(found[1])
                    content = bodies.get(name, bodies["otlp protobuf"])
                    given = (name, port, content, options.connections, options.seconds)
                    before = process.cpu_times()
                    items, seconds = sender.apply(send, given)
                    after = process.cpu_times()
                    used = after.user + after.system - before.user - before.system
                    rates[name].append((items / seconds, used / items * 1e6))
        server.terminate()
        server.wait(60)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return rates


def send(
    name: str, port: int, content: bytes, connections: int, seconds: float
) -> tuple[int, float]:
    """Send for some seconds; return how many items were accepted and how long it took."""
    numbers = itertools.count(time.time_ns())
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def new() -> bytes:
        return content.replace(STAMP, b"%016x" % next(numbers))

    def over_http(place: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request("POST", PATHS[name], new(), HEADERS[name])
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200, reply.status
            counts[place] += BATCH

    async def over_grpc() -> None:
        import grpc

        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary(
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            )

            async def run(place: int) -> None:
                while time.perf_counter() < end:
                    await call(new(), metadata=(("x-ms-instrumentation-key", KEY),))
                    counts[place] += BATCH

            await asyncio.gather(*map(run, range(connections)))

    started = time.perf_counter()
    if name == "otlp grpc":
        asyncio.run(over_grpc())
    else:
        threads = [threading.Thread(target=over_http, args=(n,)) for n in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(counts), time.perf_counter() - started


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def steps(bodies: dict[str, bytes]) -> None:
    """Print the time of reading one item on each way, and of the way from there to rows."""
    from openinsights.catalog.resource import Resource
    from openinsights.clock import SystemClock
    from openinsights.ingest.accept import accept
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.otlp.body import TRACES, OtlpForm
    from openinsights.ingest.otlp.deltas import Series
    from openinsights.ingest.reading import TRACK

    gc.set_threshold(50_000)  # as the server does
    limits, now = IngestLimits(), SystemClock().now_ticks()
    resource = Resource("app", "web", "group", "local", KEY, "/subscriptions/s/web", 0)
    forms = {
        "track": lambda: TRACK,
        "otlp protobuf": lambda: OtlpForm(TRACES, False, KEY, Series(0)),
        "otlp json": lambda: OtlpForm(TRACES, True, KEY, Series(0)),
    }
    times: dict[str, list[float]] = {name: [] for name in forms}
    accepts: list[float] = []
    for _ in range(20):
        for name, form in forms.items():
            made = form()
            started = time.thread_time()
            items = made.decode(bodies[name], now, limits)
            times[name].append(time.thread_time() - started)
            started = time.thread_time()
            accepted = accept(items, lambda _: resource, now, limits, bodies[name])
            accepts.append(time.thread_time() - started)
            assert accepted.accepted == BATCH
    base = min(times["track"])
    for name, found in times.items():
        print(
            f"  read {name:14} {min(found) / BATCH * 1e6:6.1f} µs an item, {min(found) / base:.2f} of track"
        )
    print(f"  accept {min(accepts) / BATCH * 1e6:6.1f} µs an item")


if __name__ == "__main__":
    main()
