"""An envelope as Live Metrics sees it: a kind, a weight, and fields that filters may name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from openinsights_wire.envelope import Envelope, item_count
from openinsights_wire.live.names import DEPENDENCY, EVENT, EXCEPTION, KINDS, REQUEST, TRACE
from openinsights_wire.stamps import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights_wire.types.exception import ExceptionDetails

SEVERITIES = ("Verbose", "Information", "Warning", "Error", "Critical")


class FieldType(Enum):
    """How the values of a field are compared."""

    TEXT = "text"
    DURATION = "duration"
    BOOLEAN = "boolean"
    SEVERITY = "severity"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that filters and projections may name; `read` takes the base data."""

    name: str
    type: FieldType
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One counted item.

    Attributes:
        kind: one of the values of `KINDS`.
        weight: how many items it stands for, because others were sampled out.
        data: the envelope's base data.
        tags: the envelope's tags.
        time: the envelope's time.
        duration_ms: 0 for kinds without one.
        succeeded: true for kinds that cannot fail.
    """

    kind: str
    weight: int
    data: Any
    tags: Mapping[str, str]
    time: str
    duration_ms: float
    succeeded: bool


def item_of(envelope: object) -> Item | None:
    """Return what Live Metrics counts of an envelope; None when it is of no kind that it counts.

    Raises:
        WireError, TypeError, ValueError: the envelope has values that its type does not allow.
    """
    if not isinstance(envelope, Envelope):
        return None
    kind = KINDS.get(envelope.data.baseType)
    if kind is None:
        return None
    data: Any = envelope.data.baseData
    timed = kind in (REQUEST, DEPENDENCY)
    return Item(
        kind=kind,
        weight=item_count(envelope.sampleRate),
        data=data,
        tags=envelope.tags,
        time=envelope.time,
        duration_ms=parse_duration(data.duration) if timed else 0.0,
        succeeded=bool(data.success) if timed else True,
    )


def stack_of(details: ExceptionDetails) -> str:
    """Return the stack of an exception as text, one line per frame."""
    if details.stack:
        return details.stack
    return "\n".join(
        f"{frame.method} ({frame.fileName}:{frame.line})" for frame in details.parsedStack or ()
    )


def _outermost(data: Any) -> ExceptionDetails:
    details: ExceptionDetails = data.exceptions[0]
    return details


_NAME = Field("Name", FieldType.TEXT, lambda data: data.name)
_DURATION = Field("Duration", FieldType.DURATION, lambda data: parse_duration(data.duration))
_SUCCESS = Field("Success", FieldType.BOOLEAN, lambda data: bool(data.success))
_SEVERITY = Field("SeverityLevel", FieldType.SEVERITY, lambda data: data.severityLevel)

FIELDS: dict[str, tuple[Field, ...]] = {
    REQUEST: (
        _NAME,
        Field("Url", FieldType.TEXT, lambda data: data.url),
        Field("ResponseCode", FieldType.TEXT, lambda data: data.responseCode),
        Field("Source", FieldType.TEXT, lambda data: data.source),
        _DURATION,
        _SUCCESS,
    ),
    DEPENDENCY: (
        _NAME,
        Field("Data", FieldType.TEXT, lambda data: data.data),
        Field("Target", FieldType.TEXT, lambda data: data.target),
        Field("Type", FieldType.TEXT, lambda data: data.type),
        Field("ResultCode", FieldType.TEXT, lambda data: data.resultCode),
        _DURATION,
        _SUCCESS,
    ),
    EXCEPTION: (
        Field("Exception.Message", FieldType.TEXT, lambda data: _outermost(data).message),
        Field("Exception.StackTrace", FieldType.TEXT, lambda data: stack_of(_outermost(data))),
        Field("Exception.Type", FieldType.TEXT, lambda data: _outermost(data).typeName),
        Field("ProblemId", FieldType.TEXT, lambda data: data.problemId),
        _SEVERITY,
    ),
    EVENT: (_NAME,),
    TRACE: (Field("Message", FieldType.TEXT, lambda data: data.message), _SEVERITY),
}
"""The fields of each kind; custom dimensions and metrics come on top."""

CUSTOM_DIMENSIONS = "CustomDimensions."
CUSTOM_METRICS = "CustomMetrics."


def field_named(kind: str, name: str) -> Field | None:
    """Return the field of a kind, by its name in any case; None when there is none.

    What follows `CustomDimensions.` and `CustomMetrics.` is the key as it is.
    """
    lowered = name.lower()
    if lowered.startswith(CUSTOM_DIMENSIONS.lower()):
        key = name[len(CUSTOM_DIMENSIONS) :]
        return Field(name, FieldType.TEXT, lambda data: (data.properties or {}).get(key))
    if lowered.startswith(CUSTOM_METRICS.lower()):
        key = name[len(CUSTOM_METRICS) :]
        return Field(name, FieldType.NUMBER, lambda data: (data.measurements or {}).get(key))
    return next((field for field in FIELDS.get(kind, ()) if field.name.lower() == lowered), None)
