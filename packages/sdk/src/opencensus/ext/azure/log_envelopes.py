"""Log records in the wire's types: traces, exceptions and custom events. Pure."""

from __future__ import annotations

from math import isfinite, modf
from typing import TYPE_CHECKING

from opencensus.common.utils import iso_text
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.exceptions import describe
from openinsights_wire.envelope import Data
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData
from openinsights_wire.types.message import MessageData

if TYPE_CHECKING:
    import logging

MESSAGE_NAME = "Microsoft.ApplicationInsights.Message"
EXCEPTION_NAME = "Microsoft.ApplicationInsights.Exception"
EVENT_NAME = "Microsoft.ApplicationInsights.Event"


def message_data(record: logging.LogRecord, text: str) -> Data:
    """Return a record without an exception as a trace."""
    line = MessageData(
        message=text, severityLevel=severity_of(record.levelno), properties=_properties(record)
    )
    return Data("MessageData", line)


def exception_data(record: logging.LogRecord, text: str) -> Data:
    """Return a record with ``exc_info`` as an exception, with what caused it."""
    exc_info = record.exc_info
    _, exception, traceback = exc_info if isinstance(exc_info, tuple) else (None, None, None)
    failure = ExceptionData(
        exceptions=describe(exception, traceback, text),
        severityLevel=severity_of(record.levelno),
        properties=_properties(record),
    )
    return Data("ExceptionData", failure)


def event_data(record: logging.LogRecord, name: str) -> Data:
    """Return a record as a custom event of that name."""
    event = EventData(name=name, properties=dimensions(record), measurements=measurements(record))
    return Data("EventData", event)


def severity_of(level: int) -> int:
    """Return the severity, 0 verbose to 4 critical, of a level of Python's logging."""
    return min(4, max(0, level - 1) // 10)


def dimensions(record: logging.LogRecord) -> dict[str, str]:
    """Return the record's custom dimensions as text; what is no dict is ignored."""
    given = getattr(record, "custom_dimensions", None)
    if not isinstance(given, dict):
        return {}
    return {str(name): as_text(value) for name, value in given.items()}


def measurements(record: logging.LogRecord) -> dict[str, float]:
    """Return the record's custom measurements; what is no finite number is left out."""
    given = getattr(record, "custom_measurements", None)
    if not isinstance(given, dict):
        return {}
    return {
        str(name): float(value)
        for name, value in given.items()
        if isinstance(value, int | float) and isfinite(value)
    }


def utc_text(timestamp: float) -> str:
    """Return a time in seconds since 1970 as the wire writes it."""
    fraction, second = modf(timestamp)
    return iso_text(int(second) * 1_000_000_000 + round(fraction * 1e6) * 1_000)


def _properties(record: logging.LogRecord) -> dict[str, str]:
    return {
        "process": as_text(record.processName),
        "module": as_text(record.module),
        "fileName": as_text(record.pathname),
        "lineNumber": as_text(record.lineno),
        "level": as_text(record.levelname),
        **dimensions(record),
    }
