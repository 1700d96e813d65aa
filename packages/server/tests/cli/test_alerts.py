"""Alert rules by commands: in a data folder, and through a running server."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from packages.server.tests.server.conftest import RunningServer
from typer.testing import CliRunner

from openinsights.cli.alerts import duration_text
from openinsights.cli.main import app

NOW = datetime.now(timezone.utc).replace(microsecond=0)


def item(key, at, success):
    return {
        "name": "Microsoft.ApplicationInsights.Request",
        "time": at.isoformat(),
        "iKey": key,
        "data": {
            "baseType": "RequestData",
            "baseData": {"ver": 2, "id": "1", "name": "GET /", "duration": "00:00:01", "responseCode": "200", "success": success},
        },
    }  # fmt: skip


@pytest.fixture(params=["folder", "server"])
def run(request, tmp_path, monkeypatch):
    """Run commands on a data folder with an hour of requests, then beside the server that holds it."""
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "data"

    def invoke(*words):
        return CliRunner().invoke(app, [*words, "--data", str(folder)])

    made = json.loads(invoke("resource", "create", "shop", "--json").stdout)
    with ExitStack() as opened:
        server = RunningServer(folder)
        opened.callback(server.stop)
        key = made["instrumentation_key"]
        items = [item(key, NOW - timedelta(minutes=n), n not in (30, 31)) for n in range(1, 60)]
        assert httpx.post(f"{server.url}v2.1/track", json=items).status_code == 200
        if request.param == "folder":
            opened.close()
        yield invoke


def lines(done):
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout.splitlines()


def test_a_rule_is_made_listed_tested_shown_and_deleted(run, tmp_path):
    assert "no alert rules" in run("alerts", "list").stdout
    words = ["--metric", "requests/failed", "--above", "0", "--window", "1m", "--severity", "1"]
    assert lines(run("alerts", "create", "failures", *words)) == ["watching failures of shop"]
    query = ["--query", "requests | where duration > 500", "--at-least", "5", "--window", "PT10M"]
    assert lines(run("alerts", "create", "slow", *query, "--split", "name"))
    listed = lines(run("alerts", "list"))
    assert [line.split()[:4] for line in listed[2:]] == [
        ["failures", "metric", "Sev1", "waiting"],
        ["slow", "log", "Sev3", "waiting"],
    ]
    times = ["--from", (NOW - timedelta(hours=1)).isoformat(), "--to", NOW.isoformat()]
    told = lines(run("alerts", "test", "failures", *times))
    assert told[0] == "would have fired once in 60 windows"
    assert len(told) == 4
    shown = json.loads(run("alerts", "show", "FAILURES", "--json").stdout)
    shown["properties"]["criteria"]["allOf"][0]["threshold"] = 9
    (tmp_path / "rule.json").write_text(json.dumps(shown))
    never = lines(run("alerts", "test", "--file", str(tmp_path / "rule.json"), *times))
    assert never == ["would have fired never in 60 windows"]
    slow = json.loads(run("alerts", "test", "slow", *times, "--json").stdout)
    assert slow["firings"][0]["split"] == [{"name": "name", "value": "GET /"}]
    assert lines(run("alerts", "create", "failures", "--file", str(tmp_path / "rule.json")))
    again = json.loads(run("alerts", "list", "--json").stdout)
    assert again[0]["arm"]["properties"]["criteria"]["allOf"][0]["threshold"] == 9
    assert "state:" in "".join(lines(run("alerts", "show", "slow")))
    assert lines(run("alerts", "delete", "slow")) == ["deleted slow"]
    refused = run("alerts", "show", "slow")
    assert "cannot find alert rule 'slow': there is failures" in str(refused.exception)
    assert lines(run("alerts", "history")) == ["no alerts"]
    assert "cannot find alert 'nope'" in str(run("alerts", "ack", "nope").exception)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--above", "1"], "name one of --metric, --query and --file"),
        (["--metric", "a", "--above", "1", "--below", "2"], "name one of --above"),
        (["--metric", "requests/failed", "--above", "1", "--window", "soon"], "no ISO 8601 duration"),
        (["--query", "nope", "--above", "1"], "nope"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rule_is_said(tmp_path, words, told):
    folder = ["--data", str(tmp_path / "data")]
    CliRunner().invoke(app, ["resource", "create", "shop", *folder])
    done = CliRunner().invoke(app, ["alerts", "create", "x", *words, *folder])
    assert done.exit_code != 0
    assert told in done.output + str(done.exception)


@pytest.mark.parametrize(
    ("text", "iso"), [("30s", "PT30S"), ("5m", "PT5M"), ("2 H", "PT2H"), ("1d", "P1D"), ("PT1M", "PT1M")]
)  # fmt: skip
def test_short_durations_are_understood(text, iso):
    assert duration_text(text) == iso
