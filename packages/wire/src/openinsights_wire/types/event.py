"""Something that the application's author wants to count."""

from __future__ import annotations

from msgspec import field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    Int32,
    Measurements,
    Properties,
    Text512,
    WireStruct,
)


class EventData(WireStruct):
    """One custom event."""

    name: Text512
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
