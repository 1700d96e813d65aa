"""The client's own process is killed while it reports: what it recorded arrives once all the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.faults

KILLS = 8
PROGRAM = """
import logging, os, sys, time
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

options = {"durable_queue": True, "export_interval": 0.2, "max_batch_size": 40}
handler, exporter = AzureLogHandler(**options), AzureExporter(**options)
logger = logging.getLogger("counter")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
number, last = int(sys.argv[1]), int(sys.argv[2])
while number < last:
    with tracer.span(name=f"span {number}"):
        pass
    logger.info("record %d", number, extra={"custom_dimensions": {"number": number}})
    os.write(1, b"%d\\n" % number)
    number += 1
    time.sleep(0.0005)
handler.flush(30)
exporter.flush(30)
print(exporter.stats(), handler.stats(), file=sys.stderr)
"""


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def environment(
    stopped_server: Any, client_environment: dict[str, str], key: str
) -> dict[str, str]:
    connection_string = f"InstrumentationKey={key};IngestionEndpoint={stopped_server.url}/"
    return {**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string}


class Recorded:
    """The numbers that programs recorded for sure, and those in the middle of which they ended."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.numbers: set[int] = set()
        self.perhaps: set[int] = set()

    def until_killed(self, seconds: float) -> None:
        """Run the program and kill it, whatever it does then."""
        first = max(self.numbers | self.perhaps, default=-1) + 1
        command = [sys.executable, "-c", PROGRAM, str(first), str(10**9)]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"%d\n" % first
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        last = int((process.stdout.read().split() or [first])[-1])
        process.stdout.close()
        assert process.wait(30) == -signal.SIGKILL
        self.numbers.update(range(first, last + 1))
        self.perhaps.add(last + 1)

    def to_the_end(self, count: int) -> None:
        first = max(self.numbers | self.perhaps) + 1
        command = [sys.executable, "-c", PROGRAM, str(first), str(first + count)]
        subprocess.run(
            command, env=self.environment, check=True, timeout=60, stdout=subprocess.DEVNULL
        )
        self.numbers.update(range(first, first + count))


@pytest.fixture
def recorded(environment: dict[str, str]) -> Recorded:
    return Recorded(environment)


def arrived(server: Any, key: str) -> dict[str, list[int]]:
    queries = {"record ": "traces | project message", "span ": "dependencies | project name"}
    return {
        prefix: [
            int(next(iter(row.values())).removeprefix(prefix))
            for row in server.rows(f"app-{key[:8]}", query)
        ]
        for prefix, query in queries.items()
    }


def assert_arrived_once(server: Any, key: str, recorded: Recorded) -> None:
    give_up = time.monotonic() + 60
    numbers = arrived(server, key)
    while any(recorded.numbers - set(one) for one in numbers.values()):
        # A file on its way when the kill came is held for some more seconds.
        assert time.monotonic() < give_up, numbers
        recorded.to_the_end(1)
        numbers = arrived(server, key)
    for one in numbers.values():
        assert len(one) == len(set(one))
        assert set(one) - recorded.numbers <= recorded.perhaps


def rings(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names if ".ring" in name]


def test_what_was_recorded_before_a_kill_arrives_once(
    stopped_server: Any, recorded: Recorded, key: str, tmp_path: Path
) -> None:
    """The retired package loses what its queue held, at every kill."""
    stopped_server.start()
    rng = random.Random(8)
    for _ in range(KILLS):
        recorded.until_killed(rng.uniform(0.05, 1.0))
    recorded.to_the_end(20)

    assert len(recorded.numbers) > 100 * KILLS
    assert_arrived_once(stopped_server, key, recorded)
    assert rings(tmp_path) == []


def test_what_was_recorded_while_the_server_was_away_arrives_once(
    stopped_server: Any, recorded: Recorded, key: str, tmp_path: Path
) -> None:
    recorded.until_killed(0.4)
    assert len(rings(tmp_path)) == 2
    recorded.until_killed(1.5)
    stopped_server.start()
    recorded.to_the_end(1)

    assert_arrived_once(stopped_server, key, recorded)
