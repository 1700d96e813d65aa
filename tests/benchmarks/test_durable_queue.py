"""The benchmark of the durable queue runs; what it measures is the machine's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "durable_queue.py"


@pytest.mark.slow
def test_added_cost_of_a_span_and_of_a_log_record_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK)], capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode in (0, 1), done.stderr
    lines = [line for line in done.stdout.splitlines() if "added" in line]
    assert [line.split("lowest")[0].strip() for line in lines] == ["span", "log record"]
