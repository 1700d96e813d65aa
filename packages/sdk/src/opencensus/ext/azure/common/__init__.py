"""What the three exporters share, from options to the wire: the way of an envelope to a server."""

from opencensus.ext.azure.common.base_object import BaseObject
from opencensus.ext.azure.common.option_object import (
    INGESTION_ENDPOINT,
    INSTRUMENTATION_KEY,
    TEMPDIR_PREFIX,
    Options,
    parse_connection_string,
    process_options,
)

__all__ = [
    "INGESTION_ENDPOINT",
    "INSTRUMENTATION_KEY",
    "TEMPDIR_PREFIX",
    "BaseObject",
    "Options",
    "parse_connection_string",
    "process_options",
]
