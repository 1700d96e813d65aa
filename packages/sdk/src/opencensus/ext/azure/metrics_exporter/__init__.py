"""Metrics and performance counters, sent each interval.

Programs reach and replace modules and classes by the names in here; what the exporter itself does not
need is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from opencensus.ext.azure.metrics_exporter.exporter import MetricsExporter, new_metrics_exporter

__all__ = ["MetricsExporter", "new_metrics_exporter"]

_MODULES = {
    "atexit": "atexit",
    "common_utils": "opencensus.common.utils",
    "standard_metrics": "opencensus.ext.azure.metrics_exporter.standard_metrics",
    "stats_module": "opencensus.stats.stats",
    "transport": "opencensus.metrics.transport",
    "utils": "opencensus.ext.azure.common.utils",
}
_CLASSES = {
    "Data": "opencensus.ext.azure.common.protocol",
    "DataPoint": "opencensus.ext.azure.common.protocol",
    "Envelope": "opencensus.ext.azure.common.protocol",
    "LocalFileStorage": "opencensus.ext.azure.common.storage",
    "MetricData": "opencensus.ext.azure.common.protocol",
    "MetricDescriptorType": "opencensus.metrics.export.metric_descriptor",
    "Options": "opencensus.ext.azure.common",
    "ProcessorMixin": "opencensus.ext.azure.common.processor",
    "TransportMixin": "opencensus.ext.azure.common.transport",
    "TransportStatusCode": "opencensus.ext.azure.common.transport",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _CLASSES:
        return getattr(importlib.import_module(_CLASSES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_CLASSES})
