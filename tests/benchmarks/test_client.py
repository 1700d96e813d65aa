"""The client's benchmarks run, and what they promise without a peer holds whatever the machine does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def answers_of(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = json.loads(path.read_text())
    return {(row["kind"], row["measure"]): row["rounds"][0] for row in rows}


@pytest.mark.slow
def test_every_figure_of_ours_is_measured_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    done = run("client.py", "--alone", "--rounds", "1", "--bursts", "3", "--json", str(file))
    assert done.returncode == 0, done.stderr
    answers = answers_of(file)
    kinds = ("span", "unsampled", "log", "record")
    assert {(kind, "cost") for kind in kinds} <= answers.keys()
    assert answers["span", "cost"]["lost"] == answers["log", "cost"]["lost"] == 0
    assert answers["span", "cost"]["sent"] == 6_000
    assert answers["span", "memory"]["blocks"] >= 1
    assert answers["unsampled", "memory"]["blocks"] < 1
    assert answers["record", "memory"]["blocks"] < 1
    assert "unsampled span: at most 1 us" in done.stdout


@pytest.mark.slow
def test_a_short_soak_sends_every_span_and_keeps_its_size() -> None:
    done = run("client_soak.py", "--spans", "100000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the sink received 100,000 of 100,000 spans" in done.stdout


@pytest.mark.slow
def test_a_soak_that_grows_is_not_held() -> None:
    done = run("client_soak.py", "--spans", "20000", "--tolerance-mb", "-1000")
    assert done.returncode == 1
    assert done.stdout.endswith("FAILED\n")
