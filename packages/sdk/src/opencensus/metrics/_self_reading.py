"""What an exporter promises that reads metrics by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opencensus.metrics.export.metric_producer import MetricProducer


class SelfReadingExporter:
    """An exporter that reads producers at intervals on a thread of its own."""

    export_interval: float
    """Seconds between two readings."""

    def read(self, metric_producers: Iterable[MetricProducer]) -> Any:
        """MUST read the producers at intervals, and return what ends that: a thread or alike."""
        raise NotImplementedError
