from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import pytest

from opencensus.metrics import transport
from opencensus.metrics.export import gauge
from opencensus.trace import execution_context


class _Exporter:
    def __init__(self):
        self.exports = []
        self.exported = threading.Event()
        self.failure = None

    def export_metrics(self, metrics):
        self.exports.append([metric.descriptor.name for metric in metrics])
        self.was_exporter = execution_context.is_exporter()
        self.exported.set()
        if self.failure is not None:
            raise self.failure


def _registry(name):
    registry = gauge.Registry()
    made = gauge.LongGauge(name, "d", "u", [])
    made.get_or_create_default_time_series()
    registry.add_gauge(made)
    return registry


@pytest.fixture
def producers():
    return [_registry("one"), _registry("two")]


def test_the_metrics_of_all_producers_are_exported_at_intervals(producers):
    exporter = _Exporter()
    thread = transport.get_exporter_thread(producers, exporter, interval=0.01)
    assert exporter.exported.wait(30)
    exporter.exported.clear()
    assert exporter.exported.wait(30)
    thread.close()
    assert exporter.exports[0] == ["one", "two"]
    assert exporter.was_exporter
    assert not execution_context.is_exporter()
    thread.join(30)
    assert not thread.is_alive()


def test_closing_exports_a_last_time_once(producers):
    exporter = _Exporter()
    thread = transport.get_exporter_thread(producers, exporter, interval=3600)
    assert (thread.daemon, thread.name) == (True, "_Exporter Worker")
    thread.close()
    thread.close()
    thread.join(30)
    assert not thread.is_alive()
    assert exporter.exports == [["one", "two"]]


def test_an_export_that_fails_is_logged_and_the_next_one_made(producers, caplog):
    exporter = _Exporter()
    exporter.failure = OSError("away")
    thread = transport.get_exporter_thread(producers, exporter, interval=0.01)
    for _ in range(2):
        assert exporter.exported.wait(30)
        exporter.exported.clear()
    assert thread.is_alive()
    thread.close()
    thread.join(30)
    assert "cannot export metrics this time" in caplog.messages


def test_the_thread_ends_with_its_exporter(producers):
    exporter = _Exporter()
    thread = transport.get_exporter_thread(producers, exporter, interval=0.01)
    del exporter
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()


def test_the_thread_ends_with_a_producer():
    exporter = _Exporter()
    producer = _registry("gone")
    thread = transport.get_exporter_thread([producer], exporter, interval=0.01)
    assert exporter.exported.wait(30)
    del producer
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()


def test_the_defaults_are_a_minute_and_a_daemon():
    task = transport.PeriodicMetricTask()
    assert (task.interval, task.daemon, task.name) == (60, True, "None Worker")
    task.close()
    called = []
    task = transport.PeriodicMetricTask(
        5, lambda *args, **kwargs: called.append((args, kwargs)), [1], {"a": 2}, "own"
    )
    assert (task.interval, task.name) == (5, "own Worker")
    task.close()
    assert called == [((1,), {"a": 2})]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
def test_a_forked_child_goes_on_exporting_and_a_closed_task_stays_closed():
    program = """
import os, sys, threading
from opencensus.metrics.transport import PeriodicMetricTask

called = {}
def call(name):
    called.setdefault((os.getpid(), name), threading.Event()).set()

running = PeriodicMetricTask(0.01, call, ["running"], name="running")
closed = PeriodicMetricTask(0.01, call, ["closed"], name="closed")
running.start()
closed.start()
closed.close()
child = os.fork()
if not child:
    going_on = called.setdefault((os.getpid(), "running"), threading.Event()).wait(30)
    os._exit(0 if going_on and running.is_alive() and not closed.is_alive()
             and (os.getpid(), "closed") not in called and running.name == "running Worker" else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed == "0\n"
