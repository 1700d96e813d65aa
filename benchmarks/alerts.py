"""What alert rules and availability tests leave to ingestion, and what one evaluation costs.

Starts real servers by turns on two data folders, one with --rules rules and --tests availability
tests, all of them once a minute and about the resource that telemetry comes for, and one without;
loads each as fast as it takes telemetry for --seconds, and compares the rates. Then the server with
rules goes on without load, for the processor's time of a minute's evaluations and of one; the windows
hold all that was sent. On a machine that others use as well the rates say little and the processor's
time still does: what 20 % of two cores are, all the rules and tests together may take. A quarter of the rules each are metrics with a filter and a state for each value, metrics of
programs, metrics with thresholds of their own, and queries that differ from each other.

    .venv/bin/python benchmarks/alerts.py --seconds 120 --turns 2
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
from ingest_bodies import KEY

from openinsights.app import open_parts
from openinsights.catalog.availability_tests import KeptTest
from openinsights.catalog.resource import NewResource
from openinsights.clock import SystemClock
from openinsights.data_folder import DataFolder
from openinsights.settings import resolve

HERE = Path(__file__).parent
RATIO = 0.8
"""The bar."""
MOST_S_OF_A_MINUTE = (1 - RATIO) * 2 * 60
"""What the rules and tests may take of two cores' time: the bar where rates say little."""
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
TIMING = {"evaluationFrequency": "PT1M", "windowSize": "PT5M"}
ROUTES = ("GET /", "GET /items", "GET /items/{id}", "POST /orders", "GET /search", "PUT /cart")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120, help="of load, in each turn")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=500)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    target = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    rates: dict[bool, list[float]] = {False: [], True: []}
    used: list[float] = []
    for _ in range(options.turns):
        for is_watched in (False, True):
            folder = Path(tempfile.mkdtemp(prefix="openinsights-alerts-"))
            try:
                prepare(folder, options, target.server_port, is_watched=is_watched)
                rate, used_s = measure(folder, options, is_watched=is_watched)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            rates[is_watched].append(rate)
            if used_s is not None:
                used.append(used_s)
    target.shutdown()
    ratio = statistics.median(rates[True]) / statistics.median(rates[False])
    held = "held  " if ratio >= RATIO else "MISSED"
    print(f"  {held} at least {RATIO:.0%} of the rate without: {ratio:.1%}")
    held = "held  " if min(used) <= MOST_S_OF_A_MINUTE else "MISSED"
    print(
        f"  {held} at most {MOST_S_OF_A_MINUTE:.0f} s of the processor in a minute without load:"
        f" {min(used):.1f} s, {min(used) * 1e3 / evaluations(options):.2f} ms an evaluation"
    )


def evaluations(options: argparse.Namespace) -> int:
    """Return how many rules are evaluated and tests run in a minute."""
    return max(1, options.rules + options.tests)


