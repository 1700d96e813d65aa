"""The performance counters: which there are, what they tell, and who feeds them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from opencensus.ext._http.meter import RequestMeter, called, served
from opencensus.ext.azure.metrics_exporter import standard_metrics
from opencensus.ext.azure.metrics_exporter.standard_metrics import (
    cpu,
    dependency,
    http_requests,
    memory,
    process,
)

INCOMING_RATE = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"
INCOMING_TIME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"


def values_of(producer: Any) -> dict[str, float]:
    return {
        metric.descriptor.name: metric.time_series[0].points[0].value.value
        for metric in producer.get_metrics()
    }


def test_the_standard_metrics_are_the_six_of_the_retired_client() -> None:
    producer = standard_metrics.AzureStandardMetricsProducer()
    assert len(standard_metrics.register_metrics().get_metrics()) == 6
    assert set(values_of(producer)) == {
        r"\Memory\Available Bytes",
        r"\Processor(_Total)\% Processor Time",
        r"\Process(??APP_WIN32_PROC??)\% Processor Time",
        r"\Process(??APP_WIN32_PROC??)\Private Bytes",
        INCOMING_RATE,
        INCOMING_TIME,
    }
    assert {name for metric in standard_metrics.STANDARD_METRICS for name in [metric.NAME]} == set(
        values_of(producer)
    )


def test_the_outgoing_rate_has_a_producer_of_its_own_and_says_that_it_is_a_counter() -> None:
    (metric,) = dependency.producer.get_metrics()
    assert metric.descriptor.name == r"\ApplicationInsights\Dependency Calls/Sec"
    assert [key.key for key in metric.descriptor.label_keys] == ["CustomPerfCounter"]
    assert [label.value for label in metric.time_series[0].label_values] == ["true"]


def test_machine_and_process_are_measured() -> None:
    values = values_of(standard_metrics.producer)
    assert values[memory.AvailableMemoryMetric.NAME] > 0
    assert values[process.ProcessMemoryMetric.NAME] > 1_000_000
    assert 0 <= values[cpu.ProcessorTimeMetric.NAME] <= 100
    assert 0 <= values[process.ProcessCPUMetric.NAME] <= 100


def test_what_the_system_does_not_tell_is_left_out_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the retired client one counter that cannot be read costs all six."""

    def refused() -> Any:
        raise PermissionError

    monkeypatch.setattr(process, "PROCESS", SimpleNamespace(memory_info=refused))
    monkeypatch.setattr(process, "_failed", set())
    for _ in range(2):
        values = values_of(standard_metrics.producer)
        assert set(values) == {
            memory.AvailableMemoryMetric.NAME,
            cpu.ProcessorTimeMetric.NAME,
            INCOMING_RATE,
            INCOMING_TIME,
        }
    messages = [r.message for r in caplog.records if r.levelno == logging.ERROR]
    assert sorted(messages) == [
        "memory of this process cannot be read: it is not sent",
        "processor time of this process cannot be read: it is not sent",
    ]


@pytest.fixture
def meter() -> RequestMeter:
    meter = RequestMeter("test")
    meter.totals["last_time"] = 100.0
    return meter


def test_rates_are_over_the_time_since_the_reading_before(meter: RequestMeter) -> None:
    for _ in range(6):
        meter.add(0.5)
    assert meter.per_second(102.0) == 3
    assert meter.average_ms() == 500
    assert meter.per_second(104.0) == 0
    assert meter.average_ms() == 0


def test_a_clock_that_stands_or_falls_gives_the_rate_before(meter: RequestMeter) -> None:
    meter.add(1)
    assert meter.per_second(100.5) == 2
    meter.add(1)
    assert meter.per_second(100.5) == 2
    assert meter.per_second(90.0) == 2
    assert meter.per_second(91.0) == 1


def test_requests_that_web_integrations_serve_are_counted(span_list: Any) -> None:
    """The retired client counts requests to `http.server` only: none under gunicorn."""
    import flask

    from opencensus.ext.flask.flask_middleware import FlaskMiddleware

    app = flask.Flask("shop", root_path=".")
    app.add_url_rule("/", view_func=lambda: "hello")
    FlaskMiddleware(app, exporter=span_list)
    values_of(standard_metrics.producer)
    for _ in range(3):
        app.test_client().get("/")
    values = values_of(standard_metrics.producer)

    assert values[INCOMING_RATE] > 0
    assert values[INCOMING_TIME] > 0


def test_a_handler_patched_by_hand_counts_even_when_it_fails() -> None:
    class Handler:
        def do_GET(self) -> str:
            return "answer"

        def do_POST(self) -> None:
            raise KeyError

        def other(self) -> None:
            return None

    made: list[Any] = []
    before = http_requests.ORIGINAL_CONSTRUCTOR
    http_requests.ORIGINAL_CONSTRUCTOR = lambda *args, **kwargs: made.append((args, kwargs))
    try:
        http_requests.server_patch("server", "address", Handler)
        http_requests.server_patch("server", "address", RequestHandlerClass=Handler)
        http_requests.server_patch("server", "address")
    finally:
        http_requests.ORIGINAL_CONSTRUCTOR = before
    total = served.total
    assert Handler().do_GET() == "answer"
    with pytest.raises(KeyError):
        Handler().do_POST()
    Handler().other()
    http_requests.update_request_state(1.0, 3.0)

    assert served.total.requests - total.requests == 3
    assert served.total.seconds - total.seconds >= 2
    assert http_requests.requests_map["count"] == served.total.requests
    assert [len(args) for args, _ in made] == [3, 2, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
def test_a_forked_child_measures_itself() -> None:
    program = """
import os
from opencensus.ext._http.meter import called, served
from opencensus.ext.azure.metrics_exporter.standard_metrics import process
served.add(1); called.add(1)
child = os.fork()
if not child:
    alone = process.PROCESS.pid == os.getpid() and served.total == called.total == (0, 0)
    os._exit(0 if alone else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), served.total.requests, called.total.seconds)
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed == "0 1 1.0\n"


def test_importing_the_exporter_does_not_import_what_the_counters_need() -> None:
    program = """
import sys
from opencensus.ext.azure import metrics_exporter
print("psutil" in sys.modules, hasattr(metrics_exporter, "absent"))
print(metrics_exporter.standard_metrics.producer is not None, "psutil" in sys.modules)
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed == "False False\nTrue True\n"
    assert called.total.requests >= 0
