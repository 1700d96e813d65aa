"""Points become customMetrics; totals become growth. Rules O70 to O75."""

from __future__ import annotations

import pytest

from openinsights.ingest.otlp.counters import PERFORMANCE_COUNTERS
from openinsights.ingest.otlp.deltas import Growth, Series, leave_totals, take_totals
from openinsights.ingest.otlp.records import SUM, Metric, Origin, Point
from openinsights.ingest.performance import COUNTERS

MINUTE_NS = 60_000_000_000
DELTA, CUMULATIVE = 1, 2


def point(otlp, points, minute=0, start=-10, **values):
    one = points.add()
    one.start_time_unix_nano = otlp.now_ns + start * MINUTE_NS
    one.time_unix_nano = otlp.now_ns + minute * MINUTE_NS
    for name, value in values.items():
        setattr(one, name, value)
    return one


def counter(
    otlp, value, minute=0, *, start=-10, is_monotonic=True, temporality=CUMULATIVE, **named
):
    request, metrics = otlp.metrics(service__name=named.get("service", "shop"))
    one = metrics.add(name="orders")
    one.sum.aggregation_temporality, one.sum.is_monotonic = temporality, is_monotonic
    made = point(otlp, one.sum.data_points, minute, start, as_double=value)
    otlp.put(made.attributes, "region", named.get("region", "north"))
    return request


def values(otlp):
    rows = sorted(otlp.rows("customMetrics"), key=lambda row: row["timestamp"])
    return [row["value"] for row in rows]


COLUMNS = ("name", "value", "valueCount", "valueSum", "valueMin", "valueMax", "valueStdDev")


@pytest.mark.parametrize("as_json", [False, True])
def test_every_kind_of_point(otlp, as_json):
    request, metrics = otlp.metrics()
    whole = point(otlp, metrics.add(name="gauge").gauge.data_points, as_int=-7)
    otlp.put(whole.attributes, "region", "north")
    sums = metrics.add(name="sum").sum
    sums.aggregation_temporality = DELTA
    point(otlp, sums.data_points, as_double=2.5)
    histogram = metrics.add(name="histogram").histogram
    histogram.aggregation_temporality = DELTA
    point(otlp, histogram.data_points, count=4, sum=10.0, min=1.0, max=5.0)
    exponential = metrics.add(name="exponential").exponential_histogram
    exponential.aggregation_temporality = DELTA
    point(otlp, exponential.data_points, count=3, sum=6.0, min=1.5, max=2.5)
    summary = point(otlp, metrics.add(name="summary").summary.data_points, count=2, sum=9.0)
    for quantile, value in ((0.0, 4.0), (0.5, 4.5), (1.0, 5.0)):
        summary.quantile_values.add(quantile=quantile, value=value)
    otlp.send(request, as_json=as_json)
    rows = {
        row["name"]: tuple(row.get(name) for name in COLUMNS) for row in otlp.rows("customMetrics")
    }
    assert rows == {
        "gauge": ("gauge", -7.0, 1, -7.0, -7.0, -7.0, 0.0),
        "sum": ("sum", 2.5, 1, 2.5, 2.5, 2.5, 0.0),
        "histogram": ("histogram", 10.0, 4, 10.0, 1.0, 5.0, None),
        "exponential": ("exponential", 6.0, 3, 6.0, 1.5, 2.5, None),
        "summary": ("summary", 9.0, 2, 9.0, 4.0, 5.0, None),
    }
    (gauge,) = (row for row in otlp.rows("customMetrics") if row["name"] == "gauge")
    assert gauge["customDimensions"] == {"region": "north"}


def test_totals_become_growth_and_a_restart_begins_again(otlp):
    for minute, total in enumerate((5.0, 7.0, 7.0, 12.0)):
        otlp.send(counter(otlp, total, minute))
    otlp.send(counter(otlp, 3.0, 6, start=5))
    otlp.send(counter(otlp, 1.0, 7))
    assert values(otlp) == [5.0, 2.0, 5.0, 3.0, 1.0]


def test_series_are_told_apart_by_dimensions_and_resource(otlp):
    otlp.send(counter(otlp, 5.0, 0))
    otlp.send(counter(otlp, 6.0, 1, region="south"))
    otlp.send(counter(otlp, 7.0, 2, service="other"))
    assert values(otlp) == [5.0, 6.0, 7.0]


def test_sums_that_may_fall_and_growth_are_taken_as_they_are(otlp):
    otlp.send(counter(otlp, 5.0, 0, is_monotonic=False))
    otlp.send(counter(otlp, 3.0, 1, is_monotonic=False))
    otlp.send(counter(otlp, 4.0, 2, temporality=DELTA))
    otlp.send(counter(otlp, 4.0, 3, temporality=DELTA))
    assert values(otlp) == [5.0, 3.0, 4.0, 4.0]


def test_first_total_of_a_series_that_began_before_the_server_is_where_counting_begins(make_otlp):
    otlp = make_otlp(watched_from_ns=1_795_248_000 * 1_000_000_000)
    otlp.send(counter(otlp, 100.0, 1))
    otlp.send(counter(otlp, 103.0, 2))
    otlp.send(counter(otlp, 5.0, 3, start=2, region="south"))
    assert values(otlp) == [3.0, 5.0]


