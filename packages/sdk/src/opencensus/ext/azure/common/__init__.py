"""What the three exporters share, from options to the wire: the way of an envelope to a server."""

from opencensus.ext.azure.common.options import Options

__all__ = ["Options"]
