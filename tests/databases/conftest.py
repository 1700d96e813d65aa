"""Programs that ask real database servers, started once for all tests of a session."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from database_peers import (  # noqa: F401 - fixtures
    mariadb,
    mongodb,
    own_folder,
    postgresql,
    redis_server,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
DEADLINE_S = 60.0
CLIENT = os.environ.get("CLIENT_PYTHON", sys.executable)
"""What runs the programs: `make test-matrix` names Pythons with old versions of the libraries."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.databases)


@dataclass
class Told:
    """What arrived of a program: its dependencies, oldest first."""

    dependencies: list[dict[str, Any]]

    def but_own(self) -> list[dict[str, Any]]:
        """The statements, without the span that the program opened itself."""
        return [row for row in self.dependencies if row["name"] != "work"]


@pytest.fixture
def tell(server: Any, client_environment: dict[str, str]) -> Callable[..., Told]:
    """Run a program and return what arrived of it.

    Its lines run inside a span `work` of an `AzureExporter`, with an integration switched on.
    `statements` says how many it sends; None where that is up to a library.
    """

    def run(integration: str, program: str, statements: int | None, **environment: str) -> Told:
        key = str(uuid.uuid4())
        text = f"InstrumentationKey={key};IngestionEndpoint={server.url}/"
        source = PROGRAM.replace("# PROGRAM", program.replace("\n", "\n    "))
        finished = subprocess.run(
            [CLIENT, "-c", source, integration],
            env={
                **client_environment,
                "APPLICATIONINSIGHTS_CONNECTION_STRING": text,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        assert finished.returncode == 0, finished.stderr
        app = f"app-{key[:8]}"
        # The span of the program itself ends last and is sent last.
        server.wait_for_rows(app, "dependencies | where name == 'work'")
        rows = server.rows(app, DEPENDENCIES)
        told = [(row["name"], row["data"], row["success"]) for row in rows]
        assert statements is None or len(rows) == statements + 1, told
        (work,) = [row for row in rows if row["name"] == "work"]
        for row in rows:
            assert row["operation_Id"] == work["operation_Id"]
            assert row is work or row["operation_ParentId"] == work["id"]
            assert 0 < row["duration"] <= work["duration"]
        return Told(rows)

    return run


DEPENDENCIES = (
    "dependencies | order by timestamp asc | project name, type, target, data, resultCode, success,"
    " duration, id, operation_Id, operation_ParentId, customDimensions"
)

PROGRAM = """
import sys
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(exporter=AzureExporter(), sampler=AlwaysOnSampler())
assert config_integration.trace_integrations(sys.argv[1].split(","), tracer)
config_integration.trace_integrations(sys.argv[1].split(","), tracer)
with tracer.span(name="work"):
    pass
    # PROGRAM
"""
