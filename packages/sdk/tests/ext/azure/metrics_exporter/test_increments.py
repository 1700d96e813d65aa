"""What was added to a counter: exact for every kind, and nothing twice."""

from __future__ import annotations

import math
import random
import weakref
from datetime import datetime, timezone

import pytest

from opencensus.ext.azure.metrics_exporter.increments import Increments, increment
from opencensus.metrics.export import cumulative, gauge, value
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue
from opencensus.stats import aggregation, metric_utils
from opencensus.stats.measure import MeasureInt
from opencensus.stats.view import View
from opencensus.stats.view_data import ViewData

NOW = datetime(2019, 10, 9, 20, 58, 4, tzinfo=timezone.utc)


def values_of(metric):
    if metric is None:
        return {}
    return {
        tuple(label and label.value for label in series.label_values): series.points[0].value.value
        for series in metric.time_series
    }


@pytest.mark.parametrize("kind", [cumulative.LongCumulative, cumulative.DoubleCumulative])
def test_each_reading_of_a_counter_gives_what_was_added(kind):
    increments = Increments()
    counter = kind("n", "", "", [LabelKey("k", "")])
    first = counter.get_or_create_time_series([LabelValue("a")])
    second = counter.get_or_create_default_time_series()
    first.add(5)
    second.add(1)
    assert values_of(increments.of(counter.get_metric(NOW))) == {("a",): 5, (None,): 1}
    first.add(2)
    assert values_of(increments.of(counter.get_metric(NOW))) == {("a",): 2}
    assert increments.of(counter.get_metric(NOW)) is None


def test_a_missing_label_is_not_the_text_none():
    increments = Increments()
    counter = cumulative.LongCumulative("n", "", "", [LabelKey("k", "")])
    counter.get_or_create_default_time_series().add(5)
    counter.get_or_create_time_series([LabelValue("None")]).add(3)
    for added in ({(None,): 5, ("None",): 3}, {}):
        assert values_of(increments.of(counter.get_metric(NOW))) == added


def test_a_gauge_stays_what_it_is():
    increments = Increments()
    level = gauge.LongGauge("n", "", "", [])
    level.get_or_create_default_time_series().set(5)
    for _ in range(2):
        assert values_of(increments.of(level.get_metric(NOW))) == {(): 5}


def test_a_counter_that_fell_began_again():
    assert increment(value.ValueLong(7), value.ValueLong(3)).value == 3
    assert increment(value.ValueLong(7), value.ValueLong(0)) is None


def test_each_of_two_readers_gets_everything():
    counter = cumulative.LongCumulative("n", "", "", [])
    counter.get_or_create_default_time_series().add(5)
    one, other = Increments(), Increments()
    assert values_of(one.of(counter.get_metric(NOW))) == {(): 5}
    counter.get_or_create_default_time_series().add(2)
    assert values_of(other.of(counter.get_metric(NOW))) == {(): 7}
    assert values_of(one.of(counter.get_metric(NOW))) == {(): 2}


@pytest.mark.parametrize("bounds", [None, [10, 20, 40]])
def test_what_was_added_to_a_distribution_is_the_distribution_of_what_was_added(bounds):
    rng = random.Random(5)
    data = aggregation.DistributionAggregation(bounds).new_aggregation_data()
    before = None
    for _ in range(20):
        samples = [rng.uniform(0, 50) for _ in range(rng.randrange(1, 30))]
        alone = aggregation.DistributionAggregation(bounds).new_aggregation_data()
        for sample in samples:
            data.add_sample(sample, None, None)
            alone.add_sample(sample, None, None)
        now, expected = data.to_point(NOW).value, alone.to_point(NOW).value
        added = increment(before, now)
        assert added.count == len(samples)
        assert math.isclose(added.sum, math.fsum(samples), rel_tol=1e-9)
        assert math.isclose(
            added.sum_of_squared_deviation, expected.sum_of_squared_deviation, rel_tol=1e-6
        )
        assert added.extremes.since(None) == (min(samples), max(samples))
        assert [bucket.count for bucket in added.buckets or ()] == [
            bucket.count for bucket in expected.buckets or ()
        ]
        before = now
    assert increment(before, data.to_point(NOW).value) is None


def test_others_reading_a_distribution_meanwhile_take_no_extremes_away():
    data = aggregation.DistributionAggregation().new_aggregation_data()
    data.add_sample(5, None, None)
    before = data.to_point(NOW).value
    data.add_sample(1, None, None)
    data.to_point(NOW)
    data.add_sample(9, None, None)
    assert increment(before, data.to_point(NOW).value).extremes.since(None) == (1, 9)


def test_a_distribution_that_fell_began_again():
    earlier, later = (
        aggregation.DistributionAggregation([5]).new_aggregation_data() for _ in range(2)
    )
    for _ in range(3):
        earlier.add_sample(1, None, None)
    later.add_sample(9, None, None)
    added = increment(earlier.to_point(NOW).value, later.to_point(NOW).value)
    assert (added.count, added.sum, added.extremes.since(None)) == (1, 9, (9, 9))
    for _ in range(5):
        later.add_sample(9, None, None)
    added = increment(earlier.to_point(NOW).value, later.to_point(NOW).value)
    assert (added.count, added.sum) == (6, 54)


def test_a_reader_that_lets_go_keeps_no_readings_of_others_alive():
    view = View("v", "", [], MeasureInt("m", ""), aggregation.DistributionAggregation([5]))
    data = ViewData(view, None, None)
    increments = Increments()

    def read():
        return metric_utils.view_data_to_metric(data, NOW)

    data.record(None, 1, None)
    assert increments.of(read()) is not None
    increments.let_go()
    data.record(None, 7, None)
    meanwhile = weakref.ref(read().time_series[0].points[0].value.extremes)
    data.record(None, 3, None)
    added = increments.of(read()).time_series[0].points[0].value
    assert meanwhile() is None
    assert (added.count, added.sum) == (2, 10)
    assert added.extremes.since(None) == (1, 7)
