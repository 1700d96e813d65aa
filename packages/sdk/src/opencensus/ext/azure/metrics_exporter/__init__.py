"""Metrics and performance counters, sent each interval.

The modules in here are those that programs know by these names; ``standard_metrics`` is imported when
it is first asked for.
"""

# ruff: noqa: F401 - programs reach and replace modules and classes by these names
from __future__ import annotations

import atexit
import importlib
from typing import Any

from opencensus.common import utils as common_utils
from opencensus.ext.azure.common import Options, utils
from opencensus.ext.azure.common.processor import ProcessorMixin
from opencensus.ext.azure.common.protocol import Data, DataPoint, Envelope, MetricData
from opencensus.ext.azure.metrics_exporter.exporter import MetricsExporter, new_metrics_exporter
from opencensus.metrics import transport
from opencensus.metrics.export.metric_descriptor import MetricDescriptorType
from opencensus.stats import stats as stats_module

__all__ = ["MetricsExporter", "new_metrics_exporter"]


def __getattr__(name: str) -> Any:
    if name == "standard_metrics":
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
