"""Puts the built portal into every wheel and source distribution; never ships an empty one.

Assets that are already there are used as they are. Otherwise the portal is built with npm. An
editable install needs none: the checkout builds its portal with `make install`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PortalBuildHook(BuildHookInterface[Any]):
    """Builds `portal/` of the repository when the package holds no built portal yet."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that `portal/dist` exists before files are collected."""
        if version == "editable":
            return
        index = Path(self.root, "src", "openinsights", "portal", "dist", "index.html")
        if not index.is_file():
            _build(Path(self.root).parents[1] / "portal")
        if not index.is_file():
            raise RuntimeError(f"cannot package the server: the portal was not built ({index})")


def _build(source: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or not (source / "package-lock.json").is_file():
        raise RuntimeError(
            "cannot build the portal: npm 10 or newer and the repository's portal/ folder are needed"
        )
    for command in (["ci", "--ignore-scripts"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=source, check=True)  # noqa: S603  (fixed arguments)
