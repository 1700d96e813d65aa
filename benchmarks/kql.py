"""What a query costs: compiling it, and answering the portal's tiles, beside SQL written by hand.

    python benchmarks/kql.py FOLDER [--tiles REGEX] [--ranges 1h 24h 7d] [--seconds 2] [--minutes 11.5]
    python benchmarks/kql.py --compile [--corpus FILE]

FOLDER comes from `generate.py`. Each tile is asked over each range through the query service, as
the portal asks it: text to plan to SQL to rows to the texts of a reply. The SQL of `kql_by_hand.py`
gives the same answer from the same day files on the same engine; both run in turns, at least once
after a first time that is not counted, and as often as the seconds allow. Pairs of several seconds
count with their first time. Pairs are asked from the quickest on: those that do not fit into the
minutes are named, and are no part of the figures. Nor are those whose SQL by hand the engine cannot
finish, such as for want of memory: they are named with what ours took.

Ratios are ours / by hand. Exit status 1 when a bar is missed, an answer differs or fails, or a pair
was left out: at most 1.3 at the median of the tiles in each range; compiling at most 1 ms at the
median and 5 ms at the 99th percentile.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import re
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from kql_by_hand import BY_HAND

from openinsights.app import _GC_THRESHOLD
from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import (
    TICKS_PER_DAY,
    TICKS_PER_SECOND,
    SystemClock,
)
from openinsights.data_folder import DataFolder
from openinsights.errors import OpenInsightsError
from openinsights.kql.api import CompileOptions, Database, compile, emit
from openinsights.kql.errors import KqlError
from openinsights.portal.grain import choose_grain
from openinsights.portal.tiles import TILES, TileRange, tile_named, tile_query
from openinsights.query.functions import engine_functions
from openinsights.query.limits import QueryLimits
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.catalog import ALL, BY_NAME
from openinsights.schema.sql import Sql
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.limits import StoreLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RATIO = 1.3
MOST_TURNS = 21
LONG_S = 6.0
"""A pair that takes longer is not asked again."""
MAX_COMPILE_MEDIAN_MS = 1.0
MAX_COMPILE_P99_MS = 5.0
COMPILE_ROUNDS = 5
HOUR = 3_600 * TICKS_PER_SECOND
RANGES = {"1h": HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR}
OWN_RANGES = {
    "live.requests": 90 * TICKS_PER_SECOND,
    "live.dependencies": 90 * TICKS_PER_SECOND,
    "live.counters": 300 * TICKS_PER_SECOND,
    "start.first": 900 * TICKS_PER_SECOND,
    "overview.freshness": TICKS_PER_DAY,
    "settings.senders": TICKS_PER_DAY,
    "settings.sizes": 30 * TICKS_PER_DAY,
    "settings.usage": 30 * TICKS_PER_DAY,
    "overview.latest": 10_000 * TICKS_PER_DAY,
    "tx.times": 10_000 * TICKS_PER_DAY,
}
"""How far back the tiles look that are asked for no range."""
CHOSEN = {
    "performance.differs": {"lo": "500"},
    "performance.samples": {"lo": "500"},
    "metrics.custom": {"metric": "orders placed", "split": "dim.queue"},
    "metrics.counters": {"metric": r"\Processor(_Total)\% Processor Time"},
    "metrics.dimensions": {"metric": "orders placed"},
    "tx.similar": {"op": "GET /products"},
}
LOOSE = {
    "failures.exceptions": (7, 8, 9),
    "performance.differs": (),
}
"""Columns that may hold any value of several."""
ESTIMATED = {
    "failures.operations": (3,),
    "failures.exceptions": (5, 6),
    "map.nodes": (6,),
    "metrics.usage": (2, 3, 4),
}
"""Columns that are counts of different values, which may be estimates, and how far off."""
SAMPLED = (
    "search.facets",
    "performance.differs",
    "failures.differs",
    "performance.version_differs",
    "map.edges",
    "map.entry",
)
"""Of much telemetry they look at a part; the last column says how many items a row looked at stands for."""
NEWEST = ("performance.samples", "failures.samples", "search.items", "availability.scatter")
"""Rows of the same time may be chosen at will: only their times are compared."""


CLEAR = "\r\033[K" if sys.stderr.isatty() else ""
"""Takes the bar away from the line on which it stands."""


@dataclass
class Case:
    """A tile over a range."""

    tile: str
    range_name: str
    start: int
    end: int
    chosen: dict[str, str]


@dataclass
class Measured:
    """Seconds of the runs, ours and by hand, and what is wrong with the answers.

    Attributes:
        ours: elapsed, for each turn.
        by_hand: elapsed, for each turn.
        compiling: of ours.
        worked: of a processor, ours.
        worked_by_hand: of a processor, by hand.
        first: elapsed for both the first time.
        rows: of the answer.
        problem: what is wrong with it, or "".
        unmatched: why there is nothing to compare it with, or "".
    """

    ours: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    compiling: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    worked_by_hand: list[float] = field(default_factory=list)
    first: float = 0.0
    rows: int = 0
    problem: str = ""
    unmatched: str = ""

    @property
    def ratio(self) -> float:
        """Ours to theirs, of the medians."""
        return statistics.median(self.ours) / statistics.median(self.by_hand)

    @property
    def best_ratio(self) -> float:
        """Ours to theirs, of the fastest runs: what is left when others keep the machine busy."""
        return min(self.ours) / min(self.by_hand)

    @property
    def worked_ratio(self) -> float:
        """Ours to theirs, of the medians of processor time, which others change less."""
        return statistics.median(self.worked) / statistics.median(self.worked_by_hand)


class StandingClock(SystemClock):
    """Real durations at a time of day that stands still."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now_ticks(self) -> int:
        return self._now


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--tiles", default="", help="a regular expression of names")
    parser.add_argument("--ranges", nargs="*", default=list(RANGES), choices=RANGES)
    parser.add_argument("--seconds", type=float, default=2.0, help="for one tile over one range")
    parser.add_argument("--minutes", type=float, default=11.5, help="for all of them")
    parser.add_argument("--memory", type=int, default=1024, help="MiB that the engine may hold")
    parser.add_argument("--compile", action="store_true", help="measure compiling alone")
    parser.add_argument("--corpus", type=Path, help="queries, a JSON object with `query` a line")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    print(machine())
    good = compile_times(options.corpus)
    if options.folder is not None and not options.compile:
        good = tile_times(options) and good
    return 0 if good else 1


