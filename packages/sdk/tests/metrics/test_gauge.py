from __future__ import annotations

import gc
import threading
from datetime import datetime, timezone

import pytest

from opencensus.metrics.export import cumulative, gauge
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.metrics.export.metric_producer import MetricProducerManager
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue

NOW = datetime(2019, 10, 9, 20, 58, tzinfo=timezone.utc).replace(tzinfo=None)
KEYS = [LabelKey("method", ""), LabelKey("status", "")]
GET = [LabelValue("GET"), LabelValue("200")]
SET = [gauge.LongGauge, gauge.DoubleGauge, cumulative.LongCumulative, cumulative.DoubleCumulative]
DERIVED = [
    gauge.DerivedLongGauge,
    gauge.DerivedDoubleGauge,
    cumulative.DerivedLongCumulative,
    cumulative.DerivedDoubleCumulative,
]


def _values(made):
    metric = made.get_metric(NOW)
    return {
        tuple(getattr(label, "value", None) for label in series.label_values): (
            series.points[0].value.value
        )
        for series in metric.time_series
    }


@pytest.mark.parametrize(
    ("kinds", "descriptor_type"),
    [
        ((gauge.LongGauge, gauge.DerivedLongGauge), MetricDescriptorType.GAUGE_INT64),
        ((gauge.DoubleGauge, gauge.DerivedDoubleGauge), MetricDescriptorType.GAUGE_DOUBLE),
        (
            (cumulative.LongCumulative, cumulative.DerivedLongCumulative),
            MetricDescriptorType.CUMULATIVE_INT64,
        ),
        (
            (cumulative.DoubleCumulative, cumulative.DerivedDoubleCumulative),
            MetricDescriptorType.CUMULATIVE_DOUBLE,
        ),
    ],
)
def test_each_class_is_of_its_kind(kinds, descriptor_type):
    for kind in kinds:
        made = kind("n", "d", "u", [])
        assert made.descriptor.type == descriptor_type
        assert repr(made) == f'{kind.__name__}(descriptor.name="n", points=OrderedDict())'
        assert made.get_metric(NOW) is None


@pytest.mark.parametrize("kind", SET)
def test_equal_labels_are_one_point(kind):
    made = kind("n", "d", "u", KEYS)
    point = made.get_or_create_time_series(GET)
    assert made.get_or_create_time_series(list(GET)) is point
    assert made.get_or_create_default_time_series() is made.get_or_create_default_time_series()
    point.add(3)
    assert _values(made) == {("GET", "200"): 3, (None, None): 0}
    made.remove_time_series(GET)
    made.remove_time_series(GET)
    assert _values(made) == {(None, None): 0}
    made.remove_default_time_series()
    assert made.get_metric(NOW) is None
    made.get_or_create_time_series(GET)
    made.clear()
    assert made.get_metric(NOW) is None


@pytest.mark.parametrize("labels", [None, [LabelValue("GET")], [None, LabelValue("200")]])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match="cannot find a time series"):
        gauge.LongGauge("n", "d", "u", KEYS).get_or_create_time_series(labels)
    with pytest.raises(ValueError, match="cannot find a time series"):
        gauge.LongGauge("n", "d", "u", KEYS).remove_time_series(labels)
    with pytest.raises(ValueError, match="cannot find a time series"):
        gauge.DerivedLongGauge("n", "d", "u", KEYS).create_time_series(labels, len)


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (gauge.LongGauge, [3, 2, 9, -1]),
        (gauge.DoubleGauge, [3, 2, 9, -1]),
        (cumulative.LongCumulative, [3, 3, 9, 9]),
        (cumulative.DoubleCumulative, [3, 3, 9, 9]),
    ],
)
def test_gauges_fall_and_cumulative_points_do_not(kind, steps):
    point = kind("n", "d", "u", []).get_or_create_default_time_series()
    seen = []
    for change, number in ((point.add, 3), (point.add, -1), (point.set, 9), (point.set, -1)):
        change(number)
        seen.append(point.get_value())
    assert seen == steps


@pytest.mark.parametrize("kind", [gauge.LongGauge, cumulative.LongCumulative])
@pytest.mark.parametrize("number", [1.5, "1", None])
def test_integer_points_take_integers_only(kind, number):
    point = kind("n", "d", "u", []).get_or_create_default_time_series()
    with pytest.raises(ValueError, match="only supports integer types"):
        point.add(number)
    with pytest.raises(ValueError, match="only supports integer types"):
        point.set(number)


@pytest.mark.parametrize("kind", DERIVED)
def test_derived_points_ask_their_function(kind):
    def size(of):
        return len(of)

    def default():
        return 7

    made = kind("n", "d", "u", KEYS)
    point = made.create_time_series(GET, size, of="abc")
    assert made.create_time_series(GET, default) is point
    made.create_default_time_series(default)
    assert _values(made) == {("GET", "200"): 3, (None, None): 7}
    with pytest.raises(ValueError, match="the function is None"):
        made.create_time_series(GET, None)
    with pytest.raises(ValueError, match="the function is None"):
        made.create_default_time_series(None)


def test_a_function_that_is_gone_is_not_exported_any_more():
    class Source:
        def read(self):
            return 3

    source = Source()
    made = gauge.DerivedLongGauge("n", "d", "u", [])
    point = made.create_default_time_series(source.read)
    assert _values(made) == {(): 3}
    del source
    gc.collect()
    assert (point.get_value(), point.to_point_value()) == (None, None)
    assert point.gauge_point.get_value() == 3
    assert made.get_metric(NOW) is None


def test_no_addition_of_any_thread_is_lost():
    points = [
        kind("n", "d", "u", []).get_or_create_default_time_series()
        for kind in (gauge.LongGauge, gauge.DoubleGauge, cumulative.LongCumulative)
    ]
    everyone = threading.Barrier(4)

    def add():
        everyone.wait(timeout=30)
        for _ in range(3000):
            for point in points:
                point.add(1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [point.get_value() for point in points] == [12000, 12000, 12000]


def test_a_registry_gives_the_metrics_of_gauges_that_have_points():
    registry = gauge.Registry()
    with_point = gauge.LongGauge("with", "d", "u", [])
    with_point.get_or_create_default_time_series().set(4)
    registry.add_gauge(with_point)
    registry.add_gauge(cumulative.DoubleCumulative("without", "d", "u", []))
    with pytest.raises(ValueError, match='Another gauge named "with" is already registered'):
        registry.add_gauge(gauge.DoubleGauge("with", "d", "u", []))
    with pytest.raises(ValueError, match="it is None"):
        registry.add_gauge(None)
    (metric,) = registry.get_metrics()
    assert metric.descriptor.name == "with"
    assert metric.time_series[0].points[0].timestamp.tzinfo is None


def test_a_manager_keeps_each_producer_once():
    producer = gauge.Registry()
    manager = MetricProducerManager()
    manager.add(producer)
    manager.add(producer)
    assert manager.get_all() == {producer}
    manager.remove(producer)
    manager.remove(producer)
    assert manager.get_all() == set()
    assert MetricProducerManager([producer]).get_all() == {producer}
    for change in (manager.add, manager.remove):
        with pytest.raises(ValueError, match="it is None"):
            change(None)
