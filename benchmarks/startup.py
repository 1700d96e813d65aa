"""How fast the server starts, and how little it holds when idle.

    python benchmarks/startup.py [--runs 5]

Starts `openinsights serve` on an empty folder and on the same folder again, waits for the first
`/health` that says ok, waits until the memory no longer changes, and prints the worst of the runs.
Exit status 1 when a bar is missed: 2.0 s and 150 MB.
"""

from __future__ import annotations

import argparse
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

MAX_START_S = 2.0
MAX_IDLE_MB = 150.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    for kind in ("empty folder", "used folder"):
        starts, sizes = zip(*(measure(kind == "used folder") for _ in range(runs)), strict=True)
        print(
            f"{kind:13} start to /health: median {statistics.median(starts):.2f} s,"
            f" worst {max(starts):.2f} s (bar {MAX_START_S} s);"
            f" idle RSS: worst {max(sizes):.0f} MB (bar {MAX_IDLE_MB:.0f} MB)"
        )
        if max(starts) > MAX_START_S or max(sizes) > MAX_IDLE_MB:
            return 1
    return 0


def measure(used: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        if used:
            run(folder)
        return run(folder)


def run(folder: str) -> tuple[float, float]:
    port = free_port()
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", folder]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/health", process)
        took = time.perf_counter() - started
        return took, settled_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + 30
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as reply:
                if b'"ok"' in reply.read():
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise SystemExit("the server did not answer")


def settled_mb(pid: int) -> float:
    """Return the resident size once it has stayed equal for a second."""
    last, equal = 0.0, 0
    while equal < 10:
        now = resident_mb(pid)
        equal = equal + 1 if abs(now - last) < 0.5 else 0
        last = now
        time.sleep(0.1)
    return last


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the server is gone")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
