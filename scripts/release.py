"""Build what a release consists of, and try it as a stranger would.

python scripts/release.py [--skip-trial]

Puts wheel and source distribution of the wire, the client and the server into dist/. Then installs
the wheels into a fresh environment, with no Node.js to be found, starts the server there, sends one
item with the installed client, and asks for it in KQL.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DIST = REPOSITORY / "dist"
PACKAGES = ("packages/wire", "packages/sdk", "packages/server")
START_WITHIN_S = 60
SEND = """
import logging, sys
from opencensus.ext.azure.log_exporter import AzureLogHandler
handler = AzureLogHandler(connection_string=sys.argv[1])
logging.getLogger().addHandler(handler)
logging.warning("as released")
handler.flush(10)
"""


def main():
    if "--help" in sys.argv or "-h" in sys.argv:
        print(__doc__)
        return 0
    shutil.rmtree(DIST, ignore_errors=True)
    for package in PACKAGES:
        print(f"building {package}", flush=True)
        run(sys.executable, "-m", "build", "--outdir", DIST, REPOSITORY / package)
    for file in sorted(DIST.iterdir()):
        print(f"  {file.name}  {file.stat().st_size / 1024:,.0f} KiB")
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(DIST.iterdir()))
    if "--skip-trial" not in sys.argv:
        with tempfile.TemporaryDirectory(prefix="openinsights-release-") as folder:
            trial(Path(folder))
    return 0


def run(*command, **options):
    """Run a command; end this program with its output when it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(str(part) for part in command)}")
    return done.stdout


def trial(folder):
    """Install the wheels into an environment of their own and see one item through."""
    print("installing the wheels into a fresh environment", flush=True)
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", environment)
    bin = environment / ("Scripts" if os.name == "nt" else "bin")
    python, command = bin / "python", bin / "openinsights"
    run(python, "-m", "pip", "install", "--quiet", *DIST.glob("*.whl"), cwd=folder)
    variables = {
        "PATH": str(bin),  # no Node.js, no checkout
        "HOME": str(folder),
        "OPENINSIGHTS_OTLP_GRPC_PORT": "0",
        "OPENINSIGHTS_OTLP_HTTP_PORT": "0",
    }
    data = folder / "data"
    server = subprocess.Popen(
        [command, "serve", "--port", "0", "--data", data],
        stdout=subprocess.PIPE, text=True, cwd=folder, env=variables,
    )  # fmt: skip
    watchdog = threading.Timer(START_WITHIN_S, server.kill)
    watchdog.start()
    try:
        url = server.stdout.readline().rpartition(" ")[2].strip()
        watchdog.cancel()
        at = {"cwd": folder, "env": {**variables, "OPENINSIGHTS_URL": url}}
        print(run(command, "health", **at).strip())
        created = run(command, "resource", "create", "released", **at)
        words = (word for line in created.splitlines() for word in line.split())
        connection_string = next(word for word in words if "InstrumentationKey=" in word)
        run(python, "-c", SEND, connection_string, **at)
        found = run(command, "query", "traces | project message", "--app", "released", **at)
        if "as released" not in found:
            sys.exit(f"the item that was sent is not there:\n{found}")
        page = run(python, "-c", f"import httpx; print(httpx.get({url!r}).text)", **at)
        if "<script" not in page:
            sys.exit(f"the portal is not there:\n{page}")
    finally:
        watchdog.cancel()
        server.terminate()
        server.wait(START_WITHIN_S)
    print("installed, started, sent, queried, portal there, stopped")


if __name__ == "__main__":
    sys.exit(main())
