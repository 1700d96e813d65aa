"""What an application gets into its process, asked of fresh ones."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("urllib3", "psutil", "requests", "flask", "wrapt", "ssl", "http", "asyncio", "hashlib")
KEY = "00000000-0000-0000-0000-000000000000"


def modules_after(code: str, tmp_path: Path) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["trace_exporter", "log_exporter", "metrics_exporter"])
def test_importing_an_exporter_imports_nothing_heavy(name: str, tmp_path: Path) -> None:
    found = modules_after(f"import opencensus.ext.azure.{name}", tmp_path)

    assert f"opencensus.ext.azure.{name}" in found
    assert not found & set(HEAVY)


def test_counters_are_read_with_psutil_only_when_they_are_wanted(tmp_path: Path) -> None:
    code = (
        "from opencensus.ext.azure.metrics_exporter import new_metrics_exporter\n"
        f"new_metrics_exporter(connection_string='InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:1',"
        " enable_standard_metrics={})"
    )

    assert "psutil" not in modules_after(code.format(False), tmp_path)
    assert "psutil" in modules_after(code.format(True), tmp_path)
