"""`delta=True`: each interval sends what was added, and all of it is sent once.

The retired exporter sends running totals only, so that a sum over the rows counts everything again
and again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest

from opencensus.ext.azure import metrics_exporter
from opencensus.metrics.export import cumulative, gauge
from opencensus.stats import aggregation


@pytest.fixture
def exporter(open_exporter: Any) -> Any:
    return open_exporter(enable_standard_metrics=False, delta=True)


def test_each_interval_sends_what_was_added(exporter: Any, recorded: Any) -> None:
    total = recorded(aggregation.SumAggregation(), "k")
    count = recorded(aggregation.CountAggregation())
    latest = recorded(aggregation.LastValueAggregation())
    for values in ([1, 2], [], [4]):
        for value in values:
            for one in (total, count, latest):
                one.record(value, k="v")
        assert exporter.flush()

    assert total.values == [3, 4]
    assert count.values == [2, 1]
    assert latest.values == [2, 2, 4]


def test_distributions_are_those_of_the_interval(exporter: Any, recorded: Any) -> None:
    spread = recorded(aggregation.DistributionAggregation([10, 100]))
    for values in ([5, 500], [50, 51], [], [7]):
        for value in values:
            spread.record(value)
        assert exporter.flush()

    assert [(p["value"], p["count"], p["min"], p["max"]) for p in spread.points] == [
        (505, 2, 5, 500),
        (101, 2, 50, 51),
        (7, 1, 7, 7),
    ]
    assert [point["stdDev"] for point in spread.points] == pytest.approx([247.5, 0.5, 0])
    assert [json.loads(item["properties"]["_buckets"])["counts"] for item in spread.items] == [
        [1, 0, 1],
        [0, 2, 0],
        [1, 0, 0],
    ]


def test_increments_wait_on_disk_while_the_server_is_away(
    track_server: Any,
    exporter: Any,
    exporter_options: dict[str, Any],
    recorded: Any,
    track_answer: Any,
) -> None:
    total = recorded(aggregation.SumAggregation())
    track_server.always = track_answer(status=503)
    for value in (3, 4, 5):
        total.record(value)
        assert exporter.flush()
    total.record(6)
    exporter.shutdown()
    assert total.values == []

    track_server.always = None
    after_restart = metrics_exporter.MetricsExporter(**exporter_options)
    track_server.wait_for(lambda: len(total.values) >= 4)
    after_restart.shutdown()
    assert sorted(total.values) == [3, 4, 5, 6]


def test_the_end_keeps_increments_when_the_server_does_not_answer(
    track_server: Any,
    open_exporter: Any,
    exporter_options: dict[str, Any],
    recorded: Any,
    track_answer: Any,
) -> None:
    exporter = open_exporter(enable_standard_metrics=False, delta=True)
    total = recorded(aggregation.SumAggregation())
    answers = threading.Event()
    track_server.always = track_answer(wait=answers)
    total.record(3)
    assert not exporter.flush(timeout=0.1)
    total.record(4)
    exporter.shutdown(timeout=0.1)
    track_server.always = None
    after_restart = metrics_exporter.MetricsExporter(**exporter_options)
    track_server.wait_for(lambda: set(total.values) >= {3, 4})
    after_restart.shutdown()
    answers.set()

    sent = [(item["seq"], item["data"]["baseData"]["metrics"][0]) for item in track_server.accepted]
    once = {seq: point["value"] for seq, point in sent if point["name"] == total.name}
    assert sorted(once.values()) == [3, 4]


def test_the_end_sends_the_rest_and_nothing_again(exporter: Any, recorded: Any) -> None:
    total = recorded(aggregation.SumAggregation())
    total.record(3)
    assert exporter.flush()
    total.record(4)
    exporter.shutdown()
    exporter.shutdown()

    assert total.values == [3, 4]


def test_two_exporters_both_get_everything(open_exporter: Any, recorded: Any) -> None:
    one, other = (open_exporter(enable_standard_metrics=False, delta=True) for _ in range(2))
    total = recorded(aggregation.SumAggregation())
    total.record(3)
    assert one.flush()
    total.record(4)
    assert other.flush()
    assert one.flush()

    assert total.values == [3, 7, 4]


def test_counters_and_gauges_that_a_program_registers(
    track_server: Any, exporter_options: dict[str, Any]
) -> None:
    registry = gauge.Registry()
    made = {
        kind: kind(kind.__name__, "", "1", [])
        for kind in (cumulative.LongCumulative, cumulative.DoubleCumulative, gauge.LongGauge)
    }
    for one in made.values():
        registry.add_gauge(one)
    exporter = metrics_exporter.MetricsExporter(**exporter_options, delta=True)
    for added in (5, 2, 0):
        for one in made.values():
            one.get_or_create_default_time_series().add(added)
        exporter.export_metrics(registry.get_metrics())
    exporter.shutdown()

    sent: dict[str, list[float]] = {}
    for item in track_server.accepted:
        (point,) = item["data"]["baseData"]["metrics"]
        sent.setdefault(point["name"], []).append(point["value"])
    assert sent == {"LongCumulative": [5, 2], "DoubleCumulative": [5, 2], "LongGauge": [5, 7, 7]}


def test_looking_at_envelopes_takes_nothing_away(exporter: Any, recorded: Any) -> None:
    from opencensus.stats import stats

    total = recorded(aggregation.SumAggregation())
    total.record(3)
    for metric in stats.stats.get_metrics():
        exporter.metric_to_envelopes(metric)
    assert exporter.flush()

    assert total.values == [3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
@pytest.mark.parametrize("delta", [False, True])
def test_parent_and_child_each_send_what_they_recorded(
    track_server: Any, exporter_options: dict[str, Any], delta: bool
) -> None:
    """What the parent recorded before the fork and did not send yet is sent by the parent alone."""
    program = textwrap.dedent(
        f"""
        import os, sys
        from opencensus.ext.azure import metrics_exporter
        from opencensus.stats import aggregation, measure, stats, view
        m = measure.MeasureInt("m", "", "1")
        for name, made in (("sum", aggregation.SumAggregation()),
                           ("distribution", aggregation.DistributionAggregation([10]))):
            stats.stats.view_manager.register_view(view.View(name, "", [], m, made))
        def record(value):
            mmap = stats.stats.stats_recorder.new_measurement_map()
            mmap.measure_int_put(m, value)
            mmap.record()
        exporter = metrics_exporter.new_metrics_exporter(
            enable_standard_metrics=False, delta={delta}, **{exporter_options!r})
        record(1)
        exporter.flush()
        record(2)
        child = os.fork()
        record(4 if child else 8)
        exporter.shutdown()
        if not child:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    sent: dict[str, list[float]] = {"sum": [], "distribution": []}
    for item in track_server.accepted:
        (point,) = item["data"]["baseData"]["metrics"]
        sent[point["name"]].append(point["value"])
    expected = [1, 6, 8] if delta else [1, 7, 8]
    assert {name: sorted(values) for name, values in sent.items()} == {
        "sum": expected,
        "distribution": expected,
    }
