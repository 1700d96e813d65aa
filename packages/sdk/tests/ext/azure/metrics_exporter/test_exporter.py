from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import urllib.request
from typing import Any

import pytest

from opencensus.ext.azure import metrics_exporter
from opencensus.ext.azure.metrics_exporter.exporter import ExporterThread
from opencensus.metrics import transport
from opencensus.metrics.export import gauge
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue
from opencensus.stats import aggregation, measure, view
from opencensus.stats import stats as stats_module
from opencensus.stats.view_data import ViewData
from opencensus.tags import tag_key, tag_map, tag_value

AVAILABLE_MEMORY = r"\Memory\Available Bytes"
PROCESSOR_TIME = r"\Processor(_Total)\% Processor Time"
PROCESS_TIME = r"\Process(??APP_WIN32_PROC??)\% Processor Time"
PRIVATE_BYTES = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
REQUESTS_PER_SECOND = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"
REQUEST_EXECUTION_TIME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"
OUTGOING_PER_SECOND = r"\ApplicationInsights\Dependency Calls/Sec"
ALL_COUNTERS = {
    AVAILABLE_MEMORY,
    PROCESSOR_TIME,
    PROCESS_TIME,
    PRIVATE_BYTES,
    REQUESTS_PER_SECOND,
    REQUEST_EXECUTION_TIME,
    OUTGOING_PER_SECOND,
}


def record(name: str, value: int, how: Any, **tags: str) -> None:
    measured = measure.MeasureInt(name, "x", "1")
    keys = [tag_key.TagKey(key) for key in tags]
    stats_module.stats.view_manager.register_view(
        view.View(name, "about it", keys or [tag_key.TagKey("absent")], measured, how)
    )
    record_again(measured, value, **tags)


def record_again(measured: Any, value: int, **tags: str) -> None:
    tag_values = tag_map.TagMap()
    for key, text in tags.items():
        tag_values.insert(tag_key.TagKey(key), tag_value.TagValue(text))
    measurement_map = stats_module.stats.stats_recorder.new_measurement_map()
    measurement_map.measure_int_put(measured, value)
    measurement_map.record(tag_values)


def points(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        item["data"]["baseData"]["metrics"][0]["name"]: item["data"]["baseData"]["metrics"][0]
        for item in items
    }


