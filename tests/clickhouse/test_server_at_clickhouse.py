"""A real server whose telemetry rests at ClickHouse: what it acknowledged is there once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.clickhouse

ITEMS = 400
AWAY_S = float(os.environ.get("OPENINSIGHTS_TEST_AWAY_S", "20"))
"""How long nobody answers, longer than what a claim waits for; the senders keep offering."""
SENDERS = 4
CLIENT = """
import logging, sys, time
from opencensus.ext.azure.log_exporter import AzureLogHandler

handler = AzureLogHandler(export_interval=0.1, max_batch_size=50, minimum_retry_interval=1, timeout=20)
logger = logging.getLogger("counter")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for number in range(int(sys.argv[1])):
    logger.info("item %d", number)
    time.sleep(0.002)
"""


class AtClickHouse:
    """A server with its store at an endpoint."""

    def __init__(self, server: Any, endpoint: Any) -> None:
        self.server = server
        self.endpoint = endpoint
        self.database = f"server_{uuid.uuid4().hex[:8]}"
        server.options = ("--store", f"clickhouse://127.0.0.1:{endpoint.port}/{self.database}")

    def rows(self, text: str) -> list[Any]:
        import clickhouse_connect

        client = clickhouse_connect.get_client(
            host="127.0.0.1", port=self.endpoint.port, database=self.database
        )
        found = client.query(text).result_rows
        client.close()
        return list(found)

    def messages(self) -> list[str]:
        return [row[0] for row in self.rows("select message from traces")]


@pytest.fixture
def at_clickhouse(stopped_server: Any, endpoint: Any) -> Iterator[AtClickHouse]:
    yield AtClickHouse(stopped_server, endpoint)
    endpoint.tell("heal")


def envelope(key: str, message: str) -> dict[str, Any]:
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "iKey": key,
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": message}},
    }


def post(server: Any, items: list[dict[str, Any]]) -> tuple[int, str]:
    """Return the status and Retry-After of sending some items; 0 when there was no reply."""
    request = urllib.request.Request(
        f"{server.url}/v2.1/track",
        json.dumps(items).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as reply:
            return reply.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Retry-After", "")
    except OSError:
        return 0, ""


def test_what_our_client_sends_is_there_once_though_the_server_is_killed(
    at_clickhouse: AtClickHouse, client_environment: dict[str, str]
) -> None:
    server, key = at_clickhouse.server, str(uuid.uuid4())
    server.start()
    connection = f"InstrumentationKey={key};IngestionEndpoint={server.url}/"
    environment = {**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": connection}
    client = subprocess.Popen([sys.executable, "-c", CLIENT, str(ITEMS)], env=environment)
    pause = threading.Event()
    for _ in range(2):
        before = len(at_clickhouse.messages())
        while client.poll() is None and len(at_clickhouse.messages()) < before + 50:
            pause.wait(0.2)
        server.stop(signal.SIGKILL)
        server.start()
    assert client.wait(300) == 0
    # what it could not send before it ended, those after it find in their queue
    give_up = time.monotonic() + 180
    while len(found := at_clickhouse.messages()) < ITEMS and time.monotonic() < give_up:
        subprocess.run([sys.executable, "-c", CLIENT, "0"], env=environment, check=True)
    assert sorted(found) == sorted(f"item {number}" for number in range(ITEMS))


TRACED = """
import logging
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

handler, exporter = AzureLogHandler(), AzureExporter()
logger = logging.getLogger("shop")
logger.addHandler(handler)
for number in range(20):
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    with tracer.span(name="GET /cart") as span:
        span.span_kind = SpanKind.SERVER
        with tracer.span(name="SELECT cart"):
            pass
    logger.warning("cart %d", number, extra={"custom_dimensions": {"n": number, "who": "ann"}})
