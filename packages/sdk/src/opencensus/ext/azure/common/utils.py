"""Tags, times and keys under the names by which programs know them."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from opencensus.common.utils import timestamp_to_microseconds, to_iso_str
from opencensus.common.version import __version__ as opencensus_version  # noqa: F401
from opencensus.ext.azure.common.tags import azure_monitor_context
from opencensus.ext.azure.common.version import __version__ as ext_version  # noqa: F401
from openinsights_wire.connection_string import instrumentation_key as checked_key

__all__ = [
    "azure_monitor_context",
    "microseconds_to_duration",
    "timestamp_to_duration",
    "timestamp_to_iso_str",
    "validate_instrumentation_key",
]

uuid_regex_pattern = re.compile("^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")
"""The form of an instrumentation key in lower case."""


def microseconds_to_duration(microseconds: int) -> str:
    """Return a duration as ``d.hh:mm:ss.fff``, rounded to the nearest millisecond."""
    seconds, milliseconds = divmod((microseconds + 500) // 1000, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}.{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def timestamp_to_duration(start_time: str, end_time: str) -> str:
    """Return the duration between two times in ISO 8601, as :func:`microseconds_to_duration`."""
    began, ended = map(timestamp_to_microseconds, (start_time, end_time))
    return microseconds_to_duration(int(ended - began))


def timestamp_to_iso_str(timestamp: float) -> str:
    """Return a time in seconds since 1970 as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(timestamp, timezone.utc).replace(tzinfo=None)
    return to_iso_str(moment)


def validate_instrumentation_key(instrumentation_key: str | None) -> None:
    """Refuse what is no instrumentation key.

    Raises:
        ValueError: There is no key, or it is no 8-4-4-4-12 hexadecimal text.
    """
    checked_key(instrumentation_key)
