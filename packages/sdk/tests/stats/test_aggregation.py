from __future__ import annotations

import copy
import threading
from datetime import datetime, timezone

import pytest

from opencensus.metrics.export import value
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.stats import aggregation, aggregation_data
from opencensus.stats.measure import BaseMeasure, MeasureFloat, MeasureInt

NOW = datetime(2019, 10, 9, 20, 58, 4, 930426, tzinfo=timezone.utc).replace(tzinfo=None)
INT, FLOAT = MeasureInt("i", "integers", "1"), MeasureFloat("f", "floats")


@pytest.mark.parametrize(
    ("made", "measure", "kind", "point"),
    [
        (aggregation.CountAggregation(), INT, MetricDescriptorType.CUMULATIVE_INT64, "ValueLong(3)"),
        (aggregation.CountAggregation(2), FLOAT, MetricDescriptorType.CUMULATIVE_INT64, "ValueLong(5)"),
        (aggregation.SumAggregation(), INT, MetricDescriptorType.CUMULATIVE_INT64, "ValueLong(9)"),
        (aggregation.SumAggregation(1), FLOAT, MetricDescriptorType.CUMULATIVE_DOUBLE, "ValueDouble(10)"),
        (aggregation.LastValueAggregation(), INT, MetricDescriptorType.GAUGE_INT64, "ValueLong(4)"),
        (aggregation.LastValueAggregation(), FLOAT, MetricDescriptorType.GAUGE_DOUBLE, "ValueDouble(4)"),
        (
            aggregation.DistributionAggregation([3, 4]),
            INT,
            MetricDescriptorType.CUMULATIVE_DISTRIBUTION,
            "ValueDistribution(([3, 4],))",
        ),
    ],
)  # fmt: skip
def test_each_aggregation_makes_its_kind_of_point(made, measure, kind, point):
    data = made.new_aggregation_data(measure)
    for sample in (2, 3, 4):
        data.add_sample(sample, NOW, None)
    assert made.get_metric_type(measure) == kind
    assert repr(data.to_point(NOW)) == f"Point(value={point}, timestamp=2019-10-09 20:58:04.930426)"


@pytest.mark.parametrize("made", [aggregation.SumAggregation(), aggregation.LastValueAggregation()])
@pytest.mark.parametrize("measure", [None, BaseMeasure("b", "neither")])
def test_a_sum_needs_a_measure_of_numbers(made, measure):
    with pytest.raises(ValueError, match="MeasureInt or MeasureFloat is needed"):
        made.new_aggregation_data(measure)
    with pytest.raises(ValueError, match="MeasureInt or MeasureFloat is needed"):
        made.get_metric_type(measure)


@pytest.mark.parametrize("boundaries", [[1, 1], [2, 1], [0, 3, 2]])
def test_boundaries_that_do_not_increase_are_refused(boundaries):
    with pytest.raises(ValueError, match="increasing order"):
        aggregation.DistributionAggregation(boundaries)


def test_boundaries_that_are_not_positive_are_left_out(caplog):
    made = aggregation.DistributionAggregation([-1, 0, 1, 2])
    assert made.new_aggregation_data().bounds == [1, 2]
    assert caplog.messages == ["Dropping 2 non-positive bucket boundaries"]


def test_a_distribution_knows_mean_spread_and_buckets():
    data = aggregation.DistributionAggregation([1, 2]).new_aggregation_data()
    for sample in (0, 1, 1.5, 2, 5):
        data.add_sample(sample, NOW, {"sample": str(sample)})
    assert data.counts_per_bucket == [1, 2, 2]
    assert (data.count_data, data.mean_data, data.sum) == (5, 1.9, 9.5)
    assert data.variance == pytest.approx(3.55)
    point = data.to_point(NOW).value
    assert (point.count, point.sum, point.bucket_options.type_.bounds) == (5, 9.5, [1, 2])
    assert [bucket.count for bucket in point.buckets] == [1, 2, 2]
    assert [bucket.exemplar.attachments["sample"] for bucket in point.buckets] == ["0", "1.5", "5"]


