"""The performance counters that are sent along with the application's own metrics.

Each is a class whose call gives a gauge. Importing this needs psutil and takes its time: exporters do
it when they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.ext.azure.metrics_exporter.standard_metrics.cpu import ProcessorTimeMetric
from opencensus.ext.azure.metrics_exporter.standard_metrics.http_requests import (
    RequestsAvgExecutionMetric,
    RequestsRateMetric,
)
from opencensus.ext.azure.metrics_exporter.standard_metrics.memory import AvailableMemoryMetric
from opencensus.ext.azure.metrics_exporter.standard_metrics.process import (
    ProcessCPUMetric,
    ProcessMemoryMetric,
)
from opencensus.metrics.export.gauge import Registry
from opencensus.metrics.export.metric_producer import MetricProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from opencensus.metrics.export.gauge import BaseGauge
    from opencensus.metrics.export.metric import Metric

STANDARD_METRICS: list[Callable[[], Callable[[], BaseGauge]]] = [
    AvailableMemoryMetric,
    ProcessCPUMetric,
    ProcessMemoryMetric,
    ProcessorTimeMetric,
    RequestsAvgExecutionMetric,
    RequestsRateMetric,
]


def register_metrics() -> Registry:
    """Return a registry with a gauge for each standard metric."""
    registry = Registry()
    for standard_metric in STANDARD_METRICS:
        registry.add_gauge(standard_metric()())
    return registry


class AzureStandardMetricsProducer(MetricProducer):
    """Gives the standard metrics of this process and machine."""

    def __init__(self) -> None:
        self.registry = register_metrics()

    def get_metrics(self) -> set[Metric]:
        """Return the standard metrics as they stand now; what the system does not tell is left out."""
        return self.registry.get_metrics()


producer = AzureStandardMetricsProducer()
"""The producer that all exporters of the process share."""
