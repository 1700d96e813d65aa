"""What a row costs ClickHouse to take, and which of the tables' views it goes to.

    python benchmarks/clickhouse_insert.py [--groups 12] [--rows 16000] [--without rollups,…]

Starts chDB behind its HTTP protocol in a process of its own (`make test-clickhouse` installs it),
commits groups of bodies as a server does, and prints the processor's time of engine and server for a
row: up to the last reply, and up to when nothing is left to merge. `--without` takes views away
first, by a part of their name (`rows`, `operations`, `bodies`, `people`, …; `rollups` for all of
those): what is saved is what they cost.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from ingest_bodies import KEY, body, unique

from openinsights.catalog.resource import Resource
from openinsights.clock import SystemClock
from openinsights.ingest.accept import accept
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.reading import TRACK
from openinsights.ingest.rows import to_rows
from openinsights.store.clickhouse.store import open_clickhouse_store
from openinsights.store.group_writer import Pending

HERE = Path(__file__).parent
ENDPOINT = HERE.parent / "packages" / "server" / "tests" / "store" / "clickhouse" / "endpoint.py"
_BODY_ITEMS = 250
_KINDS_OF_VIEWS = {"rows": "_view_1_", "rollups": "_view_3_"}
_QUIET_S = 3.0
"""Without a merge for so long, nothing is left to merge."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", type=int, default=12, help="committed one after the other")
    parser.add_argument("--rows", type=int, default=16_000, help="of a group")
    parser.add_argument("--without", default="", help="views that are taken away, with commas")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="openinsights-insert-"))
    engine = subprocess.Popen(
        [sys.executable, str(ENDPOINT), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert engine.stdout is not None
        port = int(engine.stdout.readline())
        measure(f"clickhouse://127.0.0.1:{port}/inserts", psutil.Process(engine.pid), options)
    finally:
        engine.kill()
        engine.wait()
        shutil.rmtree(folder, ignore_errors=True)


def measure(url: str, engine: psutil.Process, options: argparse.Namespace) -> None:
    """Insert, and print what it took."""
    store = open_clickhouse_store(url, SystemClock())
    groups = [group(number, options.rows) for number in range(options.groups + 1)]
    for name in views(store):
        if any(
            _KINDS_OF_VIEWS.get(part, part) in name
            for part in filter(None, options.without.split(","))
        ):
            store._clients.command(f"drop table inserts.`{name}`")
    commit(store, groups[0])  # what is made once
    settle(store)
    rows = sum(each.count for each in groups[1:] for each in each)
    begun, own, begun_s = processor_s(engine), time.process_time(), time.perf_counter()
    for each in groups[1:]:
        commit(store, each)
    took_s, replied, own = (
        time.perf_counter() - begun_s,
        processor_s(engine) - begun,
        time.process_time() - own,
    )
    settle(store)
    merged = processor_s(engine) - begun
    print(
        f"{rows:,} rows in {options.groups} groups: engine {replied / rows * 1e6:.1f} µs a row up to the"
        f" replies, {merged / rows * 1e6:.1f} with merges; server {own / rows * 1e6:.1f};"
        f" {rows / took_s:,.0f} rows/s"
    )
    for table, count, size in store._rows(
        "select table, sum(rows), sum(bytes_on_disk) from system.parts where active and database ="
        " 'inserts' group by table order by table"
    ):
        print(f"  {table:32} {count:>10,} rows {size / rows:8.2f} B for each row sent")
    store.close()


def group(number: int, rows: int) -> list[Pending]:
    """Return the bodies of a group; bodies differ, and their rows too."""
    resource = Resource("app", "web", "group", "local", KEY, "/subscriptions/s/web", 0)
    limits, now = IngestLimits(), SystemClock().now_ticks()
    found = []
    for place in range(rows // _BODY_ITEMS):
        content = unique(body(_BODY_ITEMS, number * 1_000 + place), number * 1_000 + place)
        digest = hashlib.sha256(content).digest()[:16]
        items = TRACK.decode(content, 0, limits)
        accepted = accept(items, lambda _: resource, now, limits, content)
        found.append(Pending(to_rows(accepted, digest, len(content))))
    return found


def commit(store: Any, bodies: list[Pending]) -> None:
    """Have a group stored, as the store's writer does."""
    store._inserter.commit(bodies)
    for each in bodies:
        each.future.result(0)


def views(store: Any) -> list[str]:
    """Return the names of the views."""
    text = (
        "select name from system.tables where database = 'inserts' and engine = 'MaterializedView'"
    )
    return [name for (name,) in store._rows(text)]


def settle(store: Any) -> None:
    """Return when no parts have been merged for some seconds."""
    parts, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_S:
        ((now,),) = store._rows("select count() from system.parts where active")
        if now != parts:
            parts, since = now, time.monotonic()
        time.sleep(0.2)


def processor_s(process: psutil.Process) -> float:
    """Return the processor's seconds that a process has taken."""
    took = process.cpu_times()
    return float(took.user + took.system)


if __name__ == "__main__":
    main()
