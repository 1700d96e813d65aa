from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from opencensus.common.transports import async_
from opencensus.common.transports.base import Transport
from opencensus.common.transports.sync import SyncTransport
from opencensus.trace import execution_context


class _Exporter:
    def __init__(self):
        self.emitted = []
        self.seen_as_exporter = []
        self.called = threading.Event()
        self.failures = 0

    def emit(self, datas):
        self.seen_as_exporter.append(execution_context.is_exporter())
        self.called.set()
        if self.failures:
            self.failures -= 1
            raise OSError("away")
        self.emitted.append(list(datas))


@pytest.fixture
def exporter():
    return _Exporter()


def test_a_transport_has_to_export():
    with pytest.raises(NotImplementedError):
        Transport().export([])
    assert Transport().flush() is None


def test_sync_emits_at_once_and_untraced(exporter):
    SyncTransport(exporter).export([1, 2])
    assert (exporter.emitted, exporter.seen_as_exporter) == ([[1, 2]], [True])
    assert not execution_context.is_exporter()


def test_sync_gives_the_context_back_when_emitting_fails(exporter):
    exporter.failures = 1
    with pytest.raises(OSError, match="away"):
        SyncTransport(exporter).export([1])
    assert not execution_context.is_exporter()


def _emitted(exporter):
    return [data for datas in exporter.emitted for data in datas]


def test_async_emits_on_a_thread_of_its_own_and_untraced(exporter):
    transport = async_.AsyncTransport(exporter, wait_period=3600)
    transport.export([1, 2])
    transport.export([3])
    transport.flush()
    assert _emitted(exporter) == [1, 2, 3]
    assert all(exporter.seen_as_exporter)
    assert transport.worker.stop()
    assert not transport.worker.is_alive


def test_async_joins_exports_up_to_a_full_batch(exporter):
    worker = async_._Worker(exporter, max_batch_size=3, wait_period=3600)
    for number in range(5):
        worker.enqueue([number])
    worker.start()
    worker.flush()
    worker.stop()
    assert exporter.emitted == [[0, 1, 2], [3, 4]]


def test_async_emits_a_full_batch_without_waiting(exporter):
    transport = async_.AsyncTransport(exporter, max_batch_size=3, wait_period=3600)
    transport.export([0])
    transport.flush()
    exporter.called.clear()
    for number in range(1, 4):
        transport.export([number])
    assert exporter.called.wait(30)
    transport.worker.stop()
    assert _emitted(exporter) == [0, 1, 2, 3]


def test_async_emits_after_the_wait_period(exporter):
    transport = async_.AsyncTransport(exporter, wait_period=0.01)
    for number in range(3):
        exporter.called.clear()
        transport.export([number])
        assert exporter.called.wait(30)
    transport.worker.stop()
    assert exporter.emitted == [[0], [1], [2]]


def test_async_goes_on_after_a_failure(exporter, caplog):
    exporter.failures = 1
    transport = async_.AsyncTransport(exporter, wait_period=3600)
    transport.export([1, 2])
    transport.flush()
    transport.export([3])
    transport.flush()
    transport.worker.stop()
    assert exporter.emitted == [[3]]
    assert caplog.messages == ["_Exporter failed to emit data.Dropping 2 objects from queue."]


def test_async_emits_what_is_left_when_it_stops(exporter):
    transport = async_.AsyncTransport(exporter, wait_period=3600)
    transport.export([0])
    transport.flush()
    transport.export([1])
    transport.export([2])
    assert transport.worker.stop()
    assert transport.worker.stop() is None
    assert _emitted(exporter) == [0, 1, 2]


def test_async_has_a_bound_and_counts_what_it_drops(exporter, caplog, monkeypatch):
    monkeypatch.setattr(async_, "_CAPACITY", 2)
    worker = async_._Worker(exporter, wait_period=3600)
    for number in range(5):
        worker.enqueue([number])
    assert worker.dropped == 3
    assert caplog.messages == ["Queue is full. Dropping telemetry."]
    worker.start()
    worker.stop()
    assert exporter.emitted == [[0, 1]]


def test_stopping_is_bounded_by_the_grace_period():
    release = threading.Event()

    class Stuck:
        def emit(self, datas):
            release.wait(30)

    transport = async_.AsyncTransport(Stuck(), grace_period=0.01, wait_period=3600)
    transport.export([1])
    assert transport.worker.stop() is False
    release.set()
    assert not transport.worker.is_alive


def test_what_is_waiting_is_emitted_at_exit():
    program = """
from opencensus.common.transports.async_ import AsyncTransport
from opencensus.trace.print_exporter import PrintExporter
PrintExporter(transport=AsyncTransport).export(["last words"])
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed == "['last words']\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
def test_a_forked_child_emits_its_own_and_not_its_parents():
    program = """
import os
from opencensus.common.transports.async_ import AsyncTransport
from opencensus.trace.print_exporter import PrintExporter
exporter = PrintExporter(transport=AsyncTransport)
exporter.export(["of the parent"])
child = os.fork()
if not child:
    exporter.export(["of the child"])
    exporter.transport.flush()
    os._exit(0)
os.waitpid(child, 0)
"""
    printed = subprocess.run(
        [sys.executable, "-u", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert sorted(printed.splitlines()) == ["['of the child']", "['of the parent']"]
