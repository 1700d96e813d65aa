"""The memory of the machine."""

from __future__ import annotations

import psutil

from opencensus.metrics.export.gauge import DerivedLongGauge


class AvailableMemoryMetric:
    """Makes the gauge of the memory that is left."""

    NAME = r"\Memory\Available Bytes"

    @staticmethod
    def get_value() -> int:
        """Return how many bytes can be had without swapping."""
        available: int = psutil.virtual_memory().available
        return available

    def __call__(self) -> DerivedLongGauge:
        """Return the gauge."""
        gauge = DerivedLongGauge(self.NAME, "Amount of available memory in bytes", "byte", [])
        gauge.create_default_time_series(self.get_value)
        return gauge
