"""Other back ends that package indexes have, fed the same telemetry in the same run, turn by turn.

Spans go to OpenInsights and to Phoenix as OTLP in protobuf, the same bodies; a rate counts until
the spans are in Phoenix's database, for its reply comes before. Points of metrics go to OpenInsights
as metric envelopes and to Prometheus and VictoriaMetrics by remote write, with the same names and
dimensions; these two do not sync before they reply.

    pip install arize-phoenix                              # in an environment of its own
    apt-get download prometheus victoria-metrics           # and unpack: dpkg -x FILE .
    .venv/bin/python benchmarks/ingest_peers.py --phoenix DIR/bin/phoenix \
        --prometheus DIR/usr/bin/prometheus --victoria-metrics DIR/usr/bin/victoria-metrics
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
from ingest_bodies import KEY

BATCH = 200
START_S, STORED_S = 300.0, 120.0
Count = Callable[[], int]


@dataclass(frozen=True)
class Peer:
    """A back end that runs: where bodies go, and how its stored items are counted, if need be."""

    port: int
    path: str
    headers: dict[str, str]
    process: psutil.Process
    count: Count | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--bodies", type=int, default=300, help="of spans, each sent once per peer")
    parser.add_argument("--phoenix", type=Path)
    parser.add_argument("--prometheus", type=Path)
    parser.add_argument("--victoria-metrics", type=Path)
    options = parser.parse_args()
    spans = {"OpenInsights, OTLP spans": _openinsights_spans}
    if options.phoenix:
        spans["Phoenix, OTLP spans"] = lambda: _phoenix(options.phoenix)
    points = {"OpenInsights, metric envelopes": _openinsights_points}
    if options.prometheus:
        points["Prometheus, remote write"] = lambda: _prometheus(options.prometheus)
    if options.victoria_metrics:
        points["VictoriaMetrics, remote write"] = lambda: _victoria(options.victoria_metrics)
    _compare(spans, lambda name: iter(_span_bodies(options.bodies)), options)
    _compare(points, _point_bodies, options)


def _compare(peers, bodies, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in peers}
    for _ in range(options.turns):
        for name, start in peers.items():
            with start() as peer:
                found[name].append(_load(peer, bodies(name), options))
    first = next(iter(found.values()))
    rate, cost = (statistics.median(column) for column in zip(*first, strict=True))
    for name, turns in found.items():
        own, spent = (statistics.median(column) for column in zip(*turns, strict=True))
        print(
            f"{name:32} {own:9,.0f} items/s, OpenInsights has {rate / own:5.2f} times as many; "
            f"{spent:7.1f} µs of processor an item, {spent / cost:5.2f} times OpenInsights'"
        )


def _load(peer: Peer, bodies: Iterator[bytes], options: argparse.Namespace) -> tuple[float, float]:
    """Return items per second, and µs of the peer's processor per item."""
    lock = threading.Lock()
    sent = 0
    refused: list[str] = []
    before, begun = _used_s(peer.process), time.perf_counter()
    end = begun + options.seconds

    def run() -> None:
        nonlocal sent
        connection = HTTPConnection("127.0.0.1", peer.port, timeout=60)
        while time.perf_counter() < end:
            with lock:
                content = next(bodies, None)
            if content is None:
                break
            connection.request("POST", peer.path, content, peer.headers)
            reply = connection.getresponse()
            text = reply.read()
            with lock:
                if reply.status < 300:
                    sent += BATCH
                else:
                    refused.append(f"{reply.status} {text[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        print(f"  {len(refused)} refused: {refused[0]}")
    stored = sent if peer.count is None else _wait_for(peer.count, sent)
    seconds = time.perf_counter() - begun
    stored = max(1, stored)
    return stored / seconds, (_used_s(peer.process) - before) / stored * 1e6


def _wait_for(count: Count, wanted: int) -> int:
    give_up = time.monotonic() + STORED_S
    found = 0
    while found < wanted and time.monotonic() < give_up:
        time.sleep(0.2)
        with suppress(sqlite3.OperationalError):
            found = count()
    return found


def _used_s(process: psutil.Process) -> float:
    used = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            used += times.user + times.system
    return used


@contextmanager
def _running(
    command: Sequence[str | Path], environment: dict[str, str], port: int
) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        list(map(str, command)),
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        give_up = time.monotonic() + START_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > give_up:
                sys.exit(f"{command[0]} does not answer on port {port}")
            time.sleep(0.2)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="openinsights-peers-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _openinsights(path: str, headers: dict[str, str]) -> Iterator[Peer]:
    port = _free_port()
    with _folder() as folder:
        command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", folder]
        command += ["--port", str(port), "--otlp-grpc-port", "0", "--otlp-http-port", "0"]
        with _running(command, {"OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}, port) as process:
            yield Peer(port, path, headers, process)


def _openinsights_spans():  # type: ignore[no-untyped-def]
    headers = {"content-type": "application/x-protobuf", "x-ms-instrumentation-key": KEY}
    return _openinsights("/v1/traces", headers)


def _openinsights_points():  # type: ignore[no-untyped-def]
    return _openinsights("/v2.1/track", {"content-type": "application/json"})


@contextmanager
def _phoenix(program: Path) -> Iterator[Peer]:
    port = _free_port()
    with _folder() as folder:
        environment = {
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(_free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        with _running([program, "serve"], environment, port) as process:

            def count() -> int:
                with sqlite3.connect(f"file:{folder}/phoenix.db?mode=ro", uri=True) as database:
                    return int(database.execute("select count(*) from spans").fetchone()[0])

            yield Peer(
                port, "/v1/traces", {"content-type": "application/x-protobuf"}, process, count
            )


_REMOTE_WRITE = {
    "content-type": "application/x-protobuf",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "0.1.0",
}


@contextmanager
def _prometheus(program: Path) -> Iterator[Peer]:
    port = _free_port()
    with _folder() as folder:
        # bodies of several connections overtake each other
        (folder / "prometheus.yml").write_text("storage: {tsdb: {out_of_order_time_window: 2h}}\n")
        command = [program, f"--config.file={folder}/prometheus.yml"]
        command += [f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"]
        with _running([*command, "--web.enable-remote-write-receiver"], {}, port) as process:
            yield Peer(port, "/api/v1/write", _REMOTE_WRITE, process)


@contextmanager
def _victoria(program: Path) -> Iterator[Peer]:
    port = _free_port()
    with _folder() as folder:
        command = [program, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}"]
        with _running(command, {}, port) as process:
            yield Peer(port, "/api/v1/write", _REMOTE_WRITE, process)


def _span_bodies(count: int) -> list[bytes]:
    """Return requests of spans; no two spans have one id."""
    import otlp

    otlp.BATCH = BATCH
    request = otlp.spans()
    bodies = []
    for _ in range(count):
        for span in request.resource_spans[0].scope_spans[0].spans:
            span.trace_id, span.span_id = os.urandom(16), os.urandom(8)
            span.ClearField("parent_span_id")
        bodies.append(request.SerializeToString())
    return bodies


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


_DIMENSIONS = [
    {"tenant": f"tenant-{number % 40}", "region": "north", "order": str(number)}
    for number in range(BATCH)
]


def _point_bodies(name: str) -> Iterator[bytes]:
    """Yield bodies of one point of each of some series, a second after the points before."""
    make = _envelopes if name.startswith("OpenInsights") else _remote_write
    at_ms = int(time.time() * 1000) - 1_800_000
    while True:
        at_ms += 100
        yield make(at_ms)


def _envelopes(at_ms: int) -> bytes:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms // 1000))
    at = f"{stamp}.{at_ms % 1000:03}Z"
    return _TEMPLATE.replace(b"AT", at.encode())


_TEMPLATE = json.dumps(
    [
        {
            "name": "Microsoft.ApplicationInsights.Metric",
            "time": "AT",
            "iKey": KEY,
            "tags": {"ai.cloud.role": "shop"},
            "data": {
                "baseType": "MetricData",
                "baseData": {
                    "ver": 2,
                    "metrics": [{"name": "queue_length", "value": number, "kind": 0}],
                    "properties": dimensions,
                },
            },
        }
        for number, dimensions in enumerate(_DIMENSIONS)
    ]
).encode()


def _labels(dimensions: dict[str, str]) -> bytes:
    labels = {"__name__": "queue_length", "job": "shop", **dimensions}
    return b"".join(
        _field(1, _field(1, key.encode()) + _field(2, value.encode()))
        for key, value in sorted(labels.items())
    )


_LABELS = list(map(_labels, _DIMENSIONS))


def _remote_write(at_ms: int) -> bytes:
    """Return a write request of Prometheus' protocol, as snappy that packs nothing."""
    stamp = _varint(at_ms)
    series = []
    for number, labels in enumerate(_LABELS):
        sample = b"\x09" + struct.pack("<d", number) + b"\x10" + stamp
        series.append(_field(1, labels + _field(2, sample)))
    content = b"".join(series)
    chunks = (content[start : start + 65536] for start in range(0, len(content), 65536))
    literals = (bytes((61 << 2,)) + struct.pack("<H", len(chunk) - 1) + chunk for chunk in chunks)
    return _varint(len(content)) + b"".join(literals)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
