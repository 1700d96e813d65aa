"""Saved queries and workbooks by commands: in a data folder, and through a running server."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from packages.server.tests.server.conftest import RunningServer
from typer.testing import CliRunner

from openinsights.cli.main import app

DOCUMENT = '{"version":"Notebook/1.0","items":[]}'


@pytest.fixture(params=["folder", "server"])
def run(request, tmp_path, monkeypatch):
    """Run a command on a data folder that nobody holds, then on one that a server holds."""
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "data"

    def invoke(*words, **more):
        done = CliRunner().invoke(app, [*words, "--data", str(folder)], **more)
        return done

    assert invoke("resource", "create", "shop").exit_code == 0
    with ExitStack() as opened:
        if request.param == "server":
            server = RunningServer(folder)
            opened.callback(server.stop)
        yield invoke


def lines(done):
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout.splitlines()


def test_query_is_saved_listed_shown_and_deleted(run, tmp_path):
    assert "no saved queries" in run("saved-query", "list").stdout
    text = "requests\n| where duration > 1000"
    assert lines(run("saved-query", "save", "slow", text, "--app", "shop")) == [
        "saved slow of shop"
    ]
    refused = run("saved-query", "save", "slow", "traces")
    assert refused.exit_code == 1
    assert "one of that name" in str(refused.exception)
    assert run("saved-query", "show", "SLOW").stdout == text + "\n"
    (tmp_path / "new.kql").write_text("traces")
    words = ["--file", str(tmp_path / "new.kql"), "--replace", "--function", "late"]
    changed = json.loads(run("saved-query", "save", "slow", *words, "--json").stdout)
    assert (changed["content"], changed["type"], changed["alias"]) == ("traces", "function", "late")
    listed = json.loads(run("saved-query", "list", "--json").stdout)
    assert [each["content"] for each in listed] == ["traces"]
    assert lines(run("saved-query", "save", "piped", input="exceptions")) == ["saved piped of shop"]
    assert len(lines(run("saved-query", "list"))) == 4
    assert lines(run("saved-query", "delete", "slow")) == ["deleted slow"]
    assert "there is piped" in str(run("saved-query", "show", "slow").exception)
    assert run("saved-query", "delete", "slow").exit_code == 1


def test_workbook_is_saved_listed_shown_and_deleted(run, tmp_path):
    assert "no workbooks" in run("workbook", "list").stdout
    file = tmp_path / "failures.json"
    file.write_text(DOCUMENT)
    first = json.loads(run("workbook", "save", str(file), "--app", "shop", "--json").stdout)
    assert first["display_name"] == "failures"
    assert first["source"].endswith("/components/shop")
    assert run("workbook", "show", "failures").stdout == DOCUMENT + "\n"
    file.write_text("{}")
    again = json.loads(run("workbook", "save", str(file), "--app", "shop", "--json").stdout)
    assert again["path"] == first["path"]
    assert again["revision"] != first["revision"]
    assert run("workbook", "show", first["name"]).stdout == "{}\n"
    assert len(lines(run("workbook", "list"))) == 3
    assert lines(run("workbook", "delete", "Failures")) == ["deleted failures"]
    missing = run("workbook", "show", "failures")
    assert "there is none yet" in str(missing.exception)
    unreadable = run("workbook", "save", str(tmp_path / "nothing.json"))
    assert "cannot read" in str(unreadable.exception)
