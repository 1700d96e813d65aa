"""Whether fifty dashboards stay quick while telemetry arrives and somebody asks too much.

    python benchmarks/dashboards.py FOLDER --seconds 120

FOLDER comes from `generate.py` and is written to: give it a copy. A real server runs on it. Fifty
dashboards ask for twelve tiles over 24 h every 30 s, each tile on a connection of its own as far as
a browser has one; 5,000 envelopes a second arrive for the same resource; after a third of the time
somebody asks for a join of everything with everything. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import psutil
from ingest_bodies import KEY, body, unique

TILES = (
    "overview.headline",
    "overview.requests",
    "overview.availability",
    "overview.operations",
    "overview.exceptions",
    "overview.dependencies",
    "performance.timeline",
    "performance.operations",
    "performance.distribution",
    "failures.timeline",
    "failures.operations",
    "failures.codes",
)
RANGE = timedelta(hours=24)
MAX_P95_MS = 500.0
MIN_INGESTED = 0.98
HOSTILE = (
    "requests | extend k = 1 | join kind=inner (dependencies | extend k = 1) on k"
    " | summarize n = count(), t = sum(duration * duration1) by name, name1, operation_Id"
)
HOSTILE_S = 20
HOSTILE_PATIENCE_S = 5
BATCH = 100
SENDERS = 8
CONNECTIONS_OF_A_BROWSER = 6
RESULTS_BYTES = 384 * 1024 * 1024
"""What the server may take beside the engine's memory: the program, its journal, its replies."""


@dataclass
class Seen:
    """What was measured.

    Attributes:
        tiles: when each reply came, how long it took in ms, its age in s (None: an error).
        hostile: status and seconds of the join, and when it began.
        rss: the most memory the server had.
    """

    tiles: list[tuple[float, float, float | None]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    hostile: tuple[int, float, float] | None = None
    rss: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--dashboards", type=int, default=50)
    parser.add_argument("--every", type=float, default=30, help="s between two times")
    parser.add_argument("--rate", type=int, default=5_000, help="envelopes per second; 0 for none")
    parser.add_argument("--no-hostile", action="store_true")
    parser.add_argument("--send", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        send(json.loads(options.send))
        return 0
    command = ["-m", "openinsights.cli.main", "serve", "--data", str(options.folder), "--port", "0"]
    environ = {
        **os.environ,
        "OPENINSIGHTS_MAX_ITEMS_PER_S": "0",  # all items have one key
        "OPENINSIGHTS_OTLP_GRPC_PORT": "0",
        "OPENINSIGHTS_OTLP_HTTP_PORT": "0",
    }
    server = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environ
    )
    try:
        assert server.stdout is not None
        url = re.search(r"http://[^\s/]+", server.stdout.readline())
        assert url is not None, "the server did not say where it listens"
        return measured(url[0], psutil.Process(server.pid), options)
    finally:
        server.terminate()
        server.wait(60)


def measured(url: str, process: psutil.Process, options: argparse.Namespace) -> int:
    """Load a server and print what was seen."""
    (resource,) = [
        each
        for each in httpx.get(f"{url}/providers/Microsoft.Insights/components").json()["value"]
        if each["name"] != "openinsights"
    ]
    key = re.search(r"InstrumentationKey=([^;]+)", resource["properties"]["ConnectionString"])
    assert key is not None
    app_id = resource["properties"]["AppId"]
    count = {"query": "requests | count"}
    rows = httpx.post(f"{url}/v1/apps/{app_id}/query", json=count, timeout=60).json()
    print(f"{rows['tables'][0]['rows'][0][0]:,} requests in the store, {os.cpu_count()} cores")
    asked = {"url": url, "key": key[1], "rate": options.rate, "seconds": options.seconds}
    sender = None
    if options.rate:
        words = [sys.executable, __file__, ".", "--send", json.dumps(asked)]
        sender = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    seen, done = Seen(), threading.Event()
    watch = threading.Thread(target=_watch, args=(process, seen, done))
    watch.start()
    before, began = process.cpu_times(), time.monotonic()
    asyncio.run(_load(url, app_id, options, seen, began))
    seconds = time.monotonic() - began
    after = process.cpu_times()
    done.set()
    watch.join()
    sent = {"offered": 0, "accepted": 0, "refused": 0, "p50_ms": 0.0, "p99_ms": 0.0}
    if sender is not None:
        assert sender.stdout is not None
        sent = json.loads(sender.stdout.read())
        sender.wait(30)
    meters = httpx.get(f"{url}/metrics").text
    ran = re.search(r"^openinsights_query_seconds_count(?:{[^}]*})? (\d+)", meters, re.MULTILINE)
    cores = (after.user + after.system - before.user - before.system) / seconds
    return _told(options, seen, sent, cores, int(ran[1]) if ran else 0)


async def _load(url: str, app: str, options: argparse.Namespace, seen: Seen, began: float) -> None:
    ends = began + options.seconds
    rng = random.Random(1)
    tasks = [
        asyncio.create_task(_dashboard(url, app, options, rng.random(), seen, ends))
        for _ in range(options.dashboards)
    ]
    if not options.no_hostile:
        tasks.append(asyncio.create_task(_hostile(url, app, options.seconds / 3, seen)))
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=10)
        took = sorted(ms for _, ms, age in seen.tiles if age is not None)
        print(
            f"  {time.monotonic() - began:4.0f} s: {len(took)} replies,"
            f" p50 {_at(took, 0.5):.0f} ms, p95 {_at(took, 0.95):.0f} ms,"
            f" {len(seen.errors)} errors, RSS {seen.rss / 2**20:.0f} MiB",
            flush=True,
        )
    for task in tasks:
        task.result()


