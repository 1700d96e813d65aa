"""How long each view of the portal waits for its tiles, asked through the portal's own API.

    python benchmarks/portal.py FOLDER [--views REGEX] [--ranges 24h 7d] [--turns 3] [--tiles]
    python benchmarks/portal.py FOLDER --as-is --views '^(map|tx)' --json figures.json --more

FOLDER comes from `generate.py`. Its days are tidied first, as a server does when they are over, which
takes minutes the first time and changes them: give it a copy. A real server runs on it. Each tile
of a view is asked alone, as often as there are turns, each time for a range of its own that ends
with the telemetry: no reply is given twice, none is kept. What a person chooses (an operation, a
dependency, a problem, a transaction) is taken from the view's own lists, another one each turn.

Printed for each view and range: p50 and p95 over the replies of its tiles, and of those that may
take longer (facets, what differs, the map's join, tops of high cardinality); then the slowest
tiles, or all of them. Beside what replies took stands what the server worked for them, shared by
two cores: on a machine that does something else too, the second says what a quiet one can do.
Exit status 1 when a bar is missed or a tile is not answered. A run may be had in parts: with
`--more` the figures are added to those that a file has, and all of them are told.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from kql import machine

from openinsights.clock import SystemClock
from openinsights.data_folder import DataFolder
from openinsights.portal.tiles import TILES, Tile
from openinsights.query.functions import engine_functions
from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}
BARS_MS = {"24h": 300.0, "7d": 1_000.0}
HEAVY_BARS_MS = {"24h": 1_000.0, "7d": 3_000.0}
HEAVY = re.compile(
    r"\.(facets|columns|.*differs|edges|entry)$"
    r"|^performance\.(dependencies|top_dependencies)$|^failures\.(dependencies|exceptions)$"
)
"""Facets, what differs, the map's join, and tops of high cardinality."""
WITHOUT_DATA = re.compile(r"^availability\.")
"""The data that is asked about has no runs of availability tests."""
CLEAR, END = ("\r\033[K", "") if sys.stderr.isatty() else ("", "\n")
"""Around a line of progress: on a terminal each takes the place of the one before."""
CORES = 2
TURN_SHIFT = timedelta(seconds=7)
PATIENCE_S = 60


@dataclass
class Choices:
    """What people choose, as the lists of the resource name it."""

    operations: list[str]
    dependencies: list[tuple[str, str, str]]
    problems: list[str]
    pages: list[str]
    transactions: list[tuple[str, datetime]]
    metrics: list[str]
    counters: list[str]
    versions: list[tuple[str, str, str]]

    def parameters(self, tile: Tile, turn: int) -> dict[str, str]:
        """Return the parameters of a tile for a turn; the first turn chooses nothing."""
        names = {parameter.name for parameter in tile.parameters}
        chosen: dict[str, str] = {}
        if "opId" in names:
            chosen["opId"] = _of(self.transactions, turn)[0]
        if "metric" in names:
            of = self.counters if tile.name == "metrics.counters" else self.metrics
            chosen["metric"] = _of(of, turn)
        if "q" in names and turn:
            chosen["q"] = _of(("refused", "timeout", "declined"), turn)
        if "lo" in names:
            chosen |= {"lo": "500"} if turn or tile.name.endswith("differs") else {}
        if turn and "op" in names:
            of = self.pages if "page" in tile.name else self.operations
            chosen["op"] = _of(of, turn - 1)
        if turn and "dname" in names and self.dependencies:
            chosen |= zip(
                ("dtype", "dtarget", "dname"), _of(self.dependencies, turn - 1), strict=True
            )
        if "this" in names and self.versions:
            chosen |= zip(("role", "this", "last"), _of(self.versions, turn), strict=True)
        if "problem" in names and (turn or "problem" in tile.name):
            chosen["problem"] = _of(self.problems, turn)
        return chosen


def _of(values: Any, turn: int) -> Any:
    return values[turn % len(values)] if values else ""


@dataclass
class Asked:
    """Replies to a tile over a range.

    Attributes:
        took_ms: of the replies, from the request to the last byte.
        worked_ms: what the server worked meanwhile, of a processor.
        problem: why one was none.
    """

    tile: str
    range_name: str
    took_ms: list[float] = field(default_factory=list)
    worked_ms: list[float] = field(default_factory=list)
    rows: int = 0
    problem: str = ""

    @property
    def view(self) -> str:
        return self.tile.partition(".")[0]

    @property
    def bar_ms(self) -> float:
        return (HEAVY_BARS_MS if HEAVY.search(self.tile) else BARS_MS)[self.range_name]


