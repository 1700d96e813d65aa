"""The generated telemetry is what its benchmark says it is, and reads as any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import openinsights
from openinsights.schema.catalog import CLASSIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.database import Database

GENERATE = Path(__file__).parents[2] / "benchmarks" / "generate.py"
REQUESTS = 3_000
DAYS = 2
END = "2026-11-21T09:00:00"


def generated(folder: Path, seed: int = 1) -> Path:
    size = ["--requests", str(REQUESTS), "--days", str(DAYS), "--seed", str(seed), "--end", END]
    command = [sys.executable, str(GENERATE), str(folder), *size]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = generated(tmp_path_factory.mktemp("generated") / "data")
    with openinsights.open(folder) as opened:
        yield opened


def scalar(database: Database, query: str) -> object:
    ((value,),) = database.kql(query).rows
    return value


def test_every_table_has_rows_and_the_large_ones_their_shares(database: Database) -> None:
    for table in CLASSIC:
        assert scalar(database, f"{table.name} | count"), table.name
    assert scalar(database, "requests | count") == pytest.approx(REQUESTS, rel=0.05)
    assert scalar(database, "traces | count") == pytest.approx(REQUESTS, rel=0.1)
    assert scalar(database, "dependencies | count") == pytest.approx(3 * REQUESTS, rel=0.1)


def test_the_items_lie_in_the_days_before_the_end_and_in_their_days_file(
    database: Database,
) -> None:
    found = database.kql(
        "union requests, dependencies, traces, exceptions, performanceCounters"
        f"| where timestamp < datetime({END}) - {DAYS}d or timestamp > datetime({END}) + 1m | count"
    ).rows
    assert found == [(0,)]
    by_day = database.kql("requests | summarize n = count() by bin(timestamp, 1d)").rows
    days = [
        scalar(database, f"requests | where timestamp >= datetime({day}) and timestamp < datetime({day}) + 1d | count")
        for day in (row[0].isoformat() for row in by_day)  # type: ignore[attr-defined]
    ]  # fmt: skip
    assert days == [row[1] for row in by_day]


def test_keys_of_custom_dimensions_are_three_hundred_at_most_and_twelve_are_hot(
    database: Database,
) -> None:
    rows = database.kql(
        "requests | mv-expand kind=array pair = customDimensions"
        " | summarize n = count() by key = tostring(pair[0]) | order by n desc"
    ).rows
    counts = [int(str(count)) for _, count in rows]
    assert 200 < len(counts) <= 300
    assert counts[11] > 0.9 * REQUESTS
    assert counts[12] < 0.5 * REQUESTS


def test_calls_between_services_join_with_the_requests_they_caused(database: Database) -> None:
    called = scalar(database, "requests | where operation_ParentId != '' | count")
    joined = scalar(
        database,
        "dependencies | join kind=inner (requests | project operation_Id,"
        " id = operation_ParentId, callee = cloud_RoleName) on operation_Id, id"
        " | where target == callee | count",
    )
    assert called == joined


def test_a_failure_reaches_the_caller_and_operations_are_skewed(database: Database) -> None:
    broken = "requests | where success == 'False' | project operation_Id, id = operation_ParentId"
    callers = f"dependencies | join kind=inner ({broken}) on operation_Id, id"
    assert scalar(database, f"{callers} | where success != 'False' | count") == 0
    busiest, *_, quietest = (
        int(str(row[0]))
        for row in database.kql(
            "requests | where operation_ParentId == '' | summarize n = count() by name"
            " | project n | order by n desc"
        ).rows
    )
    assert busiest > 10 * quietest
    ratio = scalar(
        database, "requests | summarize percentile(duration, 99) / percentile(duration, 50)"
    )
    assert float(str(ratio)) > 5


@pytest.mark.slow
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    # whole numbers: a sum of reals depends on the order in which threads add them
    query = (
        "requests | summarize sum(tolong(duration * 10000)), take_any(iKey), dcount(operation_Id)"
    )
    answers = []
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        with openinsights.open(generated(tmp_path / name, seed)) as opened:
            answers.append(opened.kql(query).rows)
    assert answers[0] == answers[1] != answers[2]
