"""Retired distributions beside this client are noticed, and the way to mend it works."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENT = ("openinsights-sdk",)
PROGRAM = """
import logging
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer
options = {
    "instrumentation_key": "11111111-2222-3333-4444-555555555555",
    "endpoint": "http://127.0.0.1:9", "enable_local_storage": False,
}
log = logging.getLogger("program")
log.addHandler(AzureLogHandler(**options))
log.warning("hello")
with Tracer(exporter=AzureExporter(**options), sampler=AlwaysOnSampler()).span(name="a"):
    pass
"""


@pytest.fixture
def retired(make_wheel: Callable[..., Path]) -> Path:
    """Wheels with the names of the retired ones and files where those have theirs."""
    breaks = {
        "opencensus/ext/azure/trace_exporter/__init__.py": "raise ImportError('the retired one')\n",
        "opencensus/ext/azure/common/utils.py": "raise ImportError('the retired one')\n",
    }
    make_wheel("opencensus-ext-azure", "1.1.15", breaks, "opencensus<1.0.0,>=0.11.4")
    wheel = make_wheel(
        "opencensus", "0.11.4", {"opencensus/trace/tracer.py": "raise ImportError\n"}
    )
    return wheel.parent


def test_warning_names_them_and_the_commands_that_mend_it(
    environment: Any, wheels: Path, retired: Path
) -> None:
    environment.install("--find-links", retired, "opencensus-ext-azure")
    environment.install("--find-links", wheels, *CLIENT)
    said = environment.run("-c", PROGRAM)

    assert said.count("retired distributions own the same files") == 1, said
    assert "found=opencensus 0.11.4, opencensus-ext-azure 1.1.15" in said
    found = re.search(r"mend=(.*?) && (.*?);", said)
    assert found is not None
    uninstall, install = (part.split()[1:] for part in found.groups())
    environment.pip(*uninstall)
    environment.pip(*install, "--no-index", "--find-links", wheels)
    assert "retired" not in environment.run("-c", PROGRAM)


def test_nothing_is_said_when_the_client_is_alone(environment: Any, wheels: Path) -> None:
    environment.install("--find-links", wheels, *CLIENT)

    assert "retired" not in environment.run("-c", PROGRAM)


def test_installing_it_last_replaces_every_file_of_the_exporters(
    environment: Any, wheels: Path, retired: Path
) -> None:
    environment.install("--find-links", retired, "opencensus-ext-azure")
    environment.run("-c", "import opencensus.ext.azure.trace_exporter", expect=1)
    environment.install("--find-links", wheels, *CLIENT)

    environment.run("-c", "import opencensus.ext.azure.trace_exporter, opencensus.trace.tracer")


def test_check_up_tells_whose_files_run(
    environment: Any, wheels: Path, retired: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retired ones came last: none of our code would warn, so it is asked from outside."""
    environment.install("--find-links", wheels, *CLIENT)
    environment.install("--find-links", retired, "opencensus-ext-azure")
    told = environment.run("-m", "opencensus.ext.azure.checkup", expect=1)

    lines = {line[6:23].strip(): line for line in told.splitlines()}
    assert "files are another distribution's or gone" in lines["client"]
    assert lines["retired client"].startswith("FAIL")
    assert "pip uninstall --yes opencensus opencensus-ext-azure" in lines["retired client"]
    monkeypatch.delenv("PYTHONPATH", raising=False)
    doctor = ["doctor", "--json", "--data", environment.folder / "none"]
    done = CliRunner().invoke(app, [*map(str, doctor), "--python", str(environment.python)])
    outcomes = {row["check"]: row["outcome"] for row in json.loads(done.stdout)}
    assert (outcomes["retired client"], outcomes["client"]) == ("FAIL", "FAIL")
