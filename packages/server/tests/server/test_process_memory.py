"""Freed memory is taken again where that is asked for."""

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
