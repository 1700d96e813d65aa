"""`.show` describes the tables in the shape that query editors read; other commands are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from engine import DATABASE, OPTIONS, REQUESTS, TRACES, only_mistake

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError
from openinsights.kql.operators import refused

if TYPE_CHECKING:
    from engine import Engine


def _one(engine: Engine, text: str) -> dict[str, Any]:
    names, (row,) = engine.run(text)
    return dict(zip(names, row, strict=True))


def test_tables_are_listed_with_their_database(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(".show tables")
    assert names == ["TableName", "DatabaseName", "Folder", "DocString"]
    assert rows == [("requests", "default", "", ""), ("traces", "default", "", "")]
    assert kql_engine.run(".show tables (traces) | project TableName")[1] == [("traces",)]


def test_a_table_is_described_as_json_and_as_text(kql_engine: Engine) -> None:
    described = _one(kql_engine, ".show table traces schema as json")
    columns = json.loads(described["Schema"])["OrderedColumns"]
    assert [(c["Name"], c["CslType"]) for c in columns] == [
        (c.name, c.type) for c in TRACES.columns
    ]
    assert columns[0] == {"Name": "timestamp", "Type": "System.DateTime", "CslType": "datetime"}
    text = _one(kql_engine, ".show table requests cslschema")["Schema"]
    assert text.startswith("timestamp:datetime,id:string,")
    assert _one(kql_engine, ".show table requests schema as csl")["Schema"] == text


def test_the_database_is_described_as_rows_and_as_json(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(".show database schema")
    assert names[:4] == ["DatabaseName", "TableName", "ColumnName", "ColumnType"]
    found = [row[1:4] for row in rows if row[2]]
    assert found[0] == ("requests", "timestamp", "System.DateTime")
    assert len(found) == len(REQUESTS.columns) + len(TRACES.columns)
    assert kql_engine.run(".show schema")[1] == rows
    assert kql_engine.run(".show database default schema")[1] == rows
    whole = json.loads(_one(kql_engine, ".show database schema as json")["DatabaseSchema"])
    tables = whole["Databases"]["default"]["Tables"]
    assert list(tables) == ["requests", "traces"]
    assert tables["traces"]["OrderedColumns"][1]["Name"] == "message"


def test_there_are_no_stored_functions(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(".show functions")
    assert (names, rows) == (["Name", "Parameters", "Body", "Folder", "DocString"], [])


def test_what_is_shown_can_be_queried_and_stands_beside_queries(kql_engine: Engine) -> None:
    text = "print 1; .show tables | where TableName startswith 't' | count"
    assert kql_engine.run(text, 1)[1] == [(1,)]
    assert kql_engine.run("restrict access to (traces); .show tables | count")[1] == [(1,)]
    assert kql_engine.run(".show databases | project DatabaseName")[1] == [("default",)]


@pytest.mark.parametrize(
    ("text", "message", "column", "hint"),
    [
        (".show queries", "this is not shown", 1, ".show tables"),
        (".show", "this is not shown", 1, ".show tables"),
        (".shw tables", "the command '.shw' is not run", 1, "'.show'"),
        (".create table x (a:long)", "the command '.create' is not run", 1, "lists what there is"),
        (".drop table requests; print 1", "the command '.drop' is not run", 1, ""),
        (".show table trcs schema as json", "unknown table 'trcs'", 13, "'traces'"),
        (".show tables (trcs)", "unknown table 'trcs'", 15, "'traces'"),
        (".show table traces", "expected 'schema' or 'cslschema'", 19, ""),
        (".show database other schema", "unknown database 'other'", 16, ""),
        ("let x = .show tables; x", "expected an expression", 9, ""),
        ("requests | .show tables", "expected the name of an operator", 12, ""),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int, hint: str) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
    assert hint in found.hint


@pytest.mark.parametrize("name", refused.NAMES)
def test_an_operator_that_is_not_run_is_refused_by_name(name: str) -> None:
    after = "" if name in ("externaldata", "external_data", "macro-expand") else "requests | "
    with pytest.raises(KqlError) as caught:
        compile(f"{after}{name} something", DATABASE, OPTIONS)
    row = refused.REFUSED[name]
    assert caught.value.message == f"the operator '{name}' is not run: {row.reason}"
    assert (caught.value.token, caught.value.hint) == (name, row.instead)
