"""A page that somebody looked at."""

from __future__ import annotations

from msgspec import field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    Duration,
    Int32,
    Measurements,
    Properties,
    Text512,
    Text2048,
    WireStruct,
)


class PageViewData(WireStruct):
    """One page view; what arrives as `referredUri` is decoded as `referrerUri`."""

    name: Text512 | None = None
    url: Text2048 | None = None
    duration: Duration | None = None
    id: Text512 | None = None
    referrerUri: Text2048 | None = None
    referredUri: Text2048 | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
