"""Golden cases: for each folder, query.kql becomes duckdb.sql and gives rows.json.

A query with several results has one SQL text for each, parted by lines of `;`, and a list of tables.
"""

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
    names = [statement.name for statement in kql_engine.compile(query).statements]
    places = range(len(names))
    sql = "\n;\n".join(kql_engine.sql(query, place).text for place in places) + "\n"
    tables = [_table(kql_engine, query, place) for place in places]
    found: object = tables[0]
    if len(tables) > 1:
        found = [{"name": name} | table for name, table in zip(names, tables, strict=True)]
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str) + "\n"
    if request.config.getoption("--record", default=False):
        (folder / "duckdb.sql").write_text(sql)
        (folder / "rows.json").write_text(text)
    assert sql == (folder / "duckdb.sql").read_text()
    assert text == (folder / "rows.json").read_text()


def _table(engine: Engine, query: str, place: int) -> dict[str, object]:
    columns, types, _ = engine.raw(query, place)
    return {
        "columns": [[n, str(t)] for n, t in zip(columns, types, strict=True)],
        "rows": [list(row) for row in engine.run(query, place)[1]],
    }


def test_there_are_cases() -> None:
    assert NAMES
