"""What OpenTelemetry's API measures, our metrics exporters read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def provider(bridge: Any) -> Any:
    from opencensus.ext.opentelemetry.metering import MeterProvider

    return MeterProvider()


@pytest.fixture
def meter(provider: Any) -> Any:
    return provider.get_meter("tests")


def envelopes(provider: Any, exporter: Any) -> list[tuple[str, dict[str, str], Any]]:
    """Return name, dimensions and point of all that an exporter would send now."""
    found = []
    for metric in provider.get_metrics():
        for one in exporter._convert(metric):
            (point,) = one.data.baseData.metrics
            found.append((point.name, dict(one.data.baseData.properties), point))
    return found


def metrics_exporter(track_server: Any, **options: Any) -> Any:
    from opencensus.ext.azure.metrics_exporter import MetricsExporter

    return MetricsExporter(
        connection_string=track_server.connection_string, export_interval=3600, **options
    )


@pytest.fixture
def totals(track_server: Any) -> Iterator[Any]:
    exporter = metrics_exporter(track_server)
    yield exporter
    exporter.shutdown(0)


@pytest.fixture
def growth(track_server: Any) -> Iterator[Any]:
    exporter = metrics_exporter(track_server, delta=True)
    yield exporter
    exporter.shutdown(0)


def values(found: Any) -> list[tuple[str, dict[str, str], float]]:
    return sorted(((name, labels, one.value) for name, labels, one in found), key=str)


def test_counters_and_gauges(provider: Any, meter: Any, totals: Any, growth: Any) -> None:
    sold = meter.create_counter("sold", "1", "what was sold")
    waiting = meter.create_up_down_counter("waiting")
    heat = meter.create_gauge("heat")
    sold.add(2, {"kind": "cup"})
    sold.add(0.5, {"kind": "cup"})
    sold.add(1)
    waiting.add(5)
    waiting.add(-7)
    heat.set(20.5, {"room": 1, "is_open": True})
    heat.set(19, {"is_open": True, "room": 1})
    expected = [
        ("heat", {"is_open": "true", "room": "1"}, 19),
        ("sold", {"kind": "cup"}, 2.5),
        ("sold", {}, 1),
        ("waiting", {}, -2),
    ]
    assert values(envelopes(provider, totals)) == expected
    assert values(envelopes(provider, growth)) == expected
    sold.add(4, {"kind": "cup"})
    assert ("sold", {"kind": "cup"}, 6.5) in values(envelopes(provider, totals))
    assert values(envelopes(provider, growth)) == [
        ("heat", {"is_open": "true", "room": "1"}, 19),
        ("sold", {"kind": "cup"}, 4),
        ("waiting", {}, -2),
    ]


def test_growth_is_told_apart_by_meter_and_by_names_of_attributes(
    provider: Any, meter: Any, growth: Any
) -> None:
    other = provider.get_meter("others")
    meter.create_counter("sold").add(1, {"a": "x"})
    meter.create_counter("sold").add(2, {"b": "x"})
    other.create_counter("sold").add(4, {"a": "x"})
    first = [("sold", {"a": "x"}, 1), ("sold", {"a": "x"}, 4), ("sold", {"b": "x"}, 2)]
    assert values(envelopes(provider, growth)) == first
    meter.create_counter("SOLD").add(8, {"b": "x"})
    assert values(envelopes(provider, growth)) == [("sold", {"b": "x"}, 8)]


def test_histograms_have_count_sum_extremes_and_buckets(
    provider: Any, meter: Any, growth: Any
) -> None:
    took = meter.create_histogram("took", "s", explicit_bucket_boundaries_advisory=[0, 1, 2])
    for amount in (0.5, 1.5, 9):
        took.record(amount, {"path": "/"})
    ((name, labels, point),) = envelopes(provider, growth)
    assert (name, labels.pop("path")) == ("took", "/")
    assert (point.count, point.value, point.min, point.max) == (3, 11, 0.5, 9)
    assert labels == {"_buckets": '{"bounds":[1,2],"counts":[1,1,1]}'}
    took.record(1.75, {"path": "/"})
    ((_, _, point),) = envelopes(provider, growth)
    assert (point.count, point.value, point.min, point.max) == (1, 1.75, 1.75, 1.75)


def test_observed_values_are_asked_for_when_they_are_read(
    bridge: Any, provider: Any, meter: Any, totals: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.metrics import Observation

    asked: list[Any] = []

    def queue(options: Any) -> Any:
        asked.append(options.timeout_millis)
        return [Observation(7, {"queue": "a"}), Observation(8, {"queue": "b"})]

    def generated() -> Any:
        yield
        yield [Observation(1)]
        yield [Observation(2)]

    def broken(options: Any) -> Any:
        raise OSError("no queue")

    meter.create_observable_gauge("queued", [broken, queue])
    meter.create_observable_counter("total", [generated()])
    meter.create_observable_up_down_counter("open", [lambda options: [Observation(-1)]])
    assert asked == []
    known = [
        ("open", {}, -1),
        ("queued", {"queue": "a"}, 7),
        ("queued", {"queue": "b"}, 8),
    ]
    for total in (1, 2):
        assert values(envelopes(provider, totals)) == [*known, ("total", {}, total)]
    assert values(envelopes(provider, totals)) == known
    assert asked == [10_000] * 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_what_cannot_be_measured_is_left_out_and_reported_once(
    provider: Any, meter: Any, totals: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sold = meter.create_counter("sold")
    for amount in (-1, float("nan"), "many", None):
        sold.add(amount)
    sold.add(1)
    assert values(envelopes(provider, totals)) == [("sold", {}, 1)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_series_beyond_the_limit_are_counted_together(
    provider: Any, meter: Any, totals: Any
) -> None:
    sold = meter.create_counter("sold")
    for number in range(2005):
        sold.add(1, {"number": number})
    found = values(envelopes(provider, totals))
    assert len(found) == 2001
    assert [one for one in found if "number" not in one[1]] == [("sold", {"_overflow": "true"}, 5)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_counts_from_the_beginning(provider: Any, meter: Any) -> None:
    sold = meter.create_counter("sold")
    sold.add(3)
    readable, writable = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            sold.add(1)
            (metric,) = provider.get_metrics()
            os.write(writable, str(metric.time_series[0].points[0].value.value).encode())
        finally:
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable) as told:
        assert told.read() == "1"
    os.waitpid(pid, 0)


def test_exporter_is_made_when_something_is_measured(bridge: Any) -> None:
    from opencensus.ext.opentelemetry.metering import MeterProvider

    made: list[Any] = []

    class Reader:
        exporter_thread: Any = None

        def read(self, producers: Any) -> str:
            made.append(producers)
            return "thread"

    provider = MeterProvider(Reader)
    meter = provider.get_meter("tests")
    assert made == []
    meter.create_counter("a")
    meter.create_counter("b")
    assert made == [[provider]]
    assert provider.exporter.exporter_thread == "thread"


def test_exporter_that_cannot_be_made_is_reported(
    bridge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from opencensus.ext.opentelemetry.metering import MeterProvider

    def make() -> Any:
        raise ValueError("no key")

    MeterProvider(make).get_meter("tests").create_counter("a").add(1)
    assert "metrics of OpenTelemetry cannot be exported" in caplog.text
