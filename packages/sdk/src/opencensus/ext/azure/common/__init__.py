"""What the three exporters share, from options to the wire: the way of an envelope to a server."""

from opencensus.ext.azure.common.option_object import (
    Options,
    parse_connection_string,
    process_options,
)

__all__ = ["Options", "parse_connection_string", "process_options"]
