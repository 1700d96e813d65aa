"""What the longest replies cost: memory of the server, time, bytes, plain and packed.

    python benchmarks/replies.py

A real server on an empty folder is asked for 500,000 rows of five columns, which is as much as one
reply holds, several times and by several callers at once. Exit status 1 when the memory of the
server grows by more than the bar: the rows of a reply do not lie in memory.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

import httpx
import psutil

MAX_GROWTH_BYTES = 128 * 1024 * 1024
AT_ONCE = 3
QUERY = (
    "range x from 1 to 500000 step 1"
    " | project x, at = datetime(2026-01-01) + x * 1s, name = strcat('GET /item/', x),"
    " took = x / 7.0, ok = x % 2 == 0"
)


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="openinsights-replies-"))
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", str(folder)]
    server = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = re.search(r"http://[^\s/]+", server.stdout.readline())
        assert url is not None, "the server did not say where it listens"
        return measured(url[0], psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def measured(url: str, process: psutil.Process) -> int:
    """Ask for the longest replies and print what they cost."""
    for _ in range(3):
        httpx.post(f"{url}/v1/apps/*/query", json={"query": "range x from 1 to 1000 step 1"})
    before = process.memory_info().rss
    peak, done = [before], threading.Event()
    watch = threading.Thread(target=_watch, args=(process, peak, done))
    watch.start()
    print(f"the server takes {before / 2**20:.0f} MiB")
    for name, encoding in (("plain", "identity"), ("packed", "gzip"), ("plain again", "identity")):
        cpu, started = _cpu(process), time.monotonic()
        rows, sent, length = ask(url, encoding)
        print(
            f"{name:12} {rows:,} rows, {length / 1e6:.1f} MB of JSON, {sent / 1e6:.1f} MB sent,"
            f" {time.monotonic() - started:.1f} s, {_cpu(process) - cpu:.2f} s of processor;"
            f" peak {peak[0] / 2**20:.0f} MiB"
        )
    threads = [threading.Thread(target=ask, args=(url, "gzip")) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watch.join()
    growth = peak[0] - before
    held = growth < MAX_GROWTH_BYTES
    print(
        f"{AT_ONCE} at once: peak {peak[0] / 2**20:.0f} MiB\n{'held  ' if held else 'MISSED'}"
        f"  memory grew by {growth / 2**20:.0f} MiB, < {MAX_GROWTH_BYTES / 2**20:.0f}"
    )
    return 0 if held else 1


def ask(url: str, encoding: str) -> tuple[int, int, int]:
    """Return how many rows a reply has, how many bytes were sent and how long the JSON is."""
    head = {"accept-encoding": encoding}
    sent = length = rows = 0
    unpacker = zlib.decompressobj(31)
    with (
        httpx.Client(timeout=300) as client,
        client.stream(
            "POST", f"{url}/v1/apps/*/query", json={"query": QUERY}, headers=head
        ) as reply,
    ):
        assert reply.status_code == 200
        for chunk in reply.iter_raw():
            sent += len(chunk)
            text = unpacker.decompress(chunk) if encoding == "gzip" else chunk
            length += len(text)
            rows += text.count(b"GET /item/")
    return rows, sent, length


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _watch(process: psutil.Process, peak: list[int], done: threading.Event) -> None:
    while not done.wait(0.02):
        peak[0] = max(peak[0], process.memory_info().rss)


if __name__ == "__main__":
    sys.exit(main())
