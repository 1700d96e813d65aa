"""Metrics and performance counters, sent each interval.

Programs reach and replace modules and classes by the names in here; what the exporter itself does not
need is imported when it is first asked for.
"""

# ruff: noqa: F401 - programs reach and replace what is imported in here
from __future__ import annotations

import atexit
import importlib
from typing import Any

from opencensus.common import utils as common_utils
from opencensus.ext.azure.common import Options, utils
from opencensus.ext.azure.common.processor import ProcessorMixin
from opencensus.ext.azure.metrics_exporter.exporter import MetricsExporter, new_metrics_exporter
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType

__all__ = ["MetricsExporter", "new_metrics_exporter"]

_MODULES = {
    "standard_metrics": "opencensus.ext.azure.metrics_exporter.standard_metrics",
    "stats_module": "opencensus.stats.stats",
    "transport": "opencensus.metrics.transport",
}
_CLASSES = {
    "Data": "opencensus.ext.azure.common.protocol",
    "DataPoint": "opencensus.ext.azure.common.protocol",
    "Envelope": "opencensus.ext.azure.common.protocol",
    "LocalFileStorage": "opencensus.ext.azure.common.storage",
    "MetricData": "opencensus.ext.azure.common.protocol",
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
