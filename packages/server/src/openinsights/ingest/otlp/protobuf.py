"""From the bytes of an OTLP request to records: the protocol buffers that OTLP needs, and no more.

Read by our own code because that is faster than going through generated classes: most attributes of
a batch are equal, byte for byte, and are read once. A hostile body cannot claim more memory than it
has bytes, nor more time than a number of fields: nothing is allocated for what is not looked at.

Within one span, log record or point an error is that record's own; outside of them the body as a
whole is refused. Unknown fields are skipped.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from openinsights.ingest.otlp.errors import malformed, too_many
from openinsights.ingest.otlp.records import (
    CUMULATIVE,
    EXPONENTIAL_HISTOGRAM,
    GAUGE,
    HISTOGRAM,
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
    from collections.abc import Callable, Iterator

    from openinsights.ingest.otlp.records import Attributes

Bytes: TypeAlias = bytes | memoryview
Field: TypeAlias = tuple[int, Any]

MAX_RECORD_BYTES = 1024 * 1024
_FIELDS_PER_ITEM = 64
_FIELDS_OF_A_PART = 4
"""What an event or link counts for: each takes memory, even an empty one."""
_FIELDS_OF_A_RECORD = 8
_FIELDS_OF_A_GROUP = 32
"""What a record, a resource or a scope counts for: each takes time, even an empty one."""
_MAX_DEPTH = 16
_CACHED_BYTES = 96
_MAX_CACHED = 20_000
_SHORT = 128

_double = struct.Struct("<d").unpack
_fixed64 = struct.Struct("<Q").unpack
_fixed64_at = struct.Struct("<Q").unpack_from
_sfixed64 = struct.Struct("<q").unpack

# A tag is the field's number and the form of its value: 0 integer, 1 eight bytes, 2 bytes with a
# length, 5 four bytes.
_INTEGER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_FLAGS = 0x85, 0x01
"""The tag of a span's flags, four bytes that are not looked at."""