async def _dashboard(
    url: str, app: str, options: argparse.Namespace, phase: float, seen: Seen, ends: float
) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS_OF_A_BROWSER)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, verify=False) as client:
        await asyncio.sleep(phase * options.every)
        while time.monotonic() < ends:
            due = time.monotonic() + options.every
            now = datetime.now(timezone.utc)
            span = {"start": (now - RANGE).isoformat(), "end": now.isoformat(), "app": app}
            await asyncio.gather(*(_tile(client, name, span, seen) for name in TILES))
            await asyncio.sleep(max(0.0, min(due, ends) - time.monotonic()))


async def _tile(client: httpx.AsyncClient, name: str, span: dict[str, str], seen: Seen) -> None:
    started = time.monotonic()
    try:
        reply = await client.get(f"/portal/api/tile/{name}", params=span)
        if reply.status_code != 200:
            seen.errors.append(f"{name}: {reply.status_code} {reply.text[:300]}")
        age = float(reply.headers.get("age", 0)) if reply.status_code == 200 else None
    except httpx.HTTPError as error:
        seen.errors.append(f"{name}: {error!r}")
        age = None
    now = time.monotonic()
    seen.tiles.append((now, (now - started) * 1_000, age))


async def _hostile(url: str, app: str, after_s: float, seen: Seen) -> None:
    await asyncio.sleep(after_s)
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=HOSTILE_S * 6, verify=False) as client:
        reply = await client.post(
            f"{url}/v1/apps/{app}/query",
            json={"query": HOSTILE},
            headers={"prefer": f"wait={HOSTILE_S}"},
        )
    seen.hostile = (reply.status_code, time.monotonic() - began, began)


