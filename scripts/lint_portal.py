"""Hold the portal's source against its ESLint rules, which live in portal/lint with what they need.

    python scripts/lint_portal.py

Building the portal needs none of it.
"""

from __future__ import annotations

import subprocess
import sys

from build_portal import PORTAL, find_npm

LINT = PORTAL / "lint"


def main() -> int:
    """Install the linter when its lock is newer, then lint; return its exit status."""
    npm = find_npm()
    quiet = ["--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
    for folder in (PORTAL, LINT):
        installed = folder / "node_modules" / ".package-lock.json"
        lock = folder / "package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run([*npm, "ci", *quiet], cwd=folder, check=True)
    return subprocess.run([*npm, "run", "--silent", "check"], cwd=LINT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
