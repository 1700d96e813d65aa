"""A line of the application's log."""

from __future__ import annotations

from msgspec import field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    Int32,
    Measurements,
    Properties,
    Severity,
    Text32768,
    WireStruct,
)


class MessageData(WireStruct):
    """One log line; decoded severities are 0 (verbose) to 4 (critical)."""

    message: Text32768
    severityLevel: Severity | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
