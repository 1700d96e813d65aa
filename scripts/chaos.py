"""Kill servers at random while telemetry comes, rules watch it and queries are asked; then count.

python scripts/chaos.py --catalog postgresql://… --store clickhouse://… [--servers 3] [--seconds 600]

Starts `openinsights serve` so many times on one catalog and one store, both empty. Senders post
bodies of items with numbers to any server, and try the very same body again at another one until it
is accepted, as our client does. Every few seconds a server is killed (SIGKILL) and started again.

Meanwhile a part of the shop fails every few seconds: failed requests and exceptions with its name come
for a while. A rule on a metric and a rule on a log are split by that name and tell a webhook. Each rule
has to fire once for each part, whichever server had the turn; a message may come again under the same
id, as a server may die between the receiver's answer and noting it.

At the end every item that was accepted has to be there, and none twice; every alert has to have been
told, and none under two ids; queries have to have found a server that answers. Prints what was measured
as JSON; exits with 1 when something was lost or doubled.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ITEMS = 20
SENDERS = 3
KILLED_EVERY_S = (3.0, 8.0)
GONE_S = 1.0
PATIENCE_S = 120.0
SETTLES_WITHIN_S = 300.0
TELLS_EVERY_S = 30.0
FAILS_EVERY_S = 5.0
FAILS_FOR_S = 15.0
WRONG = ("lost", "doubled", "alerts_missing", "alerts_of_nothing", "alerts_fired_twice")
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
RESOURCE = f"{GROUP}/providers/Microsoft.Insights/components/shop"
ACTION_GROUP = f"{GROUP}/providers/Microsoft.Insights/actionGroups/ops"
# long windows often looked at: servers die for longer than a short one lasts
TIMES = {"evaluationFrequency": "PT10S", "windowSize": "PT5M"}
RULES = {
    "metricAlerts/failed-requests": {
        "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [
            {
                "name": "failed",
                "metricName": "requests/failed",
                "timeAggregation": "Count",
                "operator": "GreaterThan",
                "threshold": 2,
                "dimensions": [
                    {"name": "customDimensions/part", "operator": "Include", "values": ["*"]}
                ],
            }
        ],
    },
    "scheduledQueryRules/exceptions": {
        "allOf": [
            {
                "query": "exceptions | extend part = tostring(customDimensions.part)",
                "timeAggregation": "Count",
                "operator": "GreaterThan",
                "threshold": 2,
                "dimensions": [{"name": "part", "operator": "Include", "values": ["*"]}],
            }
        ]
    },
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, method: str, path: str, body: Any = None, timeout_s: float = 20.0) -> Any:
    """Return the status and JSON of a reply; raises OSError where no whole reply comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else text, headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"null")
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


class Server:
    """One server that is killed and started again."""

    def __init__(self, folder: Path, options: list[str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "openinsights.cli.main", "serve"]
        command += ["--data", str(self.folder), "--port", str(self.port), *self._options]
        command += ["--otlp-grpc-port", "0", "--otlp-http-port", "0"]
        with self.folder.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def wait(self) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            try:
                if ask(self.port, "GET", "/ready", timeout_s=5)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"{self.folder.name} is not ready: see {self.folder.with_suffix('.log')}")

    def stop(self, how: int) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


