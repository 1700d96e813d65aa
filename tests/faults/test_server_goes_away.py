"""The server dies or is away while a client reports: nothing is lost, nothing arrives twice."""

from __future__ import annotations

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

ITEMS = 4000
KILLS = 20
CLIENT = """
import logging, sys, time
from opencensus.ext.azure.log_exporter import AzureLogHandler

handler = AzureLogHandler(export_interval=0.1, max_batch_size=50, minimum_retry_interval=1, timeout=5)
logger = logging.getLogger("counter")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
first, last, pause_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
for number in range(first, last):
    logger.info("item %d", number)
    time.sleep(pause_s)
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


def client(environment: dict[str, str], first: int, last: int, pause_s: float) -> Any:
    numbers = [str(first), str(last), str(pause_s)]
    return subprocess.Popen([sys.executable, "-c", CLIENT, *numbers], env=environment)


def arrived(server: Any, key: str) -> list[int]:
    rows = server.rows(f"app-{key[:8]}", "traces | project message")
    return sorted(int(row["message"].removeprefix("item ")) for row in rows)


def wait_for_items(server: Any, key: str, count: int) -> list[int]:
    give_up = time.monotonic() + 60
    numbers: list[int] = []
    while time.monotonic() < give_up:
        numbers = arrived(server, key)
        if len(numbers) >= count:
            break
        time.sleep(0.2)
    return numbers


def test_what_was_stored_while_the_server_was_away_arrives_with_the_next_start(
    stopped_server: Any, environment: dict[str, str], key: str, tmp_path: Path
) -> None:
    assert client(environment, 0, 100, 0).wait(timeout=30) == 0
    stopped_server.start()
    assert client(environment, 100, 101, 0).wait(timeout=30) == 0

    # what is still leased when the second program ends goes out with a later one
    give_up = time.monotonic() + 60
    extra = 101
    while len(arrived(stopped_server, key)) < extra and time.monotonic() < give_up:
        assert client(environment, extra, extra + 1, 0).wait(timeout=30) == 0
        extra += 1
        time.sleep(0.5)

    assert arrived(stopped_server, key) == list(range(extra))


def test_a_client_outlives_twenty_kills_of_its_server(
    stopped_server: Any, environment: dict[str, str], key: str
) -> None:
    stopped_server.start()
    reporting = client(environment, 0, ITEMS, 0.005)
    rng = random.Random(20)
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.2, 0.8))
        stopped_server.stop(signal.SIGKILL)
        stopped_server.start()
    assert reporting.wait(timeout=120) == 0
    numbers = arrived(stopped_server, key)
    if len(numbers) < ITEMS:
        # the rest was on disk when the client ended; its next start sends it
        assert client(environment, ITEMS, ITEMS, 0).wait(timeout=30) == 0
        time.sleep(1.5)
        follower = client(environment, ITEMS, ITEMS + 1, 3)
        numbers = wait_for_items(stopped_server, key, ITEMS + 1)
        follower.wait(timeout=30)

    assert numbers[:ITEMS] == list(range(ITEMS))
    assert len(set(numbers)) == len(numbers)
