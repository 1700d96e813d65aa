"""Log records of OpenTelemetry in the wire's types: traces, exceptions and custom events. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opencensus.common.utils import iso_text
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.log_envelopes import EVENT_NAME, EXCEPTION_NAME, MESSAGE_NAME
from opencensus.ext.opentelemetry import reported
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData
from openinsights_wire.types.message import MessageData

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOM_EVENT: Final = "microsoft.custom_event.name"
"""The attribute that makes a record a custom event, as in exporters of OpenTelemetry for Azure."""
LOGGER: Final = "logger_name"
EVENT: Final = "event.name"
NO_TEXT: Final = "n/a"
WIDTH: Final = 4
"""How many of OpenTelemetry's severities are one of Application Insights'; debug and trace are one."""


def envelope_of(
    record: Any,
    logger: str,
    ids: tuple[str | None, str | None],
    instrumentation_key: str,
    process_tags: Mapping[str, str],
) -> Envelope:
    """Return the envelope that stands for a record.

    Args:
        record: A `LogRecord` of OpenTelemetry's API or SDK.
        logger: The name of the logger.
        ids: The trace and the span that it belongs to; None for none.
        instrumentation_key: The resource's key.
        process_tags: Those of the process; copied.
    """
    attributes: Mapping[str, Any] = record.attributes or {}
    tags = dict(process_tags)
    for name, value in zip(
        (tag_names.OPERATION_ID, tag_names.OPERATION_PARENT_ID), ids, strict=True
    ):
        if value is not None:
            tags[name] = value
    name, data = _data(record, attributes, _properties(record, attributes, logger))
    unix_ns = record.timestamp or record.observed_timestamp
    return Envelope(
        name=name, time=iso_text(unix_ns), iKey=instrumentation_key, tags=tags, data=data
    )


def severity_of(number: Any) -> int | None:
    """Return the severity, 0 verbose to 4 critical, of a severity number; None where it has none."""
    value = getattr(number, "value", number)
    if not isinstance(value, int) or value < 1:
        return None
    return min(4, max(0, (value - 1) // WIDTH - 1))


def _data(
    record: Any, attributes: Mapping[str, Any], properties: dict[str, str]
) -> tuple[str, Data]:
    severity = severity_of(record.severity_number)
    exception = getattr(record, "exception", None)
    if exception is not None or reported.TYPE in attributes or reported.MESSAGE in attributes:
        said = {**attributes}
        if record.body is not None:
            said[reported.MESSAGE] = record.body
        details = (
            reported.details_said(said)
            if exception is None
            else reported.details_of(exception, said)
        )
        failure = ExceptionData(exceptions=details, severityLevel=severity, properties=properties)
        return EXCEPTION_NAME, Data("ExceptionData", failure)
    event = attributes.get(CUSTOM_EVENT)
    if event is not None:
        return EVENT_NAME, Data("EventData", EventData(name=as_text(event), properties=properties))
    text = as_text(record.body) or as_text(getattr(record, "event_name", None)) or NO_TEXT
    line = MessageData(message=text, severityLevel=severity, properties=properties)
    return MESSAGE_NAME, Data("MessageData", line)


def _properties(record: Any, attributes: Mapping[str, Any], logger: str) -> dict[str, str]:
    hidden = {*reported.OWN, CUSTOM_EVENT}
    properties = {LOGGER: logger} if logger else {}
    event = getattr(record, "event_name", None)
    if event:
        properties[EVENT] = as_text(event)
    for name, value in attributes.items():
        if name not in hidden:
            properties[str(name)] = as_text(value)
    return properties
