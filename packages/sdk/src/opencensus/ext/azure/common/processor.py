"""Telemetry processors under the module name by which programs know them."""

from opencensus.ext.azure.common.processors import ProcessorMixin, logger

__all__ = ["ProcessorMixin", "logger"]
