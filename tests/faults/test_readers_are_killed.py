"""Processes that read telemetry die under load: what was answered is stored, exactly once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime, timezone
from http.client import HTTPConnection

import psutil
import pytest

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.name != "posix" or (os.cpu_count() or 1) < 2, reason="needs readers"),
]

KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
ITEMS = 250
KILLS = 3
PATIENCE_S = 60


class Sender:
    """Sends large bodies one after the other until it is stopped."""

    def __init__(self, number: int, port: int) -> None:
        self._number = number
        self._port = port
        self.sent = 0
        self.problem: BaseException | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            while not self.stop.is_set():
                connection.request("POST", "/v2.1/track", self._body())
                reply = connection.getresponse()
                content = reply.read()
                assert reply.status == 200, content
                assert json.loads(content)["itemsAccepted"] == ITEMS
                self.sent += ITEMS
        except BaseException as error:
            self.problem = error
        finally:
            connection.close()

    def _body(self) -> bytes:
        now = datetime.now(timezone.utc).isoformat()
        names = (f"{self._number} {self.sent + place}" for place in range(ITEMS))
        return json.dumps(
            [
                {
                    "time": now,
                    "iKey": KEY,
                    "data": {
                        "baseType": "EventData",
                        "baseData": {"name": name, "properties": {"text": "x" * 400}},
                    },
                }
                for name in names
            ]
        ).encode()


def test_what_was_answered_is_stored_once_when_readers_are_killed(tmp_path) -> None:
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
    command += ["--data", str(tmp_path), "--otlp-grpc-port", "0", "--otlp-http-port", "0"]
    environment = {**os.environ, "OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server did not say where it listens"
        port = int(found[1])
        senders = [Sender(number, port) for number in range(4)]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            next_reader(server.pid, senders).send_signal(signal.SIGKILL)
        last = next_reader(server.pid, senders)
        for sender in senders:
            sender.stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert [sender.problem for sender in senders] == [None] * len(senders)
        sent = sum(sender.sent for sender in senders)
        query = "customEvents | summarize rows = count(), names = dcount(name, 4)"
        assert ask(port, query)[0] == sent
        assert ask(port, "customEvents | distinct name | count") == [sent]
        server.kill()
        last.wait(PATIENCE_S)  # it notices that nobody is there
    finally:
        server.kill()
        server.communicate(timeout=PATIENCE_S)


def next_reader(server: int, senders: list[Sender]) -> psutil.Process:
    """Return a reader once it has worked."""
    process = psutil.Process(server)
    while not any(sender.problem for sender in senders):
        for child in process.children():
            if child.status() != psutil.STATUS_ZOMBIE and child.cpu_times().user > 0.5:
                return child
        senders[0].stop.wait(0.02)
    raise AssertionError([sender.problem for sender in senders])


def ask(port: int, query: str) -> list[int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    content = json.dumps({"query": query}).encode()
    connection.request("POST", "/v1/apps/*/query", content, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    answer = reply.read()
    connection.close()
    assert reply.status == 200, answer
    row: list[int] = json.loads(answer)["tables"][0]["rows"][0]
    return row
