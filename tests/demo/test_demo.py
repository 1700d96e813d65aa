"""`openinsights demo`, as `make demo` runs it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE_S = 60.0
NEEDED_TABLES = (
    "requests",
    "dependencies",
    "traces",
    "customEvents",
    "customMetrics",
    "performanceCounters",
)


CHAINS = """
requests
| where cloud_RoleName == "receipts"
| join kind=inner dependencies on $left.operation_ParentId == $right.id
| join kind=inner (requests | where cloud_RoleName == "payments") on $left.operation_ParentId1 == $right.id
| join kind=inner (dependencies | where cloud_RoleName == "orders") on $left.operation_ParentId2 == $right.id
| join kind=inner (requests | where cloud_RoleName == "orders") on $left.operation_ParentId3 == $right.id
| join kind=inner (dependencies | where cloud_RoleName == "storefront") on $left.operation_ParentId4 == $right.id
| join kind=inner (requests | where cloud_RoleName == "storefront") on $left.operation_ParentId5 == $right.id
| join kind=inner (dependencies | where cloud_RoleName == "shopper") on $left.operation_ParentId6 == $right.id
| project operation_Id
"""
"""Orders that can be followed from the task behind the last service to the customer, parent by parent."""


class Demo:
    """A running demo, read line by line."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "openinsights.cli.main",
                "demo",
                "--port",
                "0",
                "--data",
                str(folder),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.text = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.text += line
                self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            return re.search(pattern, self.text)

        with self._changed:
            match = self._changed.wait_for(found, LINE_S)
        assert match, self.text
        return match

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path / "data")
    yield running
    running.close()


def ask(url: str, app: str, query: str) -> list[list[object]]:
    request = urllib.request.Request(
        f"{url}/v1/apps/{app}/query",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        rows: list[list[object]] = json.load(reply)["tables"][0]["rows"]
        return rows


@pytest.mark.slow
def test_the_demo_fills_every_table_and_stops_on_ctrl_c(demo: Demo) -> None:
    url, app = demo.wait_for(r"portal\s+(http://[^/]+)/a/([^/\s]+)").groups()

    demo.wait_for(r"first telemetry after ([\d.]+) s")
    for table in NEEDED_TABLES:
        query = f"{table} | take 1"
        for _ in range(600):
            if ask(url, app, query):
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail(f"no rows in {table}")
    for _ in range(600):
        chains = ask(url, app, CHAINS)
        if chains:
            break
        threading.Event().wait(0.1)
    roles = ask(url, app, "requests | distinct cloud_RoleName")
    demo.process.send_signal(signal.SIGINT)

    assert chains, "no order went all the way"
    assert {str(role) for (role,) in roles} == {"storefront", "orders", "payments", "receipts"}
    assert demo.process.wait(timeout=30) == 0
