from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app


@pytest.fixture
def folder(tmp_path):
    CliRunner().invoke(app, ["resource", "create", "shop", "--data", str(tmp_path)])
    return str(tmp_path)


def ask(folder, text, *options, stdin=None):
    words = ["query", text, "--data", folder, *options]
    return CliRunner().invoke(app, words, input=stdin)


TEXT = "datatable(a:string, b:datetime)['x,\"y\"', datetime(2026-11-21T12:00:00.5)]"


def test_table_aligns_columns(folder):
    assert ask(folder, TEXT).stdout == (
        'a      b\n-----  ----------------------\nx,"y"  2026-11-21T12:00:00.5Z\n'
    )


def test_json_is_one_object_for_each_row(folder):
    printed = ask(folder, TEXT, "--format", "json").stdout
    assert json.loads(printed) == [{"a": 'x,"y"', "b": "2026-11-21T12:00:00.5Z"}]


def test_csv_quotes_what_needs_it(folder):
    printed = ask(folder, TEXT, "--format", "csv").stdout
    rows = list(csv.reader(io.StringIO(printed)))
    assert rows == [["a", "b"], ['x,"y"', "2026-11-21T12:00:00.5Z"]]


def test_query_is_read_from_standard_input(folder):
    assert ask(folder, "-", "--format", "csv", stdin="print x = 1").stdout == "x\n1\n"


def test_empty_table_of_a_named_resource_has_its_heading(folder):
    assert ask(folder, "traces | project message", "--app", "shop").stdout == "message\n-------\n"


def test_mistake_is_told_with_place_and_suggestion(folder):
    error = str(ask(folder, "traces | wher x").exception)
    assert "line 1, column 10" in error
    assert "where" in error


def test_unknown_resource_is_an_error(folder):
    assert "cannot find resource 'nobody'" in str(
        ask(folder, "print 1", "--app", "nobody").exception
    )


def test_misspelt_resource_is_told_which_was_meant(folder):
    error = str(ask(folder, "print 1", "--app", "shpo").exception)
    assert error == "cannot find resource 'shpo'; did you mean 'shop'? there is shop"
