"""The pure parts of the portal, by their own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

PORTAL = Path(__file__).parents[2] / "portal"


def test_the_portals_pure_parts() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on PATH; the portal was built with Node.js from the package index")
    ran = subprocess.run(
        [npm, "test"], cwd=PORTAL, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
