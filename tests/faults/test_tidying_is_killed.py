"""kill -9 while day files are tidied: every row is there, and keys and operations are found."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import openinsights

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.faults

KILLS = 12
ROWS = 40_000
FILL = """
import json, sys
from pathlib import Path
from openinsights.clock import TICKS_PER_DAY, SystemClock
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows

folder, rows = Path(sys.argv[1]), int(sys.argv[2])
day = SystemClock().now_ticks() // TICKS_PER_DAY - 1
store = open_duckdb_store(folder, SystemClock())
for number in range(4):
    places = range(number * rows // 4, (number + 1) * rows // 4)
    columns = {
        "timestamp": [day * TICKS_PER_DAY + place * 10_000_000 for place in places],
        "operation_Id": [f"op{place % 997}" for place in places],
        "customDimensions": [
            json.dumps({"tenant": f"t{place % 7}", "n": place % 3, "rare": str(place)})
            for place in places
        ],
    }
    table = TableRows("requests", len(places), columns)
    store.append(Rows(bytes([number] * 16), 100, (DayRows(day, (table,)),))).result(60)
store.settle(60)
store.close()
"""
TIDY = """
import sys
from pathlib import Path
from openinsights.clock import SystemClock
from openinsights.store.duckdb import hot_keys, operation_index
from openinsights.store.duckdb.store import open_duckdb_store

hot_keys.CHUNK_ROWS = 1_000
operation_index._BUILD_ROWS = 4_000
store = open_duckdb_store(Path(sys.argv[1]), SystemClock())
print("begun", flush=True)
store.tidy()
print("done", flush=True)
"""


def test_day_files_survive_kills_in_the_middle(tmp_path: Path) -> None:
    with openinsights.open(tmp_path):
        pass
    folder = str(tmp_path / "telemetry")
    subprocess.run([sys.executable, "-c", FILL, folder, str(ROWS)], check=True, timeout=120)
    draw = random.Random(3)
    for _ in range(KILLS):
        tidying = subprocess.Popen(
            [sys.executable, "-c", TIDY, folder], stdout=subprocess.PIPE, text=True
        )
        assert tidying.stdout is not None
        assert tidying.stdout.readline() == "begun\n"
        try:
            tidying.wait(draw.uniform(0.0, 1.5))
        except subprocess.TimeoutExpired:
            tidying.send_signal(signal.SIGKILL)
        tidying.communicate()
        check(tmp_path)


def check(folder: Path) -> None:
    with openinsights.open(folder) as database:

        def answer(text: str) -> list[tuple[object, ...]]:
            return sorted(tuple(row) for row in database.kql(text).rows)

        assert answer("requests | count") == [(ROWS,)]
        assert answer("requests | summarize count() by tostring(customDimensions.tenant)") == [
            (f"t{n}", sum(place % 7 == n for place in range(ROWS))) for n in range(7)
        ]
        assert answer("requests | where customDimensions.n == 1 | count") == [
            (sum(place % 3 == 1 for place in range(ROWS)),)
        ]
        assert answer("requests | where operation_Id == 'op5' | count") == [
            (sum(place % 997 == 5 for place in range(ROWS)),)
        ]
