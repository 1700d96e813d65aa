"""From log records to envelopes: a trace, an exception, an event or an availability result."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openinsights.ingest.otlp import conventions as named
from openinsights.ingest.otlp.spans import add_people
from openinsights.ingest.otlp.values import (
    CUSTOM_MEASUREMENTS,
    MAX_MESSAGE,
    MAX_TAG,
    first,
    is_no_name,
    measurements,
    message_text,
    properties,
    text,
    time_text,
)
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.availability import AvailabilityData
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.message import MessageData

if TYPE_CHECKING:
    from openinsights.ingest.otlp.records import Attributes, LogRecord, Origin

EVENT_NAME = "microsoft.custom_event.name"
EVENT_MARK = "APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"
EXCEPTION_STACK = "exception.stacktrace"
AVAILABILITY = "microsoft.availability."
EMPTY_MESSAGE = "n/a"
NO_TRACE, NO_SPAN = "0" * 32, "0" * 16

LEFT_OUT = frozenset(
    (
        EXCEPTION_TYPE,
        EXCEPTION_MESSAGE,
        EXCEPTION_STACK,
        "exception.escaped",
        EVENT_MARK,
        EVENT_NAME,
        CUSTOM_MEASUREMENTS,
        *(
            AVAILABILITY + part
            for part in ("id", "name", "duration", "success", "runLocation", "message")
        ),
        "enduser.id",
        "enduser.pseudo.id",
        "session.id",
    )
)
"""Attributes of log records that are in columns of their own."""


def log_envelope(
    record: LogRecord, origin: Origin, tags: dict[str, str], key: str, now_ns: int
) -> Envelope:
    """Return the envelope of a log record.

    Args:
        record: what was logged.
        origin: the logger, as the instrumentation scope.
        tags: what its resource says.
        key: the instrumentation key.
        now_ns: the time of what has none.
    """
    time_ns = record.time_ns or record.observed_ns or now_ns
    return Envelope(
        time=time_text(time_ns),
        data=_data(record, origin),
        iKey=key,
        tags=_tags(record, tags),
    )


def _tags(record: LogRecord, tags: dict[str, str]) -> dict[str, str]:
    attributes = record.attributes
    own = {
        **tags,
        tag_names.OPERATION_ID: record.trace_id or NO_TRACE,
        tag_names.OPERATION_PARENT_ID: record.span_id or NO_SPAN,
    }
    if not attributes:
        return own
    add_people(own, attributes)
    name = attributes.get(tag_names.OPERATION_NAME)
    if name is not None:
        own[tag_names.OPERATION_NAME] = text(name)[:MAX_TAG]
    if named.is_synthetic(attributes):
        own[tag_names.OPERATION_SYNTHETIC_SOURCE] = "True"
    address = first(attributes, *named.CLIENT_ADDRESS)
    if address:
        own[tag_names.LOCATION_IP] = text(address)[:46]
    return own


def _data(record: LogRecord, origin: Origin) -> Data:
    attributes = record.attributes
    kept = properties(attributes, _is_left_out)
    if origin.scope:
        kept.setdefault("logger_name", origin.scope[:1024])
    numbers = measurements(attributes)
    if EXCEPTION_TYPE in attributes or EXCEPTION_MESSAGE in attributes:
        return Data(
            "ExceptionData",
            ExceptionData(
                [_exception(record)],
                _severity(record.severity),
                properties=kept,
                measurements=numbers,
            ),
        )
    if attributes.get(EVENT_NAME) or attributes.get(EVENT_MARK) is not None:
        name = text(attributes.get(EVENT_NAME)) or message_text(record.body)
        return Data("EventData", EventData(name[:512], properties=kept, measurements=numbers))
    probe = _availability(record)
    if probe is not None:
        probe.properties, probe.measurements = kept, numbers
        return Data("AvailabilityData", probe)
    message = message_text(record.body).strip() or record.event_name or EMPTY_MESSAGE
    return Data(
        "MessageData",
        MessageData(
            message[:MAX_MESSAGE],
            _severity(record.severity),
            properties=kept,
            measurements=numbers,
        ),
    )


def _exception(record: LogRecord) -> ExceptionDetails:
    attributes = record.attributes
    stack = attributes.get(EXCEPTION_STACK)
    message = message_text(record.body) or text(attributes.get(EXCEPTION_MESSAGE)) or "Exception"
    return ExceptionDetails(
        text(attributes.get(EXCEPTION_TYPE) or "Exception")[:1024],
        message[:MAX_MESSAGE],
        hasFullStack=stack is not None,
        stack=None if stack is None else text(stack)[:MAX_MESSAGE],
    )


def _availability(record: LogRecord) -> AvailabilityData | None:
    given = record.attributes
    if AVAILABILITY + "name" not in given:
        return None
    required = [text(given.get(AVAILABILITY + part)) for part in ("id", "name", "duration")]
    success = text(given.get(AVAILABILITY + "success"))
    if not all(required) or not success:
        return None
    location, message = _optional(given, "runLocation"), _optional(given, "message")
    return AvailabilityData(
        required[0][:512],
        required[1][:1024],
        required[2][:64],
        success.lower() == "true",
        None if location is None else location[:1024],
        (message_text(record.body) if message is None else message)[:8192],
    )


@lru_cache(maxsize=4096)
def _is_left_out(name: str) -> bool:
    return is_no_name(name) or name in LEFT_OUT


def _optional(given: Attributes, part: str) -> str | None:
    value: Any = given.get(AVAILABILITY + part)
    return None if value is None else text(value)


def _severity(number: int) -> int:
    """Return 0 (verbose) to 4 (critical) for a severity number of 1 to 24."""
    return 0 if number < 9 else min(4, (number - 1) // 4 - 1)
