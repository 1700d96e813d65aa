"""From the JSON of an OTLP request to records.

The whole body is read by typed decoders; what they refuse is refused as a whole. Names are the
protocol's own in lowerCamelCase, ids hexadecimal, 64-bit integers numbers or texts, enumerations
numbers or names. Unknown names are ignored.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.ingest.otlp.errors import malformed, too_many
from openinsights.ingest.otlp.records import (
    CUMULATIVE,
    EXPONENTIAL_HISTOGRAM,
    GAUGE,
    HISTOGRAM,
    STATUS_ERROR,
    SUM,
    SUMMARY,
    Event,
    Link,
    LogRecord,
    Metric,
    Origin,
    Point,
    Span,
)
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openinsights.ingest.otlp.records import Attributes

MAX_OBJECTS = 500_000
"""Objects of one body: what each costs in memory bounds what a body costs."""
_MAX_DEPTH = 16
_KINDS = {f"SPAN_KIND_{name}": number for number, name in enumerate(
    ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
)}  # fmt: skip
_ERROR_NAME = "STATUS_CODE_ERROR"
_CUMULATIVE_NAME = "AGGREGATION_TEMPORALITY_CUMULATIVE"
_SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

_Integer = int | str | float | None
_Number = float | str | None


class _Struct(msgspec.Struct, rename="camel", gc=False):
    pass


class _AnyValue(_Struct):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: _Integer = None
    double_value: _Number = None
    array_value: _ArrayValue | None = None
    kvlist_value: _KeyValueList | None = None
    bytes_value: str | None = None


class _KeyValue(_Struct):
    key: str = ""
    value: _AnyValue | None = None


class _ArrayValue(_Struct):
    values: list[_AnyValue | None] | None = None


class _KeyValueList(_Struct):
    values: list[_KeyValue] | None = None


_Pairs = list[_KeyValue] | None


class _Resource(_Struct):
    attributes: _Pairs = None


class _Scope(_Struct):
    name: str | None = None


class _Event(_Struct):
    time_unix_nano: _Integer = None
    name: str | None = None
    attributes: _Pairs = None


class _Link(_Struct):
    trace_id: str | None = None
    span_id: str | None = None
    attributes: _Pairs = None


class _Status(_Struct):
    code: int | str | None = None


class _Span(_Struct):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: _Integer = None
    end_time_unix_nano: _Integer = None
    attributes: _Pairs = None
    events: list[_Event] | None = None
    links: list[_Link] | None = None
    status: _Status | None = None


class _ScopeSpans(_Struct):
    scope: _Scope | None = None
    spans: list[_Span] | None = None


class _ResourceSpans(_Struct):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Traces(_Struct):
    resource_spans: list[_ResourceSpans] | None = None


class _LogRecord(_Struct):
    time_unix_nano: _Integer = None
    observed_time_unix_nano: _Integer = None
    severity_number: int | str | None = None
    event_name: str | None = None
    body: _AnyValue | None = None
    attributes: _Pairs = None
    trace_id: str | None = None
    span_id: str | None = None


class _ScopeLogs(_Struct):
    scope: _Scope | None = None
    log_records: list[_LogRecord] | None = None


class _ResourceLogs(_Struct):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None


class _Logs(_Struct):
    resource_logs: list[_ResourceLogs] | None = None


class _Quantile(_Struct):
    quantile: _Number = None
    value: _Number = None


class _Point(_Struct):
    attributes: _Pairs = None
    start_time_unix_nano: _Integer = None
    time_unix_nano: _Integer = None
    as_double: _Number = None
    as_int: _Integer = None
    count: _Integer = None
    sum: _Number = None
    min: _Number = None
    max: _Number = None
    quantile_values: list[_Quantile] | None = None
    flags: _Integer = None


class _Data(_Struct):
    data_points: list[_Point] | None = None
    aggregation_temporality: int | str | None = None
    is_monotonic: bool | None = None


class _Metric(_Struct):
    name: str | None = None
    gauge: _Data | None = None
    sum: _Data | None = None
    histogram: _Data | None = None
    exponential_histogram: _Data | None = None
    summary: _Data | None = None


class _ScopeMetrics(_Struct):
    scope: _Scope | None = None
    metrics: list[_Metric] | None = None


class _ResourceMetrics(_Struct):
    resource: _Resource | None = None
    scope_metrics: list[_ScopeMetrics] | None = None


class _Metrics(_Struct):
    resource_metrics: list[_ResourceMetrics] | None = None


_decode_traces = msgspec.json.Decoder(_Traces).decode
_decode_logs = msgspec.json.Decoder(_Logs).decode
_decode_metrics = msgspec.json.Decoder(_Metrics).decode


class JsonReader:
    """Reads one body."""

    def spans(self, body: bytes) -> Iterator[tuple[Origin, Span | WireError]]:
        """Yield the spans of an ExportTraceServiceRequest.

        Raises:
            WireError: the body is none.
        """
        traces = _decoded(_decode_traces, body)
        for group in traces.resource_spans or ():
            resource = _resource(group.resource)
            for scoped in group.scope_spans or ():
                origin = Origin(resource, _scope(scoped.scope))
                for one in scoped.spans or ():
                    yield origin, _guarded("span", _span, one)

    def logs(self, body: bytes) -> Iterator[tuple[Origin, LogRecord | WireError]]:
        """Yield the log records of an ExportLogsServiceRequest; as `spans`."""
        logs = _decoded(_decode_logs, body)
        for group in logs.resource_logs or ():
            resource = _resource(group.resource)
            for scoped in group.scope_logs or ():
                origin = Origin(resource, _scope(scoped.scope))
                for one in scoped.log_records or ():
                    yield origin, _guarded("log record", _log, one)

    def points(self, body: bytes) -> Iterator[tuple[Origin, Point | WireError]]:
        """Yield the points of an ExportMetricsServiceRequest; as `spans`."""
        metrics = _decoded(_decode_metrics, body)
        for group in metrics.resource_metrics or ():
            resource = _resource(group.resource)
            for scoped in group.scope_metrics or ():
                origin = Origin(resource, _scope(scoped.scope))
                for one in scoped.metrics or ():
                    for metric, point in _points(one):
                        yield origin, _guarded("data point", _point, point, metric)


def _decoded(decode: Any, body: bytes) -> Any:
    if body.count(b"{") > MAX_OBJECTS:
        raise too_many("JSON objects", MAX_OBJECTS)
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise malformed(f"body as OTLP JSON: {error}") from None


def _guarded(what: str, read: Any, *given: Any) -> Any:
    try:
        return read(*given)
    except WireError as error:
        return error.with_traceback(None)
    except (ValueError, OverflowError) as error:
        return malformed(f"{what}: {error}")


def _resource(resource: _Resource | None) -> Attributes:
    if resource is None:
        return {}
    attributes: Any = _guarded("resource", _attributes, resource.attributes)
    if isinstance(attributes, WireError):
        raise attributes
    found: Attributes = attributes
    return found


def _scope(scope: _Scope | None) -> str:
    return (scope.name or "") if scope else ""


def _span(one: _Span) -> Span:
    code = one.status.code if one.status else 0
    return Span(
        name=one.name or "",
        kind=_KINDS.get(one.kind, 0) if isinstance(one.kind, str) else one.kind or 0,
        trace_id=_id(one.trace_id),
        span_id=_id(one.span_id),
        parent_id=_id(one.parent_span_id),
        trace_state=one.trace_state or "",
        start_ns=_integer(one.start_time_unix_nano),
        end_ns=_integer(one.end_time_unix_nano),
        status=STATUS_ERROR if code in (STATUS_ERROR, _ERROR_NAME) else 0,
        attributes=_attributes(one.attributes),
        events=[
            Event(_integer(event.time_unix_nano), event.name or "", _attributes(event.attributes))
            for event in one.events or ()
        ],
        links=[
            Link(_id(link.trace_id), _id(link.span_id), _attributes(link.attributes))
            for link in one.links or ()
        ],
    )


def _log(one: _LogRecord) -> LogRecord:
    return LogRecord(
        time_ns=_integer(one.time_unix_nano),
        observed_ns=_integer(one.observed_time_unix_nano),
        severity=_severity(one.severity_number),
        event_name=one.event_name or "",
        body=_value(one.body, 0),
        attributes=_attributes(one.attributes),
        trace_id=_id(one.trace_id),
        span_id=_id(one.span_id),
    )


def _points(one: _Metric) -> Iterator[tuple[Metric, _Point]]:
    for kind, data in (
        (GAUGE, one.gauge),
        (SUM, one.sum),
        (HISTOGRAM, one.histogram),
        (EXPONENTIAL_HISTOGRAM, one.exponential_histogram),
        (SUMMARY, one.summary),
    ):
        if data is not None:
            cumulative = data.aggregation_temporality in (CUMULATIVE, _CUMULATIVE_NAME)
            metric = Metric(one.name or "", kind, bool(data.is_monotonic), cumulative)
            for point in data.data_points or ():
                yield metric, point


def _point(one: _Point, metric: Metric) -> Point:
    point = Point(
        metric,
        start_ns=_integer(one.start_time_unix_nano),
        time_ns=_integer(one.time_unix_nano),
        has_value=not _integer(one.flags) & 1,
        attributes=_attributes(one.attributes),
    )
    if metric.kind in (GAUGE, SUM):
        point.value = _number(one.as_double if one.as_int is None else one.as_int)
        return point
    point.count = _integer(one.count)
    point.value, point.minimum, point.maximum = map(_number, (one.sum, one.min, one.max))
    for quantile in one.quantile_values or ():
        at = _number(quantile.quantile) or 0.0
        if at == 0:
            point.minimum = _number(quantile.value) or 0.0
        elif at == 1:
            point.maximum = _number(quantile.value) or 0.0
    return point


def _attributes(pairs: Iterable[_KeyValue] | None, depth: int = 0) -> Attributes:
    return {pair.key: _value(pair.value, depth) for pair in pairs or ()}


def _value(value: _AnyValue | None, depth: int) -> Any:
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return _number(value.double_value)
    if value.bytes_value is not None:
        return _bytes(value.bytes_value)
    if depth >= _MAX_DEPTH:
        raise malformed(f"value: it is nested more than {_MAX_DEPTH} deep")
    if value.array_value is not None:
        return [_value(one, depth + 1) for one in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values, depth + 1)
    return None


def _id(text: str | None) -> str:
    if not text:
        return ""
    try:
        return bytes.fromhex(text).hex()
    except ValueError:
        raise malformed(f"id {text[:40]!r}: it is not hexadecimal") from None


def _integer(value: _Integer) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str) and len(value) > 20:
        raise malformed(f"number {value[:24]!r}: it has more than 64 bits")
    number = int(value)
    if not -(1 << 63) <= number < 1 << 64:
        raise malformed(f"number {number}: it has more than 64 bits")
    return number


def _number(value: _Number) -> float | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) > 40:
        raise malformed(f"number {value[:24]!r}: it is too long")
    return float(value)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise malformed("bytes: they are not base64") from None


def _severity(value: int | str | None) -> int:
    if not isinstance(value, str):
        return value or 0
    name = value.removeprefix("SEVERITY_NUMBER_")
    step = int(name[-1]) - 1 if name[-1:] in ("2", "3", "4") else 0
    base = name.rstrip("234")
    return _SEVERITIES.index(base) * 4 + 1 + step if base in _SEVERITIES else 0