class Portal:
    """A server of its own, and one resource of it."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self._process = process
        self._client = httpx.Client(base_url=url, timeout=PATIENCE_S, verify=False)
        (resource,) = [
            each
            for each in self._client.get("/providers/Microsoft.Insights/components").json()["value"]
            if each["name"] != "openinsights"
        ]
        self.app = resource["properties"]["AppId"]
        newest = self._query("requests | summarize max(timestamp)")[0][0]
        self.end = datetime.fromisoformat(newest)

    def _query(self, text: str) -> list[list[Any]]:
        reply = self._client.post(f"/v1/apps/{self.app}/query", json={"query": text})
        reply.raise_for_status()
        return reply.json()["tables"][0]["rows"]

    def choices(self) -> Choices:
        """Return what the lists of the last day name."""
        since = f"where timestamp > datetime({(self.end - RANGES['24h']).isoformat()})"

        def top(table: str, by: str, among: str = "") -> list[Any]:
            text = f"{table} | {since}{among} | summarize n = count() by {by} | top 20 by n desc"
            return [row[:-1] if len(row) > 2 else row[0] for row in self._query(text)]

        newest = self._query(
            f"requests | {since} | top 40 by timestamp desc | project operation_Id, timestamp"
        )
        return Choices(
            operations=top("requests", "name"),
            dependencies=top("dependencies", "type, target, name"),
            problems=top("exceptions", "problemId"),
            pages=top("pageViews", "name"),
            transactions=[(one, datetime.fromisoformat(at)) for one, at in newest],
            metrics=top("customMetrics", "name"),
            counters=top("performanceCounters", "name"),
            versions=self._versions(),
        )

    def _versions(self) -> list[tuple[str, str, str]]:
        """Return each role with its newest version and the one before."""
        told = self._query(
            "requests | summarize first_seen = min(timestamp) by cloud_RoleName, application_Version"
            " | order by first_seen desc"
        )
        seen: dict[str, list[str]] = defaultdict(list)
        for role, version, _ in told:
            seen[role].append(version)
        return [(role, *known[:2]) for role, known in seen.items() if len(known) > 1]

    def ask(self, tile: Tile, range_name: str, turn: int, choices: Choices, one: Asked) -> None:
        """Ask for a tile and note what came."""
        end = self.end - TURN_SHIFT * turn
        start = end - RANGES[range_name]
        parameters = choices.parameters(tile, turn)
        if tile.name == "tx.items":  # the view bounds it to an hour around the time in its address
            at = _of(choices.transactions, turn)[1]
            start, end = at - timedelta(hours=1), at + timedelta(hours=1)
        values = {"app": self.app, **{f"p.{name}": value for name, value in parameters.items()}}
        if tile.ranged:
            values |= {"start": start.isoformat(), "end": end.isoformat()}
        worked, started = self._worked_ms(), time.perf_counter()
        try:
            reply = self._client.get(
                f"/portal/api/tile/{tile.name}",
                params=values,
                headers={"cache-control": "no-cache"},
            )
        except httpx.TransportError as error:
            one.problem = f"no reply in {PATIENCE_S} s: {error!r}"
            return
        one.took_ms.append((time.perf_counter() - started) * 1_000)
        one.worked_ms.append(self._worked_ms() - worked)
        if reply.status_code == 200:
            one.rows = max(one.rows, len(reply.json()["rows"]))
        else:
            one.problem = f"{reply.status_code} {reply.text[:200]}"

    def _worked_ms(self) -> float:
        times = self._process.cpu_times()
        return (times.user + times.system) * 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", default="", help="a regular expression of the tiles' names")
    parser.add_argument("--ranges", nargs="*", default=list(RANGES), choices=RANGES)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--tiles", action="store_true", help="print every tile")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--more", action="store_true", help="add to what that file has")
    parser.add_argument("--as-is", action="store_true", help="do not tidy")
    options = parser.parse_args()
    print(machine())
    if not options.as_is:
        tidy(options.folder)
    with Serving(options.folder) as (url, process):
        asked = measured(Portal(url, process), options)
    if options.json:
        if options.more and options.json.exists():
            asked = merged([Asked(**each) for each in json.loads(options.json.read_text())], asked)
        options.json.write_text(json.dumps([vars(one) for one in asked]))
    return told(asked, options)


def merged(before: list[Asked], asked: list[Asked]) -> list[Asked]:
    """Return all figures; a problem that is gone is none."""
    known = {(one.tile, one.range_name): one for one in before}
    for one in asked:
        old = known.setdefault((one.tile, one.range_name), one)
        if old is not one:
            old.took_ms += one.took_ms
            old.worked_ms += one.worked_ms
            old.rows, old.problem = max(old.rows, one.rows), one.problem
    return list(known.values())


def tidy(folder: Path) -> None:
    """Bring the days of a folder into the form that they have once they are over."""
    started = time.perf_counter()
    with DataFolder(folder) as held:
        store = open_duckdb_store(held.telemetry, SystemClock(), functions=engine_functions())
        store.tidy()
        store.close()
    print(f"tidied in {time.perf_counter() - started:.0f} s")


class Serving:
    """A server on a folder, stopped at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> tuple[str, psutil.Process]:
        words = ["-m", "openinsights.cli.main", "serve", "--data", str(self._folder), "--port", "0"]
        ports = {"OPENINSIGHTS_OTLP_GRPC_PORT": "0", "OPENINSIGHTS_OTLP_HTTP_PORT": "0"}
        self._process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.PIPE, text=True, env={**ports, **os.environ}
        )
        assert self._process.stdout is not None
        said = re.search(r"http://[^\s/]+", self._process.stdout.readline())
        assert said is not None, "the server did not say where it listens"
        return said[0], psutil.Process(self._process.pid)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)


