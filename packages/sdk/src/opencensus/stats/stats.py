"""The stats of the process: one recorder, one view manager, one source of metrics."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from opencensus.metrics.export.metric_producer import MetricProducer
from opencensus.stats.stats_recorder import StatsRecorder
from opencensus.stats.view_manager import ViewManager

if TYPE_CHECKING:
    from collections.abc import Generator

    from opencensus.metrics.export.metric import Metric


class _Stats(MetricProducer):
    """A recorder and a view manager that share their views."""

    def __init__(self) -> None:
        self.stats_recorder = StatsRecorder()
        self.view_manager = ViewManager()

    def get_metrics(self) -> Generator[Metric, None, None]:
        """Return the metrics of all views as they stand now."""
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        return self.stats_recorder.measure_to_view_map.get_metrics(now)


stats = _Stats()