def machine() -> str:
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        model = f" ({found[1]})" if found else ""
    python = sys.version.split()[0]
    today = datetime.now(timezone.utc).date()
    return f"{os.cpu_count()} cores{model}, Python {python}, DuckDB {duckdb.__version__}, {today}"


# Compiling.


def compile_times(corpus: Path | None) -> bool:
    """Print how long compiling takes, in a process that compiled others before.

    The bars are held against the best of several rounds, in time of a processor: others keep the
    machine busy. The first round is told beside it: each text was never seen before then.
    """
    named = corpus_queries(corpus) if corpus else own_queries()
    random.Random(1).shuffle(named)
    database, options = Database(ALL), CompileOptions(639_000_000_000_000_000)
    for _, text in own_queries():
        compiled(text, database, options)
    gc.set_threshold(_GC_THRESHOLD, *gc.get_threshold()[1:])  # as the server has it
    first: dict[str, float] = {}
    best: dict[str, float] = {}
    elapsed: dict[str, float] = {}
    refused: set[str] = set()
    for _ in range(COMPILE_ROUNDS):
        for name, text in named:
            begun, started = time.perf_counter(), time.thread_time()
            if not compiled(text, database, options):
                refused.add(name)
                continue
            spent = (time.thread_time() - started) * 1_000
            took = (time.perf_counter() - begun) * 1_000
            first.setdefault(name, spent)
            best[name] = min(spent, best.get(name, spent))
            elapsed[name] = min(took, elapsed.get(name, took))
    mean = statistics.mean(len(text) for name, text in named if name in best)
    print(
        f"compiling {len(best)} queries of {mean:.0f} characters on average ({len(refused)} are"
        f" refused); ms of a processor: {spread(first)}"
    )
    print(f"  best of {COMPILE_ROUNDS}: {spread(best)}; by the clock: {spread(elapsed)}")
    slowest = sorted(best, key=best.__getitem__, reverse=True)[: max(5, len(best) // 33)]
    print("  slowest: " + ", ".join(f"{name} {best[name]:.2f}" for name in slowest))
    median, p99, _ = percentiles(best)
    return median <= MAX_COMPILE_MEDIAN_MS and p99 <= MAX_COMPILE_P99_MS


def percentiles(took: dict[str, float]) -> tuple[float, float, float]:
    """Median, 99th percentile and maximum."""
    ordered = sorted(took.values())
    p99 = ordered[min(len(ordered) - 1, math.ceil(0.99 * len(ordered)) - 1)]
    return statistics.median(ordered), p99, ordered[-1]


def spread(took: dict[str, float]) -> str:
    """The percentiles beside their bars."""
    median, p99, worst = percentiles(took)
    return (
        f"median {median:.2f} (bar {MAX_COMPILE_MEDIAN_MS:g}),"
        f" p99 {p99:.2f} (bar {MAX_COMPILE_P99_MS:g}), worst {worst:.2f}"
    )


def corpus_queries(corpus: Path) -> list[tuple[str, str]]:
    """The queries of a file, by their ids or else their lines."""
    rows = [json.loads(line) for line in corpus.open()]
    return [(str(row.get("id", place)), row["query"]) for place, row in enumerate(rows, 1)]


def own_queries() -> list[tuple[str, str]]:
    """The tiles, and the compiler's own cases, by name."""
    end = 639_000_000_000_000_000
    span = TileRange(end - HOUR, end, choose_grain(HOUR))
    cases = Path(__file__).parents[1] / "packages" / "server" / "tests" / "kql" / "cases"
    texts = [(tile.name, tile_query(tile, span, {})) for tile in TILES]
    found = sorted(cases.glob("*/query.kql"))
    return texts + [(path.parent.name, path.read_text("utf-8")) for path in found]


def compiled(text: str, database: Database, options: CompileOptions) -> bool:
    try:
        for statement in compile(text, database, options).statements:
            emit(statement, {scan.id: Sql(f"t{scan.id}") for scan in statement.scans})
    except (KqlError, AssertionError):  # a query may ask for rows while it is compiled
        return False
    return True


# Answering.


def tile_times(options: argparse.Namespace) -> bool:
    """Print the ratio of each tile over each range, their medians by range, and the worst."""
    with ExitStack() as opened:
        bench = Bench(options.folder, options.memory, opened)
        run = Run(bench, options.seconds, options.minutes * 60)
        bench.warm()
        for of in (options.ranges[0], "own", *options.ranges[1:]):
            cases = bench.cases(options.tiles, options.ranges)
            run.ask([case for case in cases if case.range_name == of])
    good = [pair for pair in run.pairs if not (pair[1].problem or pair[1].unmatched)]
    within = bool(good)
    for name in (*options.ranges, "own", ""):
        some = [one for case, one in good if name in ("", case.range_name)]
        if some:
            median = summary(name or "all", some)
            within = within and (median <= MAX_RATIO or name not in options.ranges)
    good.sort(key=lambda pair: pair[1].ratio, reverse=True)
    print(f"the {min(10, len(good))} worst:")
    for case, one in good[:10]:
        print(" ", line_of(case, one))
    for case in run.left:
        print(f"not run, the time was up: {case.tile} {case.range_name}")
    for case, one in run.pairs:
        if one.problem or one.unmatched:
            print(line_of(case, one))
    if options.json:
        rows = [
            {"tile": case.tile, "range": case.range_name, **vars(one)} for case, one in run.pairs
        ]
        options.json.write_text(json.dumps(rows))
    return within and not run.left and not any(one.problem for _, one in run.pairs)


def summary(name: str, some: list[Measured]) -> float:
    """Print the figures of the tiles of a range; return the median of the ratios."""
    ratios = [one.ratio for one in some]
    median = statistics.median(ratios)
    print(
        f"{name:4}: median ratio {median:.2f} (bar {MAX_RATIO}),"
        f" of the fastest runs {statistics.median(one.best_ratio for one in some):.2f},"
        f" of processor time {statistics.median(one.worked_ratio for one in some):.2f};"
        f" {sum(ratio > MAX_RATIO for ratio in ratios)} of {len(some)} tiles above {MAX_RATIO},"
        f" worst {max(ratios):.2f}"
    )
    return median


def line_of(case: Case, one: Measured) -> str:
    name = f"{case.tile:28} {case.range_name:4}"
    if not one.ours:
        return f"{name} {one.problem}"
    if one.unmatched:
        took = statistics.median(one.ours) * 1_000
        return f"{name} ours {took:9.1f} ms  {one.rows:6} rows  {one.unmatched}"
    ours, by_hand = statistics.median(one.ours) * 1_000, statistics.median(one.by_hand) * 1_000
    parsing = statistics.median(one.compiling) * 1_000
    return (
        f"{name} ours {ours:9.1f} ms (compile {parsing:4.1f})  by hand {by_hand:9.1f} ms "
        f" ratio {one.ratio:5.2f} ({len(one.ours)} turns)  {one.rows:6} rows  {one.problem}"
    )


class Run:
    """One pass over the tiles, with a bar that shows how far it is and an end in time.

    Attributes:
        pairs: what was asked and what was measured.
        left: what was not asked, because the time was up.
    """

    def __init__(self, bench: Bench, seconds: float, most_s: float) -> None:
        self._bench = bench
        self._seconds = seconds
        self._began, self._most_s = time.monotonic(), most_s
        self._before: dict[str, tuple[int, float]] = {}
        self.pairs: list[tuple[Case, Measured]] = []
        self.left: list[Case] = []

    def ask(self, cases: list[Case]) -> None:
        """Measure the cases of a range, from those on that were quick over the range before."""
        cases.sort(key=self._expected_s)
        for number, case in enumerate(cases):
            spent = time.monotonic() - self._began
            if spent + self._expected_s(case) > self._most_s:
                self.left.append(case)
                continue
            self._show(case, number, len(cases), spent)
            started = time.monotonic()
            one = self._bench.measure(case, self._seconds)
            self.pairs.append((case, one))
            once = one.first or time.monotonic() - started
            self._before[case.tile] = (case.end - case.start, once)
            print(f"{CLEAR}{line_of(case, one)}", flush=True)

    def _expected_s(self, case: Case) -> float:
        """How long asking both ways once may take: as long as before, times the time looked at."""
        width, once = self._before.get(case.tile, (case.end - case.start, 0.0))
        return once * max(1.0, (case.end - case.start) / width)

    def _show(self, case: Case, number: int, count: int, spent: float) -> None:
        if sys.stderr.isatty():
            done = 30 * number // count
            bar = "#" * done + "." * (30 - done)
            at, most = (f"{int(s) // 60}:{int(s) % 60:02}" for s in (spent, self._most_s))
            text = f"[{bar}] {case.range_name} {number + 1}/{count}  {at} of {most}  {case.tile}"
            print(f"{CLEAR}{text}", end="", file=sys.stderr, flush=True)


class Bench:
    """A data folder, open, with both ways to ask it."""

    def __init__(self, folder: Path, memory_mib: int, opened: ExitStack) -> None:
        held = opened.enter_context(DataFolder(folder))
        resources = ResourceStore(engine.open_file(held.catalog), SystemClock())
        opened.callback(resources.close)
        (self.resource,) = resources.list()
        limits = StoreLimits(engine_memory_bytes=memory_mib << 20)
        self.store = open_duckdb_store(
            held.telemetry, SystemClock(), limits=limits, functions=engine_functions()
        )
        opened.callback(self.store.close)
        self._telemetry = held.telemetry
        self.days = sorted(path.stem for path in held.telemetry.glob("*.duckdb"))
        service = QueryService(self.store, resources.named, SystemClock())
        ((newest, operation),) = (
            service.run(QueryRequest("requests | summarize arg_max(timestamp, operation_Id)"))
            .tables[0]
            .raw
        )
        self.end = -(-int(str(newest)) // HOUR) * HOUR
        self.newest, self.operation = int(str(newest)), str(operation)
        self.service = QueryService(
            self.store,
            resources.named,
            StandingClock(self.end),
            QueryLimits(max_timeout_s=600.0, timeout_s=600.0),
        )

    def warm(self) -> None:
        """Read the day files once, so that nobody's first time is slower for the disk."""
        for path in sorted(self._telemetry.glob("*.duckdb")):
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass

    def cases(self, pattern: str, ranges: list[str]) -> Iterator[Case]:
        """Each tile that the pattern finds, over each range that it can be asked for."""
        for name in BY_HAND:
            if not re.search(pattern, name):
                continue
            chosen = dict(CHOSEN.get(name, {}))
            if name.startswith("tx.") and name != "tx.similar":
                chosen["opId"] = self.operation
            if not tile_named(name).ranged:
                yield Case(name, "own", self.end - OWN_RANGES[name] + 1, self.end + 1, chosen)
                continue
            for of in ranges:
                yield Case(name, of, self.end - RANGES[of], self.end, chosen)

    def measure(self, case: Case, seconds: float) -> Measured:
        """Run both in turns for so long, after a first run of each whose answers are compared."""
        one = Measured()
        text, sql = self.kql(case), self.by_hand(case)
        cursor = self.store._parts.root.cursor()  # the store's own engine, without the store's ways
        theirs: list[tuple[Any, ...]] = []

        def mine() -> None:
            began = time.process_time()
            _, parsing, took = self.ask(text)
            one.ours.append(took)
            one.compiling.append(parsing)
            one.worked.append(time.process_time() - began)

        def by_hand() -> None:
            began, started = time.process_time(), time.perf_counter()
            theirs[:] = cursor.execute(sql).fetchall()
            one.by_hand.append(time.perf_counter() - started)
            one.worked_by_hand.append(time.process_time() - began)

        began = time.process_time()
        try:
            ours, parsing, first = self.ask(text)
            one.rows, worked = len(ours), time.process_time() - began
        except OpenInsightsError as error:
            one.problem = f"FAILED: {error}"
            return one
        try:
            by_hand()
        except duckdb.Error as error:
            one.ours, one.compiling, one.worked = [first], [parsing], [worked]
            one.unmatched = f"the SQL by hand fails: {str(error).splitlines()[0]}"
            one.first = first
            return one
        one.first = first + one.by_hand[0]
        one.problem = difference(case.tile, ours, theirs)
        if one.first > LONG_S:
            one.ours, one.compiling, one.worked = [first], [parsing], [worked]
            return one
        one.by_hand, one.worked_by_hand = [], []
        for turn in range(max(1, min(MOST_TURNS, int(seconds / one.first)))):
            for run in (mine, by_hand) if turn % 2 else (by_hand, mine):
                run()
        return one

    def ask(self, text: str) -> tuple[list[tuple[Any, ...]], float, float]:
        """The raw rows, and the seconds of compiling and of everything, replies' texts included."""
        started = time.perf_counter()
        result = self.service.run(QueryRequest(text, (self.resource.app_id,), max_rows=30_000))
        result.rows_text()
        took = time.perf_counter() - started
        return result.tables[0].raw, result.statistics.compile_s, took

    def kql(self, case: Case) -> str:
        """The tile's text, with its values."""
        grain = choose_grain(case.end - case.start)
        span = TileRange(case.start, case.end, grain)
        return tile_query(tile_named(case.tile), span, case.chosen)

    def by_hand(self, case: Case) -> str:
        """The SQL for the same answer."""
        values = {
            "grain": str(choose_grain(case.end - case.start).ticks),
            "start": str(case.start),
            "lo": case.chosen.get("lo", "0"),
            "hi": "1e300",
            "counter": f"'{CHOSEN['metrics.counters']['metric']}'",
            **{name: f"'{value}'" for name, value in case.chosen.items() if name != "lo"},
        }

        def filled(match: re.Match[str]) -> str:
            name, _, wider = match[1].partition(":")
            if name in values:
                return values[name]
            more = case.end - case.start if wider == "before" else 300 * TICKS_PER_SECOND
            low = case.start - (more if wider else 0)
            high = case.end + (more if wider == "5" else 0)
            return f"({self.relation(name, low, high)})"

        return re.sub(r"\{([A-Za-z_]\w*(?::\w+)?)\}", filled, BY_HAND[case.tile])

    def relation(self, table: str, low: int, high: int) -> str:
        """The rows of a table from `low` until before `high`, out of the days they can be in."""
        days = [
            day
            for day in self.days
            if low // TICKS_PER_DAY
            <= date.fromisoformat(day).toordinal() - 1
            <= high // TICKS_PER_DAY
        ]
        columns = ", ".join(f'"{column.name}"' for column in BY_NAME[table].columns)
        return " union all ".join(
            f'select {columns} from d{day.replace("-", "")}."{table}" where "appId" ='
            f" '{self.resource.app_id}' and timestamp >= {low} and timestamp < {high}"
            for day in days
        )


def difference(tile: str, ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> str:
    """What is wrong with our answer, "" when it is the same."""
    if tile in SAMPLED and any(row[-1] > 1 for row in ours):
        return ""
    if len(ours) != len(theirs):
        return f"DIFFERS: {len(ours)} rows, {len(theirs)} by hand"
    if tile in NEWEST:
        ours, theirs = ([(row[0],) for row in rows] for rows in (ours, theirs))
    loose = LOOSE.get(tile, ())
    estimated = ESTIMATED.get(tile, ())

    def alike(mine: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        return all(
            place in loose or _same(left, right, 0.05 if place in estimated else 1e-6)
            for place, (left, right) in enumerate(zip(mine, other, strict=True))
        )

    pairs = list(zip(_sorted(ours), _sorted(theirs), strict=True))
    if all(alike(mine, other) for mine, other in pairs):
        return ""
    only_ours = [row for row in ours if not any(alike(row, each) for each in theirs)]
    only_theirs = [row for row in theirs if not any(alike(each, row) for each in ours)]
    if "limit" in BY_HAND[tile] and _tie_at_the_cut(ours, only_ours, only_theirs):
        return ""
    mine, other = next(pair for pair in pairs if not alike(*pair))
    return f"DIFFERS: {mine} is {other} by hand"


def _tie_at_the_cut(
    ours: list[tuple[Any, ...]],
    only_ours: list[tuple[Any, ...]],
    only_theirs: list[tuple[Any, ...]],
) -> bool:
    """Whether two answers cut off at a limit differ only in which of the last equal rows they keep.

    The rows that differ then have the least (or most) value of some column in common.
    """
    if not only_ours or len(only_ours) != len(only_theirs):
        return False
    for place, cells in enumerate(zip(*only_ours, *only_theirs, strict=True)):
        column = [row[place] for row in ours]
        if len(set(cells)) == 1 and None not in column and cells[0] in (min(column), max(column)):
            return True
    return False


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    def key(row: tuple[Any, ...]) -> tuple[str, ...]:
        return tuple(f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row)

    return sorted(rows, key=key)


def _same(left: object, right: object, tolerance: float) -> bool:
    if left is None or right is None or isinstance(left, str):
        return left == right
    return math.isclose(
        float(str(left)) if not isinstance(left, bool) else left, float(right), rel_tol=tolerance
    )  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