class ProtobufReader:
    """Reads one body.

    Args:
        max_items: the most records of a body; it bounds the fields too.
    """

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._left = max_items * _FIELDS_PER_ITEM
        # attributes by their bytes
        self._known: dict[bytes, tuple[str, Any]] = {}

    def spans(self, body: bytes) -> Iterator[tuple[Origin, Span | WireError]]:
        """Yield the spans of an ExportTraceServiceRequest.

        Raises:
            WireError: the body is none.
        """
        return _whole(self._records(body, "span", self._span))

    def logs(self, body: bytes) -> Iterator[tuple[Origin, LogRecord | WireError]]:
        """Yield the log records of an ExportLogsServiceRequest; as `spans`."""
        return _whole(self._records(body, "log record", self._log))

    def points(self, body: bytes) -> Iterator[tuple[Origin, Point | WireError]]:
        """Yield the points of an ExportMetricsServiceRequest; as `spans`."""
        return _whole(self._points(body))

    def _records(
        self, body: bytes, what: str, read: Callable[[bytes], Any]
    ) -> Iterator[tuple[Origin, Any]]:
        for origin, message in self._groups(body):
            yield origin, self._guarded(what, read, message)

    def _points(self, body: bytes) -> Iterator[tuple[Origin, Any]]:
        for origin, message in self._groups(body):
            metric, data = self._metric(message)
            if data is None:
                continue
            read = partial(_POINTS[metric.kind], self)
            for tag, value in self._fields(data):
                if tag == 0x0A:
                    yield origin, self._guarded("data point", read, value, metric)

    def _groups(self, body: bytes) -> Iterator[tuple[Origin, memoryview]]:
        """Yield the messages in the innermost lists: the three requests are built alike."""
        for tag, group in self._fields(memoryview(body)):
            if tag == 0x0A:
                yield from self._group(group)

    def _group(self, group: memoryview) -> Iterator[tuple[Origin, memoryview]]:
        self._left -= _FIELDS_OF_A_GROUP
        resource: Attributes = {}
        for tag, value in self._fields(group):
            if tag == 0x0A:
                resource = self._attributes_of(bytes(value), 0x0A)
        for tag, scoped in self._fields(group):
            if tag != 0x12:
                continue
            self._left -= _FIELDS_OF_A_GROUP
            scope = ""
            for inner, value in self._fields(scoped):
                if inner == 0x0A:
                    scope = self._name_of(bytes(value))
            origin = Origin(resource, scope)
            for inner, value in self._fields(scoped):
                if inner == 0x12:
                    yield origin, value

    def _guarded(self, what: str, read: Callable[..., Any], value: Any, *more: Any) -> Any:
        self._left -= _FIELDS_OF_A_RECORD
        if len(value) > MAX_RECORD_BYTES:
            return malformed(f"{what}: it is larger than {MAX_RECORD_BYTES} bytes")
        try:
            return read(bytes(value), *more)
        except (IndexError, struct.error):
            return malformed(f"{what}: its bytes break off")
        except WireError as error:
            if error.status_code == 413:
                raise
            return error.with_traceback(None)

    def _fields(self, message: Bytes) -> Iterator[Field]:
        # Hot: once per message; a generator, so that many tiny fields take no memory.
        position, end = 0, len(message)
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise too_many("fields", self._max_items * _FIELDS_PER_ITEM)
            tag = message[position]
            position += 1
            if tag >= _SHORT:
                tag, position = _varint(message, position - 1)
            form = tag & 7
            if form == _BYTES:
                length = message[position]
                position += 1
                if length >= _SHORT:
                    length, position = _varint(message, position - 1)
                start = position
                position += length
                if position > end:
                    raise IndexError
                yield tag, message[start:position]
            elif form == _INTEGER:
                number = message[position]
                position += 1
                if number >= _SHORT:
                    number, position = _varint(message, position - 1)
                yield tag, number
            elif form == _EIGHT:
                yield tag, message[position : position + 8]
                position += 8
            elif form == _FOUR:
                position += 4
            else:
                raise IndexError
        if position != end:
            raise IndexError

    def _span(self, message: bytes) -> Span:
        # Hot: once per span. What every span has is read here, without a generator's tuples.
        span = Span()
        attributes = span.attributes
        known = self._known.get
        position, end = 0, len(message)
        self._left -= end >> 4
        while position < end:
            tag = message[position]
            form = tag & 7
            if form == _BYTES and tag < _SHORT:
                start = position + 2
                length = message[position + 1]
                if length >= _SHORT:
                    length, start = _varint(message, start - 1)
                position = start + length
                value = message[start:position]
                if tag == 0x4A:
                    pair = known(value)
                    if pair is None:
                        pair = self._pair(value)
                    attributes[pair[0]] = pair[1]
                elif tag == 0x0A:
                    span.trace_id = value.hex()
                elif tag == 0x12:
                    span.span_id = value.hex()
                elif tag == 0x22:
                    span.parent_id = value.hex()
                elif tag == 0x2A:
                    span.name = value.decode("utf-8", "replace")
                elif position <= end:
                    self._add_to_span(span, tag, value)
            elif tag == 0x39:
                (span.start_ns,) = _fixed64_at(message, position + 1)
                position += 9
            elif tag == 0x41:
                (span.end_ns,) = _fixed64_at(message, position + 1)
                position += 9
            elif tag == 0x30 and message[position + 1] < _SHORT:
                span.kind = message[position + 1]
                position += 2
            elif tag == _FLAGS[0] and message[position + 1] == _FLAGS[1]:
                position += 6
            else:
                for other, value in self._fields(message[position:]):
                    self._add_to_span(span, other, value)
                return span
        if position != end:
            raise IndexError
        return span

    def _add_to_span(self, span: Span, tag: int, value: Any) -> None:
        self._left -= _FIELDS_OF_A_PART
        if self._left < 0:
            raise too_many("fields", self._max_items * _FIELDS_PER_ITEM)
        if tag == 0x5A:
            if not isinstance(span.events, list):
                span.events = []
            span.events.append(self._event(value))
        elif tag == 0x6A:
            if not isinstance(span.links, list):
                span.links = []
            span.links.append(self._link(value))
        elif tag == 0x7A:
            for inner, code in self._fields(value):
                if inner == 0x18:
                    span.status = code
        elif tag == 0x1A:
            span.trace_state = _text(value)
        elif tag == 0x4A:
            self._add(span.attributes, value)
        elif tag == 0x2A:
            span.name = _text(value)
        elif tag in _SPAN_IDS:
            setattr(span, _SPAN_IDS[tag], value.hex())
        elif tag in _SPAN_TIMES:
            setattr(span, _SPAN_TIMES[tag], _fixed64(value)[0])
        elif tag == 0x30:
            span.kind = value

    def _event(self, message: bytes) -> Event:
        event = Event(0, "", {})
        for tag, value in self._fields(message):
            if tag == 0x1A:
                self._add(event.attributes, value)
            elif tag == 0x09:
                (event.time_ns,) = _fixed64(value)
            elif tag == 0x12:
                event.name = _text(value)
        return event

    def _link(self, message: bytes) -> Link:
        link = Link(attributes={})
        for tag, value in self._fields(message):
            if tag == 0x0A:
                link.trace_id = value.hex()
            elif tag == 0x12:
                link.span_id = value.hex()
            elif tag == 0x22 and link.attributes is not None:
                self._add(link.attributes, value)
        return link

    def _log(self, message: bytes) -> LogRecord:
        record = LogRecord()
        for tag, value in self._fields(message):
            if tag == 0x32:
                self._add(record.attributes, value)
            elif tag == 0x09:
                (record.time_ns,) = _fixed64(value)
            elif tag == 0x59:
                (record.observed_ns,) = _fixed64(value)
            elif tag == 0x10:
                record.severity = value
            elif tag == 0x2A:
                record.body = self._value(value, 0)
            elif tag == 0x4A:
                record.trace_id = value.hex()
            elif tag == 0x52:
                record.span_id = value.hex()
            elif tag == 0x62:
                record.event_name = _text(value)
        return record

    def _metric(self, message: memoryview) -> tuple[Metric, memoryview | None]:
        metric = Metric()
        data: memoryview | None = None
        for tag, value in self._fields(message):
            if tag == 0x0A:
                metric.name = _text(bytes(value))
            elif tag in _METRIC_KINDS:
                metric.kind, data = _METRIC_KINDS[tag], value
        if data is not None and metric.kind in (SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM):
            for tag, value in self._fields(data):
                if tag == 0x10:
                    metric.is_cumulative = value == CUMULATIVE
                elif tag == 0x18:
                    metric.is_monotonic = bool(value)
        return metric, data

    def _number(self, message: bytes, metric: Metric) -> Point:
        point = Point(metric)
        for tag, value in self._fields(message):
            if tag == 0x3A:
                self._add(point.attributes, value)
            elif tag == 0x11:
                (point.start_ns,) = _fixed64(value)
            elif tag == 0x19:
                (point.time_ns,) = _fixed64(value)
            elif tag == 0x21:
                (point.value,) = _double(value)
            elif tag == 0x31:
                point.value = float(_sfixed64(value)[0])
            elif tag == 0x40:
                point.has_value = not value & 1
        return point

    def _histogram(self, message: bytes, metric: Metric) -> Point:
        return self._aggregate(message, metric, 0x4A, [0x59, 0x61], 0x50)

    def _exponential(self, message: bytes, metric: Metric) -> Point:
        return self._aggregate(message, metric, 0x0A, [0x61, 0x69], 0x50)

    def _summary(self, message: bytes, metric: Metric) -> Point:
        point = self._aggregate(message, metric, 0x3A, [], 0x40)
        for tag, value in self._fields(message):
            if tag == 0x32:
                self._quantile(point, value)
        return point

    def _quantile(self, point: Point, message: bytes) -> None:
        quantile = amount = 0.0
        for tag, value in self._fields(message):
            if tag == 0x09:
                (quantile,) = _double(value)
            elif tag == 0x11:
                (amount,) = _double(value)
        if quantile == 0:
            point.minimum = amount
        elif quantile == 1:
            point.maximum = amount

    def _aggregate(
        self, message: bytes, metric: Metric, attributes: int, bounds: list[int], flags: int
    ) -> Point:
        point = Point(metric, count=0)
        for tag, value in self._fields(message):
            if tag == attributes:
                self._add(point.attributes, value)
            elif tag == 0x11:
                (point.start_ns,) = _fixed64(value)
            elif tag == 0x19:
                (point.time_ns,) = _fixed64(value)
            elif tag == 0x21:
                (point.count,) = _fixed64(value)
            elif tag == 0x29:
                (point.value,) = _double(value)
            elif tag == flags:
                point.has_value = not value & 1
            elif tag in bounds:
                (bound,) = _double(value)
                if tag == bounds[0]:
                    point.minimum = bound
                else:
                    point.maximum = bound
        return point

    def _attributes_of(self, message: bytes, wanted: int) -> Attributes:
        found: Attributes = {}
        for tag, value in self._fields(message):
            if tag == wanted:
                self._add(found, value)
        return found

    def _name_of(self, scope: bytes) -> str:
        name = ""
        for tag, value in self._fields(scope):
            if tag == 0x0A:
                name = _text(value)
        return name

    def _add(self, attributes: Attributes, message: bytes) -> None:
        key, value = self._known.get(message) or self._pair(message)
        attributes[key] = value

    def _pair(self, message: bytes, depth: int = 0) -> tuple[str, Any]:
        pair: tuple[str, Any] | None = _short_text(message)
        if pair is None:
            key, value = "", None
            for tag, inner in self._fields(message):
                if tag == 0x0A:
                    key = _text(inner)
                elif tag == 0x12:
                    value = self._value(inner, depth)
            pair = key, value
        if len(message) <= _CACHED_BYTES and len(self._known) < _MAX_CACHED:
            self._known[message] = pair
        return pair

    def _value(self, message: bytes, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise malformed(f"value: it is nested more than {_MAX_DEPTH} deep")
        value: Any = None
        for tag, inner in self._fields(message):
            if tag == 0x0A:
                value = _text(inner)
            elif tag == 0x10:
                value = bool(inner)
            elif tag == 0x18:
                value = inner if inner < 1 << 63 else inner - (1 << 64)
            elif tag == 0x21:
                (value,) = _double(inner)
            elif tag == 0x2A:
                listed = self._fields(inner)
                value = [self._value(one, depth + 1) for tag, one in listed if tag == 0x0A]
            elif tag == 0x32:
                pairs = self._fields(inner)
                value = dict(self._pair(one, depth + 1) for tag, one in pairs if tag == 0x0A)
            elif tag == 0x3A:
                value = inner
        return value


def _whole(records: Iterator[tuple[Origin, Any]]) -> Iterator[tuple[Origin, Any]]:
    try:
        yield from records
    except (IndexError, struct.error):
        raise malformed("body: it breaks off, or is no OTLP request") from None


def _short_text(message: bytes) -> tuple[str, str] | None:
    """Return name and value of an attribute that is a short text, None for any other."""
    # Hot: most attributes that differ from span to span are of this form.
    size = len(message)
    if size < 6 or message[0] != 0x0A:
        return None
    middle = 2 + message[1]
    if middle + 4 > size or message[middle] != 0x12 or message[middle + 2] != 0x0A:
        return None
    length = message[middle + 3]
    if length >= _SHORT or message[1] >= _SHORT or middle + 4 + length != size:
        return None
    if message[middle + 1] != length + 2:
        return None
    return _text(message[2:middle]), _text(message[middle + 4 :])


def _varint(message: Bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < _SHORT:
            return number & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
        if shift > 63:
            raise IndexError


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


_SPAN_IDS = {0x0A: "trace_id", 0x12: "span_id", 0x22: "parent_id"}
_SPAN_TIMES = {0x39: "start_ns", 0x41: "end_ns"}
_METRIC_KINDS = {
    0x2A: GAUGE,
    0x3A: SUM,
    0x4A: HISTOGRAM,
    0x52: EXPONENTIAL_HISTOGRAM,
    0x5A: SUMMARY,
}
_POINTS = {
    GAUGE: ProtobufReader._number,
    SUM: ProtobufReader._number,
    HISTOGRAM: ProtobufReader._histogram,
    EXPONENTIAL_HISTOGRAM: ProtobufReader._exponential,
    SUMMARY: ProtobufReader._summary,
}
