"""What OTLP bodies hold, whichever way they are written: spans, log records and metric points.

Ids are lower-case hexadecimal texts, "" when absent; times are nanoseconds since 1970, 0 when
absent; attribute values are texts, integers, floats, booleans, bytes, lists and dicts.
"""

from __future__ import annotations

from typing import Any

import msgspec

Attributes = dict[str, Any]

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
"""Kinds of spans that matter here; every other kind counts as internal."""
STATUS_ERROR = 2

GAUGE, SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM, SUMMARY = range(5)
CUMULATIVE = 2


class Origin(msgspec.Struct, gc=False):
    """Where records come from: a resource and an instrumentation scope."""

    resource: Attributes
    scope: str = ""


class Link(msgspec.Struct, gc=False):
    """Another span that a span names."""

    trace_id: str = ""
    span_id: str = ""
    attributes: Attributes | None = None


class Event(msgspec.Struct, gc=False):
    """Something that happened during a span."""

    time_ns: int
    name: str
    attributes: Attributes


class Span(msgspec.Struct, gc=False):
    """One unit of work."""

    name: str = ""
    kind: int = 0
    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    trace_state: str = ""
    start_ns: int = 0
    end_ns: int = 0
    status: int = 0
    attributes: Attributes = msgspec.field(default_factory=dict)
    events: tuple[Event, ...] | list[Event] = ()
    links: tuple[Link, ...] | list[Link] = ()


class LogRecord(msgspec.Struct, gc=False):
    """One record of a log."""

    time_ns: int = 0
    observed_ns: int = 0
    severity: int = 0
    event_name: str = ""
    body: Any = None
    attributes: Attributes = msgspec.field(default_factory=dict)
    trace_id: str = ""
    span_id: str = ""


class Metric(msgspec.Struct, gc=False):
    """What the points of one metric share."""

    name: str = ""
    kind: int = GAUGE
    is_monotonic: bool = False
    is_cumulative: bool = False


class Point(msgspec.Struct, gc=False):
    """One point of a metric.

    Attributes:
        value: of a gauge or a sum; the sum of the values of the other kinds, None when unknown.
        count: how many values; None for gauges and sums.
        has_value: False for points that only say that there is no value.
    """

    metric: Metric
    start_ns: int = 0
    time_ns: int = 0
    value: float | None = None
    count: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    has_value: bool = True
    attributes: Attributes = msgspec.field(default_factory=dict)
