"""How many envelopes a second the server takes, with the reply after the sync to disk.

Starts a real server on an empty folder, sends mixed telemetry from another process over loopback
with keep-alive, and prints envelopes per second, reply times, the server's memory and bytes per
stored row; then where the time of one envelope goes, step by step on one thread.

    .venv/bin/python benchmarks/ingest.py --seconds 60
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import psutil
from ingest_bodies import KEY, body

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--sequence", action="store_true", help="items carry our client's ids")
    parser.add_argument("--steps-only", action="store_true")
    parser.add_argument(
        "--server",
        nargs="*",
        default=["-m", "openinsights.cli.main", "serve"],
        help="the Python program that serves, for comparisons",
    )
    parser.add_argument(
        "--folder", type=Path, help="where the data goes; a temporary one if absent"
    )
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}")
    if not options.steps_only:
        for batch in options.batch:
            measure(batch, options)
    steps()


def measure(batch: int, options: argparse.Namespace) -> None:
    """Start a server, load it, stop it and print what was seen."""
    folder = Path(tempfile.mkdtemp(prefix="openinsights-ingest-", dir=options.folder))
    command = [sys.executable, *options.server, "--data", str(folder), "--port", "0"]
    unbounded = {**os.environ, "OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}  # all items have one key
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unbounded)
    try:
        assert server.stdout is not None
        port = re.search(r":(\d+)/", server.stdout.readline())
        assert port is not None, "the server did not say where it listens"
        process = psutil.Process(server.pid)
        idle = process.memory_info().rss
        peak = [idle]
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, peak, done))
        watch.start()
        before = process.cpu_times()
        sender = [sys.executable, str(HERE / "ingest_sender.py"), "--port", port[1]]
        sender += ["--batch", str(batch), "--connections", str(options.connections)]
        sender += ["--seconds", str(options.seconds)]
        if options.sequence:
            sender.append("--sequence")
        answer = json.loads(subprocess.run(sender, check=True, capture_output=True).stdout)
        after = process.cpu_times()
        done.set()
        watch.join()
        stopping = time.perf_counter()
        server.terminate()
        server.wait(60)
        stopped = time.perf_counter() - stopping
        stored, size = _stored(folder)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    cpu = after.user + after.system - before.user - before.system
    print(
        f"batch {batch:5}: {answer['accepted'] / answer['seconds']:8,.0f} envelopes/s over "
        f"{answer['seconds']:.0f} s ({answer['bytes_per_envelope']:.0f} B each), reply p50 "
        f"{answer['p50_ms']:.1f} ms, p99 {answer['p99_ms']:.1f} ms, max {answer['max_ms']:.0f} ms; "
        f"server RSS idle {idle / 1e6:.0f} MB, max {peak[0] / 1e6:.0f} MB; "
        f"{size / max(1, stored):.0f} B/row; stop {stopped:.1f} s; processor: server "
        f"{cpu / answer['seconds']:.2f} cores, sender "
        f"{answer['sender_cpu_s'] / answer['seconds']:.2f}; refused {answer['refused']} "
        f"{answer['first_refusal']}"
    )
    assert stored == answer["accepted"], f"{answer['accepted']} accepted, {stored} stored"


def _watch(process: psutil.Process, peak: list[int], done: threading.Event) -> None:
    while not done.wait(0.05):
        peak[0] = max(peak[0], process.memory_info().rss)


def _stored(folder: Path) -> tuple[int, int]:
    from openinsights.schema.catalog import CLASSIC

    rows = size = 0
    for path in folder.rglob("*.duckdb"):
        size += path.stat().st_size
        with duckdb.connect(str(path), read_only=True) as file:
            for table in CLASSIC:
                found = file.execute(f'select count(*) from "{table.name}"').fetchone()
                rows += found[0] if found else 0
    return rows, size


def steps() -> None:
    """Print the time of each step for one body of 1,000 envelopes, one thread, best of many."""
    from openinsights.catalog.resource import Resource
    from openinsights.clock import SystemClock
    from openinsights.ingest.accept import accept
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.rows import to_rows
    from openinsights.store.duckdb.arrow import COLUMN_TYPES, to_arrow
    from openinsights.store.duckdb.store import open_duckdb_store
    from openinsights_wire.decode import decode_body

    content = body(1000, 1)
    resource = Resource("app", "web", "group", "local", KEY, "/subscriptions/s/web", 0)
    clock = SystemClock()
    limits = IngestLimits()
    folder = Path(tempfile.mkdtemp(prefix="openinsights-ingest-"))
    store = open_duckdb_store(folder, clock)
    times: dict[str, list[float]] = {}

    def timed(name: str, call):  # type: ignore[no-untyped-def]
        started = time.perf_counter()
        result = call()
        times.setdefault(name, []).append(time.perf_counter() - started)
        return result

    for number in range(60):
        digest = timed("digest", lambda: hashlib.sha256(content).digest()[:8])
        digest += number.to_bytes(8, "little")
        items = timed("decode", lambda: decode_body(content))
        accepted = timed(
            "accept",
            lambda items=items: accept(
                items, lambda _: resource, clock.now_ticks(), limits, content
            ),
        )
        rows = timed("rows", lambda accepted=accepted, digest=digest: to_rows(accepted, digest, 1))
        timed(
            "arrow (again inside the next step)",
            lambda rows=rows: [
                to_arrow(table.columns, COLUMN_TYPES[table.table])
                for day in rows.days
                for table in day.tables
            ],
        )
        timed("arrow, insert, commit, sync", lambda rows=rows: store.append(rows).result())
    store.close()
    shutil.rmtree(folder)
    print(f"one body of 1,000 envelopes of {len(content) / 1000:.0f} B, µs per envelope:")
    for name, taken in times.items():
        taken.sort()
        print(
            f"  {name:36} median {taken[len(taken) // 2] * 1000:6.2f}  best {taken[0] * 1000:6.2f}"
        )


if __name__ == "__main__":
    main()
