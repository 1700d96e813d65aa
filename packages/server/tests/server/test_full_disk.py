"""A real server on a small disk: refuses in time, answers queries, recovers when there is room."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app

MIB = 1024 * 1024
DISK_MIB = 160
FLOOR_MIB = 64

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    (place / "settings.toml").write_text(f"min_free_disk_bytes = {FLOOR_MIB * MIB}\n")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def items(key, at, number, count=200):
    # nothing of it is said twice: what is would take hardly any of the disk
    return [
        {
            "time": at.isoformat(),
            "iKey": key,
            "data": {
                "baseType": "EventData",
                "baseData": {
                    "name": f"{number} {each}",
                    "properties": {"noise": os.urandom(1400).hex()},
                },
            },
        }
        for each in range(count)
    ]


class Filled:
    """Sends, a day's telemetry after the other's, until the server refuses."""

    def __init__(self, server):
        self.server = server
        self.key = server.create()["InstrumentationKey"]
        self.accepted = 0
        self.number = 0

    def send(self, days_ago=0):
        self.number += 1
        at = datetime.now(timezone.utc) - timedelta(days=days_ago)
        reply = self.server.http.post("v2.1/track", json=items(self.key, at, self.number))
        if reply.status_code == 200:
            self.accepted += reply.json()["itemsAccepted"]
        return reply

    def until_refused(self):
        refusals = 0
        for number in range(2000):
            reply = self.send(days_ago=number % 2)
            refusals = 0 if reply.status_code == 200 else refusals + 1
            if refusals == 12:
                return reply
            if refusals:
                self.counted()  # the journal is emptied into the days, which frees its files
                time.sleep(0.25)  # and a day's log into its file, in its own time
        raise AssertionError("the disk never filled up")

    def counted(self):
        return self.server.rows("customEvents | count")[0][0]


def free_bytes(place):
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def fill_up(ballast):
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * MIB):
            pass


def drop_oldest(url):
    told = CliRunner().invoke(app, ["store", "drop-day", "--oldest", "--yes", "--url", url])
    assert told.exit_code == 0, told.output
    return int(told.stdout.split()[-2])


def test_refuses_in_time_answers_queries_and_recovers_when_a_day_is_dropped(small_disk, running_on):
    with running_on(small_disk) as server:
        filled = Filled(server)
        refused = filled.until_refused()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        body = refused.json()
        assert (body["itemsAccepted"], body["errors"][0]["statusCode"]) == (0, 503)
        assert f"{FLOOR_MIB * MIB} must stay free" in body["errors"][0]["message"]
        assert free_bytes(small_disk) > FLOOR_MIB * MIB // 2, "the floor is left alone"
        for _ in range(5):
            assert filled.send().status_code == 503
            assert filled.counted() == filled.accepted
        health = server.http.get("health")
        assert health.status_code == 503
        assert "must stay free" in health.json()["reason"]
        dropped = drop_oldest(server.url)
        assert 0 < dropped < filled.accepted
        assert server.http.get("health").status_code == 200
        assert filled.send().status_code == 200
        assert filled.counted() == filled.accepted - dropped
    assert "Fatal" not in server.errors
    with running_on(small_disk) as server:
        assert server.rows("customEvents | count") == [[filled.accepted - dropped]]


def test_a_disk_that_another_program_fills_is_survived(small_disk, running_on):
    """Not a byte is free, telemetry that was acknowledged still waits: nothing of it is lost."""
    ballast = small_disk / "ballast"
    with running_on(small_disk) as server:
        filled = Filled(server)
        for number in range(10):
            assert filled.send(days_ago=number % 2).status_code == 200
        fill_up(ballast)
        assert filled.send().status_code == 503
        assert filled.counted() <= filled.accepted
        assert server.rows("customEvents | summarize by name | count")[0][0] <= filled.accepted
        ballast.unlink()
        while server.http.get("health").status_code != 200:
            assert server.process.poll() is None
        assert filled.send().status_code == 200
        assert filled.counted() == filled.accepted
        fill_up(ballast)
        dropped = drop_oldest(server.url)
        assert dropped > 0, "a day goes also when not a byte is free"
        assert filled.counted() == filled.accepted - dropped
        ballast.unlink()
    with running_on(small_disk) as server:
        assert server.rows("customEvents | count") == [[filled.accepted - dropped]]


def kill(server):
    server.process.kill()
    server.process.wait()


def test_a_server_that_was_killed_starts_on_a_full_disk(small_disk, running_on):
    """What it had acknowledged waits in the journal, and comes to light when there is room."""
    ballast = small_disk / "ballast"
    with running_on(small_disk) as server:
        filled = Filled(server)
        for number in range(12):
            assert filled.send(days_ago=number % 2).status_code == 200
        kill(server)
    fill_up(ballast)
    with running_on(small_disk) as server:
        filled.server = server
        refused = filled.send()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "cannot " in refused.json()["errors"][0]["message"]
        assert server.http.get("health").status_code == 503
        assert filled.counted() <= filled.accepted, "queries are answered"
        kill(server)
    with running_on(small_disk) as server:
        filled.server = server
        assert filled.send().status_code == 503
        ballast.unlink()
        while server.http.get("health").status_code != 200:
            assert server.process.poll() is None
        assert filled.counted() == filled.accepted
        assert filled.send().status_code == 200
        assert filled.counted() == filled.accepted
    assert "refused" not in "".join(
        path.name for path in (small_disk / "telemetry" / "journal").iterdir()
    )
    with running_on(small_disk) as server:
        assert server.rows("customEvents | count") == [[filled.accepted]]
