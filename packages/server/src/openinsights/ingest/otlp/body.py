"""How an OTLP body is read: which of the three signals, protobuf or JSON, and for which resource."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from openinsights.ingest.otlp.deltas import Growth
from openinsights.ingest.otlp.errors import too_many
from openinsights.ingest.otlp.json_body import JsonReader
from openinsights.ingest.otlp.logs import log_envelope
from openinsights.ingest.otlp.metrics import point_envelope
from openinsights.ingest.otlp.origin import tags_of
from openinsights.ingest.otlp.protobuf import ProtobufReader
from openinsights.ingest.otlp.spans import span_envelopes
from openinsights_wire.errors import WireError
from openinsights_wire.stamps import UNIX_EPOCH_TICKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.otlp.deltas import Series
    from openinsights.ingest.otlp.records import Origin
    from openinsights_wire.envelope import Envelope
    from openinsights_wire.reply import ItemError

_QUICK_BYTES = 8 * 1024
_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class Signal:
    """One of the three kinds of telemetry.

    Attributes:
        name: as it stands in paths.
        service: the gRPC method that takes it.
        rejected: the reply's field for how many records were not accepted.
    """

    name: str
    service: str
    rejected: str


_PACKAGE = "/opentelemetry.proto.collector"
TRACES = Signal("traces", f"{_PACKAGE}.trace.v1.TraceService/Export", "rejectedSpans")
LOGS = Signal("logs", f"{_PACKAGE}.logs.v1.LogsService/Export", "rejectedLogRecords")
METRICS = Signal("metrics", f"{_PACKAGE}.metrics.v1.MetricsService/Export", "rejectedDataPoints")
SIGNALS = (TRACES, LOGS, METRICS)


class OtlpForm:
    """How one body is read; made for one request.

    Args:
        signal: what the body holds.
        is_json: whether it is JSON, protobuf otherwise.
        key: the instrumentation key of the resource that it is for.
        series: the totals of metrics that grow.
    """

    def __init__(self, signal: Signal, is_json: bool, key: str, series: Series) -> None:
        self._signal = signal
        self._is_json = is_json
        self._key = key
        self._growth = Growth(series)
        # the record that each item came from
        self._records: list[int] = []

    @property
    def mark(self) -> bytes:
        """What tells apart equal bytes that mean something else."""
        return f"otlp {self._signal.name} {self._is_json} {self._key}\n".encode()

    def is_quick(self, body: bytes, limits: IngestLimits) -> bool:
        """Return whether the body is so small that it cannot hold much."""
        return len(body) <= _QUICK_BYTES

    def decode(
        self, body: bytes, now_ticks: int, limits: IngestLimits
    ) -> Sequence[Envelope | WireError]:
        """Return the envelopes of a body in order; a span brings one for each of its events too.

        Raises:
            WireError: the body is no OTLP request, or holds too much.
        """
        items: list[Envelope | WireError] = []
        records = enumerate(self._read(body, limits.max_items))
        # reading and converting by turns, some hundred at a time, takes a quarter less than record
        # by record
        while some := list(islice(records, _TOGETHER)):
            self._convert(some, items, now_ticks, limits.max_items)
        return items

    def _convert(
        self,
        records: list[tuple[int, tuple[Origin, Any]]],
        items: list[Envelope | WireError],
        now_ticks: int,
        max_items: int,
    ) -> None:
        # Hot: the loop over all records.
        convert = _CONVERT[self._signal.name]
        now_ns = (now_ticks - UNIX_EPOCH_TICKS) * 100
        numbers = self._records
        tags: dict[str, str] = {}
        last: Any = None
        for number, (origin, record) in records:
            if isinstance(record, WireError):
                items.append(record)
            else:
                if origin.resource is not last:
                    last, tags = origin.resource, tags_of(origin.resource)
                try:
                    items += convert(record, origin, tags, self._key, now_ns, self._growth)
                except WireError as error:
                    items.append(error.with_traceback(None))
            if len(items) > max_items:
                raise too_many("items", max_items)
            numbers += [number] * (len(items) - len(numbers))

    def stored(self) -> None:
        """Remember what this body brought, now that it is stored."""
        self._growth.stored()

    def rejected(self, errors: list[ItemError]) -> int:
        """Return how many records have something that was not accepted."""
        return len({self._records[error.index] for error in errors})

    def _read(self, body: bytes, max_items: int) -> Iterator[tuple[Origin, Any]]:
        if not self._is_json:
            reader = ProtobufReader(max_items)
            return _METHODS[self._signal.name](reader, body)
        return _METHODS[self._signal.name](JsonReader(), body)


def _from_span(
    record: Any, origin: Origin, tags: dict[str, str], key: str, now_ns: int, growth: Growth
) -> list[Envelope]:
    return span_envelopes(record, origin, tags, key, now_ns)


def _from_log(
    record: Any, origin: Origin, tags: dict[str, str], key: str, now_ns: int, growth: Growth
) -> list[Envelope]:
    return [log_envelope(record, origin, tags, key, now_ns)]


def _from_point(
    record: Any, origin: Origin, tags: dict[str, str], key: str, now_ns: int, growth: Growth
) -> list[Envelope]:
    envelope = point_envelope(record, origin, tags, key, now_ns, growth)
    return [] if envelope is None else [envelope]


_CONVERT: dict[str, Callable[..., list[Envelope]]] = {
    "traces": _from_span,
    "logs": _from_log,
    "metrics": _from_point,
}
_METHODS: dict[str, Callable[[Any, bytes], Iterator[tuple[Origin, Any]]]] = {
    "traces": lambda reader, body: reader.spans(body),
    "logs": lambda reader, body: reader.logs(body),
    "metrics": lambda reader, body: reader.points(body),
}
