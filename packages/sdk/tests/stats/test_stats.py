"""Measures and views together: what is recorded is what is read."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

import pytest

from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.stats import aggregation, metric_utils, stats, view_data
from opencensus.stats.bucket_boundaries import BucketBoundaries
from opencensus.stats.measure import MeasureFloat, MeasureInt
from opencensus.stats.measure_to_view_map import MeasureToViewMap
from opencensus.stats.measurement import MeasurementFloat, MeasurementInt
from opencensus.stats.measurement_map import MeasurementMap
from opencensus.stats.view import View
from opencensus.tags import TagContext, TagKey, TagMap, TagValue

NOW = datetime(2019, 10, 9, 20, 58, 4, 930426, tzinfo=timezone.utc).replace(tzinfo=None)
START = "2019-10-09T20:00:00.000000Z"


@pytest.fixture
def measure():
    return MeasureInt("prompts", "number of prompts", "prompts")


@pytest.fixture
def views():
    return MeasureToViewMap()


def _count(name, measure, columns=()):
    return View(name, "how many", list(columns), measure, aggregation.CountAggregation())


def _points(views):
    return {
        metric.descriptor.name: {
            tuple(label.value for label in series.label_values): series.points[0].value.value
            for series in metric.time_series
        }
        for metric in views.get_metrics(NOW)
    }


def test_a_map_keeps_its_values_after_recording(views, measure):
    views.register_view(_count("prompt view", measure), START)
    measurements = MeasurementMap(views)
    for _ in range(5):
        measurements.measure_int_put(measure, 1)
        measurements.record(TagMap())
    (metric,) = measurements.measure_to_view_map.get_metrics(NOW)
    assert repr(metric) == 'Metric(time_series=<1 TimeSeries>, descriptor.name="prompt view")'
    (series,) = metric.time_series
    assert repr(series) == (f"TimeSeries([ValueLong(5)], label_values=(), start_timestamp={START})")
    assert repr(series.points[0]) == (
        "Point(value=ValueLong(5), timestamp=2019-10-09 20:58:04.930426)"
    )
    measurements.record(TagMap())
    assert _points(views) == {"prompt view": {(): 6}}


def test_values_are_kept_apart_by_the_tags_of_the_columns(views, measure):
    views.register_view(_count("v", measure, [TagKey("method"), "status"]), START)
    measurements = MeasurementMap(views)
    measurements.measure_int_put(measure, 1)
    tags = TagMap()
    tags.insert(TagKey("method"), TagValue("GET"))
    tags.insert("other", "ignored")
    measurements.record(tags)
    tags.insert("status", "200")
    measurements.record(tags)
    measurements.record(TagMap())
    measurements.record(tags)
    assert _points(views) == {"v": {("GET", None): 1, ("GET", "200"): 2, (None, None): 1}}
    (metric,) = views.get_metrics(NOW)
    assert [key.key for key in metric.descriptor.label_keys] == ["method", "status"]


def test_without_tags_those_of_the_context_count(views, measure):
    views.register_view(_count("v", measure, ["method"]), START)
    measurements = MeasurementMap(views)
    measurements.measure_int_put(measure, 1)
    TagContext.set(TagMap([("method", "PUT")]))
    try:
        measurements.record()
    finally:
        TagContext.clear()
    measurements.record()
    assert _points(views) == {"v": {("PUT",): 1, (None,): 1}}


def test_one_record_reaches_all_views_of_all_measures(views, measure):
    seconds = MeasureFloat("seconds", "duration", "s")
    views.register_view(_count("count", measure), START)
    views.register_view(View("total", "", [], seconds, aggregation.SumAggregation()), START)
    views.register_view(View("latest", "", [], seconds, aggregation.LastValueAggregation()), START)
    unknown = MeasureInt("unknown", "has no view")
    measurements = MeasurementMap(views)
    measurements.measure_int_put(unknown, 1)
    measurements.measure_int_put(measure, 1)
    measurements.measure_float_put(seconds, 1.5)
    measurements.record()
    measurements.record()
    assert _points(views) == {"count": {(): 2}, "total": {(): 3.0}, "latest": {(): 1.5}}


def test_views_that_recorded_nothing_are_left_out(views, measure):
    views.register_view(_count("v", measure), START)
    assert list(views.get_metrics(NOW)) == []


@pytest.mark.parametrize("value", [-1, -0.5])
def test_a_map_with_a_negative_value_records_nothing_any_more(views, measure, value, caplog):
    views.register_view(_count("v", measure), START)
    measurements = MeasurementMap(views)
    measurements.measure_int_put(measure, value)
    measurements.record()
    measurements.measure_int_put(measure, 1)
    measurements.record()
    assert _points(views) == {}
    assert caplog.messages == [
        "Cannot record negative values",
        "Dropping values, value to record must be non-negative",
        "Measurement map has included negative value measurements, refusing to record",
    ]


def test_attachments_are_texts_and_stand_beside_exemplars(views, measure):
    views.register_view(View("d", "", [], measure, aggregation.DistributionAggregation([5])), START)
    measurements = MeasurementMap(views)
    with pytest.raises(TypeError, match="attachment key"):
        measurements.measure_put_attachment(1, "a")
    with pytest.raises(TypeError, match="attachment value"):
        measurements.measure_put_attachment("a", 1)
    measurements.measure_put_attachment("trace", "abc")
    measurements.measure_int_put(measure, 7)
    measurements.record()
    (metric,) = views.get_metrics(NOW)
    buckets = metric.time_series[0].points[0].value.buckets
    assert buckets[0].exemplar is None
    assert buckets[1].exemplar.attachments == {"trace": "abc"}
    assert measurements.attachments == {"trace": "abc"}


def test_a_view_is_registered_once_and_its_name_is_its_own(views, measure, caplog):
    view = _count("v", measure)
    views.register_view(view, START)
    views.register_view(view, START)
    assert caplog.messages == []
    views.register_view(View("v", "another", [], measure, aggregation.SumAggregation()), START)
    assert caplog.messages == ["A different view with the same name is already registered"]
    views.record(TagMap(), {measure: 4}, START)
    assert _points(views) == {"v": {(): 1}}
    assert views.filter_exported_views([view]) == {view}


def test_a_measure_made_again_is_the_same_and_another_of_its_name_is_not(views, measure, caplog):
    views.register_view(_count("v", measure), START)
    again = MeasureInt("prompts", "number of prompts", "prompts")
    views.register_view(_count("again", again), START)
    assert caplog.messages == []
    views.record(None, {again: 1}, START)
    assert _points(views) == {"v": {(): 1}, "again": {(): 1}}
    other = MeasureFloat("prompts", "seconds", "s")
    views.register_view(_count("other", other), START)
    assert caplog.messages == ["A different measure with the same name is already registered"]
    views.record(None, {other: 1}, START)
    assert _points(views)["v"] == {(): 1}


def test_a_view_is_read_as_a_snapshot(views, measure):
    view = _count("v", measure)
    views.register_view(view, START)
    views.record(None, {measure: 1}, START)
    snapshot = views.get_view("v", NOW)
    views.record(None, {measure: 1}, START)
    assert snapshot.tag_value_aggregation_data_map[()].count_data == 1
    assert (snapshot.view, snapshot.start_time) == (view, START)
    assert snapshot.end_time > START
    assert views.get_view("unknown", NOW) is None


def test_exporters_that_export_are_given_snapshots_and_others_are_left_alone(views, measure):
    class Exporter:
        exports = ()

        def export(self, view_datas):
            self.exports = (*self.exports, view_datas)

    exporter = Exporter()
    views.exporters.extend([object(), exporter])
    views.register_view(_count("v", measure), START)
    views.record(None, {measure: 1}, START)
    views.record(None, {measure: 1}, START)
    counts = [data.tag_value_aggregation_data_map[()].count_data for (data,) in exporter.exports]
    assert counts == [1, 2]


def test_no_record_of_any_thread_is_lost_while_another_one_reads(views, measure):
    views.register_view(_count("v", measure, ["k"]), START)
    everyone = threading.Barrier(5)
    done = threading.Event()

    def record(number):
        measurements = MeasurementMap(views)
        measurements.measure_int_put(measure, 1)
        everyone.wait(timeout=30)
        for step in range(1000):
            measurements.record(TagMap([("k", str(step % 40))]))

    def read():
        everyone.wait(timeout=30)
        while not done.is_set():
            _points(views)
            views.get_view("v", NOW)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join(timeout=60)
    done.set()
    reader.join(timeout=60)
    assert not reader.is_alive()
    assert sum(_points(views)["v"].values()) == 4000


def test_recorder_and_view_manager_of_the_process_share_their_views(measure):
    manager, recorder = stats.stats.view_manager, stats.stats.stats_recorder
    assert manager.measure_to_view_map is recorder.measure_to_view_map
    own = MeasureInt("test_stats.own", "only of this test")
    view = _count("test_stats view", own)
    manager.register_view(view)
    assert view in manager.get_all_exported_views()
    measurements = recorder.new_measurement_map()
    measurements.measure_int_put(own, 1)
    measurements.record()
    assert manager.get_view("test_stats view").start_time == manager.time
    assert "test_stats view" in {metric.descriptor.name for metric in stats.stats.get_metrics()}
    exporter = object()
    manager.register_exporter(exporter)
    assert exporter in manager.measure_to_view_map.exporters
    manager.unregister_exporter(exporter)
    with pytest.raises(ValueError, match="not in list"):
        manager.unregister_exporter(exporter)


def test_gauges_have_no_start_and_counts_do(measure):
    for made, start in (
        (aggregation.LastValueAggregation(), None),
        (aggregation.SumAggregation(), START),
    ):
        data = view_data.ViewData(View("v", "", [], measure, made), START, START)
        assert metric_utils.view_data_to_metric(data, NOW) is None
        data.record(None, 1, NOW)
        metric = metric_utils.view_data_to_metric(data, NOW)
        assert metric.time_series[0].start_timestamp == start
    assert metric_utils.is_gauge(MetricDescriptorType.GAUGE_DISTRIBUTION)
    with pytest.raises(ValueError, match="no such kind"):
        metric_utils.is_gauge(99)


def test_a_view_is_always_the_same_metric(measure):
    view = _count("v", measure, ["a"])
    assert view.get_metric_descriptor() is view.get_metric_descriptor()
    assert repr(view.get_metric_descriptor()) == (
        'MetricDescriptor(name="v", description="how many", unit=prompts, type=ValueLong)'
    )
    assert repr(view.get_metric_descriptor().label_keys) == "[LabelKey(a)]"


def test_measurements_and_boundaries_hold_what_they_are_given(measure):
    assert (MeasurementInt(measure, 1).value, MeasurementFloat(measure, 1.5).value) == (1, 1.5)
    assert MeasurementInt(measure, 1).measure is measure
    assert BucketBoundaries((1, 2)).boundaries == [1, 2]
    assert BucketBoundaries().is_valid_boundaries([1, 2])
    assert not BucketBoundaries().is_valid_boundaries([2, 1])
    assert not BucketBoundaries().is_valid_boundaries(None)


def test_a_negative_value_that_reaches_the_views_is_a_mistake(views, measure):
    views.register_view(_count("v", measure), START)
    with pytest.raises(AssertionError):
        views.record(None, {measure: -1}, START)
    assert _points(views) == {}
