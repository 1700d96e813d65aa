"""The calls that this process makes over HTTP, as counted by the integrations of HTTP clients.

The retired client has no such counter any more, so it is not among its standard metrics: it has a
producer of its own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opencensus.ext._http.meter import called
from opencensus.metrics.export.gauge import DerivedDoubleGauge, Registry
from opencensus.metrics.export.metric_producer import MetricProducer
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue

if TYPE_CHECKING:
    from opencensus.metrics.export.metric import Metric

COUNTER_MARK = "CustomPerfCounter"
"""Property that says that a metric is a performance counter, where its name does not say so."""


class DependencyRateMetric:
    """Makes the gauge of the rate of calls."""

    NAME = r"\ApplicationInsights\Dependency Calls/Sec"

    @staticmethod
    def get_value() -> float:
        """Return how many calls were made per second since the call before."""
        return called.per_second(time.time())

    def __call__(self) -> DerivedDoubleGauge:
        """Return the gauge."""
        gauge = DerivedDoubleGauge(
            self.NAME, "Outgoing HTTP requests per second", "rps", [LabelKey(COUNTER_MARK, "")]
        )
        gauge.create_time_series([LabelValue("true")], self.get_value)
        return gauge


class DependencyMetricsProducer(MetricProducer):
    """Gives the rate of the calls that this process makes."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.registry.add_gauge(DependencyRateMetric()())

    def get_metrics(self) -> set[Metric]:
        """Return the rate since the reading before."""
        return self.registry.get_metrics()


producer = DependencyMetricsProducer()
"""The producer that all exporters of the process share."""
