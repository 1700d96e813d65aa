"""A request that the application served."""

from __future__ import annotations

from msgspec import field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    SUCCEEDED,
    Duration,
    Int32,
    Measurements,
    Properties,
    Text512,
    Text1024,
    Text2048,
    WireStruct,
)


class RequestData(WireStruct):
    """One served request."""

    id: Text512
    duration: Duration
    responseCode: Text1024
    success: bool = field(default_factory=SUCCEEDED)
    name: Text1024 | None = None
    source: Text1024 | None = None
    url: Text2048 | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
