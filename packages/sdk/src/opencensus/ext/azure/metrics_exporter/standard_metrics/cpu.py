"""The load of the machine's processors."""

from __future__ import annotations

import psutil

from opencensus.metrics.export.gauge import DerivedDoubleGauge

# The first reading of a percentage has nothing to compare with.
psutil.cpu_times_percent()


class ProcessorTimeMetric:
    """Makes the gauge of the processors' load."""

    NAME = r"\Processor(_Total)\% Processor Time"

    @staticmethod
    def get_value() -> float:
        """Return the percentage of all processors' time that was not idle since the call before."""
        idle: float = psutil.cpu_times_percent().idle
        return min(100.0, max(0.0, 100.0 - idle))

    def __call__(self) -> DerivedDoubleGauge:
        """Return the gauge."""
        gauge = DerivedDoubleGauge(
            self.NAME, "Processor time of the machine as a percentage", "percentage", []
        )
        gauge.create_default_time_series(self.get_value)
        return gauge
