"""A server with a certificate of its own authority, as people and programs meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import grpc
import pytest
from tests.conftest import COMMAND, RunningServer, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

exporter = AzureExporter()
with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span("over https"):
    pass
exporter.flush()
"""


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    grpc_port = str(free_port())
    options = ("--tls", "auto", "--otlp-grpc-port", grpc_port, "--otlp-http-port", "0")
    running = RunningServer(tmp_path_factory.mktemp("https") / "data", options=options)
    running.start()
    yield running
    running.stop()


def command(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "INSIGHTS" not in name}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, env={**kept, **environ}
    )


def test_it_says_at_its_start_how_to_trust_it(https) -> None:
    said = https.folder.with_name("data.log").read_text()
    assert f"OpenInsights is ready: {https.url}/" in said
    assert f"export REQUESTS_CA_BUNDLE={https.authority}" in said
    assert f"export NODE_EXTRA_CA_CERTS={https.authority}" in said


def test_commands_trust_it_through_its_folder_or_a_named_file(https) -> None:
    made = command("resource", "create", "by-folder", "--data", str(https.folder))
    assert f"IngestionEndpoint={https.url}/" in made.stdout, made.stderr
    words = ("query", "print n=1", "--url", https.url, "--format", "json")
    asked = command(*words, OPENINSIGHTS_CA_FILE=str(https.authority))
    assert json.loads(asked.stdout) == [{"n": 1}], asked.stderr


def test_without_trust_the_error_says_what_to_name(https) -> None:
    refused = command("query", "print 1", "--url", https.url, OPENINSIGHTS_DATA="/nowhere")
    assert refused.returncode == 1
    assert "OPENINSIGHTS_CA_FILE" in refused.stderr


def test_our_client_sends_over_https(https, client_environment) -> None:
    facts = https.create_resource("client")
    trusting = {
        **client_environment,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": facts["connection_string"],
        "REQUESTS_CA_BUNDLE": str(https.authority),
    }
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, env=trusting)
    (row,) = https.wait_for_rows(facts["app_id"], "dependencies")
    assert row["name"] == "over https"


def test_grpc_shows_the_same_certificate(https) -> None:
    port = https.options[https.options.index("--otlp-grpc-port") + 1]
    credentials = grpc.ssl_channel_credentials(https.authority.read_bytes())
    with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
        grpc.channel_ready_future(channel).result(timeout=20)
