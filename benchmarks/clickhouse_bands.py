"""Percentiles at ClickHouse by way of the bands that are kept, against reading every value.

    python benchmarks/clickhouse_bands.py [ROWS [HOURS]]

Makes ROWS requests (3 million if none are named) of one resource over HOURS (4) in chDB, in the
store's own tables and with its own views, and asks each question in two ways, as the compiler writes
it with and without what is kept. Prints the processor's time, the best of three, and the least memory
with which the engine answers, to a quarter. Ends with 1 when two answers differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from typing import Any

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, compile, emit
from openinsights.kql.database import Database
from openinsights.kql.sql.dialects import dialect_named
from openinsights.schema.catalog import ALL
from openinsights.store.api import ScanRequest
from openinsights.store.clickhouse import ddl, rollups
from openinsights.store.clickhouse.literals import bound
from openinsights.store.clickhouse.scan import Scans

NOW = UNIX_EPOCH_TICKS + 20_002 * TICKS_PER_DAY
PLACE = ddl.Place("bands")
QUESTIONS = {
    "p50, p95, p99": "requests | summarize percentilesw(duration, itemCount, 50, 95, 99)",
    "p95 by name": "requests | summarize percentilew(duration, itemCount, 95), sum(itemCount) by name",
    "p50, p95, p99 by name": "requests | summarize percentilesw(duration, itemCount, 50, 95, 99) by name",
    "p95 by hour": "requests | summarize percentilew(duration, itemCount, 95) by bin(timestamp, 1h)",
}
_AT_ONCE = 250_000


def make(connection: Any, rows: int, hours: int) -> None:
    """Make the tables and the rows, a few hundred thousand to an insert."""
    for statement in ddl.create(PLACE):
        connection.query(statement)
    span = hours * TICKS_PER_DAY // 24
    for first in range(0, rows, _AT_ONCE):
        connection.query(
            f"insert into bands.{ddl.DOOR} ({ddl.OF_TABLE}, timestamp, name, success, resultCode, duration,"
            " operation_Name, operation_Id, cloud_RoleName, cloud_RoleInstance, appId, itemCount,"
            f" {ddl.RETENTION}) select 'requests', {NOW - span} + intDiv(number * {span}, {rows}),"
            " concat('GET /r/', toString(cityHash64(number, 1) % 60)),"
            " if(cityHash64(number, 2) % 50 = 0, 'False', 'True'), '200',"
            # durations of a route lie around one of its own, as a logarithm does
            " exp(3 + cityHash64(number, 1) % 60 / 20 + 0.7 * randNormal(0, 1)),"
            " concat('GET /r/', toString(cityHash64(number, 1) % 60)), toString(intDiv(number, 3)),"
            " concat('role-', toString(cityHash64(number, 1) % 8)),"
            f" concat('host-', toString(cityHash64(number, 5) % 40)), 'app', 1, {ddl.MOST_DAYS}"
            f" from numbers({first}, {min(_AT_ONCE, rows - first)}) settings async_insert = 0"
        )
    for table in ("requests", *map(rollups.relation, rollups.KEPT["requests"])):
        connection.query(f"optimize table bands.{table} final")


def text_of(question: str, *, is_kept: bool) -> str:
    """Return the SQL of a question; without what is kept, of the rows."""
    options = CompileOptions(NOW, rollups=rollups.KEPT if is_kept else {})
    (statement,) = compile(question, Database(ALL), options).statements
    scans = Scans(PLACE, lambda _: None, lambda _: [])
    sources = {
        each.id: scans.relation(
            ScanRequest(each.table, each.columns, is_rolled_up=each.is_rolled_up, id=each.id)
        )
        for each in statement.scans
    }
    return bound(emit(statement, sources, dialect=dialect_named("clickhouse")))


def main(rows: int, hours: int) -> int:
    import chdb

    is_same = True
    with tempfile.TemporaryDirectory() as folder:
        connection = chdb.connect(folder)
        begun_s = time.perf_counter()
        make(connection, rows, hours)
        print(f"{rows:,} requests of {hours} hours, made in {time.perf_counter() - begun_s:.0f} s")
        sizes = connection.query(
            "select table, sum(rows), sum(bytes_on_disk) from system.parts where active and"
            " database = 'bands' and table like 'requests%' group by table order by table",
            "JSONCompactEachRow",
        )
        for line in sizes.data().splitlines():
            table, count, size = json.loads(line)
            print(f"  {table:32} {int(count):>10,} rows {int(size) / rows:6.2f} B a request")
        connection.close()
        print(f"{'':24}{'every value':>24}{'kept bands':>24}")
        for name, question in QUESTIONS.items():
            ways = [measured(folder, text_of(question, is_kept=kept)) for kept in (False, True)]
            shown = [f"{way['ms']:,.0f} ms, {way['mb']:,.0f} MB" for way in ways]
            same = ways[0]["answer"] == ways[1]["answer"]
            is_same = is_same and same
            print(f"{name:24}{shown[0]:>24}{shown[1]:>24}{'' if same else '  answers differ'}")
    return 0 if is_same else 1


def measured(folder: str, text: str) -> Any:
    """Ask in a process of its own."""
    command = [sys.executable, __file__, "--ask", folder]
    found = subprocess.run(command, input=text, check=True, capture_output=True, text=True)
    return json.loads(found.stdout)


def ask(folder: str) -> None:
    """Ask what comes on the input; print the best time, the least memory and the answer."""
    import chdb

    text = sys.stdin.read() + ", max_threads = 2, max_untracked_memory = 65536"
    connection = chdb.connect(folder)
    best, answer = float("inf"), ""
    for _ in range(3):
        begun = time.process_time()
        answer = connection.query(text, "JSONCompactEachRow").data()
        best = min(best, time.process_time() - begun)
    lines = sorted(answer.splitlines())
    print(json.dumps({"ms": best * 1000, "mb": least_mb(connection, text), "answer": lines}))


def least_mb(connection: Any, text: str) -> float:
    """Return the least of some bounds on memory within which a statement runs."""
    mb = 2.0
    while True:
        try:
            connection.query(f"{text}, max_memory_usage = {int(mb * 1e6)}", "Null")
        except RuntimeError as error:
            if "MEMORY_LIMIT" not in str(error):
                raise
            mb *= 1.25
        else:
            return mb


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2])
    else:
        rows, hours = (*map(int, sys.argv[1:]), *(3_000_000, 4)[len(sys.argv) - 1 :])
        sys.exit(main(rows, hours))
