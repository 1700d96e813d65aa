"""Run the tests of the client and of the wire on every Python that is found here.

python scripts/test_pythons.py [3.10 3.12 …]   only those; without arguments all that are supported

Each has an environment of its own in .pythons/, made when it is missing or its dependencies
changed. Says which ran, which were not found, and fails when one fails.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENTS = REPOSITORY / ".pythons"
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
PACKAGES = ("packages/wire", "packages/sdk")
WORKERS = os.environ.get("WORKERS", "2")


def find(version):
    """Return the newest interpreter of a minor version, with its exact version, or None."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [folder / f"python{version}" for folder in folders]
    candidates += installed.glob(f"{version}.*/bin/python")
    found = [(exact, path) for path in candidates if (exact := exact_version(path, version))]
    return max(found, default=None)


def exact_version(path, version):
    """Return the version of an interpreter as numbers; None when it is another one or broken."""
    if not path.exists():
        return None
    asked = [path, "-c", "import platform; print(platform.python_version())"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    numbers = tuple(int(number) for number in re.findall(r"\d+", answer)[:3])
    return numbers if answer.startswith(f"{version}.") else None


def prepare(version, interpreter):
    """Return the Python of an environment with the packages; None with a reason when it has none."""
    environment = ENVIRONMENTS / version
    python = environment / "bin" / "python"
    stamp = environment / "installed"
    wanted = hashlib.sha256(str(interpreter).encode())
    for file in ("pyproject.toml", *(f"{package}/pyproject.toml" for package in PACKAGES)):
        wanted.update((REPOSITORY / file).read_bytes())
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return python, ""
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    editable = [part for package in PACKAGES for part in ("-e", package)]
    for command in (
        [interpreter, "-m", "venv", "--clear", environment],
        [*pip, "--upgrade", "pip>=25.1"],
        [*pip, "--only-binary", ":all:", "--group", "client", *editable],
    ):
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, done.stderr.strip() or done.stdout.strip()
    stamp.write_text(wanted.hexdigest())
    return python, ""


def run(version, python):
    """Run the tests; return whether they passed and pytest's last line."""
    log = ENVIRONMENTS / f"{version}.txt"
    tests = [f"{package}/tests" for package in PACKAGES]
    cache = f"cache_dir={ENVIRONMENTS / version}.cache"
    quiet = ("-q", "-o", cache, "-n", WORKERS, "--dist", "loadfile")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with log.open("w") as output:
        done = subprocess.run(
            [python, "-m", "pytest", *quiet, *tests],
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


def main(versions):
    """Run all; return the exit code."""
    ran, failed, absent = [], [], []
    ENVIRONMENTS.mkdir(exist_ok=True)
    for version in versions:
        found = find(version)
        if found is None:
            print(f"{version}: not found", flush=True)
            absent.append(version)
            continue
        exact = ".".join(map(str, found[0]))
        began = time.monotonic()
        print(f"{exact}: {found[1]}", flush=True)
        python, reason = prepare(version, found[1])
        passed, said = run(version, python) if python else (False, f"cannot install: {reason}")
        print(f"{exact}: {said} ({time.monotonic() - began:.0f} s in all)", flush=True)
        (ran if passed else failed).append(exact)
    print(
        "passed:",
        *ran or ["none"],
        "| failed:",
        *failed or ["none"],
        "| not found:",
        *absent or ["none"],
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or SUPPORTED))
