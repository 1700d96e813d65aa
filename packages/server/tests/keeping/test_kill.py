"""kill -9 during retention, purges, backups and restores: nothing accepted is lost or doubled."""

from __future__ import annotations

import http.client
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

import openinsights

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.faults

PATIENCE_S = 60
COMMAND = (sys.executable, "-m", "openinsights.cli.main")
GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components"


class Server:
    """A real server process that is killed and started again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._up = threading.Condition()
        self._port = 0
        self.start()

    def start(self) -> None:
        command = [*COMMAND, "serve", "--port", "0", "--data", str(self.folder)]
        with (self.folder.parent / "log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r":(\d+)/", said)
        assert found is not None, f"the server did not start: {said!r}"
        with self._up:
            self._port = int(found[1])
            self._up.notify_all()

    def end(self, number: int) -> None:
        with self._up:
            self._port = 0
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def url(self) -> str:
        with self._up:
            assert self._up.wait_for(lambda: self._port, PATIENCE_S)
            return f"http://127.0.0.1:{self._port}/"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and JSON; (0, None) when the server went away."""
        port = int(self.url.rpartition(":")[2].strip("/"))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            reply = connection.getresponse()
            content = reply.read()
            return reply.status, json.loads(content) if content else None
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()


class Sender(threading.Thread):
    """Sends items of three days to two resources until each body is answered."""

    def __init__(self, number: int, server: Server, keys: dict[str, str]) -> None:
        super().__init__()
        self._server = server
        self._keys = keys
        self._rng = random.Random(number)
        self._number = number
        self._next = 0
        self.acknowledged: list[tuple[str, int, str]] = []
        self.stop = threading.Event()
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._deliver([self._item() for _ in range(30)])
        except BaseException as error:
            self.problem = error

    def _item(self) -> tuple[tuple[str, int, str], dict[str, Any]]:
        self._next += 1
        resource = self._rng.choice(["long", "short"])
        age = self._rng.choice([0, 1, 2])
        user = self._rng.choice(["gone", "stays"])
        past = (timedelta(0), timedelta(days=1), timedelta(hours=47, minutes=58))[age]
        name = f"{user} {self._number} {self._next}"
        item = {
            "time": (datetime.now(timezone.utc) - past).isoformat(),
            "iKey": self._keys[resource],
            "tags": {"ai.user.id": user},
            "data": {"baseType": "EventData", "baseData": {"name": name}},
        }
        return (resource, age, name), item

    def _deliver(self, items: list[tuple[tuple[str, int, str], dict[str, Any]]]) -> None:
        body = [item for _, item in items]
        while True:
            status, reply = self._server.ask("POST", "/v2.1/track", body)
            if status == 200:
                assert reply["itemsAccepted"] == len(items)
                self.acknowledged += [facts for facts, _ in items]
                return
            assert status in (0, 503), reply


def names_in(folder: Path, resource: str) -> Counter[tuple[int, str]]:
    """Return each row's age in days and name, as the folder holds them."""
    with openinsights.open(folder) as database:
        rows = database.kql(
            "customEvents | project age = datetime_diff('day', startofday(now()),"
            " startofday(timestamp)), name",
            app=resource,
        ).rows
    return Counter((int(str(age)), str(name)) for age, name in rows)


@pytest.fixture
def server(tmp_path: Path) -> Any:
    started = Server(tmp_path / "data")
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGKILL)


def create(server: Server) -> dict[str, str]:
    keys = {}
    for name, days in (("long", 90), ("short", 1)):
        status, made = server.ask(
            "PUT", f"{GROUP}/{name}", {"properties": {"RetentionInDays": days}}
        )
        assert status == 200
        keys[name] = made["properties"]["InstrumentationKey"]
    return keys


def until(server: Server, method: str, path: str, body: Any = None) -> Any:
    """Ask until the server answers."""
    while True:
        status, reply = server.ask(method, path, body)
        if status:
            assert status < 300, reply
            return reply


def purged(server: Server) -> None:
    """Purge what belongs to a user, and wait until that is done."""
    body = {"filters": [{"column": "user_Id", "operator": "==", "value": "gone"}]}
    for name in ("long", "short"):
        asked = until(server, "POST", f"{GROUP}/{name}/purge", body)
        path = f"{GROUP}/{name}/operations/{asked['operationId']}"
        while until(server, "GET", path)["status"] != "completed":
            pass