def test_recorded_view_arrives_with_its_dimensions(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    record("orders of test", 3, aggregation.SumAggregation(), issuer="visa")
    assert exporter.flush()

    (item,) = [
        item
        for item in track_server.accepted
        if item["data"]["baseData"]["metrics"][0]["name"] == "orders of test"
    ]
    assert item["name"] == "Microsoft.ApplicationInsights.Metric"
    assert item["time"].endswith("Z")
    assert item["data"]["baseData"]["metrics"][0]["value"] == 3
    assert item["data"]["baseData"]["properties"] == {"issuer": "visa"}


def test_value_is_sent_again_each_interval_and_at_the_end(
    track_server: Any, open_exporter: Any
) -> None:
    exporter = open_exporter(enable_standard_metrics=False, export_interval=0.05)
    record("repeated", 1, aggregation.CountAggregation())

    def times() -> int:
        return sum("repeated" in points([item]) for item in track_server.accepted)

    track_server.wait_for(lambda: times() >= 3)
    before = times()
    exporter.shutdown()
    assert times() > before


def test_missing_tag_is_the_text_null(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    record("untagged", 1, aggregation.LastValueAggregation())
    assert exporter.flush()

    (item,) = [item for item in track_server.accepted if "untagged" in points([item])]
    assert item["data"]["baseData"]["properties"] == {"absent": "null"}


def test_distribution_becomes_an_aggregation_with_its_buckets(
    open_exporter: Any, recorded: Any
) -> None:
    """The retired exporter leaves distributions out."""
    exporter = open_exporter(enable_standard_metrics=False)
    latency = recorded(aggregation.DistributionAggregation([10, 100]), "page")
    for value in (5, 50, 500):
        latency.record(value, page="/")
    assert exporter.flush()

    (item,) = latency.items
    (point,) = item["metrics"]
    assert (point["value"], point["count"], point["kind"]) == (555.0, 3, 1)
    assert (point["min"], point["max"]) == (5.0, 500.0)
    assert point["stdDev"] == pytest.approx(223.495, abs=0.001)
    assert item["properties"]["page"] == "/"
    assert json.loads(item["properties"]["_buckets"]) == {
        "bounds": [10, 100],
        "counts": [1, 1, 1],
    }


def test_the_series_beyond_the_limit_says_so(
    open_exporter: Any, recorded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retired client keeps and sends every combination of tags for ever."""
    monkeypatch.setattr(ViewData, "max_series", 2)
    exporter = open_exporter(enable_standard_metrics=False)
    total = recorded(aggregation.SumAggregation(), "user", "page")
    for user in range(5):
        total.record(1, user=str(user), page="/")
    assert exporter.flush()

    capped = {"user": "DIMENSION-CAPPED", "page": "DIMENSION-CAPPED", "_overflow": "true"}
    assert [(item["properties"], item["metrics"][0]["value"]) for item in total.items] == [
        ({"user": "0", "page": "/"}, 1),
        ({"user": "1", "page": "/"}, 1),
        (capped, 3),
    ]


def test_a_tag_goes_before_the_buckets(open_exporter: Any, recorded: Any) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    latency = recorded(aggregation.DistributionAggregation([10]), "_buckets")
    latency.record(5, _buckets="mine")
    assert exporter.flush()

    assert latency.items[0]["properties"] == {"_buckets": "mine"}


def test_every_series_is_sent_each_time_whether_it_changed_or_not(
    open_exporter: Any, recorded: Any
) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    total = recorded(aggregation.SumAggregation())
    spread = recorded(aggregation.DistributionAggregation())
    total.record(2)
    spread.record(2)
    for _ in range(3):
        assert exporter.flush()
    total.record(1)
    spread.record(1)
    assert exporter.flush()

    assert total.values == [2, 2, 2, 3]
    assert spread.values == [2, 2, 2, 3]


def test_every_documented_counter_arrives(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter()
    assert exporter.flush()

    found = points(track_server.accepted)
    assert set(found) >= ALL_COUNTERS
    assert found[AVAILABLE_MEMORY]["value"] > 0
    assert found[PRIVATE_BYTES]["value"] > 1_000_000
    assert 0 <= found[PROCESSOR_TIME]["value"] <= 100


def test_no_counter_arrives_when_they_are_off(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    record("alone", 1, aggregation.CountAggregation())
    assert exporter.flush()

    found = points(track_server.accepted)
    assert "alone" in found
    assert not ALL_COUNTERS & set(found)


def test_requests_to_a_standard_server_are_counted(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for _ in range(5):
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").close()
        server.shutdown()
        thread.join()
    assert exporter.flush()

    found = points(track_server.accepted)
    assert found[REQUESTS_PER_SECOND]["value"] > 0
    assert found[REQUEST_EXECUTION_TIME]["value"] > 0


def test_outgoing_calls_are_counted_once_whatever_integrations_see_them(
    track_server: Any, open_exporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import http.client

    import requests

    from opencensus.ext._http.meter import called
    from opencensus.ext.httplib import trace as httplib_trace
    from opencensus.ext.requests import trace as requests_trace

    connection: Any = http.client.HTTPConnection
    for owner, name in ((connection, "request"), (connection, "getresponse")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(requests.Session, "request", vars(requests.Session)["request"])
    httplib_trace.trace_integration()
    requests_trace.trace_integration()
    exporter = open_exporter()
    before = called.total.requests
    for _ in range(3):
        requests.post(track_server.endpoint, json=[])
    assert exporter.flush()

    counter = [item for item in track_server.accepted if OUTGOING_PER_SECOND in points([item])]
    assert called.total.requests - before == 3
    assert counter[-1]["data"]["baseData"]["metrics"][0]["value"] > 0
    assert counter[-1]["data"]["baseData"]["properties"] == {"CustomPerfCounter": "true"}


def test_broken_producer_costs_no_other(track_server: Any, open_exporter: Any) -> None:
    class Broken:
        def get_metrics(self) -> Any:
            raise RuntimeError("gauge of the host")

    exporter = open_exporter(enable_standard_metrics=False)
    exporter.metric_producers.insert(0, Broken())
    record("unbroken", 1, aggregation.CountAggregation())
    assert exporter.flush()

    assert "unbroken" in points(track_server.accepted)


def test_processor_sees_metrics(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter()
    exporter.add_telemetry_processor(
        lambda envelope: envelope.data.baseData.metrics[0].name == PRIVATE_BYTES
    )
    assert exporter.flush()

    assert set(points(track_server.accepted)) == {PRIVATE_BYTES}


def test_batch_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        metrics_exporter.new_metrics_exporter(
            instrumentation_key="00000000-0000-0000-0000-000000000000", max_batch_size=0
        )


def test_thread_of_the_exporter_can_be_closed(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    record("closing", 1, aggregation.CountAggregation())
    exporter.exporter_thread.close()
    exporter.exporter_thread.cancel()

    assert "closing" in points(track_server.accepted)


def test_metrics_are_sent_when_they_are_given(
    track_server: Any, exporter_options: dict[str, Any]
) -> None:
    registry = gauge.Registry()
    level = gauge.LongGauge("level", "", "1", [LabelKey("tank", "")])
    level.get_or_create_time_series([LabelValue("north")]).set(7)
    registry.add_gauge(level)
    exporter = metrics_exporter.MetricsExporter(**exporter_options)
    exporter.add_telemetry_processor(lambda envelope: envelope.data.baseData.metrics[0].value > 0)

    assert exporter.export_metrics(registry.get_metrics()) is None
    (item,) = track_server.accepted
    exporter.shutdown()

    data = item["data"]["baseData"]
    assert (data["metrics"][0]["value"], data["properties"]) == (7, {"tank": "north"})
    assert exporter.exporter_thread is None


def test_a_thread_of_another_interval_exports_other_producers(
    track_server: Any, open_exporter: Any
) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    registry = gauge.Registry()
    level = gauge.LongGauge("other level", "", "1", [])
    level.get_or_create_default_time_series().set(7)
    registry.add_gauge(level)
    task = transport.get_exporter_thread([registry], exporter, interval=0.01)
    track_server.wait_for(lambda: "other level" in points(track_server.accepted))
    task.close()

    assert isinstance(task, transport.PeriodicMetricTask)
    assert isinstance(exporter.exporter_thread, ExporterThread)


def test_shutdown_closes_the_thread_that_a_program_set(
    track_server: Any, exporter_options: dict[str, Any]
) -> None:
    registry = gauge.Registry()
    level = gauge.LongGauge("last level", "", "1", [])
    level.get_or_create_default_time_series().set(7)
    registry.add_gauge(level)
    exporter = metrics_exporter.MetricsExporter(**exporter_options)
    exporter.exporter_thread = transport.get_exporter_thread([registry], exporter, interval=50)
    exporter.shutdown()

    assert exporter.exporter_thread.finished.is_set()
    assert points(track_server.accepted)["last level"]["value"] == 7


def test_a_closed_thread_reads_no_more_and_the_exporter_goes_on(
    open_exporter: Any, recorded: Any
) -> None:
    exporter = open_exporter(enable_standard_metrics=False)
    count = recorded(aggregation.CountAggregation())
    count.record(1)
    assert exporter.exporter_thread.is_alive()
    exporter.exporter_thread.close()
    exporter.exporter_thread.close()
    assert not exporter.exporter_thread.is_alive()
    assert exporter.flush()
    assert count.values == [1]
    exporter.export_metrics(
        metric
        for metric in stats_module.stats.get_metrics()
        if metric.descriptor.name == count.name
    )
    assert count.values == [1, 1]


def test_the_names_that_programs_replace_are_there() -> None:
    for name in dir(metrics_exporter):
        assert getattr(metrics_exporter, name) is not None
    assert metrics_exporter.transport is transport
    assert metrics_exporter.stats_module is stats_module


def test_the_end_of_the_process_closes_the_thread_that_a_program_set(
    track_server: Any, exporter_options: dict[str, Any]
) -> None:
    program = f"""
from opencensus.ext.azure import metrics_exporter
from opencensus.metrics import transport
from opencensus.metrics.export import gauge
registry = gauge.Registry()
level = gauge.LongGauge("level at the end", "", "1", [])
level.get_or_create_default_time_series().set(7)
registry.add_gauge(level)
exporter = metrics_exporter.MetricsExporter(**{exporter_options!r})
exporter.exporter_thread = transport.get_exporter_thread([registry], exporter, interval=50)
other = metrics_exporter.MetricsExporter(**{exporter_options!r})
other.exporter_thread = "no thread"
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=60, capture_output=True, text=True
    )

    assert points(track_server.accepted)["level at the end"]["value"] == 7
    assert "thread of an exporter cannot be closed" in done.stderr


def test_the_books_of_polled_and_given_metrics_add_up(
    track_server: Any, open_exporter: Any, recorded: Any, track_answer: Any
) -> None:
    exporter = open_exporter()
    total = recorded(aggregation.SumAggregation())
    total.record(1)
    exporter.add_telemetry_processor(
        lambda envelope: envelope.data.baseData.metrics[0].name != PRIVATE_BYTES
    )
    assert exporter.flush()
    exporter.export_metrics(stats_module.stats.get_metrics())
    track_server.always = track_answer(status=503)
    assert exporter.flush()
    books = exporter.stats()

    accepted = len(track_server.accepted)
    assert books.sent == accepted > 0
    assert books.dropped == {"filtered": 2}
    assert books.stored > 0
    assert books.recorded == books.waiting + books.sent + books.stored + 2
