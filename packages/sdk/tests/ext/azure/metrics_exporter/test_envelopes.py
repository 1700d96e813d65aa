"""One value becomes one data point; the buckets of a distribution fit into a dimension."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from opencensus.ext.azure.metrics_exporter.envelopes import (
    BUCKETS,
    MAX_COUNT,
    buckets,
    envelope,
    to_data_point,
)
from opencensus.metrics.export import value
from opencensus.stats import aggregation

NAIVE = datetime(2019, 10, 9, 20, 58, 4, tzinfo=timezone.utc).replace(tzinfo=None)


def distribution(samples, bounds=None):
    data = aggregation.DistributionAggregation(bounds).new_aggregation_data()
    for sample in samples:
        data.add_sample(sample, None, None)
    return data.to_point(NAIVE).value


def test_a_distribution_is_sum_count_extremes_and_spread():
    """The retired exporter leaves distributions out."""
    point = to_data_point("latency", distribution([2, 4, 4, 4, 5, 5, 7, 9]))
    assert (point.kind, point.value, point.count) == (1, 40.0, 8)
    assert (point.min, point.max, point.stdDev) == (2.0, 9.0, 2.0)


def test_the_extremes_of_what_others_distributed_are_unknown():
    options = value.BucketOptions()
    point = to_data_point("n", value.ValueDistribution(2, 3.0, 0.5, options))
    assert (point.count, point.min, point.max) == (2, None, None)


def test_a_distribution_of_nothing_is_no_point():
    assert to_data_point("n", distribution([])) is None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, None, "5a"])
def test_what_is_no_number_of_the_wire_is_no_point(number):
    assert to_data_point("n", value.ValueDouble(number)) is None
    assert to_data_point("n", value.ValueSummary(number)) is None


def test_a_count_that_the_wire_cannot_hold_is_the_most_it_can():
    options = value.BucketOptions(value.Explicit([1]))
    counted = [value.Bucket(2**31), value.Bucket(5)]
    large = value.ValueDistribution(2**31 + 5, 3e9, 0, options, counted)
    assert to_data_point("n", large).count == MAX_COUNT
    assert json.loads(buckets(large)[BUCKETS])["counts"] == [2**31, 5]


def test_buckets_are_json_of_bounds_and_counts():
    text = buckets(distribution([1, 10, 11, 500], [10, 100]))[BUCKETS]
    assert json.loads(text) == {"bounds": [10, 100], "counts": [1, 2, 1]}


def test_without_bounds_there_are_no_buckets():
    assert buckets(distribution([1])) == {}
    assert buckets(value.ValueLong(1)) == {}


def test_neighbours_are_added_up_until_the_text_fits_into_a_dimension():
    bounds = [number + 0.125 for number in range(1, 2001)]
    text = buckets(distribution(range(3000), bounds))[BUCKETS]
    assert len(text) <= 8192
    kept = json.loads(text)
    assert sum(kept["counts"]) == 3000
    assert len(kept["counts"]) == len(kept["bounds"]) + 1
    assert set(kept["bounds"]) <= set(bounds)
    below = [sum(sample < bound for sample in range(3000)) for bound in kept["bounds"]]
    assert [sum(kept["counts"][: index + 1]) for index in range(len(below))] == below


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NAIVE, "2019-10-09T20:58:04.000000Z"),
        (NAIVE.replace(tzinfo=timezone.utc), "2019-10-09T20:58:04.000000Z"),
        (
            NAIVE.replace(tzinfo=timezone(timedelta(hours=2)), microsecond=5),
            "2019-10-09T18:58:04.000005Z",
        ),
    ],
)
def test_times_are_in_utc_and_say_so(at, text):
    """The retired exporter sends times without a zone."""
    point = to_data_point("n", value.ValueLong(1))
    assert envelope(point, at, "key", {}, {}).time == text
