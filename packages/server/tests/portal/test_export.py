"""Results that leave as files: every type, many rows, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from pathlib import Path

EVERY_TYPE = """
print text = "=1+1, \\"x\\"", whole = 7, many = 9007199254740993, part = 0.5, no = bool(false),
    at = datetime(2026-11-21T11:00:00.1234567Z), took = 1d + 2s, bag = dynamic({"a": [1, "ü"]}),
    id = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), money = decimal(1.10), nothing = int(null)
"""


def export(server: Any, format: str, query: str, **more: str) -> Any:
    body = {"app": "shop", "query": query, "format": format, **more}
    return server.ask("POST", "/portal/api/export", json=body)


@pytest.fixture
def shop(server: Any) -> Any:
    return server.parts.resources.create("shop")


@pytest.mark.usefixtures("shop")
def test_csv_has_a_head_and_runs_nothing_in_a_spreadsheet(server: Any) -> None:
    reply = export(server, "csv", EVERY_TYPE)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    head, row = csv.reader(io.StringIO(reply.text, newline=""))
    assert dict(zip(head, row, strict=True)) == {
        "text": "'=1+1, \"x\"",
        "whole": "7",
        "many": "9007199254740993",
        "part": "0.5",
        "no": "false",
        "at": "2026-11-21T11:00:00.1234567Z",
        "took": "1.00:00:02",
        "bag": '{"a":[1,"ü"]}',
        "id": "74be27de-1e4e-49d9-b579-fe0b331d3642",
        "money": "1.1",
        "nothing": "",
    }


@pytest.mark.usefixtures("shop")
def test_json_has_an_object_for_each_row_with_dynamic_values_as_such(server: Any) -> None:
    reply = export(server, "json", EVERY_TYPE)
    (row,) = json.loads(reply.text)
    assert row["bag"] == {"a": [1, "ü"]}
    assert row["many"] == 9007199254740993
    assert row["text"] == '=1+1, "x"'
    assert row["nothing"] is None
    assert json.loads(export(server, "json", "print x = 1 | where x > 1").text) == []


@pytest.mark.usefixtures("shop")
def test_parquet_keeps_types_and_order(server: Any, tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(export(server, "parquet", EVERY_TYPE).content)
    described = duckdb.sql(f"describe from '{file}'").fetchall()
    assert {name: kind for name, kind, *_ in described} == {
        "text": "VARCHAR",
        "whole": "BIGINT",
        "many": "BIGINT",
        "part": "DOUBLE",
        "no": "BOOLEAN",
        "at": "TIMESTAMP WITH TIME ZONE",
        "took": "VARCHAR",
        "bag": "VARCHAR",
        "id": "VARCHAR",
        "money": "VARCHAR",
        "nothing": "INTEGER",
    }
    (row,) = duckdb.sql(f"select text, many, epoch_us(\"at\"), took, bag from '{file}'").fetchall()
    assert row == (
        '=1+1, "x"',
        9007199254740993,
        1_795_258_800_123_456,
        "1.00:00:02",
        '{"a":[1,"ü"]}',
    )
    file.write_bytes(export(server, "parquet", "range n from 1 to 45000 step 1").content)
    numbers = [n for (n,) in duckdb.sql(f"from '{file}'").fetchall()]
    assert numbers == list(range(1, 45_001))


@pytest.mark.usefixtures("shop")
def test_parquet_without_rows_has_columns_and_names_differ_in_more_than_case(
    server: Any, tmp_path: Path
) -> None:
    file = tmp_path / "rows.parquet"
    query = 'print name = 1, Name = real(nan), ["a \\"b"] = "" | where name > 1'
    file.write_bytes(export(server, "parquet", query).content)
    described = duckdb.sql(f"describe from '{file}'").fetchall()
    assert [name for name, *_ in described] == ["name", "Name_1", 'a "b']
    assert duckdb.sql(f"from '{file}'").fetchall() == []


@pytest.mark.usefixtures("shop")
def test_more_rows_are_exported_than_a_page_shows(server: Any) -> None:
    reply = export(server, "csv", "range n from 1 to 30002 step 1")
    assert len(reply.text.split()) == 30_003
    assert "x-truncated" not in reply.headers


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_a_mistake_in_the_query_is_told(server: Any, shop: Any, format: str) -> None:
    reply = export(server, format, "requests | wher x")
    assert reply.status_code == 400
    assert "wher" in reply.json()["error"]["message"]


@pytest.mark.usefixtures("shop")
def test_another_format_is_refused(server: Any) -> None:
    reply = export(server, "xlsx", "requests")
    assert reply.status_code == 400
    assert "use csv, json, parquet" in reply.json()["error"]["message"]


def test_a_file_has_the_rows_of_its_resource_and_time_alone(
    server: Any, shop: Any, items: Any
) -> None:
    server.send(shop, items.message(5, "mine"), items.message(500, "long ago"))
    server.send(server.parts.resources.create("other"), items.message(5, "theirs"))
    timespan = "2026-11-21T11:00:00Z/2026-11-21T12:00:00Z"
    reply = export(server, "csv", "traces | project message", timespan=timespan)
    assert reply.text.split() == ["message", "mine"]
