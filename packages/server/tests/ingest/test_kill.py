"""kill -9 in the middle of ingestion: what was answered is there afterwards, exactly once."""

from __future__ import annotations

import http.client
import json
import random
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
SENDERS = 4
PATIENCE_S = 60


class Server:
    """A real server process that can be killed and started again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._up = threading.Condition()
        self._port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
        command += ["--data", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        found = re.search(r":(\d+)/", said)
        assert found is not None, f"the server did not start: {said!r}"
        with self._up:
            self._port = int(found[1])
            self._up.notify_all()

    def kill(self) -> None:
        with self._up:
            self._port = 0
        self.end()

    def stop(self) -> None:
        with self._up:
            self._port = 0
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE_S) == 0
        self.end()

    def end(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def connect(self) -> http.client.HTTPConnection:
        with self._up:
            assert self._up.wait_for(lambda: self._port, PATIENCE_S)
            return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)


class Sender:
    """Sends items until each body is answered, as a client with local storage does.

    Every other body carries item ids; what of those was not answered is sent again in other groups.
    Some items happened yesterday, so that one body writes two days.
    """

    def __init__(self, number: int, server: Server, answered: threading.Semaphore) -> None:
        self._server = server
        self._answered = answered
        self._rng = random.Random(number)
        self._source = f"{number + 1:016x}"
        self._number = number
        self._next = 0
        self.expected: Counter[str] = Counter()
        self.stop = threading.Event()
        self.problem: BaseException | None = None
        self.resent = 0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._deliver([self._item(identified=True) for _ in range(40)], identified=True)
                twins = [self._item(identified=False) for _ in range(20)]
                self._deliver([*twins, *twins, {"data": "bad"}], identified=False)
        except BaseException as error:
            self.problem = error

    def _item(self, *, identified: bool) -> dict[str, Any]:
        self._next += 1
        past = timedelta(days=1) if self._rng.random() < 0.3 else timedelta(minutes=1)
        at = datetime.now(timezone.utc) - past
        item: dict[str, Any] = {
            "time": at.isoformat(),
            "iKey": KEY,
            "data": {
                "baseType": "EventData",
                "baseData": {"name": f"{self._number}-{self._next}", "properties": {"a": "b" * 50}},
            },
        }
        if identified:
            item["seq"] = f"oi.{self._source}.{self._next}"
        return item

    def _deliver(self, items: list[dict[str, Any]], *, identified: bool) -> None:
        groups = [items]
        while groups:
            group = groups.pop()
            if self._post(group):
                continue
            self.resent += 1
            if identified and len(group) > 1:
                cut = self._rng.randrange(1, len(group))
                groups += [group[:cut], group[cut:]]
            else:
                groups.append(group)
        self.expected.update(item["data"]["baseData"]["name"] for item in items if "time" in item)

    def _post(self, items: list[dict[str, Any]]) -> bool:
        connection = self._server.connect()
        try:
            connection.request("POST", "/v2.1/track", json.dumps(items))
            reply = connection.getresponse()
            body = json.loads(reply.read())
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        good = sum("time" in item for item in items)
        assert reply.status in (200, 206, 503), body
        if reply.status == 503:
            return False
        assert body["itemsAccepted"] == good
        self._answered.release()
        return True


def stored(folder: Path) -> Counter[str]:
    names: Counter[str] = Counter()
    files = list(folder.rglob("*.duckdb"))
    assert len(files) == 2
    for path in files:
        with duckdb.connect(str(path)) as file:
            names.update(
                name for (name,) in file.execute("select name from customEvents").fetchall()
            )
    return names


def interrupt_repeatedly(folder: Path, interrupt: Callable[[Server], None], times: int) -> int:
    """Return how many bodies were sent again."""
    answered = threading.Semaphore(0)
    server = Server(folder)
    senders = [Sender(number, server, answered) for number in range(SENDERS)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    rng = random.Random(99)
    try:
        for thread in threads:
            thread.start()
        for _ in range(times):
            for _ in range(rng.randrange(5, 60)):
                assert answered.acquire(timeout=PATIENCE_S), [sender.problem for sender in senders]
            interrupt(server)
            server.start()
        for sender in senders:
            sender.stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert [sender.problem for sender in senders] == [None] * SENDERS
        server.stop()
    finally:
        for sender in senders:
            sender.stop.set()
        server.end()
    expected = sum((sender.expected for sender in senders), Counter[str]())
    assert stored(folder) == expected
    return sum(sender.resent for sender in senders)


def test_nothing_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    assert interrupt_repeatedly(tmp_path, Server.kill, 3) > 0


@pytest.mark.faults
def test_nothing_is_lost_or_doubled_when_the_server_is_killed_twenty_times(tmp_path: Path) -> None:
    assert interrupt_repeatedly(tmp_path, Server.kill, 20) > 0


@pytest.mark.faults
def test_a_stop_under_load_finishes_what_it_took(tmp_path: Path) -> None:
    interrupt_repeatedly(tmp_path, Server.stop, 5)