handler.flush(60)
assert exporter.flush(60)
"""


def test_queries_answer_what_our_client_sent(
    at_clickhouse: AtClickHouse, client_environment: dict[str, str]
) -> None:
    server = at_clickhouse.server
    server.start()
    resource = server.create_resource("shop")
    environment = {
        **client_environment,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": resource["connection_string"],
    }
    subprocess.run([sys.executable, "-c", TRACED], env=environment, check=True)

    def ask(query: str) -> list[list[Any]]:
        return [list(row.values()) for row in server.rows(resource["app_id"], query)]

    both = (
        "union requests, dependencies, traces | summarize count() by itemType | order by itemType"
    )
    assert ask(both) == [["trace", 20], ["request", 20], ["dependency", 20]]
    joined = "requests | join kind=inner dependencies on operation_Id | summarize count() by name1"
    assert ask(joined) == [["SELECT cart", 20]]
    found = (
        "traces | where customDimensions.n in (3, 7) and message has 'cart' | order by message asc"
        " | project message, who = tostring(customDimensions.who)"
    )
    assert ask(found) == [["cart 3", "ann"], ["cart 7", "ann"]]
    one = "requests | take 1 | project operation_Id"
    ((operation,),) = ask(one)
    whole = f"union * | where operation_Id == '{operation}' | summarize count()"
    assert ask(whole) == [[3]]
    assert ask("requests | where timestamp < ago(1d) | count") == [[0]]
    server.stop()
    assert "Traceback" not in (server.folder.parent / f"{server.folder.name}.log").read_text()


def test_replies_that_are_lost_on_the_way_from_clickhouse_double_nothing(
    at_clickhouse: AtClickHouse,
) -> None:
    server, endpoint, key = at_clickhouse.server, at_clickhouse.endpoint, str(uuid.uuid4())
    server.start()
    for number in range(12):
        before = endpoint.tell("drop 1")
        items = [envelope(key, f"lost {number}/{place}") for place in range(5)]
        while post(server, items)[0] != 200:
            pass
        assert endpoint.tell("heal") > before
    assert sorted(at_clickhouse.messages()) == sorted(
        f"lost {number}/{place}" for number in range(12) for place in range(5)
    )


@pytest.mark.parametrize("fault", ["refuse", "hang"])
def test_while_clickhouse_is_away_memory_stays_and_afterwards_all_goes_on(
    at_clickhouse: AtClickHouse, fault: str
) -> None:
    server, endpoint, key = at_clickhouse.server, at_clickhouse.endpoint, str(uuid.uuid4())
    server.start()
    accepted: list[str] = []
    refused: list[tuple[int, str]] = []
    is_over = threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not is_over.is_set():
            names = [f"{sender}/{number}/{place} {'x' * 500}" for place in range(50)]
            status, retry_after = post(server, [envelope(key, name) for name in names])
            if status == 200:
                accepted.extend(names)
            else:
                refused.append((status, retry_after))
            number += 1

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
    for each in senders:
        each.start()
    while len(accepted) < 2_000:
        is_over.wait(0.05)
    process = psutil.Process(server.process.pid)
    before_bytes = process.memory_info().rss
    endpoint.tell(fault)
    most_bytes = before_bytes
    until = time.monotonic() + AWAY_S
    while time.monotonic() < until:
        most_bytes = max(most_bytes, process.memory_info().rss)
        is_over.wait(0.1)
    assert not at_clickhouse.server.process.poll()
    endpoint.tell("heal")
    after = len(accepted)
    while len(accepted) < after + 500:
        is_over.wait(0.05)
    is_over.set()
    for each in senders:
        each.join()
    assert refused
    assert {status for status, _ in refused} == {503}
    assert all(int(retry_after) > 0 for _, retry_after in refused)
    assert most_bytes - before_bytes < 100 * 1024 * 1024
    found = at_clickhouse.messages()
    assert len(found) == len(set(found)), "stored twice"
    assert not set(accepted) - set(found), "acknowledged and lost"
