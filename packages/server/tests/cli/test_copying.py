"""`openinsights store copy` between data folders."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

import openinsights
from openinsights.cli.main import app

NOW = datetime.now(timezone.utc)


@pytest.fixture
def old(tmp_path):
    """A data folder with telemetry of three days."""
    folder = tmp_path / "old"
    export = tmp_path / "export.json"
    lines = [
        {
            "time": (NOW - timedelta(days=day, seconds=n)).isoformat(),
            "Type": "AppTraces",
            "Message": f"{day} {n}",
            "Properties": {"n": n},
        }
        for day in (1, 3, 5)
        for n in range(20)
    ]
    export.write_text("\n".join(map(json.dumps, lines)))
    assert run("resource", "create", "shop", "--data", folder).exit_code == 0
    assert run("import", "azure", "shop", export, "--data", folder).exit_code == 0
    return folder


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def days_of(folder):
    done = run("store", "days", "--json", "--data", folder)
    return [each["day"] for each in json.loads(done.stdout)]


def found(folder):
    with openinsights.open(folder) as database:
        return database.kql("traces | summarize count(), dcount(message)").rows


def test_days_are_copied_once_and_are_on_record(old, tmp_path):
    new = tmp_path / "new"
    done = run("store", "copy", "--from", old, "--to", new)
    assert done.exit_code == 0, done.output
    assert "of 3 days; every row was found again" in done.output or "of 4 days" in done.output
    assert "copied 60 rows" in done.output
    assert found(new) == [(60, 60)]
    again = run("store", "copy", "--from", old, "--to", new)
    assert "copied 0 rows of 0 days" in again.output
    checked = run("store", "copy", "--from", old, "--to", new, "--again")
    assert "copied 60 rows" in checked.output
    assert found(new) == [(60, 60)]


def test_one_day_is_copied_when_one_is_named(old, tmp_path):
    new = tmp_path / "new"
    day = days_of(old)[0]
    assert run("store", "copy", "--from", old, "--to", new, "--day", day).exit_code == 0
    assert days_of(new) == [day]


def test_what_cannot_be_copied_says_why(old, tmp_path):
    new = tmp_path / "new"
    unknown = run("store", "copy", "--from", old, "--to", new, "--day", "2020-01-01")
    assert "has no telemetry" in str(unknown.exception)
    assert "into itself" in str(run("store", "copy", "--from", old, "--to", old).exception)
    nowhere = run("store", "copy", "--from", tmp_path / "none", "--to", new)
    assert nowhere.exit_code == 1
    for path in old.glob("copied-*"):
        path.unlink()
    assert run("store", "copy", "--from", old, "--to", new).exit_code == 0
    next(old.glob("copied-*")).write_text("{")
    assert "delete it" in str(run("store", "copy", "--from", old, "--to", new).exception)
