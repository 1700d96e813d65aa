"""Names, types and order of results: columns.txt holds queries, each with its columns below it.

The columns are those that the original's binder gives for the same text, so they are never
recorded from this compiler. `T` and `U` are declared before each query.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openinsights.kql.api import CompileOptions, Database, compile

LINES = (Path(__file__).parent / "columns.txt").read_text(encoding="utf-8").splitlines()
CASES = list(zip(LINES[::2], LINES[1::2], strict=True))
TABLES = """
let T = datatable(a:long, b:real, c:bool, s:string, t:datetime, d:timespan, y:dynamic, i:int,
    dd:decimal, g:guid)[];
let U = datatable(a:long, s:string, k:long, b:string, z:dynamic)[];
"""
OPTIONS = CompileOptions(638_688_000_000_000_000)


@pytest.mark.parametrize(("query", "columns"), CASES, ids=[query for query, _ in CASES])
def test_columns_are_those_of_the_original(query: str, columns: str) -> None:
    found = compile(TABLES + query, Database(()), OPTIONS).statements[-1].columns
    assert ", ".join(f"{name}:{kind}" for name, kind in found) == columns.strip()