class Told:
    """A receiver of webhooks, which keeps how often each message came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._messages: Counter[tuple[str, str]] = Counter()
        told = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, message: dict[str, Any]) -> None:
        essentials = message["data"]["essentials"]
        (condition,) = message["data"]["alertContext"]["condition"]["allOf"]
        (part,) = (each["value"] for each in condition["dimensions"])
        state, alert_id = essentials["monitorCondition"], essentials["alertId"]
        with self._lock:
            self._messages[alert_id, state] += 1
            if state == "Fired":
                self._ids[essentials["alertRule"], part].add(alert_id)

    def of(self, parts: set[str]) -> dict[str, Any]:
        """Return what became of the alerts that both rules owe for parts that failed."""
        owed = {(rule.partition("/")[2], part) for rule in RULES for part in parts}
        with self._lock:
            return {
                "alerts_owed": len(owed),
                "alerts_fired": sum(len(ids) for ids in self._ids.values()),
                "alerts_missing": len(owed - set(self._ids)),
                "alerts_of_nothing": len(set(self._ids) - owed),
                "alerts_fired_twice": sum(len(ids) > 1 for ids in self._ids.values()),
                "alerts_resolved": sum(state == "Resolved" for _, state in self._messages),
                "messages_told_again": sum(count - 1 for count in self._messages.values()),
            }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Chaos:
    """The whole run."""

    def __init__(self, servers: list[Server], seconds: float, seed: int, told: Told) -> None:
        self.servers = servers
        self.hook = told
        self.seconds = seconds
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.accepted: set[int] = set()
        self.next = 0
        self.again = 0
        self.failed: set[str] = set()
        self.kills = 0
        self.answers = 0
        self.other_server = 0
        self.unanswered = 0

    def send(self) -> None:
        chance = random.Random(self.chance.random())
        while not self.over.is_set():
            with self.lock:
                first, self.next = self.next, self.next + ITEMS
            if self.deliver([self.event(first + n) for n in range(ITEMS)], chance):
                with self.lock:
                    self.accepted.update(range(first, first + ITEMS))

    def fail(self) -> None:
        """Let one part after the other fail for a while."""
        chance = random.Random(self.chance.random())
        begun = time.monotonic()
        while not self.over.wait(1.0):
            since_s = time.monotonic() - begun
            newest = int(since_s / FAILS_EVERY_S)
            oldest = max(0, int((since_s - FAILS_FOR_S) / FAILS_EVERY_S))
            parts = [f"part{number}" for number in range(oldest, newest + 1)]
            # three in one body: a part that failed at all has failed often enough for both rules
            items = [make(part) for part in parts for make in (self.request, self.exception) * 3]
            if self.deliver(items, chance):
                self.failed.update(parts)

    def deliver(self, items: list[dict[str, Any]], chance: random.Random) -> bool:
        """Send a body until some server has accepted it; return whether one did in time."""
        body = json.dumps(items).encode()
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            try:
                port = chance.choice(self.servers).port
                status, reply = ask(port, "POST", "/v2.1/track", body)
                if status == 200 and reply["itemsAccepted"] == len(items):
                    return True
            except OSError:
                pass
            with self.lock:
                self.again += 1
            time.sleep(0.05)
        return False

    def event(self, number: int) -> dict[str, Any]:
        return self.item("Event", "EventData", {"name": f"n{number}"})

    def request(self, part: str) -> dict[str, Any]:
        facts = {"id": f"{self.chance.getrandbits(64):016x}", "name": "GET /", "success": False}
        facts |= {"duration": "00:00:00.100", "responseCode": "500"}
        return self.item("Request", "RequestData", facts | {"properties": {"part": part}})

    def exception(self, part: str) -> dict[str, Any]:
        what = [{"typeName": "ValueError", "message": f"{part} is broken"}]
        return self.item(
            "Exception", "ExceptionData", {"exceptions": what, "properties": {"part": part}}
        )

    def item(self, name: str, base_type: str, facts: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": f"Microsoft.ApplicationInsights.{name}",
            "time": datetime.now(timezone.utc).isoformat(),
            "iKey": self.key,
            "data": {"baseType": base_type, "baseData": {"ver": 2, **facts}},
        }

    def query(self) -> None:
        chance = random.Random(self.chance.random())
        while not self.over.is_set():
            order = chance.sample(self.servers, len(self.servers))
            for tried, server in enumerate(order):
                if self.count(server) is not None:
                    self.answers += 1
                    self.other_server += bool(tried)
                    break
            else:
                self.unanswered += 1
            time.sleep(0.2)

    def count(self, server: Server) -> tuple[int, int] | None:
        """Return how many items there are, and how many different ones; None without an answer."""
        query = "customEvents | summarize rows = count(), different = count_distinct(name)"
        try:
            status, reply = ask(server.port, "POST", f"/v1/apps/{self.app}/query", {"query": query})
        except OSError:
            return None
        if status != 200:
            return None
        rows, different = reply["tables"][0]["rows"][0]
        return int(rows), int(different)

    def kill(self) -> None:
        while not self.over.wait(self.chance.uniform(*KILLED_EVERY_S)):
            server = self.chance.choice(self.servers)
            server.stop(signal.SIGKILL)
            self.kills += 1
            self.over.wait(GONE_S)
            server.start()
            server.wait()

    def prepare(self) -> None:
        """Make the resource, the rules, and whom they tell."""
        properties = self.put(RESOURCE, {"location": "local", "properties": {}})["properties"]
        self.app, self.key = properties["AppId"], properties["InstrumentationKey"]
        hook = {"name": "hook", "serviceUri": self.hook.url, "useCommonAlertSchema": True}
        whom = {"groupShortName": "ops", "enabled": True, "webhookReceivers": [hook]}
        self.put(ACTION_GROUP, {"location": "global", "properties": whom})
        for name, criteria in RULES.items():
            is_metric = name.startswith("metric")
            properties = {"severity": 2, "scopes": [RESOURCE], "criteria": criteria, **TIMES}
            properties["actions"] = (
                [{"actionGroupId": ACTION_GROUP}] if is_metric else {"actionGroups": [ACTION_GROUP]}
            )
            self.put(
                f"{GROUP}/providers/Microsoft.Insights/{name}",
                {"location": "local", "properties": properties},
            )

    def put(self, path: str, document: dict[str, Any]) -> Any:
        status, reply = ask(self.servers[0].port, "PUT", path, document)
        if status not in (200, 201):
            raise SystemExit(f"cannot make {path}: {reply}")
        return reply

    def run(self) -> dict[str, Any]:
        begun = time.monotonic()
        self.prepare()
        time.sleep(3)  # the others know of it within seconds
        threads = [threading.Thread(target=self.send) for _ in range(SENDERS)]
        others = (self.fail, self.query, self.kill)
        threads += [threading.Thread(target=each) for each in others]
        for each in threads:
            each.start()
        told_s = 0.0
        while (left := self.seconds - (time.monotonic() - begun)) > 0:
            done = f"{left:5.0f} s left: {len(self.accepted)} items, {self.kills} kills"
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{done}   ")
            elif told_s - left > TELLS_EVERY_S or not told_s:
                sys.stderr.write(f"{done}, {self.hook.of(self.failed)}\n")
                told_s = left
            time.sleep(min(1.0, left))
        self.over.set()
        for each in threads:
            each.join()
        sys.stderr.write(f"sent and killed for {time.monotonic() - begun:.0f} s; looking\n")
        return self.told()

    def told(self) -> dict[str, Any]:
        """Return what is there now, once it is all that was accepted."""
        found = {each.port: self.settled(each) for each in self.servers}
        rows, different = max(found.values())
        give_up = time.monotonic() + SETTLES_WITHIN_S
        while self.hook.of(self.failed)["alerts_missing"] and time.monotonic() < give_up:
            time.sleep(0.5)
        return {
            "seconds": self.seconds,
            "servers": len(self.servers),
            "kills": self.kills,
            "accepted": len(self.accepted),
            "bodies_tried_again": self.again,
            "lost": max(0, len(self.accepted) - different),
            "doubled": rows - different,
            "servers_agree": len(set(found.values())) == 1,
            "queries_answered": self.answers,
            "by_another_server": self.other_server,
            "queries_unanswered": self.unanswered,
            **self.hook.of(self.failed),
        }

    def settled(self, server: Server) -> tuple[int, int]:
        give_up = time.monotonic() + SETTLES_WITHIN_S
        found = (0, 0)
        while time.monotonic() < give_up:
            found = self.count(server) or found
            if found[1] >= len(self.accepted):
                break
            time.sleep(0.5)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    subprocess.run(
        [sys.executable, "-m", "openinsights.cli.main", "store", "init", given.store], check=True
    )
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        options = ["--catalog", given.catalog, "--store", given.store]
        servers = [Server(Path(folder) / f"server{n}", options) for n in range(given.servers)]
        hook = Told()
        try:
            for each in servers:
                each.start()
            for each in servers:
                each.wait()
            told = Chaos(servers, given.seconds, given.seed, hook).run()
        finally:
            hook.close()
            for each in servers:
                each.stop(signal.SIGTERM)
    print(json.dumps(told, indent=2))
    if any(told[each] for each in WRONG):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
