"""What an exporter of metrics sends is found by KQL: totals, increments, and buckets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "metrics_queries.py"
ESTIMATE = """
customMetrics
| where name == "latency" and cloud_RoleName == "delta"
| extend buckets = parse_json(tostring(customDimensions._buckets))
| mv-expand bucket = range(0, array_length(buckets.counts) - 1) to typeof(long)
| extend below = todouble(buckets.bounds[bucket]), count = tolong(buckets.counts[bucket])
| summarize count = sum(count) by below
| order by below asc nulls last
"""


@pytest.fixture(scope="module")
def app(server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    facts: dict[str, str] = server.create_resource("metrics-in-queries")
    subprocess.run(
        [sys.executable, str(PROGRAM)],
        env={
            "APPLICATIONINSIGHTS_CONNECTION_STRING": facts["connection_string"],
            "TMPDIR": str(tmp_path_factory.mktemp("client")),
            "PYTHONPATH": ":".join(sys.path),
        },
        check=True,
        timeout=60,
    )
    return "metrics-in-queries"


def test_the_sum_of_increments_is_the_total(server: Any, app: str) -> None:
    """With the retired exporter the sum over its rows counts everything again each interval."""
    query = """
        customMetrics | where name in ("answers", "time")
        | summarize summed = sum(value), latest = max(value) by name, how = cloud_RoleName
    """
    rows = {(row["how"], row["name"]): row for row in server.rows(app, query)}
    assert rows["delta", "answers"]["summed"] == 4
    assert rows["delta", "time"]["summed"] == 606
    assert rows["total", "answers"]["latest"] == 4
    assert rows["total", "time"]["latest"] == 606
    assert rows["total", "answers"]["summed"] == 3 + 3 + 4


def test_distributions_keep_count_extremes_and_sum(server: Any, app: str) -> None:
    query = """
        customMetrics | where name == "latency"
        | project how = cloud_RoleName, valueCount, valueMin, valueMax, valueSum, timestamp
        | order by how asc, timestamp asc
    """
    rows = [tuple(row.values())[:5] for row in server.rows(app, query)]
    assert rows == [
        ("delta", 3, 5, 51, 106),
        ("delta", 1, 500, 500, 500),
        ("total", 3, 5, 51, 106),
        ("total", 3, 5, 51, 106),
        ("total", 4, 5, 500, 606),
    ]


def test_buckets_are_counted_by_kql(server: Any, app: str) -> None:
    rows = [(row["below"], row["count"]) for row in server.rows(app, ESTIMATE)]
    assert rows == [(10, 1), (100, 2), (None, 1)]


def test_performance_counters_land_in_their_table(server: Any, app: str) -> None:
    rows = server.rows(app, "performanceCounters | distinct category, counter")
    assert {row["counter"] for row in rows} >= {
        "Available Bytes",
        "Private Bytes",
        "% Processor Time",
        "Requests/Sec",
        "Request Execution Time",
        "Dependency Calls/Sec",
    }