def measured(portal: Portal, options: argparse.Namespace) -> list[Asked]:
    """Ask for every tile over every range; the first turn of all comes before the second of any."""
    tiles = [
        tile
        for tile in TILES
        if re.search(options.views, tile.name) and not WITHOUT_DATA.search(tile.name)
    ]
    choices = portal.choices()
    asked: list[Asked] = []
    for range_name in options.ranges:
        found = {tile.name: Asked(tile.name, range_name) for tile in tiles}
        asked += found.values()
        for tile, turn in _turns(tiles, options.turns):
            one = found[tile.name]
            portal.ask(tile, range_name, turn, choices, one)
            sys.stderr.write(f"{CLEAR}{range_name} {line_of(one)}{END}")
    sys.stderr.write(CLEAR)
    return asked


def _turns(tiles: list[Tile], turns: int) -> Iterator[tuple[Tile, int]]:
    for place, tile in enumerate(islice(cycle(tiles), len(tiles) * turns)):
        yield tile, place // len(tiles)


def told(asked: list[Asked], options: argparse.Namespace) -> int:
    """Print the figures; return 1 when something is missed."""
    good = not any(one.problem for one in asked)
    groups: dict[tuple[str, str, float], list[Asked]] = defaultdict(list)
    for one in asked:
        groups[one.view, one.range_name, one.bar_ms].append(one)
    for (view, range_name, bar_ms), ones in sorted(groups.items()):
        took = [ms for one in ones for ms in one.took_ms]
        shared = [ms / CORES for one in ones for ms in one.worked_ms]
        if took:
            held = percentile(took, 0.95) <= bar_ms
            good = good and held
            print(
                f"{view:12} {range_name:>4}: p50 {statistics.median(took):6.0f} ms,"
                f" p95 {percentile(took, 0.95):6.0f} (bar {bar_ms:.0f})  {'' if held else 'MISSED'}"
                f"  worked on {CORES} cores: p50 {statistics.median(shared):5.0f},"
                f" p95 {percentile(shared, 0.95):5.0f}"
                f"{'' if percentile(shared, 0.95) <= bar_ms else '  MISSED'}"
            )
    slowest = sorted(asked, key=lambda one: -max(one.took_ms, default=0) / one.bar_ms)
    print("every tile:" if options.tiles else "the slowest, for their bars:")
    for one in slowest[: None if options.tiles else 12]:
        print(f"  {one.range_name:>4} {line_of(one)}")
    for one in asked:
        if one.problem:
            print(f"not answered: {one.range_name} {one.tile}: {one.problem}")
    return 0 if good else 1


def line_of(one: Asked) -> str:
    """Return the figures of a tile, in one line."""
    times = " ".join(f"{ms:.0f}" for ms in one.took_ms)
    worked = min(one.worked_ms, default=0)
    return (
        f"{one.tile:36} {times} ms (bar {one.bar_ms:.0f}),"
        f" {worked:.0f} of a processor, {one.rows} rows"
    )


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that so large a share is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


if __name__ == "__main__":
    raise SystemExit(main())
