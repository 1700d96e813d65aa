"""A call that the application made to something else."""

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
    Text8192,
    WireStruct,
)


class RemoteDependencyData(WireStruct):
    """One call to a database, a service or a part of the application itself."""

    name: Text1024
    duration: Duration
    id: Text512 | None = None
    resultCode: Text1024 | None = None
    success: bool = field(default_factory=SUCCEEDED)
    data: Text8192 | None = None
    type: Text1024 | None = None
    target: Text1024 | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
