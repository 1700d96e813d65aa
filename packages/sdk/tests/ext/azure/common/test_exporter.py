from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from opencensus.ext.azure.common.exporter import BaseExporter
from opencensus.trace import execution_context

KEY = "11111111-2222-3333-4444-555555555555"

PROGRAM = f"""
import os, sys
from opencensus.ext.azure.common.exporter import BaseExporter

class Printing(BaseExporter):
    def emit(self, batch, event=None):
        for item in batch:
            os.write(1, f"{{item}} ".encode())
        if event is not None:
            event.set()

exporter = Printing(instrumentation_key="{KEY}", export_interval=60)
exporter.export(["parent"])
if "fork" in sys.argv:
    if child := os.fork():
        os.waitpid(child, 0)
    else:
        exporter.export(["child"])
"""


class Collecting(BaseExporter):
    def __init__(self, **options: Any) -> None:
        self.batches: list[tuple[Any, ...]] = []
        self.threads: set[str] = set()
        self.was_exporter = False
        super().__init__(instrumentation_key=KEY, **options)

    def emit(self, batch: Any, event: Any = None) -> None:
        self.threads.add(threading.current_thread().name)
        self.was_exporter = execution_context.is_exporter()
        if batch:
            self.batches.append(tuple(batch))
        if "bad" in batch:
            raise ValueError("of the program")
        if event is not None:
            event.set()


def test_items_are_emitted_in_batches_on_a_thread_that_is_not_traced() -> None:
    exporter = Collecting(max_batch_size=2, export_interval=60)
    exporter.export([1, 2, 3])
    assert exporter._queue.flush(20) is not None
    assert exporter.batches == [(1, 2), (3,)]
    assert exporter.threads == {"AzureExporter Worker"}
    assert exporter.was_exporter
    assert exporter._worker.stop(20) is not None
    assert exporter._worker.stop(20) is not None


def test_batch_that_fails_costs_itself_only(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Collecting(max_batch_size=1, export_interval=60)
    exporter.export(["bad", "good"])
    exporter._worker.stop(20)
    assert exporter.batches == [("bad",), ("good",)]
    assert "batch cannot be emitted" in caplog.text


def test_last_batch_that_fails_does_not_hold_up_the_end() -> None:
    exporter = Collecting(export_interval=60)
    exporter.export(["bad"])
    assert exporter._worker.stop(20) is not None


def test_interface_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError):
        BaseExporter.emit(Collecting(), [])


@pytest.mark.parametrize("fork", [False, True])
def test_what_waits_is_emitted_at_the_end_of_each_process(fork: bool) -> None:
    if fork and not hasattr(os, "fork"):
        pytest.skip("processes cannot fork here")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *(["fork"] if fork else [])],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == (["child", "parent"] if fork else ["parent"])
