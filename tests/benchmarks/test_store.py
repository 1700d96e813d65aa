"""The benchmark of the store runs, and finds the same answers both ways."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(*words: str) -> str:
    command = [sys.executable, str(BENCHMARKS / words[0]), *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    # 1 says that a bar was missed, which a busy machine may do
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "different answers" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.slow
def test_questions_have_the_same_answers_both_ways(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    run("generate.py", folder, "--requests", "40000", "--days", "3")
    printed = run("store.py", folder, "--repeat", "1").splitlines()
    assert len([line for line in printed if "x  " in line]) == 9
    assert len([line for line in printed if "(bar 30)" in line]) == 3
    assert "before tidying" in printed[0]
    assert "after tidying" in printed[-1]
