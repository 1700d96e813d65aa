"""What a view keeps: bounded combinations of tags, exact totals, and nothing of a forked parent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading

import pytest

from opencensus.metrics.label_value import OVERFLOW
from opencensus.stats import aggregation
from opencensus.stats.measure import MeasureInt
from opencensus.stats.measure_to_view_map import MeasureToViewMap
from opencensus.stats.measurement_map import MeasurementMap
from opencensus.stats.view import View
from opencensus.stats.view_data import ViewData
from opencensus.tags import TagMap

START = "2019-10-09T20:00:00.000000Z"
MEASURE = MeasureInt("m", "a measure")


def _data(made, columns=("k",)):
    return ViewData(View("v", "a view", list(columns), MEASURE, made), START, START)


@pytest.fixture
def three_series(monkeypatch):
    monkeypatch.setattr(ViewData, "max_series", 3)


@pytest.mark.usefixtures("three_series")
def test_combinations_beyond_the_limit_share_one_marked_series(caplog):
    """The retired client keeps every combination of tag values for ever."""
    data = _data(aggregation.SumAggregation(), ["user", "page"])
    for user in range(10):
        data.record(TagMap([("user", str(user)), ("page", "/")]), 2, None)
    data.record(TagMap([("user", "0"), ("page", "/")]), 1, None)

    sums = {tags: kept.sum_data for tags, kept in data.tag_value_aggregation_data_map.items()}
    assert sums == {("0", "/"): 3, ("1", "/"): 2, ("2", "/"): 2, (OVERFLOW, OVERFLOW): 14}
    assert sum("too many combinations" in message for message in caplog.messages) == 1


@pytest.mark.usefixtures("three_series")
def test_a_view_without_columns_is_never_too_large():
    data = _data(aggregation.CountAggregation(), [])
    for _ in range(5):
        data.record(None, 1, None)
    assert data.tag_value_aggregation_data_map[()].count_data == 5


@pytest.mark.parametrize("columns", [[], ["a"], ["a", "b"], ["a", "b", "c"]])
def test_columns_without_a_tag_are_none(columns):
    data = _data(aggregation.CountAggregation(), columns)
    data.record(TagMap([("a", "1"), ("c", "3")]), 1, None)
    data.record(None, 1, None)
    found = {"a": "1", "c": "3"}
    assert set(data.tag_value_aggregation_data_map) == {
        tuple(found.get(column) for column in columns),
        (None,) * len(columns),
    }


def test_aggregations_of_the_host_are_told_the_time():
    class Latest:
        def new_aggregation_data(self, measure):
            return self

        def add_sample(self, value, timestamp, attachments):
            self.sample = (value, timestamp, attachments)

    made = Latest()
    data = _data(made)
    data.record(None, 1, None)
    value, timestamp, attachments = made.sample
    assert (value, attachments) == (1, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", timestamp)


def test_an_exemplar_has_the_time_of_its_value():
    views = MeasureToViewMap()
    views.register_view(View("v", "", [], MEASURE, aggregation.DistributionAggregation([5])), START)
    measurements = MeasurementMap(views)
    measurements.measure_put_attachment("trace", "abc")
    measurements.measure_int_put(MEASURE, 7)
    measurements.record()
    (kept,) = views.get_view("v", None).tag_value_aggregation_data_map.values()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", kept.exemplars[1].timestamp)


def test_eight_threads_lose_nothing():
    """The retired client raises in threads that record at the same time, and its totals fall short."""
    views = MeasureToViewMap()
    kinds = {
        "count": aggregation.CountAggregation(),
        "sum": aggregation.SumAggregation(),
        "distribution": aggregation.DistributionAggregation([1, 2, 4]),
    }
    for name, made in kinds.items():
        views.register_view(View(name, "", ["k"], MEASURE, made), START)
    everyone = threading.Barrier(8)

    def record(number):
        tags = TagMap([("k", str(number % 2))])
        everyone.wait(timeout=30)
        for step in range(1000):
            measurements = MeasurementMap(views)
            measurements.measure_int_put(MEASURE, step % 5)
            measurements.record(tags)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=record, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    finally:
        sys.setswitchinterval(before)

    for tags in (("0",), ("1",)):
        kept = {
            name: views.get_view(name, None).tag_value_aggregation_data_map[tags] for name in kinds
        }
        assert kept["count"].count_data == 4000
        assert kept["sum"].sum_data == 8000
        assert kept["distribution"].count_data == 4000
        assert kept["distribution"].sum == 8000
        assert kept["distribution"].counts_per_bucket == [800, 800, 1600, 800]
        assert kept["distribution"].variance == pytest.approx(2, rel=0.001)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
def test_a_forked_child_counts_for_itself():
    """In the retired client a child reports what its parent counted before the fork as well."""
    program = """
import json, os
from opencensus.metrics.export.cumulative import DerivedLongCumulative, LongCumulative
from opencensus.metrics.export.gauge import LongGauge, Registry
from opencensus.stats import aggregation, measure, stats, view

m = measure.MeasureInt("m", "", "1")
for name, made in (("count", aggregation.CountAggregation()),
                   ("distribution", aggregation.DistributionAggregation([1])),
                   ("last", aggregation.LastValueAggregation())):
    stats.stats.view_manager.register_view(view.View(name, "", [], m, made))
registry, told = Registry(), lambda: 3
points = []
for kind in (LongCumulative, LongGauge):
    one = kind(kind.__name__, "", "", [])
    points.append(one.get_or_create_default_time_series())
    registry.add_gauge(one)
derived = DerivedLongCumulative("derived", "", "", [])
derived.create_default_time_series(told)
registry.add_gauge(derived)

def record(value):
    mmap = stats.stats.stats_recorder.new_measurement_map()
    mmap.measure_int_put(m, value)
    mmap.record()
    for point in points:
        point.add(value)

def values():
    found = {}
    for metric in [*stats.stats.get_metrics(), *registry.get_metrics()]:
        value = metric.time_series[0].points[0].value
        found[metric.descriptor.name] = value.value if hasattr(value, "value") else value.count
    return json.dumps(found)

record(5)
record(2)
child = os.fork()
if not child:
    print(values(), flush=True)
    record(1)
    print(values(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(values())
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    at_fork, in_child, in_parent = map(json.loads, printed)
    assert at_fork == {"last": 2, "LongGauge": 7, "LongCumulative": 0, "derived": 3}
    assert in_child == {
        "count": 1,
        "distribution": 1,
        "last": 1,
        "LongGauge": 8,
        "LongCumulative": 1,
        "derived": 3,
    }
    assert in_parent == {
        "count": 2,
        "distribution": 2,
        "last": 2,
        "LongGauge": 7,
        "LongCumulative": 7,
        "derived": 3,
    }
