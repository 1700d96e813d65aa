"""What the store saves: lookups of operations, hot keys, the newest rows, against reading everything.

    python benchmarks/generate.py FOLDER --requests 600000
    python benchmarks/store.py FOLDER [--no-keys] [--as-is] [--lookups] [--repeat 7]

Opens a folder that `generate.py` made, tidies it unless told to leave it as it is, and asks each
question twice in turn: as the server does, and plainly, of a store that is not told what would let
it read less. Prints the medians, their ratio, and what the day files take before and after.

Lookups of operations are asked of operations that were not asked for before. Their plain way takes
seconds: `--lookups` asks them alone, and leaves that away. Exit status 1 when one takes 30 ms or
more at the median.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psutil

from openinsights.clock import SystemClock
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.store.duckdb import hot_keys
from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LOOKUP_MS = 30.0
NEARLY = 1e-9
"""By how much of itself a sum of reals may differ: added up in another order, ten million of them
are off by at most so much."""
LOOKUPS = (
    "requests | where operation_Id == '{operation}'",
    "union requests, dependencies, traces, exceptions | where operation_Id == '{operation}'"
    " | project timestamp, itemType, name, duration, cloud_RoleName | order by timestamp asc",
    "union requests, dependencies, traces, exceptions | where operation_Id in ('{operation}', 'no')"
    " | summarize count() by itemType",
)
QUESTIONS = (
    "requests | where customDimensions.tenant == 't7' | count",
    "requests | summarize count() by tostring(customDimensions.tenant)",
    "requests | where customDimensions.plan == 'p1' | summarize avg(duration) by"
    " tostring(customDimensions.region), bin(timestamp, 1h)",
    "dependencies | summarize count() by tostring(customDimensions.feature)",
    "requests | top 100 by timestamp desc",
    "union requests, dependencies, traces | top 100 by timestamp desc",
    "requests | take 10",
    "traces | where message has 'timeout' | top 50 by timestamp desc",
    "dependencies | where success == 'False' | top 50 by timestamp desc",
)


class Plain:
    """A store that is not told what would let it read less."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def source(self, request: object) -> object:
        return self._store.source(replace(request, among=(), newest=None))

    def kept_keys(self) -> dict[str, object]:
        return {}

    def rollups(self) -> dict[str, object]:
        return {}

    def stored_days(self) -> list[object]:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-keys", action="store_true", help="leave hot keys out")
    parser.add_argument("--as-is", action="store_true", help="do not tidy")
    parser.add_argument("--lookups", action="store_true", help="look operations up, no more")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    if options.no_keys:
        hot_keys.FEW_ROWS = sys.maxsize
    folder = options.folder / "telemetry"
    used, rows = measure(folder)
    print(f"{rows:,} rows, {used / rows:.1f} bytes each before tidying")
    store = open_duckdb_store(folder, SystemClock(), functions=engine_functions())
    if not options.as_is:
        started, worked = time.perf_counter(), time.process_time()
        store.tidy()
        print(
            f"tidied in {time.perf_counter() - started:.1f} s "
            f"({time.process_time() - worked:.1f} s of processors), "
            f"{psutil.Process().memory_info().rss >> 20} MB resident"
        )
    good = look_up(store, options.repeat * 3, is_compared=not options.lookups)
    if not options.lookups:
        ask(store, options.repeat)
    store.close()
    if not options.as_is:
        used, rows = measure(folder)
        print(f"{used / rows:.1f} bytes for each row after tidying")
    return 0 if good else 1


def measure(folder: Path) -> tuple[int, int]:
    """Return the bytes in use in day files, and their rows."""
    used = rows = 0
    for path in sorted(folder.glob("*.duckdb")):
        with duckdb.connect(str(path), read_only=True) as file:
            size = file.execute("select block_size * used_blocks from pragma_database_size()")
            used += size.fetchone()[0]
            for (name,) in file.execute(
                "select table_name from duckdb_columns() where column_name = 'itemType'"
            ).fetchall():
                rows += file.execute(f'select count(*) from "{name}"').fetchone()[0]
    return used, rows


