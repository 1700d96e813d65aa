"""Each of the portal's tiles gives the answer that SQL written by hand gives, on generated telemetry."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EMPTY = {"live.counters"}
"""Nothing of the kind happens in the few rows of a test, or in the minutes that they look at."""
WITHOUT_SQL = {
    "availability.run",
    "shell.deployments",
    "tx.resources",
    # Of some rows, whichever they are.
    "settings.sizes",
    # As performance.differs, about other rows.
    "failures.differs",
    "performance.version_differs",
    # About one problem, which the generated telemetry does not name.
    "failures.problem",
    "failures.problem_versions",
}


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import kql

        yield kql


@pytest.fixture(scope="module")
def bench(benchmark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("generated") / "data"
    size = ["--requests", "4000", "--days", "2", "--end", "2026-11-21T09:00:00"]
    command = [sys.executable, str(BENCHMARKS / "generate.py"), str(folder), *size]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with ExitStack() as opened:
        yield benchmark.Bench(folder, 512, opened)


def test_every_tile_has_sql_beside_it(benchmark: Any) -> None:
    tiles = {tile.name for tile in benchmark.TILES}
    assert set(benchmark.BY_HAND) == tiles - WITHOUT_SQL


@pytest.mark.slow
def test_every_tile_answers_as_the_sql_does(bench: Any) -> None:
    wrong, empty = {}, set()
    for case in bench.cases("", ["24h"]):
        measured = bench.measure(case, 0.0)
        if measured.problem:
            wrong[case.tile] = measured.problem
        if not measured.rows:
            empty.add(case.tile)
    assert wrong == {}
    assert empty <= EMPTY


@pytest.mark.slow
def test_compile_times_are_printed(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.compile_times(None)
    printed = capsys.readouterr().out
    assert "median" in printed
    assert "p99" in printed


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ([("a", 9), ("b", 4)], [("a", 9), ("b", 4)], True),
        ([("a", 9), ("b", 4)], [("a", 9), ("c", 4)], True),
        ([("a", 9), ("b", 4)], [("a", 9), ("c", 5)], False),
        ([("a", 9), ("b", 4), ("d", 3)], [("a", 9), ("c", 4), ("d", 3)], False),
        ([("a", 9), ("b", 4)], [("a", 9)], False),
    ],
)
def test_answers_that_are_cut_off_may_differ_in_the_last_equal_rows(
    benchmark: Any, ours: list[Any], theirs: list[Any], same: bool
) -> None:
    assert (benchmark.difference("overview.dependencies", ours, theirs) == "") is same


def test_answers_that_are_not_cut_off_may_not(benchmark: Any) -> None:
    ours, theirs = [("a", 9), ("b", 4)], [("a", 9), ("c", 4)]
    assert benchmark.difference("overview.freshness", ours, theirs).startswith("DIFFERS")
