"""Fill a data folder with a week of telemetry, as many rows as wanted, in minutes.

    python benchmarks/generate.py FOLDER [--requests 10000000] [--days 7] [--seed 1] [--end TIME]

For each request there is a log line and there are three dependencies, on average; exceptions,
events, page views, browser timings, probes, metrics and counters beside them. Operations follow
Zipf's law, durations are log-normal with a tail, failures travel up to the caller, the items of a
transaction share their ids, and customDimensions have 300 keys of which 12 are hot. The same seed,
size and end give the same rows. The folder is one that `openinsights serve --data` and
`openinsights.open` read: it has one resource, `shop`.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from dataclasses import astuple
from datetime import datetime, timedelta, timezone
from math import cos, pi
from pathlib import Path
from random import Random

import duckdb
import generate_sql as sql
from generate_shop import ROLES, ROUTES, Shop, draw_shop, lines, problems

from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH_TICKS, SystemClock
from openinsights.data_folder import DataFolder
from openinsights.store.duckdb.day_files import DayFiles

RESOURCE = "shop"
CHUNK_REQUESTS = 150_000
"""Requests that are worked out at once; bounds the memory."""
FULL_SIZE = 10_000_000
"""Requests from which on counters are read every minute; fewer requests have them less often."""
TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
TICKS_PER_HOUR = 3_600 * TICKS_PER_SECOND


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--end", type=datetime.fromisoformat, help="UTC; the last full hour by default"
    )
    parser.add_argument("--memory", default="4GB", help="what the engine may hold")
    options = parser.parse_args()
    end = options.end or datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    started = time.perf_counter()
    counts = generate(
        options.folder,
        requests=options.requests,
        end_ticks=ticks_of(end),
        days=options.days,
        seed=options.seed,
        memory=options.memory,
        progress=Progress(),
    )
    print(f"{options.folder}: until {end.isoformat()}, {time.perf_counter() - started:.0f} s")
    for table, count in counts.items():
        print(f"  {table:20} {count:12,}")


def ticks_of(moment: datetime) -> int:
    """Return ticks of a time that is UTC, whether it says so or not."""
    seconds = (moment.replace(tzinfo=timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)) // (
        timedelta(seconds=1)
    )
    return UNIX_EPOCH_TICKS + seconds * TICKS_PER_SECOND


def generate(
    folder: Path,
    *,
    requests: int,
    end_ticks: int,
    days: int = 7,
    seed: int = 1,
    memory: str = "4GB",
    progress: Progress | None = None,
) -> dict[str, int]:
    """Fill a new folder and return how many rows each table got.

    Raises:
        DataFolderError: the folder is in use.
        SystemExit: it has telemetry already.
    """
    shop = draw_shop(seed)
    guids = Random(seed)
    with DataFolder(folder) as held:
        resources = ResourceStore(
            engine.open_file(held.catalog),
            SystemClock(),
            lambda: uuid.UUID(int=guids.getrandbits(128), version=4),
        )
        if resources.list() or held.telemetry.exists():
            raise SystemExit(f"{folder} is not empty; name another folder")
        resource = resources.create(RESOURCE)
        resources.close()
        held.telemetry.mkdir()
        connection = duckdb.connect()
        connection.execute(f"set memory_limit = '{memory}'")
        connection.execute(f"set temp_directory = '{held.telemetry / 'spill'}'")
        connection.execute("set wal_autocheckpoint = '1GB'")
        _facts(connection, shop, resource, seed)
        files = DayFiles(held.telemetry, connection.cursor())
        counts = _fill(connection, files, shop, requests, end_ticks, days, progress)
        connection.close()
    return counts


class Progress:
    """A line on stderr that says how far it is."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def show(self, done: float, rows: int, day: str) -> None:
        """Draw the line; `done` goes from 0 to 1."""
        took = time.perf_counter() - self._started
        bar = "#" * round(done * 30)
        left = took / done - took if done else 0
        text = (
            f"\r[{bar:30}] {done:4.0%}  {day}  {rows:13,} rows  {took:4.0f} s, {left:4.0f} s left"
        )
        sys.stderr.write(text + ("\n" if done >= 1 else ""))
        sys.stderr.flush()


