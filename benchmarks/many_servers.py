"""How much more do four servers take than one, each with a quarter of a processor?

python benchmarks/many_servers.py [--catalog postgresql://…] [--seconds 8] [--rounds 3]

Starts four `openinsights serve`, on one catalog if one is named, each with day files of its own, and
caps each by a control group (cpu.cfs_quota_us or cpu.max; needs root). A sender posts bodies of 200
items to one of the servers and to all four, in turns; printed are the items per second of each turn,
the ratio of the medians, and how much of its quarter a server used: where that is less with four than
with one, the machine or the sender had no more to give, and the ratio says nothing of the servers.

Four quarters are one processor; the sender has to do with what is left. So its bodies are built
before and get only their numbers on the way, replies are read no further than to what was accepted,
and the groups come before whatever else runs. What it leaves out is a shared store: that one has to
keep up by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SERVERS = 4
QUARTER = 25_000, 100_000
ITEMS = 200
SENDERS = 8
"""A server: one sender alone would wait while what it sent is synced."""
NUMBER = b"00000000"
GROUPS = Path("/sys/fs/cgroup")


def chaos() -> Any:
    """The program whose servers these are."""
    spec = importlib.util.spec_from_file_location("chaos", ROOT / "scripts" / "chaos.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["chaos"] = module
    spec.loader.exec_module(module)
    return module


class Cap:
    """A control group that comes first, and gets a quarter of a processor if it is held down."""

    def __init__(self, name: str, *, holds_down: bool = True) -> None:
        is_old = (GROUPS / "cpu").is_dir()
        self.path = (GROUPS / "cpu" if is_old else GROUPS) / f"openinsights-{os.getpid()}-{name}"
        self.path.mkdir()
        quota, period = QUARTER
        if is_old:
            (self.path / "cpu.shares").write_text("200000")
        else:
            (self.path / "cpu.weight").write_text("10000")
        if holds_down and is_old:
            (self.path / "cpu.cfs_period_us").write_text(str(period))
            (self.path / "cpu.cfs_quota_us").write_text(str(quota))
        elif holds_down:
            (self.path / "cpu.max").write_text(f"{quota} {period}")

    def hold(self, pid: int) -> None:
        (self.path / "cgroup.procs").write_text(str(pid))

    def let_go(self, pid: int) -> None:
        (self.path.parent / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        for _ in range(20):  # the group of a process that has just ended is busy for a moment
            with suppress(OSError):
                self.path.rmdir()
                return
            time.sleep(0.1)


def body_of(key: str, sender: int) -> list[bytes]:
    """Return a body that no other sender sends, cut where its number goes."""
    now = datetime.now(timezone.utc).isoformat()
    number = NUMBER.decode()
    items = [
        {
            "name": "Microsoft.ApplicationInsights.Request",
            "time": now,
            "iKey": key,
            "tags": {"ai.cloud.role": "web", "ai.operation.id": f"{sender}-{number}-{each}"},
            "data": {
                "baseType": "RequestData",
                "baseData": {
                    "ver": 2,
                    "id": f"{sender}-{number}-{each}",
                    "name": "GET /orders",
                    "duration": "00:00:00.050",
                    "responseCode": "200",
                    "success": True,
                    "properties": {"customer": f"c{each}"},
                },
            },
        }
        for each in range(ITEMS)
    ]
    body = json.dumps(items).encode()
    head = (
        "POST /v2.1/track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head.encode() + body).split(NUMBER)


def accepted(reader: Any) -> int:
    """Read a reply; return how many items it says were accepted."""
    status = reader.readline()
    length = 0
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    reply = reader.read(length)
    if b" 200 " not in status:
        raise SystemExit(f"a server does not take what is sent: {reply.decode()}")
    return int(json.loads(reply)["itemsAccepted"])


def processor_s(pid: int) -> float:
    """Return how long a process has run on processors."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Turn:
    """Sends to some servers for some seconds, by several senders each."""

    def __init__(self, servers: list[Any], key: str, seconds: float) -> None:
        self.until = 0.0
        self.taken = 0
        self.lock = threading.Lock()
        numbers = range(time.monotonic_ns(), time.monotonic_ns() + 10_000)
        senders = [
            threading.Thread(target=self.send, args=(server.port, body_of(key, number)))
            for number, server in zip(numbers, servers * SENDERS, strict=False)
        ]
        before = sum(processor_s(each.pid) for each in servers)
        begun = time.monotonic()
        self.until = begun + seconds
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        took_s = time.monotonic() - begun
        self.per_s = self.taken / took_s
        used_s = sum(processor_s(each.pid) for each in servers) - before
        quota, period = QUARTER
        self.used = used_s / (took_s * len(servers) * quota / period)

    def send(self, port: int, parts: list[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            reader = connection.makefile("rb")
            number = taken = 0
            while time.monotonic() < self.until:
                connection.sendall((b"%08d" % number).join(parts))
                taken += accepted(reader)
                number += 1
        with self.lock:
            self.taken += taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalog", default="")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    program = chaos()
    options = ["--catalog", given.catalog] if given.catalog else []
    key = "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"  # made by the first body at each server
    caps = [Cap(str(number)) for number in range(SERVERS)]
    own = Cap("sender", holds_down=False)
    with tempfile.TemporaryDirectory(prefix="many-servers-") as folder:
        servers = [program.Server(Path(folder) / f"server{n}", options) for n in range(SERVERS)]
        try:
            for server, cap in zip(servers, caps, strict=True):
                server.start()
                server.wait()
                cap.hold(server.pid)
            own.hold(os.getpid())
            Turn(servers, key, 3.0)  # nothing is new any more
            turns: dict[str, list[Turn]] = {"one": [], "four": []}
            for number in range(given.rounds):
                turns["one"].append(Turn([servers[number % SERVERS]], key, given.seconds))
                turns["four"].append(Turn(servers, key, given.seconds))
        finally:
            own.let_go(os.getpid())
            for server in servers:
                server.stop(signal.SIGKILL)
            for cap in (*caps, own):
                cap.close()
    one, four = (statistics.median(turn.per_s for turn in each) for each in turns.values())
    told: dict[str, Any] = {}
    for name, found in turns.items():
        told[name] = [round(each.per_s) for each in found]
        told[f"{name}_used_of_quarter"] = [round(each.used, 2) for each in found]
    print(json.dumps(told | {"ratio": round(four / one, 2)}))


if __name__ == "__main__":
    main()
