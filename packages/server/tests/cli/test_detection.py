"""Smart detection by commands, in a data folder that nobody serves."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from openinsights.catalog.engine import open_file, writing
from openinsights.catalog.findings import ACTIVE, FindingStore, KeptFinding
from openinsights.cli.main import app
from openinsights.data_folder import DataFolder
from openinsights.errors import OpenInsightsError

DAY = 739_000 * 864_000_000_000
FACTS = {
    "title": "Abnormal rise in failed requests",
    "summary": "50.0% (40/80 requests) of GET / failed; < 0.1 % is usual at this time",
    "kind": "share",
    "value": 0.5,
    "expected": 0.0,
    "low": 0.0,
    "high": 0.02,
    "effect": "+50 pt",
    "score": 20.0,
    "confidence": "high",
    "days": 8.0,
    "count": 80.0,
    "hits": 40.0,
    "window_minutes": 20,
    "worst_ticks": DAY + 20 * 60 * 10_000_000,
    "changed": [{"key": "resultCode", "value": "502", "points": 100.0}],
    "kql": "requests\n| count",
    "kql_start": DAY,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "data"

    def invoke(*words):
        return CliRunner().invoke(app, [*words, "--data", str(folder)])

    made = invoke("resource", "create", "shop", "--json")
    assert made.exit_code == 0, made.output
    app_id = json.loads(made.output)["app_id"]
    with DataFolder(folder) as held:
        engine = open_file(held.catalog)
        with writing(engine) as connection:
            finding = KeptFinding(
                "3f2a91c0-1111-4111-8111-111111111111",
                app_id,
                "failed_requests",
                "GET /",
                ACTIVE,
                DAY,
                DAY + 1,
                FACTS,
            )
            FindingStore.put(connection, finding)
        engine.dispose()
    return invoke


def test_findings_are_listed_and_shown(run):
    listed = run("detection", "list")
    assert listed.exit_code == 0, listed.output
    assert "3f2a91c0" in listed.output
    assert "+50 pt" in listed.output
    shown = run("detection", "show", "3f2a")
    assert shown.exit_code == 0, shown.output
    assert "changed: resultCode = 502  +100 pt" in shown.output
    assert re.search(r"worst from \S+T00:00:00Z to \S+T00:20:00Z", shown.output)
    assert shown.output.endswith("requests\n| count\n")
    assert json.loads(run("detection", "list", "--json").output)[0]["about"] == "GET /"
    assert run("detection", "show", "ffff").exit_code != 0
    assert "nothing found" in run("detection", "list", "--state", "resolved").output


def test_detectors_are_set_and_findings_muted(run):
    set_ = run("detection", "config", "slowpageloadtime", "--off", "--sensitivity", "high")
    assert set_.exit_code == 0, set_.output
    assert "off" in run("detection", "config", "page_load").output
    muted = run("detection", "mute", "failed_requests", "--value", "resultCode=404")
    assert muted.exit_code == 0, muted.output
    config = run("detection", "config", "failed_requests").output
    assert "resultCode=404" in config
    (mute,) = json.loads(run("detection", "config", "failed_requests", "--json").output)[0]["mutes"]
    assert run("detection", "unmute", mute["id"]).exit_code == 0
    assert "resultCode=404" not in run("detection", "config", "failed_requests").output


def test_what_makes_no_sense_is_refused(run):
    for words in (
        ("config", "--off"),
        ("config", "nothing"),
        ("config", "silence", "--sensitivity", "extreme"),
        ("mute", "silence", "--value", "x"),
        ("mute", "silence", "--hours=-1"),
        ("list", "--state", "some"),
    ):
        refused = run("detection", *words)
        assert refused.exit_code != 0, words
        assert isinstance(refused.exception, OpenInsightsError), words
        assert "cannot" in refused.exception.message, words
