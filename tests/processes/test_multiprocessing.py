"""Children of multiprocessing report what they recorded, whatever way they are made.

With the retired client only those of `spawn` do.
"""

from __future__ import annotations

from typing import Any

import pytest

CHILDREN = 6


@pytest.mark.parametrize("kind", ["processes", "pool", "executor", "nested"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_report_once(reporting: Any, method: str, kind: str) -> None:
    program = reporting.python("children.py", method, kind, str(CHILDREN))
    program.wait()

    children = [f"child {number}" for number in range(CHILDREN)]
    reporting.expect_once(["parent before", "parent after", *children])
    assert program.seconds_after("ends") < 1