def look_up(store: object, repeat: int, *, is_compared: bool) -> bool:
    """Print what looking operations up costs, each of them for the first time."""
    ours, plain = (
        QueryService(each, lambda name: name, SystemClock()) for each in (store, Plain(store))
    )
    sample = QueryRequest(
        f"requests | where timestamp between (datetime(2000-01-01) .. ago(1h)) | take 5000"
        f" | distinct operation_Id | take {len(LOOKUPS) * (repeat + 1)}"
    )
    operations = [row[0] for row in ours.run(sample).tables[0].rows]
    print(f"looking up, ms: median, least, median of processor time; of {repeat}")
    good = True
    for question in LOOKUPS:
        times: list[float] = []
        worked: list[float] = []
        for turn in range(repeat + 1):
            request = QueryRequest(question.format(operation=operations.pop()))
            started, began = time.perf_counter(), time.process_time()
            rows = ours.run(request).tables[0].rows
            if turn:  # the first opens what the others find open
                times.append((time.perf_counter() - started) * 1000)
                worked.append((time.process_time() - began) * 1000)
        if is_compared and not alike(rows, plain.run(request).tables[0].rows):
            raise SystemExit(f"different answers: {request.text}")
        median = statistics.median(times)
        good = good and median < MAX_LOOKUP_MS
        print(
            f"{median:9.1f} {min(times):8.1f} {statistics.median(worked):9.1f}"
            f"  (bar {MAX_LOOKUP_MS:g})  {question}",
            flush=True,
        )
    return good


def ask(store: object, repeat: int) -> None:
    """Print the times of each question, asked both ways in turn."""
    ours, plain = (
        QueryService(each, lambda name: name, SystemClock()) for each in (store, Plain(store))
    )
    print(
        f"{'ours':>9} {'best':>8} {'processor':>9} {'plain':>9}  ratio   (ms: median, least,"
        f" median of processor time, median; of {repeat})"
    )
    for question in QUESTIONS:
        request = QueryRequest(question)
        times: tuple[list[float], list[float]] = ([], [])
        worked: tuple[list[float], list[float]] = ([], [])
        one, other = (service.run(request).tables[0].rows for service in (ours, plain))
        # which of several rows of one time are taken is left open
        if not ("take" in question or "top" in question or alike(one, other)):
            raise SystemExit(f"different answers: {request.text}")
        for _ in range(repeat):
            for taken, busy, service in zip(times, worked, (ours, plain), strict=True):
                started, began = time.perf_counter(), time.process_time()
                service.run(request)
                taken.append((time.perf_counter() - started) * 1000)
                busy.append((time.process_time() - began) * 1000)
        fast, slow = (statistics.median(taken) for taken in times)
        print(
            f"{fast:9.1f} {min(times[0]):8.1f} {statistics.median(worked[0]):9.1f} {slow:9.1f}"
            f" {slow / fast:6.1f}x  {question}",
            flush=True,
        )


def alike(one: Sequence[Sequence[object]], other: Sequence[Sequence[object]]) -> bool:
    """Return whether two answers have the same rows in any order, reals up to their last digits."""

    def in_order(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
        # by the reals last: two that are nearly the same may be spelt far apart
        return sorted(
            rows,
            key=lambda row: (
                [repr(value) for value in row if not isinstance(value, float)],
                [value for value in row if isinstance(value, float)],
            ),
        )

    return len(one) == len(other) and all(
        len(row) == len(like) and all(map(same, row, like))
        for row, like in zip(in_order(one), in_order(other), strict=True)
    )


def same(value: object, other: object) -> bool:
    """Return whether two values are equal, or reals that nearly are."""
    if isinstance(value, float) and isinstance(other, float):
        both_nan = math.isnan(value) and math.isnan(other)
        return both_nan or math.isclose(value, other, rel_tol=NEARLY)
    return value == other


if __name__ == "__main__":
    sys.exit(main())