def _facts(connection: duckdb.DuckDBPyConnection, shop: Shop, resource: object, seed: int) -> None:
    for statement in sql.macros(resource, shop.local_share):
        connection.execute(statement)
    connection.execute(sql.STEPS)
    connection.executemany(
        "insert into steps values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [astuple(step) for step in shop.steps],
    )
    connection.execute(sql.CALLS)
    connection.executemany(
        "insert into calls values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [astuple(call) for call in shop.calls],
    )
    connection.execute(sql.ROLES)
    connection.executemany(
        "insert into roles values (?, ?, ?, ?, ?)",
        [
            (number, role.name, role.instances, list(role.versions), role.item_count)
            for number, role in enumerate(ROLES)
        ],
    )
    connection.execute(sql.LINES)
    connection.executemany("insert into lines values (?, ?, ?, ?)", lines())
    connection.execute(sql.PROBLEMS)
    connection.executemany("insert into problems values (?, ?, ?, ?)", problems())


def _fill(
    connection: duckdb.DuckDBPyConnection,
    files: DayFiles,
    shop: Shop,
    requests: int,
    end: int,
    days: int,
    progress: Progress | None,
) -> dict[str, int]:
    start = end - days * TICKS_PER_DAY
    chunks = _chunks(start, days * 24, requests / shop.mean_steps, CHUNK_REQUESTS / shop.mean_steps)
    counts: dict[str, int] = {}
    connection.execute(sql.SPANS)
    for number, spans in enumerate(chunks):
        low, high = spans[0][2], spans[-1][3]
        day = low // TICKS_PER_DAY
        alias = files.attach(day)
        values = {
            "low": low,
            "high": high,
            "last": (day + 1) * TICKS_PER_DAY - 1,
            "from": start,
            "until": end,
            "routes": ROUTES,
            "users": max(20, requests // 50),
            "every": TICKS_PER_MINUTE * min(60, max(1, FULL_SIZE // requests)),
        }
        connection.execute("delete from spans")
        connection.executemany("insert into spans values (?, ?, ?, ?)", spans)
        for statement in sql.work(values):
            connection.execute(statement)
        for table, statement in sql.inserts(alias, values):
            row = connection.execute(statement).fetchone()
            counts[table] = counts.get(table, 0) + (row[0] if row else 0)
        is_last = number + 1 == len(chunks) or chunks[number + 1][0][2] // TICKS_PER_DAY != day
        if is_last:
            connection.execute(f"checkpoint {alias}")
        if progress is not None:
            progress.show((number + 1) / len(chunks), sum(counts.values()), alias)
    return counts


Span = tuple[int, int, int, int]
"""The number of its first operation, how many there are, from when, until when."""


def _chunks(start: int, hours: int, operations: float, most: float) -> list[list[Span]]:
    """Return spans of at most an hour, those that are worked out at once together; each of a day."""
    load = [_load(start + hour * TICKS_PER_HOUR) for hour in range(hours)]
    chunks: list[list[Span]] = []
    due, first, day, room = 0.0, 0, -1, 0.0
    for hour, weight in enumerate(load):
        share = operations * weight / sum(load)
        pieces = max(1, round(share / most))
        for piece in range(pieces):
            low = start + hour * TICKS_PER_HOUR + TICKS_PER_HOUR * piece // pieces
            high = start + hour * TICKS_PER_HOUR + TICKS_PER_HOUR * (piece + 1) // pieces
            due += share / pieces
            span = (first, round(due) - first, low, high)
            first = round(due)
            if low // TICKS_PER_DAY != day or room < span[1]:
                chunks.append([])
                day, room = low // TICKS_PER_DAY, most
            chunks[-1].append(span)
            room -= span[1]
    return chunks


def _load(at: int) -> float:
    """How busy an hour is: little at night, less at weekends."""
    hour = at % TICKS_PER_DAY / TICKS_PER_HOUR
    weekend = (at // TICKS_PER_DAY) % 7 in (5, 6)  # 0001-01-01 was a Monday
    return (1.0 - 0.7 * cos((hour - 2) * pi / 12)) * (0.6 if weekend else 1.0)


if __name__ == "__main__":
    main()
