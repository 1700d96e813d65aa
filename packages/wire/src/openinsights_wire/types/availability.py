"""One run of an availability test."""

from __future__ import annotations

from msgspec import field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    Duration,
    Int32,
    Measurements,
    Properties,
    Text512,
    Text1024,
    Text8192,
    WireStruct,
)


class AvailabilityData(WireStruct):
    """The outcome of probing the application from one location."""

    id: Text512
    name: Text1024
    duration: Duration
    success: bool
    runLocation: Text1024 | None = None
    message: Text8192 | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
