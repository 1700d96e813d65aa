from __future__ import annotations

import pytest

from opencensus.metrics.export.gauge import BaseGauge, GaugePoint
from opencensus.metrics.export.metric_producer import MetricProducer
from opencensus.stats import execution_context
from opencensus.stats.aggregation_data import _AggregationData
from opencensus.stats.base_exporter import StatsExporter
from opencensus.stats.stats_recorder import StatsRecorder
from opencensus.stats.view_manager import ViewManager


@pytest.mark.parametrize(
    "call",
    [
        lambda: StatsExporter().emit([]),
        lambda: StatsExporter().on_register_view(None),
        lambda: _AggregationData().add_sample(1, None, None),
        lambda: _AggregationData().to_point(None),
        lambda: MetricProducer().get_metrics(),
        lambda: GaugePoint().get_value(),
        lambda: GaugePoint().to_point_value(),
        lambda: BaseGauge("n", "d", "u", []),
        lambda: BaseGauge.__new__(BaseGauge).point_type,
    ],
)
def test_an_interface_is_not_an_implementation(call):
    with pytest.raises(NotImplementedError):
        call()


def test_recorders_and_managers_of_a_context_share_their_views():
    before = execution_context.get_measure_to_view_map()
    try:
        execution_context.clear()
        assert execution_context.get_measure_to_view_map() == {}
        manager = ViewManager()
        assert StatsRecorder().measure_to_view_map is manager.measure_to_view_map
        execution_context.clear()
        assert ViewManager().measure_to_view_map is not manager.measure_to_view_map
    finally:
        execution_context.set_measure_to_view_map(before)
