"""More telemetry than the disk can take, beside callers that never finish: counts are right."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SLOW_SYNC_MS = "400"
SECONDS = 6
BATCH = 100
OFFERED = 60_000
"""Envelopes per second: a sync takes 10,000 rows at most, so that the disk takes 25,000."""
HALF_HEAD = b"POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Ty"
HALF_BODY = b"POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n[{"


@pytest.fixture
def port(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "slow_sync_serve.py"), "serve"]
    command += ["--data", str(tmp_path), "--port", "0"]
    command += ["--otlp-grpc-port", "0", "--otlp-http-port", "0"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENINSIGHTS_")}
    environment["OPENINSIGHTS_SLOW_SYNC_MS"] = SLOW_SYNC_MS
    environment["OPENINSIGHTS_MAX_ITEMS_PER_S"] = "0"
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server did not say where it listens"
        yield int(found[1])
    finally:
        server.terminate()
        server.communicate(timeout=60)


def count(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    tables = "requests, dependencies, traces, customEvents, customMetrics, exceptions"
    content = json.dumps({"query": f"union {tables} | count"})
    connection.request("POST", "/v1/apps/*/query", content, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    assert reply.status == 200, content
    return int(json.loads(content)["tables"][0]["rows"][0][0])


def test_what_was_accepted_is_stored_and_the_rest_was_told_to_come_again(port) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for place, connection in enumerate(slow):
        if place % 3:
            connection.sendall(HALF_HEAD if place % 3 == 1 else HALF_BODY)
    command = [sys.executable, str(BENCHMARKS / "overload_sender.py"), "--port", str(port)]
    command += ["--batch", str(BATCH), "--rate", str(OFFERED), "--seconds", str(SECONDS)]
    sent = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    stored = count(port)
    for connection in slow:
        connection.close()
    assert sent["accepted"] > 0
    assert sent["accepted"] <= stored <= sent["accepted"] + sent["unanswered"]
    assert set(sent["statuses"]) <= {"200", "429", "503"}
    assert sent["without_retry_after"] == 0
