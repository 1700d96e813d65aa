"""Finding one operation among many days at ClickHouse: by its times, by the index, by reading.

    python benchmarks/clickhouse_operations.py [DAYS [ROWS]]

Makes ROWS requests (100,000 if none are named) on each of DAYS (14) in chDB, through the store's own
tables, three to an operation, and asks for all columns of the rows of one operation in three ways:
as the store does, which first looks its times up in `operations`; without that, by the bloom filter
on `operation_Id` alone; and with neither. Prints the time, the best of nine in turns, the look-up
included, and how many rows each way reads. Ends with 1 when a way finds other rows than the store.
"""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.schema.catalog import BY_NAME
from openinsights.store.api import ScanRequest
from openinsights.store.clickhouse import ddl
from openinsights.store.clickhouse.literals import bound
from openinsights.store.clickhouse.scan import Scans, bounds_text

FIRST_DAY = UNIX_EPOCH_TICKS // TICKS_PER_DAY + 20_000
PLACE = ddl.Place("operations")
_AT_ONCE = 50_000


def make(connection: Any, days: int, rows: int) -> None:
    """Make the tables and the rows, in order of their time."""
    for statement in ddl.create(PLACE):
        connection.query(statement)
    for day in range(days):
        for first in range(0, rows, _AT_ONCE):
            connection.query(
                f"insert into operations.{ddl.DOOR} ({ddl.OF_TABLE}, timestamp, id, name, duration,"
                " operation_Id, cloud_RoleName, appId, itemCount, customDimensions,"
                f" {ddl.RETENTION}) select 'requests',"
                f" {(FIRST_DAY + day) * TICKS_PER_DAY} + number * {TICKS_PER_DAY // rows},"
                " hex(cityHash64(number, 3)), concat('GET /r/', toString(cityHash64(number, 1) % 60)),"
                f" 1.5, {operation_sql(day, rows)}, concat('role-', toString(number % 8)), 'app', 1,"
                """ '{"tenant":"a"}',"""
                f" {ddl.MOST_DAYS} from numbers({first}, {min(_AT_ONCE, rows - first)})"
            )
    for table in ("requests", "operations"):
        connection.query(f"optimize table operations.{table} final")


def operation_sql(day: int, rows: int) -> str:
    """Return SQL of an operation's id, as random as ids are."""
    return f"lower(hex(MD5(toString(intDiv(number + {day * rows}, 3)))))"


def main(days: int, rows: int) -> int:
    import chdb

    with tempfile.TemporaryDirectory() as folder:
        connection = chdb.connect(folder)
        make(connection, days, rows)
        wanted = value(connection, f"select lower(hex(MD5('{days * rows // 6}')))")
        columns = tuple(column.name for column in BY_NAME["requests"].columns)
        request = ScanRequest(
            "requests", columns, among=(("operation_Id", frozenset({wanted})),), app_ids=("app",)
        )

        def times(ids: frozenset[str]) -> tuple[int, int] | None:
            count, first, last = map(
                int, value(connection, bounds_text(PLACE, ids), "TSV").split("\t")
            )
            return (first, last) if count else None

        def ask(way: str, form: str = "TSV") -> Any:
            scans = Scans(PLACE, times if way == "times" else lambda _: (0, 2**62), lambda _: [])
            skips = "" if way != "reading" else ", use_skip_indexes = 0"
            text = (
                f"select * from {bound(scans.relation(request))} where operation_Id = '{wanted}'"
                f" order by id settings max_threads = 2, use_query_condition_cache = 0{skips}"
            )
            return connection.query(text, form)

        ways = ("times", "index", "reading")
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(9):
            for way in ways:
                begun = time.perf_counter()
                ask(way)
                best[way] = min(best[way], time.perf_counter() - begun)
        found = {way: ask(way).data() for way in ways}
        print(f"{days} days of {rows:,} requests; {found['times'].count(chr(10))} rows found")
        for way in ways:
            before = rows_selected(connection)
            ask(way)
            read = rows_selected(connection) - before
            print(f"{way:8} {best[way] * 1000:8.1f} ms, {read:>10,} rows read")
        connection.close()
    return 0 if len(set(found.values())) == 1 and found["times"] else 1


def rows_selected(connection: Any) -> int:
    """Return how many rows of tables have been read so far."""
    text = "select value from system.events where event = 'SelectedRows'"
    return int(value(connection, text) or 0)


def value(connection: Any, text: str, form: str = "TSV") -> str:
    """Return what a question of one row answers."""
    return str(connection.query(text, form).data()).rstrip("\n")


if __name__ == "__main__":
    sys.exit(main(*(*map(int, sys.argv[1:]), *(14, 100_000)[len(sys.argv) - 1 :])))
