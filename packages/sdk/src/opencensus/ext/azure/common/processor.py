"""Telemetry processors under the module name by which programs know them."""

from opencensus.ext.azure.common.processors import ProcessorMixin

__all__ = ["ProcessorMixin"]
