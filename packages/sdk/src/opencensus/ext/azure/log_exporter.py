"""Handlers of Python's logging that send records: as traces and exceptions, or as custom events."""

from __future__ import annotations

import logging
import os
import random
from datetime import datetime, timezone
from math import isfinite
from typing import Any

from opencensus.ext.azure.common.assembly import make_sender
from opencensus.ext.azure.common.batch import as_text
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.exceptions import describe
from opencensus.ext.logging.context import current_attributes
from opencensus.trace import execution_context
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData
from openinsights_wire.types.message import MessageData

OWN_LOGGERS = "opencensus.ext.azure"
"""Records of these loggers are about the sending of records; they are never sent."""

MESSAGE_NAME = "Microsoft.ApplicationInsights.Message"
EXCEPTION_NAME = "Microsoft.ApplicationInsights.Exception"
EVENT_NAME = "Microsoft.ApplicationInsights.Event"

_TRACE_ID_LOW_MAX = 0xFFFFFFFFFFFFFFFF


class SamplingFilter(logging.Filter):
    """Lets a part of the records pass; records of one trace pass or fall together.

    Args:
        probability: The part that passes, 0 to 1.
    """

    def __init__(self, probability: float = 1.0) -> None:
        super().__init__()
        self.probability = probability

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record passes."""
        if self.probability >= 1:
            return True
        trace_id, _ = correlation(record)
        if trace_id:
            return int(trace_id[16:], 16) < self.probability * _TRACE_ID_LOW_MAX
        return random.random() < self.probability  # noqa: S311 - a sample is no secret


class BaseLogHandler(logging.Handler, ProcessorMixin):
    """What both handlers share: from a record to the queue. Accepts the options of all exporters.

    Raises:
        ValueError: An option is missing or wrong; see ``common.options``.
    """

    def __init__(self, **options: Any) -> None:
        # Wrong options raise before logging knows the handler: it flushes all it knows at exit.
        self.options = resolve(options, os.environ)
        ProcessorMixin.__init__(self)
        self._tags = exporter_tags(self.options)
        rate = self.options.logging_sampling_rate
        self._sample_rate = 100 * rate if 0 < rate < 1 else None
        self._sender = make_sender(
            f"{type(self).__name__} Worker",
            self.options,
            self.apply_telemetry_processors,
            closes_at_exit=False,
        )
        logging.Handler.__init__(self)
        self.addFilter(SamplingFilter(rate))

    def handle(self, record: logging.LogRecord) -> bool:
        """Handle a record unless it comes from the sending itself.

        That is asked before the handler's lock is taken: while a handler closes, its sending
        thread may write warnings that reach the same handler.
        """
        if record.name.startswith(OWN_LOGGERS) or execution_context.is_exporter():
            return False
        return super().handle(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record; never blocks and never raises."""
        try:
            self._sender.put(self.log_record_to_envelope(record))
        except Exception:
            # logging's own way to report a record that cannot be formatted.
            self.handleError(record)

    def flush(self, timeout: float | None = None) -> None:
        """Send what was logged before; waits for at most ``timeout`` or the grace period."""
        self._sender.flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Send what was logged before within the grace period, keep the rest, end the thread."""
        self._sender.close(timeout)
        super().close()

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return the envelope that stands for a record."""
        raise NotImplementedError

    def _envelope(self, name: str, record: logging.LogRecord, data: Data) -> Envelope:
        tags = dict(self._tags)
        trace_id, span_id = correlation(record)
        if trace_id:
            tags[tag_names.OPERATION_ID] = trace_id
        if trace_id and span_id:
            tags[tag_names.OPERATION_PARENT_ID] = span_id
        return Envelope(
            name=name,
            time=utc_text(record.created),
            iKey=self.options.instrumentation_key,
            sampleRate=self._sample_rate,
            tags=tags,
            data=data,
        )


class AzureLogHandler(BaseLogHandler):
    """Sends records as traces, and those with an exception as exceptions.

    A dict passed as ``extra={"custom_dimensions": {...}}`` becomes customDimensions.
    """

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return a message, or an exception when the record has one."""
        message = self.format(record)
        severity = severity_of(record.levelno)
        properties = {
            "process": as_text(record.processName),
            "module": record.module,
            "fileName": record.pathname,
            "lineNumber": str(record.lineno),
            "level": record.levelname,
            **dimensions(record),
        }
        if record.exc_info:
            _, exception, traceback = record.exc_info
            failure = ExceptionData(
                exceptions=describe(exception, traceback, message),
                severityLevel=severity,
                properties=properties,
            )
            return self._envelope(EXCEPTION_NAME, record, Data("ExceptionData", failure))
        line = MessageData(message=message, severityLevel=severity, properties=properties)
        return self._envelope(MESSAGE_NAME, record, Data("MessageData", line))


class AzureEventHandler(BaseLogHandler):
    """Sends records as custom events, named by their message.

    Dicts passed as ``extra={"custom_dimensions": {...}, "custom_measurements": {...}}`` become
    customDimensions and customMeasurements.
    """

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return a custom event."""
        event = EventData(
            name=self.format(record),
            properties=dimensions(record),
            measurements=measurements(record),
        )
        return self._envelope(EVENT_NAME, record, Data("EventData", event))


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


def correlation(record: logging.LogRecord) -> tuple[str | None, str | None]:
    """Return the trace and the span during which a record was made; None where there is none.

    The logging integration writes both on the record; without it they are those of the current
    context.
    """
    trace_id = getattr(record, "traceId", None)
    span_id = getattr(record, "spanId", None)
    if trace_id is None:
        attributes = current_attributes()
        trace_id, span_id = attributes.trace_id, attributes.span_id
    return _unless_zero(trace_id, 32), _unless_zero(span_id, 16)


def utc_text(timestamp: float) -> str:
    """Return a time in seconds since 1970 as the wire writes it."""
    moment = datetime.fromtimestamp(timestamp, timezone.utc)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def _unless_zero(identifier: object, length: int) -> str | None:
    if not isinstance(identifier, str) or len(identifier) != length:
        return None
    return identifier if identifier.strip("0") else None
