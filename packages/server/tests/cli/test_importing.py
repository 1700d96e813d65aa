"""`openinsights import azure`, on a data folder and through a server."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

import openinsights
from openinsights.catalog.errors import ResourceNotFound
from openinsights.cli.main import app
from openinsights.cli.store_access import LocalStore

NOW = datetime.now(timezone.utc)


@pytest.fixture
def url(run, tmp_path):
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--data", str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(60, server.kill)
    watchdog.start()
    yield server.stdout.readline().rpartition(" ")[2].strip()
    watchdog.cancel()
    server.terminate()
    server.communicate(timeout=60)


def record(number, **more):
    return {
        "time": (NOW - timedelta(minutes=number)).isoformat(),
        "Type": "AppRequests",
        "Name": f"GET /{number}",
        "OperationId": f"{number:032x}",
        **more,
    }


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        place = ["--data", str(tmp_path / "data")]
        return CliRunner().invoke(app, [*map(str, arguments), *place])

    assert invoke("resource", "create", "shop").exit_code == 0
    return invoke


def rows(tmp_path, text):
    with openinsights.open(tmp_path / "data") as database:
        return database.kql(text).rows


def test_a_folder_of_exports_is_imported_once(run, tmp_path):
    export = tmp_path / "export"
    for hour in range(3):
        place = export / f"h={hour:02}" / "PT1H.json"
        place.parent.mkdir(parents=True)
        place.write_text("\n".join(json.dumps(record(hour * 700 + n)) for n in range(700)))
    for _ in range(2):
        done = run("import", "azure", "shop", export)
        assert done.exit_code == 0, done.output
        assert "imported 2100 rows of 3 files into shop" in done.output
    assert rows(tmp_path, "requests | count") == [(2100,)]
    found = rows(tmp_path, 'requests | where name == "GET /700" | project operation_Id, appName')
    assert found == [(f"{700:032x}", "shop")]


def test_a_server_takes_what_it_is_sent_in_several_requests(run, url, tmp_path):
    path = tmp_path / "export.jsonl.gz"
    lines = [json.dumps(record(n, Url="https://a/" + "é" * 400)) for n in range(1500)]
    lines.insert(1200, json.dumps({"Type": "AppRequests"}))
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    command = ["import", "azure", "shop", str(path), "--url", url]
    for _ in range(2):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 1
        assert "imported 1500 rows of 1 files into shop" in done.output
        assert f"{path}:1201: the record has no time" in done.output
    with openinsights.open(url) as database:
        # what is synced is stored; that it is seen takes a moment longer on a busy machine
        give_up = time.monotonic() + 60
        while (found := database.kql("requests | count", app="shop").rows) != [(1500,)]:
            assert time.monotonic() < give_up, found
            time.sleep(0.05)


def test_several_bodies_are_under_way_and_their_records_are_told_in_order(
    run, tmp_path, monkeypatch
):
    """No body is stored before three others have been given: one after the other would wait forever."""
    path = tmp_path / "export.jsonl"
    lines = [json.dumps(record(n)) for n in range(8000)]
    for broken in (6500, 1500, 3500):
        lines[broken] = json.dumps({"Type": "AppRequests"})
    path.write_text("\n".join(lines))
    together, store = threading.Barrier(4, timeout=60), LocalStore.take

    def take(*arguments):
        together.wait()
        return store(*arguments)

    monkeypatch.setattr(LocalStore, "take", take)
    done = run("import", "azure", "shop", path, "--at-once", "4")
    assert "imported 7997 rows" in done.output
    told = [line.split(": ")[1] for line in done.output.splitlines() if line.startswith("not")]
    assert told == [f"{path}:{line}" for line in (1501, 3501, 6501)]
    assert rows(tmp_path, "requests | count") == [(7997,)]


def test_a_body_that_fails_as_a_whole_ends_the_import(run, tmp_path, monkeypatch):
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(json.dumps(record(n)) for n in range(9000)))
    given = []

    def take(_store, _resource, _table, records):
        given.append(len(records))
        raise ResourceNotFound("shop")

    monkeypatch.setattr(LocalStore, "take", take)
    done = run("import", "azure", "shop", path, "--at-once", "2")
    assert isinstance(done.exception, ResourceNotFound)
    assert len(given) <= 3


def test_what_cannot_be_taken_is_told_with_its_place_and_stops_nothing(run, tmp_path):
    path = tmp_path / "mixed.json"
    lines = [json.dumps(record(1)), "{", json.dumps({"a": 1}), json.dumps(record(2, Colour=3))]
    path.write_text("\n".join(lines))
    done = run("import", "azure", "shop", path)
    assert done.exit_code == 1
    assert "imported 2 rows" in done.output
    assert f"{path}:2: it is no JSON" in done.output
    assert f"{path}:3: the record names no table" in done.output
    assert "no column has these fields: Colour" in done.output
    assert rows(tmp_path, "requests | count") == [(2,)]


def test_a_reply_of_a_query_names_its_table_on_the_command_line(run, tmp_path):
    reply = {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": [{"name": "timestamp"}, {"name": "message"}, {"name": "severityLevel"}],
                "rows": [[NOW.isoformat(), "hello", 2]],
            }
        ]
    }
    path = tmp_path / "reply.json"
    path.write_text(json.dumps(reply))
    done = run("import", "azure", "shop", path, "--table", "traces", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["acceptedRows"] == 1
    assert rows(tmp_path, "traces | project message, severityLevel") == [("hello", 2)]


def test_what_is_not_there_is_said(run, tmp_path):
    assert "there is no file" in run("import", "azure", "shop", tmp_path / "no").output
    path = tmp_path / "empty.json"
    path.touch()
    assert "there is no table" in run("import", "azure", "shop", path, "--table", "x").output
    assert run("import", "azure", "lab", path).exit_code == 1
    done = run("import", "azure", "shop", path)
    assert "imported 0 rows of 1 files" in done.output
