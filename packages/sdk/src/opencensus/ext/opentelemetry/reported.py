"""Exceptions as rows of their own, where an exporter has a place for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.common.utils import iso_text
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.exceptions import describe
from opencensus.ext.azure.span_envelopes import ERROR_SEVERITY, EXCEPTION_NAME
from opencensus.ext.azure.trace_exporter import AzureExporter
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails

if TYPE_CHECKING:
    from collections.abc import Mapping

EXCEPTION: str = "exception"
"""The name of the event that stands for an exception."""
TYPE = "exception.type"
MESSAGE = "exception.message"
STACK = "exception.stacktrace"
OWN = frozenset({TYPE, MESSAGE, STACK, "exception.escaped"})
"""Attributes of the event that the row has columns for."""


def details_of(exception: BaseException, attributes: Mapping[str, Any]) -> list[ExceptionDetails]:
    """Return an exception and what caused it; attributes may say another message."""
    message = as_text(attributes.get(MESSAGE) or _text(exception))
    return describe(exception, exception.__traceback__, message)


def details_said(attributes: Mapping[str, Any]) -> list[ExceptionDetails]:
    """Return what the attributes of an event say about an exception."""
    stack = attributes.get(STACK)
    name = as_text(attributes.get(TYPE) or "Exception")
    return [
        ExceptionDetails(
            typeName=name,
            message=as_text(attributes.get(MESSAGE) or name),
            id=1,
            outerId=0,
            hasFullStack=bool(stack),
            stack=None if stack is None else as_text(stack),
        )
    ]


def report(
    exporter: Any,
    details: list[ExceptionDetails],
    attributes: Mapping[str, Any],
    unix_ns: int,
    ids: tuple[str, str],
    sample_rate: float | None,
    own_tags: Mapping[str, str] | None = None,
) -> bool:
    """Send an exception as a row of `exceptions` below its span.

    Args:
        exporter: Where the span goes.
        details: The exception and its causes.
        attributes: What else is known.
        unix_ns: When it was recorded.
        ids: The trace and the span.
        sample_rate: Percent of such traces that are recorded; None for all.
        own_tags: Tags that take the place of the exporter's.

    Returns:
        False where the exporter has no place for exceptions.
    """
    if not isinstance(exporter, AzureExporter):
        return False
    tags = {**exporter._tags, **(own_tags or {})}
    tags[tag_names.OPERATION_ID], tags[tag_names.OPERATION_PARENT_ID] = ids
    exporter._sender.put(
        Envelope(
            name=EXCEPTION_NAME,
            time=iso_text(unix_ns),
            iKey=exporter.options.instrumentation_key,
            sampleRate=sample_rate,
            tags=tags,
            data=Data(
                "ExceptionData",
                ExceptionData(
                    exceptions=details,
                    severityLevel=ERROR_SEVERITY,
                    properties={
                        name: as_text(value)
                        for name, value in attributes.items()
                        if name not in OWN
                    },
                ),
            ),
        )
    )
    return True


def _text(exception: BaseException) -> str:
    try:
        return str(exception) or type(exception).__name__
    except Exception:
        # The host's code: an exception whose text cannot be had still has a type.
        return type(exception).__name__