class Answering(BaseHTTPRequestHandler):
    """The application that is tested: answers at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


def prepare(folder: Path, options: argparse.Namespace, port: int, *, is_watched: bool) -> None:
    """Make a resource, and what watches it, in a data folder."""
    with ExitStack() as opened:
        held = opened.enter_context(DataFolder(folder))
        parts = open_parts(held, resolve(), SystemClock(), opened)
        shop = parts.resources.make(NewResource("shop", instrumentation_key=KEY))
        if not is_watched:
            return
        for number in range(options.rules):
            kind, properties = rule(number)
            document = {"properties": {"scopes": [shop.resource_id], **TIMING, **properties}}
            path = f"{GROUP}/providers/Microsoft.Insights/{kind}/rule-{number}"
            parts.alerts.keeper.put(path, document, "benchmark", parts.resources)
        for number in range(options.tests):
            asked = {
                "Request": {"RequestUrl": f"http://127.0.0.1:{port}/{number}"},
                "Frequency": 60,
                "Locations": [{"Id": "local"}],
            }
            ids = GROUP.split("/")[2:5:2]
            test = KeptTest(*ids, f"test-{number}", shop.app_id, f"test {number}", asked)
            parts.availability.book.put(test, lambda _: None)


def rule(number: int) -> tuple[str, dict[str, object]]:
    """Return the kind and the properties of a rule."""
    compared = {"operator": "GreaterThan", "threshold": 1e9 + number}
    if number % 4 == 0:
        route = ROUTES[number // 4 % len(ROUTES)]
        dimensions = [{"name": "operation/name", "operator": "Include", "values": [route]}]
        check = {"metricName": "requests/duration", "timeAggregation": "Average"}
        return "metricAlerts", criteria(check | compared | {"dimensions": dimensions})
    if number % 4 == 1:
        check = {"metricName": f"metric {number}", "timeAggregation": "Maximum"}
        return "metricAlerts", criteria(check | compared)
    if number % 4 == 2:
        name = ("requests/failed", "dependencies/failed", "exceptions/count")[number % 3]
        return "metricAlerts", criteria({"metricName": name, "timeAggregation": "Count"} | compared)
    query = f'requests | where name == "{ROUTES[number % 6]}" and duration > {number}'
    return "scheduledQueryRules", criteria({"query": query, "timeAggregation": "Count"} | compared)


def criteria(check: dict[str, object]) -> dict[str, object]:
    return {"criteria": {"allOf": [check]}}


def measure(
    folder: Path, options: argparse.Namespace, *, is_watched: bool
) -> tuple[float, float | None]:
    """Return envelopes a second, and the processor's seconds of a minute without load."""
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", str(folder)]
    unbounded = {**os.environ, "OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}  # all items have one key
    server = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=unbounded
    )
    try:
        assert server.stdout is not None
        port = re.search(r":(\d+)/", server.stdout.readline())
        assert port is not None, "the server did not say where it listens"
        sender = [sys.executable, str(HERE / "ingest_sender.py"), "--port", port[1]]
        sender += ["--batch", "250", "--connections", str(options.connections)]
        sender += ["--seconds", str(options.seconds)]
        before = processor_s(psutil.Process(server.pid))
        answer = json.loads(subprocess.run(sender, check=True, capture_output=True).stdout)
        used_s = processor_s(psutil.Process(server.pid)) - before
        rate = answer["accepted"] / answer["seconds"]
        idle_s = None
        if is_watched:
            idle_s = processor_s_of_a_minute(psutil.Process(server.pid))
        print(
            f"{'with' if is_watched else 'without':8}: {rate:8,.0f} envelopes/s, reply p50"
            f" {answer['p50_ms']:.1f} ms, p99 {answer['p99_ms']:.1f} ms; refused"
            f" {answer['refused']}; {used_s / answer['seconds']:.2f} cores,"
            f" {used_s * 1e6 / answer['accepted']:.1f} µs an envelope"
            + ("" if idle_s is None else f"; {idle_s:.1f} s of the processor in a minute idle")
        )
        if is_watched:
            check_all_were_evaluated(int(port[1]), options)
        server.terminate()
        server.wait(60)
    finally:
        server.kill()
        server.wait()
    return rate, idle_s


def processor_s(process: psutil.Process) -> float:
    """Return the processor's seconds of a server and its readers."""
    times = [each.cpu_times() for each in (process, *process.children())]
    return sum(each.user + each.system for each in times)


def processor_s_of_a_minute(process: psutil.Process) -> float:
    """Return what a server without load uses in a minute, its tests included."""
    time.sleep(5)  # what was sent last is still committed
    before = processor_s(process)
    time.sleep(60)
    return processor_s(process) - before


def check_all_were_evaluated(port: int, options: argparse.Namespace) -> None:
    """Make sure that each rule was evaluated in the last two minutes, and none failed."""
    import httpx

    rules = httpx.get(f"http://127.0.0.1:{port}/portal/api/alerts/shop/rules", timeout=60).json()
    assert len(rules) == options.rules + options.tests, len(rules)
    broken = [each for each in rules if each["error"]]
    assert not broken, broken[0]["error"]
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 150))
    late = [each["name"] for each in rules if (each["lastEvaluated"] or "") < since]
    assert not late, f"{len(late)} rules were not evaluated, {late[0]} among them"


if __name__ == "__main__":
    main()