def _told(
    options: argparse.Namespace, seen: Seen, sent: dict[str, Any], cores: float, ran: int
) -> int:
    took = sorted(ms for _, ms, age in seen.tiles if age is not None)
    ages = sorted(age for _, _, age in seen.tiles if age is not None)
    engine = int(os.environ.get("OPENINSIGHTS_ENGINE_MEMORY_BYTES", 128 * 2**20))
    most = engine + RESULTS_BYTES
    bars = [
        ("tiles, p95", f"{_at(took, 0.95):.0f} ms", f"< {MAX_P95_MS:.0f} ms"),
        ("tiles refused or failed", f"{len(seen.errors)}", "0"),
        ("server memory", f"{seen.rss / 2**20:.0f} MiB", f"< {most / 2**20:.0f} MiB"),
    ]
    held = [_at(took, 0.95) < MAX_P95_MS, not seen.errors, seen.rss < most]
    if options.rate:
        share = sent["accepted"] / max(1, options.rate * options.seconds)
        bars.append(("telemetry accepted", f"{share:.1%}", f">= {MIN_INGESTED:.0%}"))
        held.append(share >= MIN_INGESTED)
    if seen.hostile is not None:
        status, seconds, began = seen.hostile
        during = sorted(
            ms for at, ms, age in seen.tiles if age is not None and began < at < began + seconds
        )
        bars.append(
            ("join of everything", f"{status} after {seconds:.1f} s", f"stopped at {HOSTILE_S} s")
        )
        held.append(status in (400, 504) and seconds < HOSTILE_S + HOSTILE_PATIENCE_S)
        bars.append(
            ("tiles meanwhile, p95", f"{_at(during, 0.95):.0f} ms", f"< {MAX_P95_MS:.0f} ms")
        )
        held.append(_at(during, 0.95) < MAX_P95_MS)
    print(
        f"{len(took)} tile replies: p50 {_at(took, 0.5):.1f} ms, p95 {_at(took, 0.95):.1f},"
        f" p99 {_at(took, 0.99):.1f}, max {_at(took, 1.0):.0f}; {ran} queries ran; age p95"
        f" {_at(ages, 0.95):.0f} s, max {_at(ages, 1.0):.0f} s\n"
        f"telemetry: {sent['accepted']:,} accepted, {sent['refused']} bodies refused, reply p50"
        f" {sent['p50_ms']:.1f} ms, p99 {sent['p99_ms']:.1f} ms; server {cores:.2f} cores"
    )
    for error in seen.errors[:5]:
        print(f"  {error}")
    for (what, value, bar), is_held in zip(bars, held, strict=True):
        print(f"{'held  ' if is_held else 'MISSED'}  {what:26} {value:>20}  {bar}")
    return 0 if all(held) else 1


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _watch(process: psutil.Process, seen: Seen, done: threading.Event) -> None:
    while not done.wait(0.05):
        seen.rss = max(seen.rss, process.memory_info().rss)


def send(asked: dict[str, Any]) -> None:
    """Send telemetry at a rate; a process of its own. Prints what became of it."""
    host, port = asked["url"].removeprefix("http://").split(":")
    templates = [
        body(BATCH, seed).replace(KEY.encode(), asked["key"].encode()) for seed in range(40)
    ]
    numbers, lock = itertools.count(time.time_ns()), threading.Lock()
    took: list[float] = []
    accepted = refused = 0
    began = time.monotonic()
    every = SENDERS * BATCH / asked["rate"]

    def run(place: int) -> None:
        nonlocal accepted, refused
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number in itertools.count():
                due = began + every * (number + place / SENDERS)
                if due >= began + asked["seconds"]:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                with lock:
                    content = unique(templates[(number + place) % len(templates)], next(numbers))
                head = (
                    "POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                )
                started = time.monotonic()
                connection.sendall(head.encode() + content)
                status = _status(connection)
                with lock:
                    took.append((time.monotonic() - started) * 1_000)
                    accepted += BATCH if status == 200 else 0
                    refused += status != 200

    threads = [threading.Thread(target=run, args=(place,)) for place in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    told = {"accepted": accepted, "refused": refused}
    print(json.dumps({**told, "p50_ms": _at(took, 0.5), "p99_ms": _at(took, 0.99)}))


def _status(connection: socket.socket) -> int:
    received = b""
    while True:
        part = connection.recv(65_536)
        assert part, "the server closed the connection"
        received += part
        head, separator, rest = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if separator and length is not None and len(rest) >= int(length[1]):
            return int(head.split()[1])


if __name__ == "__main__":
    sys.exit(main())
