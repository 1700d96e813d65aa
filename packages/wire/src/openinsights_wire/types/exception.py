"""An exception with its chain of causes and its stack frames."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from openinsights_wire.fields import (
    SCHEMA_VERSION,
    SUCCEEDED,
    Int32,
    Measurements,
    Properties,
    Severity,
    Text1024,
    Text32768,
    WireStruct,
)


class StackFrame(WireStruct):
    """One frame of a parsed stack."""

    level: Int32
    method: Text1024
    assembly: Text1024 | None = None
    fileName: Text1024 | None = None
    line: Int32 | None = None


class ExceptionDetails(WireStruct):
    """One exception of the chain; `outerId` names the one that it caused."""

    typeName: Text1024
    message: Text32768
    id: Int32 | None = None
    outerId: Int32 | None = None
    hasFullStack: bool = field(default_factory=SUCCEEDED)
    stack: Text32768 | None = None
    parsedStack: list[StackFrame] | None = None


class ExceptionData(WireStruct):
    """One reported exception, the outermost of its chain first."""

    exceptions: Annotated[list[ExceptionDetails], Meta(min_length=1)]
    severityLevel: Severity | None = None
    problemId: Text1024 | None = None
    properties: Properties | None = None
    measurements: Measurements | None = None
    ver: Int32 = field(default_factory=SCHEMA_VERSION)
