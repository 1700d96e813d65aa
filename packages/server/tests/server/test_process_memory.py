"""Freed memory is taken again where that is asked for, and programs go back as they were."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from openinsights.process_memory import keep_freed
if sys.argv[1] == "keep":
    keep_freed(8 << 20)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def turn():
    held = [bytearray(600_000) for _ in range(4)]
for _ in range(3):
    turn()
before = faults()
for _ in range(50):
    turn()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others keep what they like")
def test_pages_of_freed_memory_are_not_asked_for_again() -> None:
    faults = [
        int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how], capture_output=True, check=True
            ).stdout
        )
        for how in ("keep", "leave")
    ]
    assert faults[0] < 100
    assert faults[1] > 10_000


GIVING_BACK = """
import duckdb, numpy
from openinsights.process_memory import give_back_files, resident_bytes
def answers():
    rows = duckdb.sql("select sum(range) from range(1000)").fetchall()
    return rows + [(int(numpy.arange(1000).dot(numpy.ones(1000))),)]
first = answers()
before = resident_bytes()
give_back_files()
after = resident_bytes()
print(before - after, answers() == first == [(499500,), (499500,)])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="others do not say what is mapped")
def test_libraries_that_were_given_back_work_as_before() -> None:
    given, works = subprocess.run(
        [sys.executable, "-c", GIVING_BACK], capture_output=True, check=True, text=True
    ).stdout.split()
    assert int(given) > 10_000_000
    assert works == "True"
