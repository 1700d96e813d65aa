"""The files for many servers fit the settings and commands that there are, and each other."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import jsonschema_rs
import pytest
import yaml
from tests.conftest import RunningServer, free_port, wait_until
from typer.testing import CliRunner

from openinsights.cli.main import app
from openinsights.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGING = Path(__file__).parents[2] / "packaging"
COMPOSE = PACKAGING / "compose"
CHART = PACKAGING / "helm" / "openinsights"
SETTINGS = {name.upper() for name in Settings.__dataclass_fields__}
BALANCERS = (COMPOSE / "haproxy.cfg", COMPOSE / "clickhouse" / "haproxy.cfg")
PLACES = {"LISTEN", "SERVER_1", "SERVER_2", "SERVER_3", "CLICKHOUSE_1", "CLICKHOUSE_2"}
needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="needs haproxy")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
    return found


def test_services_of_ours_have_settings_and_commands_that_there_are(
    services: dict[str, Any],
) -> None:
    ours = [each for each in services.values() if each["image"] == "openinsights"]
    assert len(ours) == 4
    for service in ours:
        named = {name.removeprefix("OPENINSIGHTS_") for name in service["environment"]}
        assert named <= SETTINGS
        done = CliRunner().invoke(app, [*service.get("command", ["serve"]), "--help"])
        assert done.exit_code == 0, done.output


def test_services_name_services_and_files_that_there_are(services: dict[str, Any]) -> None:
    text = (COMPOSE / "compose.yaml").read_text()
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            known = (COMPOSE / source).exists() if source.startswith(".") else f"\n  {source}:"
            assert known is True or known in text
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    told = {
        line.partition("=")[0]
        for line in (COMPOSE / "example.env").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert asked == told


@needs_haproxy
@pytest.mark.parametrize("path", BALANCERS, ids=lambda path: path.parent.name)
def test_haproxy_takes_its_configuration(path: Path) -> None:
    environment = {**os.environ, **dict.fromkeys(PLACES, "127.0.0.1")}
    done = subprocess.run(
        ["haproxy", "-c", "-f", path], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


def test_the_chart_s_own_values_fit_their_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    jsonschema_rs.validator_for(schema).validate(values)
    assert set(values) == set(schema["properties"]) - {"global"}
    values["ingest"]["replicas"] = 0
    assert not jsonschema_rs.is_valid(schema, values)


def test_the_chart_sets_settings_and_runs_commands_that_there_are() -> None:
    text = "".join(path.read_text() for path in (CHART / "templates").iterdir())
    named = set(re.findall(r"OPENINSIGHTS_([A-Z_]+)", text))
    assert {"CATALOG", "STORE", "PUBLIC_URL"} <= named <= SETTINGS
    used = set(re.findall(r"\.Values\.(\w+)", text)) | {"ingest", "query"}
    assert used == set(yaml.safe_load((CHART / "values.yaml").read_text()))


@pytest.mark.skipif(shutil.which("helm") is None, reason="needs helm")
def test_helm_takes_the_chart() -> None:
    databases = ("databases.catalog=postgresql://p/o", "databases.store=clickhouse://c/o")
    values = [part for each in databases for part in ("--set", each)]
    done = subprocess.run(
        ["helm", "lint", "--strict", CHART, *values], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[RunningServer]]:
    options = ("--otlp-grpc-port", "0", "--otlp-http-port", "0")
    running = [RunningServer(tmp_path / f"data-{n}", options=options) for n in range(2)]
    for server in running:
        server.start()
    yield running
    for server in running:
        if server.process is not None:
            server.stop(signal.SIGKILL)


@needs_haproxy
@pytest.mark.faults
def test_another_server_takes_over_when_one_is_gone(
    servers: list[RunningServer], tmp_path: Path
) -> None:
    """The balancer's own file, with the ports of this test in place of the usual ones."""
    port = free_port()
    text = BALANCERS[0].read_text().partition("frontend otlp_http")[0]
    text = text.replace('"${LISTEN}:5380"', f'"127.0.0.1:{port}"')
    places = [*servers, servers[1]]
    for number, server in enumerate(places, 1):
        text = text.replace(f'"${{SERVER_{number}}}:5380"', f'"127.0.0.1:{server.port}"')
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    balancer = subprocess.Popen(["haproxy", "-db", "-f", path], stderr=subprocess.DEVNULL)
    try:
        item = {
            "name": "e",
            "iKey": str(uuid.uuid4()),
            "time": "2026-11-30T00:00:00Z",
            "data": {"baseType": "EventData", "baseData": {"name": "e"}},
        }
        body = json.dumps([item]).encode()

        def sent() -> int:
            request = Request(f"http://127.0.0.1:{port}/v2.1/track", body)
            try:
                with urlopen(request, timeout=30) as reply:
                    return int(reply.status)
            except OSError as error:
                return int(getattr(error, "code", 0))

        wait_until("the balancer", lambda: sent() == 200)
        assert {sent() for _ in range(20)} == {200}
        servers[0].stop(signal.SIGKILL)
        # longer than the balancer takes to find out, and than both servers' health is looked at
        until = time.monotonic() + 7
        answers = Counter[int]()
        while time.monotonic() < until:
            answers[sent()] += 1
        assert set(answers) == {200}
    finally:
        balancer.terminate()
        balancer.wait(30)
