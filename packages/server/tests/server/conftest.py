from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime, timezone

import httpx
import pytest

READY = "OpenInsights is ready: "
OTLP_OFF = ("--otlp-grpc-port", "0", "--otlp-http-port", "0")


class RunningServer:
    """A server in a process of its own, as the command line starts it."""

    def __init__(self, data, *options):
        command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--data", str(data)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENINSIGHTS_")}
        self.process = subprocess.Popen(
            [*command, "--port", "0", *OTLP_OFF, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line.startswith(READY):
            self.process.kill()
            raise AssertionError(self.process.communicate()[1])
        self.url = line.removeprefix(READY).strip()
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def stop(self, number=signal.SIGTERM):
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _out, self.errors = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode

    def create(self, name="shop"):
        path = "subscriptions/s/resourceGroups/default/providers/Microsoft.Insights/components"
        return self.http.put(f"{path}/{name}", json={}).json()["properties"]

    def send(self, key, *messages):
        now = datetime.now(timezone.utc).isoformat()
        return self.http.post("v2.1/track", json=[trace(key, now, text) for text in messages])

    def rows(self, text):
        reply = self.http.post("v1/apps/*/query", json={"query": text})
        assert reply.status_code == 200, reply.text
        return reply.json()["tables"][0]["rows"]


def trace(key, time, message):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": time,
        "iKey": key,
        "tags": {"ai.cloud.role": "web"},
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": message}},
    }


@contextmanager
def running(data, *options):
    server = RunningServer(data, *options)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def serve(tmp_path):
    def start(*options):
        return running(tmp_path, *options)

    return start


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Where an empty server listens that the tests of a module share."""
    with running(tmp_path_factory.mktemp("shared")) as server:
        yield server.url


@pytest.fixture(scope="module")
def serve_for_module(tmp_path_factory):
    """Start servers that the tests of a file share."""

    def start(*options):
        return running(tmp_path_factory.mktemp("server"), *options)

    return start


@pytest.fixture
def running_on():
    return running
