"""Run the integrations' tests with the old versions of their libraries that people still use.

python scripts/test_matrix.py [flask …]   only those; without arguments all that name versions

Each set of versions of scripts/integrations/*.toml has an environment of its own in .matrix/, made
when it is missing or its requirements changed. Says which passed, which were left out for want of
a Python, and fails when one fails.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import integration_pages
import test_pythons

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENTS = REPOSITORY / ".matrix"
PACKAGES = ("packages/wire", "packages/sdk")
ALWAYS = ("hypothesis>=6.100", "pytest>=8.3", "pytest-timeout")
TIMEOUT_S = 120


def sets(names):
    """Yield a name, the row and the versions of each set that is asked for."""
    for name, row in integration_pages.rows().items():
        if names and name not in names:
            continue
        for number, versions in enumerate(row.get("versions", ())):
            yield f"{name}-{number}", row, versions


def interpreter(versions):
    """Return the Python for a set: this one if it may be, else the one that the set names; or None."""
    newest, oldest = versions.get("python"), versions.get("oldest")
    this = sys.version_info[:2]
    if not (newest and this > numbers(newest)) and not (oldest and this < numbers(oldest)):
        return Path(sys.executable)
    named = [newest] if newest else test_pythons.SUPPORTED
    for version in named:
        found = test_pythons.find(version) if numbers(version) >= numbers(oldest or "3") else None
        if found:
            return found[1]
    return None


def numbers(version):
    """Return a version such as 3.12 as numbers."""
    return tuple(map(int, version.split(".")))


def prepare(key, row, versions, python):
    """Return the Python of an environment with the versions; None with a reason when it has none."""
    environment = ENVIRONMENTS / key
    own = environment / "bin" / "python"
    stamp = environment / "installed"
    wanted = [*ALWAYS, *row.get("needs", ()), *versions["install"]]
    digest = hashlib.sha256(repr((str(python), wanted)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return own, ""
    pip = [own, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    editable = [part for package in PACKAGES for part in ("-e", package)]
    for command in ([python, "-m", "venv", "--clear", environment], [*pip, *wanted, *editable]):
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, done.stderr.strip() or done.stdout.strip()
    stamp.write_text(digest)
    return own, ""


def run(key, row, python):
    """Run the tests; return whether they passed and pytest's last line."""
    log = ENVIRONMENTS / f"{key}.txt"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Old libraries warn of new Pythons, and of themselves.
    options = ["-q", "-m", "databases or not databases", "-p", "no:cacheprovider", "-W", "default"]
    if row.get("programs"):
        clean["CLIENT_PYTHON"] = str(python)
        python = sys.executable
    else:
        options.append(f"--timeout={TIMEOUT_S}")
    with log.open("w") as output:
        done = subprocess.run(
            [python, "-m", "pytest", *options, *row["tests"]],
            cwd=REPOSITORY,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean,
            check=False,
        )
    lines = log.read_text().splitlines()
    if done.returncode:
        print(*lines[-60:], sep="\n")
    return done.returncode == 0, lines[-1] if lines else "pytest said nothing"


def main(names):
    """Run all; return the exit code."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    failed, passed, absent = [], [], []
    for key, row, versions in sets(names):
        began = time.monotonic()
        python = interpreter(versions)
        if python is None:
            wanted = versions.get("python") or f"{versions['oldest']} or newer"
            print(f"{versions['of']}: Python {wanted} not found", flush=True)
            absent.append(versions["of"])
            continue
        own, reason = prepare(key, row, versions, python)
        well, said = run(key, row, own) if own else (False, f"cannot install: {reason}")
        print(f"{versions['of']}: {said} ({time.monotonic() - began:.0f} s in all)", flush=True)
        (passed if well else failed).append(versions["of"])
    print(
        f"passed: {', '.join(passed) or 'none'}",
        f"failed: {', '.join(failed) or 'none'}",
        f"not found: {', '.join(absent) or 'none'}",
        sep=" | ",
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
