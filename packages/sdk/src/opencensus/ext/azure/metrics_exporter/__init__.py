"""Metrics and performance counters, sent each interval."""

from opencensus.ext.azure.metrics_exporter.exporter import MetricsExporter, new_metrics_exporter

__all__ = ["MetricsExporter", "new_metrics_exporter"]
