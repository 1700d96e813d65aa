"""Action groups by commands, in a data folder."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words):
        return CliRunner().invoke(app, [*words, "--data", str(tmp_path / "data")])

    assert invoke("resource", "create", "shop").exit_code == 0
    return invoke


@pytest.fixture
def hook():
    """A webhook that takes one message; its URL and what it was sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", sent
        server.socket.close()
        thread.join()


def lines(done):
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout.splitlines()


def test_a_group_is_made_tried_and_deleted(run, hook):
    url, sent = hook
    assert "no action groups" in run("alerts", "groups", "list").stdout
    words = ["--webhook", url, "--email", "duty@shop.example", "--slack", "https://s.example/x"]
    made = run("alerts", "groups", "create", "ops", *words, "--email", "b@shop.example", "--only")
    assert lines(made)[0].startswith("made ops: /subscriptions/")
    listed = "\n".join(lines(run("alerts", "groups", "list")))
    for part in ("email email 2: b@shop.example", f"webhook webhook: {url}", "slack slack: https"):
        assert part in listed
    (group,) = json.loads(run("alerts", "groups", "list", "--json").stdout)
    assert group["properties"]["OpenInsights"]["scope"].endswith("/components/shop")
    assert lines(run("alerts", "groups", "create", "hook", "--webhook", url))
    words = ["--metric", "requests/failed", "--above", "5", "--group", "hook", "--group", "OPS"]
    assert lines(run("alerts", "create", "failures", *words))
    rule = json.loads(run("alerts", "show", "failures", "--json").stdout)
    ids = [each["actionGroupId"].rpartition("/")[2] for each in rule["properties"]["actions"]]
    assert ids == ["hook", "ops"]
    tried = run("alerts", "groups", "test", "hook")
    assert lines(tried) == ["webhook succeeded"]
    assert json.loads(sent[0])["data"]["openInsights"]["isTest"] is True
    (secret,) = lines(run("alerts", "groups", "secret", "hook"))
    assert len(secret) == 40
    assert lines(run("alerts", "groups", "delete", "hook")) == ["deleted hook"]
    refused = run("alerts", "groups", "test", "hook")
    assert refused.exit_code == 1
    assert "there is ops" in str(refused.exception)


def test_a_test_that_fails_says_why_and_ends_with_1(run):
    run("alerts", "groups", "create", "ops", "--webhook", "http://169.254.169.254/latest")
    tried = run("alerts", "groups", "test", "ops")
    assert tried.exit_code == 1
    assert "never called" in tried.stdout
