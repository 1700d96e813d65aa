from __future__ import annotations

from datetime import datetime, timezone

import pytest

from opencensus.metrics.export import metric, metric_descriptor, point, summary, time_series, value
from opencensus.metrics.export.metric_descriptor import MetricDescriptor, MetricDescriptorType
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue

NOW = datetime(2019, 10, 9, 20, 58, 4, 930426, tzinfo=timezone.utc).replace(tzinfo=None)
BUCKETS = [value.Bucket(1), value.Bucket(0), value.Bucket(2)]
OPTIONS = value.BucketOptions(value.Explicit([1, 2]))
KEY = LabelKey("k", "d")


@pytest.mark.parametrize(
    ("made", "printed"),
    [
        (value.ValueLong(5), "ValueLong(5)"),
        (value.ValueDouble(1.5), "ValueDouble(1.5)"),
        (value.ValueSummary("s"), "ValueSummary(s)"),
        (value.ValueDistribution(3, 5, 1, OPTIONS, BUCKETS), "ValueDistribution(([1, 2],))"),
        (value.Bucket(1), "Bucket(1)"),
        (value.Exemplar(0.5, NOW, {}), "Exemplar(0.5)"),
        (value.BucketOptions(), "BucketOptions(None)"),
        (KEY, 'LabelKey(k, description="d")'),
        (LabelKey("k", ""), "LabelKey(k)"),
        (LabelValue("v"), "LabelValue(v)"),
        (LabelValue(), "LabelValue(None)"),
        (
            point.Point(value.ValueLong(5), NOW),
            "Point(value=ValueLong(5), timestamp=2019-10-09 20:58:04.930426)",
        ),
        (
            point.Point(value.ValueLong(5), NOW.replace(microsecond=0)),
            "Point(value=ValueLong(5), timestamp=2019-10-09 20:58:04)",
        ),
        (
            MetricDescriptor("n", "d", None, 2, [KEY]),
            'MetricDescriptor(name="n", description="d", unit=None, type=ValueDouble)',
        ),
        (
            time_series.TimeSeries(
                [LabelValue("a"), None], [point.Point(value.ValueLong(1), NOW)], None
            ),
            "TimeSeries([ValueLong(1)], label_values=('a', None), start_timestamp=None)",
        ),
    ],
)
def test_everything_prints_as_what_it_is(made, printed):
    assert repr(made) == printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 5, 1, OPTIONS, BUCKETS), "count must be non-negative"),
        ((0, 5, 1, OPTIONS, BUCKETS), "sum_ must be 0"),
        ((0, 0, 1, OPTIONS, BUCKETS), "sum_of_squared_deviation must be 0"),
        ((4, 5, 1, OPTIONS, BUCKETS), "must equal the sum of bucket counts"),
        ((3, 5, 1, OPTIONS, BUCKETS[:2]), "one bucket for each pair"),
        ((3, 5, 1, OPTIONS, None), "one bucket for each pair"),
        ((3, 5, 1, None, BUCKETS), "bucket_options must not be null"),
        ((3, 5, 1, value.BucketOptions(), BUCKETS), "buckets must be null"),
    ],
)
def test_a_distribution_that_contradicts_itself_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        value.ValueDistribution(*arguments)


@pytest.mark.parametrize("bounds", [None, [], [0], [-1, 1], [2, 1], [1, 1]])
def test_bounds_are_positive_and_increase(bounds):
    with pytest.raises(ValueError, match="Bounds must"):
        value.Explicit(bounds)


def test_equal_labels_are_one_label():
    assert LabelValue("a") == LabelValue("a") != LabelValue("b")
    assert len({LabelValue("a"), LabelValue("a"), LabelValue(None)}) == 2


@pytest.mark.parametrize(
    ("type_", "label_keys"), [(0, []), (8, []), ("x", []), (1, None), (1, [None])]
)
def test_a_descriptor_without_kind_or_keys_is_refused(type_, label_keys):
    with pytest.raises(ValueError, match=r"Invalid type|label_keys must not"):
        MetricDescriptor("n", "d", "u", type_, label_keys)


def test_each_kind_has_its_class_of_values():
    assert [MetricDescriptorType.to_type_class(kind).__name__ for kind in range(1, 8)] == [
        "ValueLong", "ValueDouble", "ValueDistribution",
        "ValueLong", "ValueDouble", "ValueDistribution", "ValueSummary",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="Unknown MetricDescriptorType"):
        MetricDescriptorType.to_type_class(8)


def test_a_metric_has_points_of_its_kind():
    series = time_series.TimeSeries([], [point.Point(value.ValueLong(1), NOW)], None)
    longs = MetricDescriptor("n", "d", "u", MetricDescriptorType.CUMULATIVE_INT64, [])
    doubles = MetricDescriptor("n", "d", "u", MetricDescriptorType.GAUGE_DOUBLE, [])
    made = metric.Metric(longs, [series])
    assert (made.descriptor, made.time_series) == (longs, [series])
    with pytest.raises(ValueError, match="Invalid point value type"):
        metric.Metric(doubles, [series])
    with pytest.raises(ValueError, match="time_series must not be empty"):
        metric.Metric(longs, [])
    with pytest.raises(ValueError, match="descriptor must not be null"):
        metric.Metric(None, [series])
    with pytest.raises(ValueError, match="start_timestamp must exist"):
        made._check_start_timestamp()


@pytest.mark.parametrize(
    ("label_values", "points"), [(None, [point.Point(1, NOW)]), ([], []), ([], None)]
)
def test_a_time_series_has_labels_and_points(label_values, points):
    with pytest.raises(ValueError, match="must not be"):
        time_series.TimeSeries(label_values, points, None)


@pytest.mark.parametrize(
    "make",
    [
        lambda: summary.ValueAtPercentile(0, 1),
        lambda: summary.ValueAtPercentile(100.1, 1),
        lambda: summary.ValueAtPercentile(50, -1),
        lambda: summary.Snapshot(-1, 0),
        lambda: summary.Snapshot(0, 1),
        lambda: summary.Snapshot(0, None),
        lambda: summary.Snapshot(1, -1),
        lambda: summary.Snapshot(1, 2, summary.ValueAtPercentile(50, 1)),
        lambda: summary.Summary(1, 2, None),
    ],
)
def test_a_summary_that_contradicts_itself_is_refused(make):
    with pytest.raises(ValueError, match="must"):
        make()


def test_a_summary_holds_what_it_is_given():
    recent = summary.Snapshot(1, 2, [summary.ValueAtPercentile(99.9, 5)])
    made = summary.Summary(10, 20, recent)
    assert (made.count, made.sum_data, made.snapshot) == (10, 20, recent)
    assert [(p.percentile, p.value) for p in recent.value_at_percentiles] == [(99.9, 5)]
    assert summary.Snapshot(None, None).value_at_percentiles == []
    assert metric_descriptor.MetricDescriptorType.SUMMARY == 7