def test_growth_of_a_histogram_has_the_extremes_that_moved(otlp):
    for minute, (count, total, low, high) in enumerate(
        ((2, 11.0, 1.0, 10.0), (4, 33.0, 1.0, 20.0))
    ):
        request, metrics = otlp.metrics()
        one = metrics.add(name="cart").histogram
        one.aggregation_temporality = CUMULATIVE
        point(otlp, one.data_points, minute, count=count, sum=total, min=low, max=high)
        otlp.send(request)
    first, second = sorted(otlp.rows("customMetrics"), key=lambda row: row["timestamp"])
    assert [first.get(name) for name in COLUMNS[1:6]] == [11.0, 2, 11.0, 1.0, 10.0]
    assert [second.get(name) for name in COLUMNS[1:6]] == [22.0, 2, 22.0, None, 20.0]


def test_total_that_could_not_be_stored_counts_when_it_is_sent_again(make_otlp):
    otlp = make_otlp(max_items=10)
    otlp.send(counter(otlp, 5.0, 0))
    request = counter(otlp, 9.0, 1)
    for number in range(10):
        point(
            otlp,
            request.resource_metrics[0]
            .scope_metrics[0]
            .metrics.add(name=f"g{number}")
            .gauge.data_points,
            as_int=1,
        )
    reply = otlp.post(request.SerializeToString(), "/v1/metrics")
    assert reply.status_code == 413
    otlp.send(counter(otlp, 9.0, 1))
    assert values(otlp) == [5.0, 4.0]


def test_series_that_rested_longest_are_forgotten_and_not_counted_twice():
    series = Series(0, max_series=2)

    def grow(name, time_ns, value):
        growth = Growth(series)
        metric = Metric(name, SUM, True, True)
        point = growth.of(Point(metric, 1, time_ns, value), Origin({}), "key")
        growth.stored()
        return None if point is None else point.value

    assert [grow("a", 10, 1.0), grow("b", 11, 2.0), grow("c", 12, 3.0)] == [1.0, 2.0, 3.0]
    assert grow("a", 20, 4.0) is None
    assert grow("a", 30, 6.0) == 2.0


def test_points_without_a_value_are_accepted_and_stored_nowhere(otlp):
    request, metrics = otlp.metrics()
    point(otlp, metrics.add(name="stale").gauge.data_points, as_double=1.0, flags=1)
    point(otlp, metrics.add(name="empty").gauge.data_points)
    point(otlp, metrics.add(name="nan").gauge.data_points, as_double=float("nan"))
    metrics.add(name="no data")
    assert otlp.send(request).content == b""
    assert otlp.rows("customMetrics") == []


@pytest.mark.parametrize(
    "name",
    [
        "http.server.request.duration",
        "http.server.duration",
        "http.client.request.duration",
        "http.client.duration",
        "http.server.active_requests",
        "http.client.request.size",
    ],
)
def test_standard_metrics_are_no_custom_metrics(otlp, name):
    request, metrics = otlp.metrics()
    one = metrics.add(name=name).histogram
    one.aggregation_temporality = DELTA
    made = point(otlp, one.data_points, count=1, sum=1.0)
    otlp.put(made.attributes, "http.response.status_code", 200)
    otlp.send(request)
    assert otlp.rows("customMetrics") == []


def test_counters_of_azures_distributions_are_performance_counters(otlp):
    request, metrics = otlp.metrics()
    for name, value in (("requestssec", 2.5), ("processtimenormalized", 12.5)):
        points = metrics.add(name=f"azuremonitor.performancecounter.{name}").gauge.data_points
        point(otlp, points, as_double=value)
    one = metrics.add(name="azuremonitor.performancecounter.requestexecutiontime").histogram
    one.aggregation_temporality = DELTA
    point(otlp, one.data_points, count=4, sum=10.0, min=1.0, max=5.0)
    otlp.send(request)
    rows = {row["counter"]: row for row in otlp.rows("performanceCounters")}
    assert {name: row["value"] for name, row in rows.items()} == {
        "Requests/Sec": 2.5,
        "% Processor Time Normalized": 12.5,
        "Request Execution Time": 2.5,
    }
    assert rows["Requests/Sec"]["category"] == "ASP.NET Applications"
    assert otlp.rows("customMetrics") == []


def test_the_names_are_those_of_azures_exporter():
    constants = pytest.importorskip(
        "azure.monitor.opentelemetry.exporter._performance_counters._constants"
    )
    assert constants._PERFORMANCE_COUNTER_METRIC_NAME_MAPPINGS == PERFORMANCE_COUNTERS
    assert set(PERFORMANCE_COUNTERS.values()) <= COUNTERS


def grown(series, time_ns, value, start_ns=1):
    growth = Growth(series)
    metric = Metric("orders", SUM, True, True)
    point = growth.of(Point(metric, start_ns, time_ns, value), Origin({}), "key")
    growth.stored()
    return None if point is None else point.value


def test_totals_are_left_for_the_next_start_and_taken_once(tmp_path):
    file = tmp_path / "totals"
    series = take_totals(file, 5)
    assert (grown(series, 10, 4.0), grown(series, 20, 6.0)) == (None, 2.0)
    leave_totals(file, series)
    again = take_totals(file, 1_000)
    assert list(tmp_path.iterdir()) == [], "after a crash none is believed"
    assert grown(again, 2_000, 9.0) == 3.0
    assert again.is_whole(6), "what began while nobody was there is whole"
    crashed = take_totals(file, 3_000)
    assert grown(crashed, 4_000, 11.0) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x82"])
def test_totals_that_cannot_be_read_begin_anew(tmp_path, caplog, content):
    file = tmp_path / "totals"
    file.write_bytes(content)
    series = take_totals(file, 5)
    assert "they begin anew" in caplog.text
    assert grown(series, 10, 4.0) is None
    assert not file.exists()
    leave_totals(tmp_path / "no folder" / "totals", series)
    assert "cannot write the last totals" in caplog.text
