"""What the server does when it is offered several times what it can take, beside slow callers.

The server's disk is slowed: each sync of its journal takes --sync-ms longer, so that it can take a
known rate, which is measured first. Then prebuilt bodies come at --times that rate for --seconds,
while other callers hold connections that send nothing, half a head, or half a body, and a query is
asked every second. Afterwards all that was accepted is counted in the store.

    .venv/bin/python benchmarks/overload.py --seconds 300
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
from ingest_bodies import body, unique

HERE = Path(__file__).parent
RSS_MB, RECOVERY_S, QUERY_S = 500, 5.0, 2.0
GIVE_UP_S = 180
QUERY = "union requests, dependencies, traces | where timestamp > ago(10m) | summarize count(), max(timestamp)"
HALF_HEAD = b"POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Ty"
HALF_BODY = (
    b"POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100000\r\n\r\n[{"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--times", type=float, default=3.3, help="offered, in terms of the rate")
    parser.add_argument("--sync-ms", type=float, default=1000)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--slow", type=int, default=2000, help="slow and half-open connections")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="openinsights-overload-"))
    server, port = _start(folder, options.sync_ms)
    try:
        held = run(options, server, port)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if held else 1)


def run(options: argparse.Namespace, server: subprocess.Popen[str], port: int) -> bool:
    """Load the server, print what was seen, and return whether every bar was held."""
    known = _offer(port, options.batch, 400_000, max(8.0, options.seconds / 15), connections=100)
    rate = known["accepted"] / known["elapsed"]
    print(f"known rate: {rate:,.0f} envelopes/s (each sync takes {options.sync_ms:.0f} ms longer)")
    seen = Seen(psutil.Process(server.pid), port)
    slow = SlowCallers(port, options.slow)
    threads = [
        threading.Thread(target=each, daemon=True)
        for each in (seen.watch_memory, seen.ask, slow.keep_open)
    ]
    for thread in threads:
        thread.start()
    offered = _offer(port, options.batch, rate * options.times, options.seconds)
    recovery_s = _recovery_s(port)
    seen.over.set()
    slow.over.set()
    for thread in threads:
        thread.join()
    accepted = known["accepted"] + offered["accepted"] + 1
    unanswered = known["unanswered"] + offered["unanswered"]
    stored = _count(port)
    times = offered["offered"] / offered["seconds"] / rate
    refused = {k: n for k, n in offered["statuses"].items() if k != "200"}
    slowest = max(seen.query_s, default=0.0)
    print(
        f"offered {offered['offered'] / offered['seconds']:,.0f} envelopes/s for "
        f"{offered['seconds']:.0f} s, accepted {offered['accepted'] / offered['elapsed']:,.0f}/s; "
        f"replies {offered['statuses']}; p99 of a 200 {offered['accepted_p99_s']:.1f} s, of a "
        f"refusal {offered['refused_p99_s']:.1f} s; not offered for want of a connection "
        f"{offered['not_offered']}; failures {known['failures']} {offered['failures']}; slow callers: {slow.most} open at once, {slow.opened} opened; "
        f"queries {len(seen.query_s)}, failed {seen.failed}"
    )
    bars = (
        ("offered at least 3 times the rate", f"{times:.2f}", times >= 3),
        ("replies are 200, 429 or 503", str(refused), set(refused) <= {"429", "503"}),
        (
            "each refusal has Retry-After",
            f"{offered['without_retry_after']} without",
            not offered["without_retry_after"],
        ),
        (
            "what was accepted is stored, once",
            f"{accepted:,} accepted, {unanswered:,} without reply, {stored:,} stored",
            accepted <= stored <= accepted + unanswered,
        ),
        (f"RSS under {RSS_MB} MB", f"{seen.most_mb:.0f} MB", seen.most_mb < RSS_MB),
        (
            f"recovery within {RECOVERY_S:.0f} s",
            f"{recovery_s:.1f} s",
            recovery_s <= RECOVERY_S,
        ),
        (
            f"queries under {QUERY_S:.0f} s",
            f"{slowest:.2f} s",
            bool(seen.query_s) and not seen.failed and slowest < QUERY_S,
        ),
    )
    for name, value, held in bars:
        print(f"  {'held  ' if held else 'MISSED'} {name}: {value}")
    return all(held for _, _, held in bars)


class Seen:
    """What is looked at while the server is loaded."""

    def __init__(self, process: psutil.Process, port: int) -> None:
        self._process = process
        self._port = port
        self.over = threading.Event()
        self.most_mb = 0.0
        self.query_s: list[float] = []
        self.failed = 0

    def watch_memory(self) -> None:
        while not self.over.wait(0.05):
            try:
                all_of_it = (self._process, *self._process.children())
            except psutil.NoSuchProcess:  # any process that ended while it was looked at
                continue
            self.most_mb = max(self.most_mb, sum(_resident(each) for each in all_of_it) / 1e6)

    def ask(self) -> None:
        while not self.over.wait(1.0):
            begun = time.perf_counter()
            try:
                status, _ = _query(self._port, QUERY)
            except OSError:
                status = 0
            self.query_s.append(time.perf_counter() - begun)
            self.failed += status != 200


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:  # a reader that has ended
        return 0


class SlowCallers:
    """Connections that send nothing, half a head or half a body; opened anew once closed."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._count = count
        self.over = threading.Event()
        self.opened = 0
        self.most = 0

    def keep_open(self) -> None:
        """Hold the connections until it is over."""
        held: list[socket.socket] = []
        while not self.over.wait(0.2):
            held = [each for each in held if not _is_closed(each)]
            for _ in range(min(200, self._count - len(held))):
                try:
                    held.append(self._open())
                except OSError:
                    break
            self.most = max(self.most, len(held))
        for each in held:
            each.close()

    def _open(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        kind = self.opened % 10
        self.opened += 1
        if kind == 0:
            connection.sendall(HALF_BODY)
        elif kind < 4:
            connection.sendall(HALF_HEAD)
        connection.setblocking(False)
        return connection


def _is_closed(connection: socket.socket) -> bool:
    try:
        closed = connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        closed = True
    if closed:
        connection.close()
    return closed


def _start(folder: Path, sync_ms: float) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, str(HERE / "slow_sync_serve.py"), "serve", "--data", str(folder)]
    command += ["--port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"]
    more = {"OPENINSIGHTS_MAX_ITEMS_PER_S": "0", "OPENINSIGHTS_SLOW_SYNC_MS": str(sync_ms)}
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **more}
    )
    assert server.stdout is not None
    found = re.search(r":(\d+)/", server.stdout.readline())
    assert found is not None, "the server did not say where it listens"
    return server, int(found[1])


def _offer(port: int, batch: int, rate: float, seconds: float, connections: int = 1500):  # type: ignore[no-untyped-def]
    command = [sys.executable, str(HERE / "overload_sender.py"), "--port", str(port)]
    command += ["--batch", str(batch), "--rate", str(rate), "--seconds", str(seconds)]
    command += ["--connections", str(connections)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _recovery_s(port: int) -> float:
    """Return how long it takes until a new body is taken within a second and seen by a query."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < GIVE_UP_S:
        content = unique(body(1, 1), time.time_ns())
        with suppress(OSError):  # no reply in time
            if _request(port, "/v2.1/track", content)[0] == 200 and _query(port, QUERY)[0] == 200:
                return time.perf_counter() - begun
        time.sleep(0.1)
    return float("inf")


def _count(port: int) -> int:
    text = "union requests, dependencies, traces, customEvents, customMetrics, exceptions | count"
    status, reply = _query(port, text)
    assert status == 200, reply
    return int(json.loads(reply)["tables"][0]["rows"][0][0])


def _query(port: int, text: str) -> tuple[int, bytes]:
    return _request(port, "/v1/apps/*/query", json.dumps({"query": text}).encode())


def _request(port: int, path: str, content: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, content, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


if __name__ == "__main__":
    main()
