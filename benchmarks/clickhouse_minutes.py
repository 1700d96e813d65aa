"""What bands of durations by the minute would cost at ClickHouse, and what they would save.

    python benchmarks/clickhouse_minutes.py [ROWS [HOURS]]

Makes ROWS requests (2 million if none are named) of one resource over HOURS (4) in chDB, in groups of
10,000 as a server inserts them, through the store's own tables: once as they are, and once with a
table more, which is that of the bands by the hour with a minute for its period. Prints the processor's
time for a row, what the tables hold, and the time of a chart by the minute, of one hour and of all: from
the rows, and the sums of the bands alone, which is less than any answer made of them would take.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.schema.rollup import PERIOD_TICKS
from openinsights.store.clickhouse import ddl, rollups

NOW = UNIX_EPOCH_TICKS + 20_002 * TICKS_PER_DAY
PLACE = ddl.Place("minutes")
GROUP = 10_000
MINUTE_TICKS = PERIOD_TICKS // 60
HOURLY = next(
    each for each in rollups.KEPT["requests"] if each.name == "names_in_bands"
)  # the one that the portal's percentiles are found through
BY_HOUR, BY_MINUTE = rollups.relation(HOURLY), "requests_by_minute_in_bands"


def minutes() -> list[str]:
    """Return the statements of a table of bands by the minute, and of its view."""
    found = []
    for statement in ddl.create(PLACE):
        if "names_in_bands" not in statement:
            continue
        by_minute = statement.replace(BY_HOUR, BY_MINUTE).replace("_names_in_bands", "_minutes")
        found.append(by_minute.replace(str(PERIOD_TICKS), str(MINUTE_TICKS)))
    return [each for each in found if "requests" in each]


def fill(connection: Any, rows: int, hours: int) -> float:
    """Insert the rows in groups; return the processor's microseconds for a row."""
    span = hours * TICKS_PER_DAY // 24
    begun = time.process_time()
    for first in range(0, rows, GROUP):
        connection.query(
            f"insert into minutes.{ddl.DOOR} ({ddl.OF_TABLE}, timestamp, name, success, resultCode,"
            " duration, operation_Name, operation_Id, cloud_RoleName, cloud_RoleInstance, appId,"
            f" itemCount, {ddl.RETENTION}) select 'requests', {NOW - span} + intDiv(number * {span}, {rows}),"
            " concat('GET /r/', toString(cityHash64(number, 1) % 60)),"
            " if(cityHash64(number, 2) % 50 = 0, 'False', 'True'), '200',"
            " exp(3 + cityHash64(number, 1) % 60 / 20 + 0.7 * randNormal(0, 1)),"
            " concat('GET /r/', toString(cityHash64(number, 1) % 60)), toString(intDiv(number, 3)),"
            " concat('role-', toString(cityHash64(number, 1) % 8)),"
            f" concat('host-', toString(cityHash64(number, 5) % 40)), 'app', 1, {ddl.MOST_DAYS}"
            f" from numbers({first}, {GROUP}) settings async_insert = 0"
        )
    return (time.process_time() - begun) / rows * 1e6


def timed(connection: Any, text: str) -> float:
    """Return the processor's milliseconds of a question, the best of five."""
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        connection.query(f"{text} settings max_threads = 2", "Null")
        best = min(best, time.process_time() - begun)
    return best * 1000


def chart(connection: Any, hours: int) -> None:
    """Print what a chart by the minute takes."""
    minute = f"intDiv(timestamp, {MINUTE_TICKS}) as minute"
    for what, of_hours in (("an hour", 1), ("all", hours)):
        since = NOW - of_hours * PERIOD_TICKS
        from_rows = timed(
            connection,
            f"select {minute}, quantileExactWeighted(0.95)(duration, toUInt64(ifNull(itemCount, 1))) from"
            f" minutes.requests where appId = 'app' and timestamp >= {since} group by minute",
        )
        of_bands = timed(
            connection,
            f'select {minute}, "band(duration * itemCount)" as band, sum("sum(itemCount)") from'
            f" minutes.{BY_MINUTE} where appId = 'app' and timestamp >= {since}"
            " group by minute, band",
        )
        print(f"p95 by minute of {what}: {from_rows:.0f} ms from rows, {of_bands:.0f} ms of bands")


def main(rows: int, hours: int) -> None:
    import chdb

    for more in ([], minutes()):
        with tempfile.TemporaryDirectory() as folder:
            connection = chdb.connect(folder)
            for statement in [*ddl.create(PLACE), *more]:
                connection.query(statement)
            cost = fill(connection, rows, hours)
            print(f"{'with' if more else 'without'} minutes: {cost:.1f} µs a row, merges included")
            if more:
                for table in ("requests", BY_HOUR, BY_MINUTE):
                    connection.query(f"optimize table minutes.{table} final")
                sizes = connection.query(
                    "select table, sum(rows), sum(bytes_on_disk) from system.parts where active and"
                    " database = 'minutes' and table like 'requests%' group by table order by table",
                    "JSONCompactEachRow",
                )
                for line in sizes.data().splitlines():
                    table, count, size = json.loads(line)
                    print(
                        f"  {table:32} {int(count):>10,} rows {int(size) / rows:6.2f} B a request"
                    )
                chart(connection, hours)
            connection.close()


if __name__ == "__main__":
    rows, hours = (*map(int, sys.argv[1:]), *(2_000_000, 4)[len(sys.argv) - 1 :])
    main(rows, hours)
