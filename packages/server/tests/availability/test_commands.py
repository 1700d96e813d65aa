"""The commands, against a server in a process of its own: tests, a run, and a probe elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import flask
import pytest
from packages.server.tests.server.conftest import running
from typer.testing import CliRunner
from werkzeug.serving import make_server

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.trace.samplers import AlwaysOnSampler
from openinsights.cli.main import app


@pytest.mark.slow
def test_commands_and_a_probe_against_a_running_server(tmp_path, peer, monkeypatch):
    peer.page("/", "welcome")
    with running(tmp_path / "data") as server:
        monkeypatch.setenv("OPENINSIGHTS_URL", server.url)

        def run(*words):
            done = CliRunner().invoke(app, list(words))
            assert done.exception is None or done.exit_code == 1, done.output + repr(done.exception)
            return done

        run("resource", "create", "shop")
        made = run(
            "availability", "create", f"{peer.url}/", "--name", "front", "--contains", "welcome",
            "--location", "west", "--every", "10",
        )  # fmt: skip
        assert made.stdout == "front runs every 10 s\n"
        assert "status 200" in run("availability", "run", "front").stdout
        failed = run("availability", "create", f"{peer.url}/no", "--name", "gone")
        assert run("availability", "run", "gone", "--json").exit_code == 1
        assert "west (nobody probes there)" in run("availability", "list").stdout
        key = json.loads(
            run("key", "create", "west", "--app", "shop", "--right", "probe", "--json").stdout
        )
        probe = subprocess.Popen(
            [sys.executable, "-m", "openinsights.cli.main", "probe", "--location", "west"],
            env=os.environ | {"OPENINSIGHTS_API_KEY": key["key"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert probe.stdout.readline().startswith("passed  front")
        finally:
            probe.send_signal(signal.SIGINT)
            assert probe.wait(30) == 0
            probe.stdout.close()
        rows = server.rows("availabilityResults | where location == 'west' | project success")
        assert rows[0] == ["1"]
        assert "west\n" in run("availability", "list").stdout.replace("west ", "west\n")
        assert run("availability", "disable", "front").stdout == "front is off\n"
        shown = json.loads(run("availability", "show", "front", "--json").stdout)
        assert shown["test"]["isEnabled"] is False
        assert shown["report"]["runs"] >= 1
        assert run("availability", "delete", "front").stdout == "deleted front\n"
        assert failed.exit_code == 0


@pytest.mark.slow
def test_run_and_the_trace_of_the_very_request_are_one_operation(tmp_path):
    application = flask.Flask("shop")
    with running(tmp_path / "data") as server:
        resource = server.create("shop")
        exporter = AzureExporter(
            connection_string=resource["ConnectionString"], enable_local_storage=False
        )
        FlaskMiddleware(application, exporter=exporter, sampler=AlwaysOnSampler())

        @application.get("/basket")
        def basket():
            return "Basket"

        with serving_flask(application) as url:
            group = "subscriptions/s/resourceGroups/default/providers/Microsoft.Insights"
            made = server.http.put(
                f"{group}/webtests/front",
                json={
                    "tags": {f"hidden-link:/{group}/components/shop": "Resource"},
                    "properties": {"Enabled": False, "Request": {"RequestUrl": f"{url}/basket"}},
                },
            )
            assert made.status_code == 201, made.text
            done = server.http.post("portal/api/availability/shop/front/run").json()
        assert done["passed"], done
        exporter.shutdown()
        joined = server.rows(
            "availabilityResults | join kind=inner requests on operation_Id"
            " | project operation_Id, id, operation_ParentId1, name1"
        )
        assert [row[0] for row in joined] == [done["operationId"]]
        assert joined[0][1] == joined[0][2]
        assert joined[0][3] == "GET /basket"


@contextmanager
def serving_flask(application):
    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
