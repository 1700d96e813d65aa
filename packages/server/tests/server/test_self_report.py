"""The server's own health as telemetry: sent by our client, in a resource of its own, no loop."""

from __future__ import annotations

import ssl
import time
from datetime import datetime, timezone

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from openinsights.cli.main import app
from openinsights.private_authority import certify

PATIENCE_S = 60


def told(server, query):
    reply = server.http.post("v1/apps/openinsights/query", json={"query": query})
    return reply.json()["tables"][0]["rows"] if reply.status_code == 200 else []


def counted(server):
    text = server.http.get("metrics").text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


@pytest.fixture
def settings(tmp_path):
    def write(text):
        (tmp_path / "settings.toml").write_text(text)

    return write


def test_the_server_reports_on_itself_and_its_reports_do_not_count(serve, settings):
    settings("self_telemetry_interval_s = 1")
    with serve() as server:
        key = server.create()["InstrumentationKey"]
        assert server.send(key, "one", "two").status_code == 200
        deadline = time.monotonic() + PATIENCE_S
        names = (
            "customMetrics | where name in ('openinsights_items_accepted_total',"
            " 'openinsights_store_used_bytes', 'openinsights_commit_seconds',"
            " 'openinsights_store_pending_bytes') | summarize dcount(name)"
        )
        while told(server, names) != [[4]]:
            assert time.monotonic() < deadline
        grown = "customMetrics | where name == 'openinsights_items_accepted_total'"
        assert told(server, f"{grown} | summarize sum(valueSum)") == [[2]]
        reports = "customMetrics | where name == 'openinsights_store_days' | count"
        (first,) = told(server, reports)
        while told(server, reports)[0][0] < first[0] + 3:
            assert time.monotonic() < deadline
        # the reports came in and were stored, and nothing of that was counted
        assert counted(server)["openinsights_items_received_total"] == 2
        assert counted(server)["openinsights_rows_stored_total"] > 2
        assert told(server, f"{grown} | summarize sum(valueSum)") == [[2]]
        assert server.rows("customMetrics | summarize by appName") == [["openinsights"]]
        sent = CliRunner().invoke(app, ["send", "--url", server.url])
        assert sent.exit_code == 0, "the one resource of others is meant"


def test_both_can_be_turned_off(serve, settings):
    settings("self_telemetry = false\nself_telemetry_interval_s = 0.05\nmetrics_endpoint = false")
    with serve() as server:
        key = server.create()["InstrumentationKey"]
        assert server.http.get("metrics").status_code == 404
        for _ in range(20):
            assert server.send(key, "one").status_code == 200
        assert server.http.get("health").json()["resources"] == 1


def test_a_server_that_reports_stops_at_once(serve, settings):
    settings("self_telemetry_interval_s = 0.5")
    with serve() as server:
        deadline = time.monotonic() + PATIENCE_S
        while not told(server, "customMetrics | take 1"):
            assert time.monotonic() < deadline
        assert server.stop() == 0
        assert server.errors == ""


@pytest.mark.parametrize("whose", ["its own", "the operator's"])
def test_a_server_reports_over_any_certificate(serve, settings, tmp_path, whose):
    settings("self_telemetry_interval_s = 0.5")
    options, authority = ["--tls", "auto"], tmp_path / "tls" / "ca.pem"
    if whose == "the operator's":  # for a name that is not where the reports go
        made = tmp_path / "of the operator"
        certify(made, ["telemetry.example.test"], datetime.now(timezone.utc))
        options = ["--tls-certificate", made / "server.pem", "--tls-key", made / "server.key"]
        authority = made / "ca.pem"
    with serve(*map(str, options)) as server:
        trusted = ssl.create_default_context(cafile=str(authority))
        trusted.check_hostname = False
        server.http.close()
        server.http = httpx.Client(base_url=server.url, timeout=30, trust_env=False, verify=trusted)
        deadline = time.monotonic() + PATIENCE_S
        while not told(server, "customMetrics | take 1"):
            assert time.monotonic() < deadline
        assert server.stop() == 0
        assert server.errors == ""
