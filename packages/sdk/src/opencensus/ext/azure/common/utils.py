"""The tags of this process under the name by which programs know them."""

from opencensus.ext.azure.common.tags import azure_monitor_context

__all__ = ["azure_monitor_context"]