def test_a_distribution_without_boundaries_has_no_buckets():
    data = aggregation.DistributionAggregation().new_aggregation_data()
    data.add_sample(3, NOW, None)
    point = data.to_point(NOW).value
    assert (point.count, point.buckets, point.bucket_options.type_) == (1, None, None)
    assert data.exemplars is None
    assert data.variance == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"counts_per_bucket": [1, 2, 3], "bounds": [1]},
        {"counts_per_bucket": [1, 2]},
        {"counts_per_bucket": [1, -2], "bounds": [1]},
        {"bounds": [-1, 1]},
        {"bounds": [2, 1]},
    ],
)
def test_a_distribution_whose_parts_contradict_is_a_mistake(arguments):
    with pytest.raises(AssertionError):
        aggregation_data.DistributionAggregationData(0, 0, 0, **arguments)


def test_exemplars_belong_to_buckets_and_hold_texts():
    with pytest.raises(ValueError, match="one for each bucket"):
        aggregation_data.DistributionAggregationData(0, 0, 0, bounds=[1], exemplars={0: None})
    with pytest.raises(TypeError, match="attachment key"):
        aggregation_data.Exemplar(1, NOW, {1: "a"})
    with pytest.raises(TypeError, match="attachment value"):
        aggregation_data.Exemplar(1, NOW, {"a": 1})


def test_exemplars_may_be_listed_in_the_order_of_the_buckets():
    exemplar = aggregation_data.Exemplar(3, NOW, {"a": "b"})
    data = aggregation_data.DistributionAggregationData(
        2, 1, 0, counts_per_bucket=[1, 0], bounds=[1], exemplars=[None, exemplar]
    )
    assert data.exemplars == {0: None, 1: exemplar}
    for bounds in (None, []):
        with pytest.raises(ValueError, match="one for each bucket"):
            aggregation_data.DistributionAggregationData(0, 0, 0, bounds=bounds, exemplars=[])


def test_a_distribution_goes_on_from_what_it_is_given():
    data = aggregation_data.DistributionAggregationData(1.5, 2, 0.5)
    data.add_sample(3, NOW, None)
    assert (data.count_data, data.sum, data.mean_data) == (3, 6, 2)
    assert data.sum_of_sqd_deviations == pytest.approx(2)


def test_a_value_that_is_no_number_changes_nothing():
    data = aggregation.DistributionAggregation().new_aggregation_data()
    data.add_sample(1, NOW, None)
    with pytest.raises(TypeError):
        data.add_sample("1", NOW, None)
    assert (data.count_data, data.sum, data.counts_per_bucket) == (1, 1, [1])


def test_a_distribution_tells_its_extremes_to_each_reader_since_its_own_last_reading():
    data = aggregation.DistributionAggregation().new_aggregation_data()

    def read():
        return data.to_point(NOW).value.extremes

    data.add_sample(5, NOW, None)
    first = read()
    assert first.since(None) == (5, 5)
    data.add_sample(3, NOW, None)
    second = read()
    data.add_sample(9, NOW, None)
    third = read()
    assert third.since(first) == (3, 9)
    assert third.since(second) == (9, 9)
    assert third.since(None) == (3, 9)
    assert third.since(third) == (float("inf"), float("-inf"))
    assert read() is third
    other = aggregation.DistributionAggregation().new_aggregation_data()
    other.add_sample(1, NOW, None)
    assert third.since(other.to_point(NOW).value.extremes) == (3, 9)


def test_a_copy_is_a_snapshot_that_can_go_on():
    data = aggregation.SumAggregation().new_aggregation_data(INT)
    data.add_sample(1)
    snapshot = copy.deepcopy(data)
    data.add_sample(1)
    snapshot.add_sample(5)
    assert (data.sum_data, snapshot.sum_data) == (2, 6)
    assert data.value_type is value.ValueLong


@pytest.mark.parametrize(
    ("made", "read"),
    [
        (aggregation.CountAggregation(), lambda data: data.count_data),
        (aggregation.SumAggregation(), lambda data: data.sum_data),
        (aggregation.DistributionAggregation([1]), lambda data: sum(data.counts_per_bucket)),
    ],
)
def test_no_sample_of_any_thread_is_lost(made, read):
    data = made.new_aggregation_data(INT)
    everyone = threading.Barrier(4)

    def add():
        everyone.wait(timeout=30)
        for _ in range(5000):
            data.add_sample(1, NOW, None)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert read(data) == 20000
    assert data.to_point(NOW).value is not None
