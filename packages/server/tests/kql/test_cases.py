"""Golden cases: for each folder, query.kql becomes duckdb.sql and gives rows.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

CASES = Path(__file__).parent / "cases"
NAMES = sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_query_becomes_the_recorded_sql_and_rows(
    name: str, kql_engine: Engine, request: pytest.FixtureRequest
) -> None:
    folder = CASES / name
    query = (folder / "query.kql").read_text()
    sql = kql_engine.sql(query).text + "\n"
    columns, types, _ = kql_engine.raw(query)
    rows = kql_engine.run(query)[1]
    found = {
        "columns": [[n, str(t)] for n, t in zip(columns, types, strict=True)],
        "rows": [list(row) for row in rows],
    }
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str) + "\n"
    if request.config.getoption("--record", default=False):
        (folder / "duckdb.sql").write_text(sql)
        (folder / "rows.json").write_text(text)
    assert sql == (folder / "duckdb.sql").read_text()
    assert text == (folder / "rows.json").read_text()


def test_there_are_cases() -> None:
    assert NAMES
