"""The unit and the container file fit the server that they start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openinsights.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import RunningServer

REPOSITORY = Path(__file__).parents[2]
UNIT = REPOSITORY / "packaging" / "systemd" / "openinsights.service"
CONTAINERFILE = (REPOSITORY / "packaging" / "container" / "Containerfile").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    command = tmp_path / "openinsights"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    text = UNIT.read_text().replace("/opt/openinsights/bin/openinsights", str(command))
    unit = tmp_path / "openinsights.service"
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", unit], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_leaves_the_process_little_room(tmp_path: Path) -> None:
    unit = tmp_path / "openinsights.service"
    unit.write_text(UNIT.read_text())
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True
    )
    exposure = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) < 2.5


def test_the_container_shows_the_ports_that_the_server_listens_on() -> None:
    exposed = re.search(r"^EXPOSE (.*)$", CONTAINERFILE, re.MULTILINE)
    assert exposed is not None
    usual = Settings()
    assert exposed[1].split() == [
        str(port) for port in (usual.port, usual.otlp_grpc_port, usual.otlp_http_port)
    ]


def test_the_container_sets_settings_that_there_are() -> None:
    named = set(re.findall(r"OPENINSIGHTS_([A-Z_]+)=", CONTAINERFILE))
    assert named
    assert named <= {name.upper() for name in Settings.__dataclass_fields__}


def test_health_tells_by_its_exit_status(server: RunningServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "openinsights.cli.main", "health"]
    by_folder = subprocess.run(
        command,
        env={**os.environ, "OPENINSIGHTS_DATA": str(server.folder)},
        capture_output=True,
        text=True,
    )
    assert (by_folder.returncode, by_folder.stdout) == (0, f"{server.url}/ answers ok\n")
    nobody = subprocess.run(
        [*command, "--url", "http://127.0.0.1:1", "--data", tmp_path],
        capture_output=True,
        text=True,
    )
    assert nobody.returncode == 1
    assert "start one with 'openinsights serve'" in nobody.stderr
