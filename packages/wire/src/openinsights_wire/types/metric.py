"""A measured value, alone or aggregated over some time."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    Int32,
    Kind,
    Properties,
    Text256,
    Text1024,
    WireStruct,
)


class DataPoint(WireStruct):
    """One value; decoded kinds are 0 (measurement) or 1 (aggregation)."""

    name: Text1024
    value: float
    ns: Text256 | None = None
    kind: Kind | None = None
    count: Int32 | None = None
    min: float | None = None
    max: float | None = None
    stdDev: float | None = None


class MetricData(WireStruct):
    """One time series' values; tables keep the first."""

    metrics: Annotated[list[DataPoint], Meta(min_length=1)]
    properties: Properties | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
