"""What rows at ClickHouse are ordered by: questions of the portal on the same rows in other orders.

    python benchmarks/clickhouse_keys.py [ROWS [HOURS]]

Makes ROWS requests (1.5 million if none are named) of three resources over HOURS (48) in chDB, once for
each key, and asks each question of each of them in turn. Prints the best of seven, and sizes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.schema.catalog import BY_NAME
from openinsights.store.clickhouse.types import codec, stored_type

BUCKET = "intDiv(timestamp, 18000000000)"
FIVE_MINUTES = "intDiv(timestamp, 3000000000)"
KEYS = {
    "half hour, role, name": f"appId, {BUCKET}, cloud_RoleName, name, timestamp",
    "5 min, role, name": f"appId, {FIVE_MINUTES}, cloud_RoleName, name, timestamp",
    "role, name": "appId, cloud_RoleName, name, timestamp",
    "time": "appId, timestamp",
}
END = UNIX_EPOCH_TICKS + 20_002 * TICKS_PER_DAY
DAY = f"timestamp >= {END - TICKS_PER_DAY} and timestamp < {END}"
HOUR = f"timestamp >= {END - TICKS_PER_DAY // 24} and timestamp < {END}"
ONE = "appId = 'app-1'"
BY_5_MINUTES = "intDiv(timestamp, 3000000000)"
QUESTIONS = {
    "a day's bars": f"select {BY_5_MINUTES} as t, sum(itemCount) from {{}} where {ONE} and {DAY} group by t",
    "a day's percentiles by name": f"select name, quantiles(0.5, 0.95)(duration) from {{}} where {ONE} and {DAY} group by name",
    "a day of one operation": f"select {BY_5_MINUTES} as t, quantile(0.95)(duration) from {{}} where {ONE} and {DAY} and cloud_RoleName = 'role-3' and name = 'GET /r/17' group by t",
    "an hour's headline": f"select sum(itemCount), countIf(success = 'False'), avg(duration) from {{}} where {ONE} and {HOUR}",
    "an hour of one role": f"select name, count() from {{}} where {ONE} and {HOUR} and cloud_RoleName = 'role-3' group by name",
    "the latest 100": f"select * from {{}} where {ONE} and {DAY} order by timestamp desc limit 100",
    "one transaction": "select * from {} where operation_Id = lower(hex(MD5('777777')))",
}


def make(connection: Any, table: str, key: str, rows: int, hours: int) -> None:
    kind = BY_NAME["requests"]
    columns = ", ".join(
        f'"{each.name}" {stored_type(kind, each)} {codec(kind, each)}' for each in kind.columns
    )
    connection.query(
        f"create table {table} ({columns}, index o operation_Id type bloom_filter(0.001) granularity 1)"
        f" engine = MergeTree partition by intDiv(timestamp, {TICKS_PER_DAY}) order by ({key})"
    )
    span = hours * TICKS_PER_DAY // 24
    step = span // rows
    for first in range(0, rows, 250_000):
        connection.query(
            f"insert into {table} (timestamp, id, name, url, success, resultCode, duration,"
            " itemType, customDimensions, operation_Name, operation_Id, session_Id, cloud_RoleName,"
            " cloud_RoleInstance, appId, iKey, sdkVersion, itemId, itemCount)"
            f" select {END - span} + number * {step} + cityHash64(number) % 600000000,"
            " hex(cityHash64(number)) , concat('GET /r/', toString(cityHash64(number, 1) % 60)),"
            " concat('https://shop/', toString(cityHash64(number) % 5000)),"
            " if(cityHash64(number, 2) % 50 = 0, 'False', 'True'), '200',"
            " exp(cityHash64(number, 3) % 1000 / 150), 'request',"
            """ concat('{"tenant":"', toString(cityHash64(number, 4) % 200), '"}'),"""
            " concat('GET /r/', toString(cityHash64(number, 1) % 60)),"
            " lower(hex(MD5(toString(intDiv(number, 3))))), toString(cityHash64(number) % 20000),"
            " concat('role-', toString(cityHash64(number, 5) % 8)),"
            " concat('host-', toString(cityHash64(number, 5) % 40)),"
            " concat('app-', toString(cityHash64(number, 6) % 3)), 'key', 'py3.11:oc0.1',"
            f" hex(cityHash64(number, 7)), 1 from numbers({first}, {min(250_000, rows - first)})"
        )
    connection.query(f"optimize table {table} final")


def main(rows: int, hours: int) -> None:
    import chdb

    with tempfile.TemporaryDirectory() as folder:
        connection = chdb.connect(folder)
        tables = {name: f"requests_{place}" for place, name in enumerate(KEYS)}
        for name, table in tables.items():
            make(connection, table, KEYS[name], rows, hours)
        took: dict[tuple[str, str], list[float]] = {}
        for _ in range(7):
            for question, text in QUESTIONS.items():
                for name, table in tables.items():
                    begun = time.perf_counter()
                    connection.query(text.format(table) + " settings max_threads = 2", "Native")
                    took.setdefault((question, name), []).append(time.perf_counter() - begun)
        print(f"{'ms, best of 7':30}" + "".join(f"{name:>22}" for name in KEYS))
        for question in QUESTIONS:
            best = [min(took[question, name]) * 1000 for name in KEYS]
            print(f"{question:30}" + "".join(f"{each:22.1f}" for each in best))
        sizes = []
        for table in tables.values():
            text = f"select sum(bytes_on_disk) / {rows} from system.parts where active and table = '{table}'"
            sizes.append(float(connection.query(text, "TSV").data()))
        print(f"{'bytes a row':30}" + "".join(f"{each:22.1f}" for each in sizes))
        connection.close()


if __name__ == "__main__":
    rows, hours = (*map(int, sys.argv[1:]), *(1_500_000, 48)[len(sys.argv) - 1 :])
    main(rows, hours)
