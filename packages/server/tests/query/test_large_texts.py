"""One query that makes large texts cannot fill the machine's memory, nor spoil the next one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, resource, sys
import openinsights
database = openinsights.open(sys.argv[1])
said = []
for query in json.load(sys.stdin):
    try:
        said.append(database.kql(query).rows_text()[0][0])
    except Exception as error:
        said.append(type(error).__name__)
print(json.dumps([said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""
ROWS = "range x from 1 to 100000 step 1 | extend s = strrep(tostring(x), 1024)"
HOSTILE = [
    f"{ROWS} | extend t = strrep(s, 200) | summarize max(strlen(t))",
    f"{ROWS} | extend s = replace_string(strcat(s, x), '1', strrep('b', 150)) | summarize max(strlen(s))",
    f"{ROWS} | extend t = tohex(x, 1000000) | summarize max(strlen(t))",
    "range x from 1 to 1000000 step 1 | extend s = strrep('a', 1000000) | summarize make_list(s)",
    f"{ROWS} | extend a = strcat(s, s, s, s), b = strcat(s, s, s, x) | extend c = strcat(a, b)"
    " | summarize make_list(c)",
]


@pytest.mark.skipif(sys.platform != "linux", reason="the process cannot tell what it holds")
def test_large_texts_are_refused_within_a_bound(tmp_path: Path) -> None:
    """2 GiB: what a process may hold beside the engine's memory, and what is on its way."""
    queries = [*HOSTILE, "print strlen(strrep(strrep('a', 1000), 500))"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said, peak_mib = json.loads(done.stdout.splitlines()[-1])
    assert said == ["QueryTooLarge"] * len(HOSTILE) + [500_000]
    assert peak_mib < 2048