def test_kills_during_retention_purge_and_backup_lose_nothing(server: Server, tmp_path) -> None:
    keys = create(server)
    senders = [Sender(number, server, keys) for number in range(2)]
    rng = random.Random(7)
    backups: list[tuple[Path, set[str]]] = []
    try:
        for sender in senders:
            sender.start()
        for round_ in range(5):
            body = {"filters": [{"column": "user_Id", "operator": "==", "value": "gone"}]}
            days = 1 + round_ % 2  # a change has the retention looked at once more
            until(
                server,
                "PATCH",
                f"{GROUP}/short",
                {"properties": {"RetentionInDaysByTable": {"traces": days}}},
            )
            until(server, "POST", f"{GROUP}/long/purge", body)
            before = {
                name
                for sender in senders
                for resource, _, name in list(sender.acknowledged)
                if resource == "long" and name.startswith("stays")
            }
            target = tmp_path / f"backup{round_}"
            command = [*COMMAND, "backup", str(target), "--url", server.url]
            writing = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if round_ % 2:
                assert writing.wait(PATIENCE_S) == 0
            else:
                threading.Event().wait(rng.uniform(0.3, 1.5))
            server.end(signal.SIGKILL)
            if writing.wait(PATIENCE_S) == 0:
                backups.append((target, before))
            else:
                assert not target.exists(), "half a backup is none"
            server.start()
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join(PATIENCE_S)
        assert [sender.problem for sender in senders] == [None, None]
        purged(server)
        old = "customEvents | where timestamp < startofday(now()) - 1d | count"
        until(server, "PATCH", f"{GROUP}/short", {"properties": {"RetentionInDays": 1}})
        until(
            server,
            "PATCH",
            f"{GROUP}/short",
            {"properties": {"RetentionInDaysByTable": {"traces": 9}}},
        )
        while until(server, "POST", "/v1/apps/short/query", {"query": old})["tables"][0][
            "rows"
        ] != [[0]]:
            pass
        server.end(signal.SIGTERM)
    finally:
        for sender in senders:
            sender.stop.set()
    sent = [facts for sender in senders for facts in sender.acknowledged]
    for resource in ("long", "short"):
        expected = Counter(
            name
            for owner, age, name in sent
            if owner == resource and name.startswith("stays") and (age < 2 or owner == "long")
        )
        found = Counter(
            name for (_, name), n in names_in(server.folder, resource).items() for _ in range(n)
        )
        assert found == expected
    assert len(backups) >= 2
    for target, before in backups:
        new = tmp_path / f"restored {target.name}"
        command = [*COMMAND, "restore", str(target), "--data", str(new)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
        names = Counter(name for (_, name), n in names_in(new, "long").items() for _ in range(n))
        assert before <= set(names)
        assert max(names.values(), default=1) == 1


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(server: Server, tmp_path) -> None:
    keys = create(server)
    sender = Sender(1, server, keys)
    for _ in range(20):
        sender._deliver([sender._item() for _ in range(500)])
    backup, data = tmp_path / "backup", server.folder
    command = [*COMMAND, "backup", str(backup), "--url", server.url]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    for _ in range(10):
        sender._deliver([sender._item() for _ in range(500)])
    server.end(signal.SIGTERM)
    new_names = {facts[2] for facts in sender.acknowledged}
    old = {name for _, name in names_in(data, "long")}
    command = [*COMMAND, "restore", str(backup), "--force", "--data"]
    whole = tmp_path / "whole"
    assert subprocess.run([*command, str(whole)], capture_output=True, check=False).returncode == 0
    restored = {name for _, name in names_in(whole, "long")}
    assert restored < old <= new_names
    rng, seen = random.Random(3), Counter[str]()
    for round_ in range(8):
        folder = tmp_path / f"round{round_}"
        shutil.copytree(data, folder)
        writing = subprocess.Popen(
            [*command, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        threading.Event().wait(rng.uniform(0.5, 2.0))
        writing.kill()
        writing.wait(PATIENCE_S)
        names = {name for _, name in names_in(folder, "long")}
        assert names in (old, restored)
        seen["old" if names == old else "new"] += 1
        assert not (folder / "restoring").exists()
        shutil.rmtree(folder)
    assert sum(seen.values()) == 8
