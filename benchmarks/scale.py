"""What a number of items a day needs of machines: measured here, worked out by `scale_model.py`.

Measures what an item costs a server on day files, and a server and ClickHouse's engine where that
stores (chDB in a process of its own, as `make test-clickhouse` installs it), what a row takes on the
disk of either, and what the portal's tiles cost over a day. Then prints, for more and more items a
day, cores, memory, disk, servers and price, when one machine is outgrown, and every assumption.

    .venv/bin/python benchmarks/scale.py                      four minutes, then the tables
    .venv/bin/python benchmarks/scale.py --save facts.json    the facts are kept
    .venv/bin/python benchmarks/scale.py facts.json --peak 5 --days 90
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
from scale_model import Assumptions, Facts, most_of_one_machine, need

HERE = Path(__file__).parent
ENDPOINT = HERE.parent / "packages" / "server" / "tests" / "store" / "clickhouse" / "endpoint.py"
LOADS = (1e6, 10e6, 100e6, 500e6, 1e9, 3e9, 10e9)
ASKED = (
    "requests | summarize sum(itemCount), avg(duration), percentile(duration, 95) by bin(timestamp, 15m)",
    "requests | summarize sum(itemCount), percentiles(duration, 50, 95, 99) by operation_Name",
    "dependencies | summarize sum(itemCount), avg(duration) by type, target, name",
    "union requests, dependencies, exceptions, traces | summarize sum(itemCount) by itemType, cloud_RoleName",
)
"""Questions as tiles ask them, each about rows of one kind or of all."""
_TIMES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("facts", nargs="?", type=Path, help="measured before, by --save")
    parser.add_argument("--save", type=Path, help="keep what was measured in this file")
    parser.add_argument("--seconds", type=float, default=40, help="of load on each engine")
    for field in dataclasses.fields(Assumptions):
        kind = int if isinstance(field.default, int) else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    options = parser.parse_args()
    names = [field.name for field in dataclasses.fields(Assumptions)]
    assumed = Assumptions(**{name: getattr(options, name) for name in names})
    facts = Facts(**json.loads(options.facts.read_text())) if options.facts else measured(options)
    if options.save:
        options.save.write_text(json.dumps(dataclasses.asdict(facts), indent=1))
    show(facts, assumed)


def show(facts: Facts, assumed: Assumptions) -> None:
    """Print the tables, as the sizing page has them."""
    print("\n| measured | |\n|---|---|")
    for name, value in dataclasses.asdict(facts).items():
        print(f"| {name} | {value:,.3g} |" if value < 100 else f"| {name} | {value:,.0f} |")
    print("\n| assumed | |\n|---|---|")
    for name, value in dataclasses.asdict(assumed).items():
        print(f"| {name} | {value:g} |")
    print(
        "\n| items a day | TB a day sent | items/s at the peak | on | our servers | cores taking in"
        " | cores asking | ClickHouse cores | memory GB | disk TB | a month | a billion items |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for load in LOADS:
        each = need(load, facts, assumed)
        print(
            f"| {load / 1e6:,.0f} M | {load * facts.item_bytes / 1e12:.3g} | {each.items_per_s:,.0f}"
            f" | {'one machine' if each.is_one_machine else 'a cluster: ' + each.why_not}"
            f" | {each.servers} | {each.ingest_cores:.1f} | {each.query_cores:.1f}"
            f" | {each.store_cores:.1f} | {each.memory_gb:.1f} | {each.disk_gb / 1e3:.3g}"
            f" | {each.month:,.0f} | {each.per_billion:,.2f} |"
        )
    most = most_of_one_machine(facts, assumed)
    print(f"\none machine of {assumed.machine_cores} cores takes {most / 1e6:,.0f} M items a day")


def measured(options: argparse.Namespace) -> Facts:
    """Measure everything on this machine."""
    with Progress(2 * options.seconds + 20) as progress:
        progress.note("day files")
        here = loaded([], options.seconds, progress)
        progress.note("ClickHouse's engine")
        with Engine() as engine:
            url = f"clickhouse://127.0.0.1:{engine.port}/scale"
            there = loaded(["--store", url], options.seconds, progress, engine)
    return Facts(
        item_bytes=here["item_bytes"],
        server_us=here["server_us"],
        reader_us=here["reader_us"],
        row_bytes=here["row_bytes"],
        loaded_mb=here["loaded_mb"],
        question_s=here["question_s"],
        question_row_us=here["question_row_us"],
        cluster_insert_us=there["engine_us"],
        cluster_row_bytes=there["row_bytes"],
        cluster_server_us=there["server_us"],
    )


def loaded(
    options: list[str], seconds: float, progress: Progress, engine: Engine | None = None
) -> dict[str, float]:
    """Start a server on an empty store, send for some seconds, ask, and return what it took."""
    folder = Path(tempfile.mkdtemp(prefix="openinsights-scale-"))
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", str(folder)]
    command += ["--port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0", *options]
    unbounded = {**os.environ, "OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unbounded)
    try:
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server did not say where it listens"
        port = int(found[1])
        process = psutil.Process(server.pid)
        held = [0]
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, held, done))
        watch.start()
        before, engine_before = _processor_s(process), engine.processor_s() if engine else 0.0
        items, rows, asked = 0, 0, []
        # asked of few rows and of many: what the rows cost is the difference
        for share in (0.1, 0.9):
            sender = [sys.executable, str(HERE / "ingest_sender.py"), "--port", str(port)]
            # ClickHouse wants large inserts: as many wait for a reply there as fill one
            connections = "16" if engine is None else "64"
            sender += ["--batch", "250", "--connections", connections]
            sender += ["--seconds", str(seconds * share)]
            with progress.going():
                answer = json.loads(subprocess.run(sender, check=True, capture_output=True).stdout)
            items += answer["accepted"]
            rows = _count(port)
            after, engine_after = _processor_s(process), engine.processor_s() if engine else 0.0
            asked.append((rows, _asked(port, process)))
        done.set()
        watch.join()
        (few, few_s), (many, many_s) = asked
        taken = {
            "item_bytes": answer["bytes_per_envelope"],
            "server_us": (after[0] - before[0]) / items * 1e6,
            "reader_us": (after[1] - before[1]) / items * 1e6,
            "engine_us": (engine_after - engine_before) / items * 1e6,
            "loaded_mb": held[0] / 1e6,
            "question_s": max(0.0, few_s - few * (many_s - few_s) / (many - few)),
            "question_row_us": max(0.0, (many_s - few_s) / (many - few)) * 1e6,
        }
        server.terminate()
        server.wait(120)
        size = engine.stored_bytes() if engine else _size(folder)
        return taken | {"row_bytes": size / rows}
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


class Engine:
    """chDB behind ClickHouse's HTTP protocol, in a process of its own."""

    def __enter__(self) -> Engine:
        self._folder = Path(tempfile.mkdtemp(prefix="openinsights-scale-clickhouse-"))
        self._process = subprocess.Popen(
            [sys.executable, str(ENDPOINT), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip():
            raise SystemExit("ClickHouse's engine did not start: run make test-clickhouse first")
        self.port = int(line.split()[-1])
        return self

    def processor_s(self) -> float:
        """Return the processor's seconds that it has taken."""
        took = psutil.Process(self._process.pid).cpu_times()
        return took.user + took.system

    def stored_bytes(self) -> float:
        """Return what the tables take, once parts are merged."""
        for (table,) in self._rows(
            "select distinct table from system.parts where active and database = 'scale'"
        ):
            self._ask(f"optimize table scale.{table} final")
        ((size,),) = self._rows(
            "select sum(bytes_on_disk) from system.parts where active and database = 'scale'"
        )
        return float(size)

    def _rows(self, sql: str) -> list[list[Any]]:
        text = self._ask(f"{sql} format JSONCompactEachRow").decode()
        return [json.loads(line) for line in text.splitlines()]

    def _ask(self, sql: str) -> bytes:
        with urlopen(Request(f"http://127.0.0.1:{self.port}/", sql.encode()), timeout=300) as reply:
            return bytes(reply.read())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Progress:
    """A bar of seconds on a terminal; nothing where nobody looks."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._done = 0.0
        self._what = ""
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def note(self, what: str) -> None:
        """Say what is measured now."""
        self._what = what

    def going(self) -> _Ticking:
        """Let the bar move while something goes on."""
        return _Ticking(self._tick)

    def _tick(self) -> None:
        self._done += 1
        if self._shown:
            share = min(1.0, self._done / self._seconds)
            bar = "#" * int(share * 40)
            sys.stderr.write(f"\r[{bar:40}] {share:4.0%} {self._what:24}")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * 80 + "\r")


class _Ticking:
    def __init__(self, tick: Any) -> None:
        self._tick = tick
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self._tick()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def _asked(port: int, process: psutil.Process) -> float:
    """Return the processor's seconds of a tile's question over all rows, a mean."""
    begun = _processor_s(process)[0]
    for text in ASKED * _TIMES:
        # another text each time: equal questions share an answer
        _query(port, f"{text} | extend asked = {time.time_ns()}")
    return (_processor_s(process)[0] - begun) / len(ASKED) / _TIMES


def _count(port: int) -> int:
    """Return how many rows there are, once none is on its way."""
    text = (
        "union requests, dependencies, exceptions, traces, customEvents, customMetrics, pageViews"
    )
    before = -1
    while True:
        rows = int(_query(port, f"{text} | extend n = {time.time_ns()} | count")[0][0])
        if rows == before and rows > 0:
            return rows
        before = rows
        time.sleep(2)


def _query(port: int, text: str) -> list[list[Any]]:
    body = json.dumps({"query": text}).encode()
    headers = {"Content-Type": "application/json", "Prefer": "wait=300"}
    request = Request(f"http://127.0.0.1:{port}/v1/apps/*/query", body, headers)
    with urlopen(request, timeout=310) as reply:
        rows: list[list[Any]] = json.load(reply)["tables"][0]["rows"]
    return rows


def _watch(process: psutil.Process, held: list[int], done: threading.Event) -> None:
    while not done.wait(0.1):
        with suppress(psutil.NoSuchProcess):
            now = sum(each.memory_info().rss for each in (process, *process.children()))
            held[0] = max(held[0], now)


def _processor_s(process: psutil.Process) -> tuple[float, float]:
    own, *readers = [each.cpu_times() for each in (process, *process.children())]
    return own.user + own.system, sum(each.user + each.system for each in readers)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.duckdb"))


if __name__ == "__main__":
    main()
