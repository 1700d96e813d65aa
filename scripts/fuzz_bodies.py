"""Fuzz the reading of telemetry, guided by what its code does.

    python scripts/fuzz_bodies.py SECONDS [FOLDER]

An input's first byte says what the rest is: a track body, an OTLP body of one signal in protobuf or
JSON, the points of Live Metrics, or a filter or number that a viewer asks for. Every body must end
in rows that the journal takes and gives back, or in an error meant for its sender; points must leave
a view that can be written as JSON. What is found is written to FOLDER (a temporary one
without it), beside the inputs that were worth keeping; the exit status is then not 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris
import msgspec
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from google.protobuf.message import Message

ROOT = Path(__file__).parents[1]
LONGEST_S = 10
MEMORY_MIB = 2048
MAX_BYTES = 8192

with atheris.instrument_imports(
    include=["openinsights.ingest", "openinsights.live", "openinsights_wire"]
):
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resource_settings import DEFAULTS, changed
    from openinsights.catalog.scrub_rules import SCRUB_RULES
    from openinsights.clock import UNIX_EPOCH_TICKS
    from openinsights.ingest.accept import accept
    from openinsights.ingest.errors import IngestError
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.otlp.body import SIGNALS, OtlpForm
    from openinsights.ingest.otlp.deltas import Series
    from openinsights.ingest.pipeline import TRACK
    from openinsights.ingest.rows import to_rows
    from openinsights.ingest.scrub import scrubber_of
    from openinsights.live.board import Board
    from openinsights.live.errors import LiveError
    from openinsights.live.filters import View, configuration_of, view_of
    from openinsights.live.streams import look
    from openinsights.store.duckdb.arrow import COLUMN_TYPES, to_arrow
    from openinsights.store.record import decode_record, encode_record
    from openinsights_wire.errors import WireError
    from openinsights_wire.live.messages import decode_points

NOW = UNIX_EPOCH_TICKS + 1_795_248_000 * 10_000_000
KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
LIMITS = IngestLimits(max_age_ms=10**15, max_ahead_ms=10**15)
SETTINGS = changed(
    DEFAULTS, {"scrub": [rule.name for rule in SCRUB_RULES], "sampling_percentage": 75}
)
RESOURCE = Resource("app", "app", "g", "local", KEY, "/x", 0, settings=SETTINGS)
SCRUBBER = scrubber_of(SETTINGS)
FILTERS = ('requests where Url contains "a" and Duration > 5ms', "exceptions")
METRICS = ("avg(Duration) of request where Success == false",)
LIVE = 1 + 2 * len(SIGNALS)
FILTER, METRIC, FORMS = LIVE + 1, LIVE + 2, LIVE + 3


class StillClock:
    """It is always the same time."""

    def now_ticks(self) -> int:
        return NOW

    def monotonic_s(self) -> float:
        return 0.0


def one(data: bytes) -> None:
    """Take one body the way the server does."""
    if not data:
        return
    kind, body = data[0] % FORMS, data[1:]
    try:
        if kind == LIVE:
            watch(body)
        elif kind > LIVE:
            text = (body.decode("utf-8", "replace"),)
            view = view_of(filters=text) if kind == FILTER else view_of(metrics=text)
            configuration_of([view])
        else:
            take(body, TRACK if kind == 0 else otlp(kind - 1))
    except (IngestError, LiveError, WireError):
        return


def watch(body: bytes) -> None:
    """Show the points of a body to a viewer with a filter and a number of its own."""
    board = Board(StillClock())
    view = view_of(filters=FILTERS, metrics=METRICS)
    for each in (View(), view):
        board.polled("app", each)
    board.take_points("app", decode_points(body))
    for each in (View(), view):
        seen, _ = look(board, "app", each, 0)
        if msgspec.json.decode(msgspec.json.encode(seen))["newest"] < 0:
            raise AssertionError("BUG: a view cannot be read")


def otlp(kind: int) -> OtlpForm:
    """Return how a body of one signal is read."""
    return OtlpForm(SIGNALS[kind // 2], kind % 2 == 1, KEY, Series(0))


def take(body: bytes, form: OtlpForm) -> None:
    """Turn a body into a record of the journal and back."""
    items = form.decode(body, NOW, LIMITS)
    accepted = accept(items, lambda key: RESOURCE, NOW, LIMITS, body)
    for batch in accepted.batches:
        for item in batch.items:
            SCRUBBER.item(item)
    rows = to_rows(accepted, bytes(16), len(body))
    days = decode_record(encode_record(rows)).days
    if [day.day for day in days] != [day.day for day in rows.days]:
        raise AssertionError("BUG: the journal gives back other rows than it was given")
    for day in days:
        for table in day.tables:
            to_arrow(table.columns, COLUMN_TYPES[table.table])


def seeds() -> list[bytes]:
    """Return what real clients sent, and a few bodies of OTLP."""
    spans, logs, points = otlp_bodies()
    track = sorted((ROOT / "contract").glob("*/*.json"))
    live = sorted((ROOT / "contract" / "live").glob("*/*.json"))
    kept = sorted((ROOT / "packages/server/tests/ingest/corpus").glob("*"))
    return [
        *(b"\0" + path.read_bytes() for path in track),
        *(bytes([LIVE]) + path.read_bytes() for path in live),
        *(
            bytes([1 + 2 * number + is_json])
            + (as_json(body) if is_json else body.SerializeToString())
            for number, body in enumerate((spans, logs, points))
            for is_json in (False, True)
        ),
        *(bytes([FILTER]) + text.encode() for text in FILTERS),
        *(bytes([METRIC]) + text.encode() for text in METRICS),
        *(path.read_bytes() for path in kept),
    ]


def otlp_bodies() -> tuple[Message, Message, Message]:
    """Return a request of each signal in which every part stands once."""
    spans, logs, points = (
        ExportTraceServiceRequest(),
        ExportLogsServiceRequest(),
        ExportMetricsServiceRequest(),
    )
    span = spans.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.parent_span_id = bytes(range(16)), bytes(8), b"12345678"
    span.name, span.kind = "GET /", 2
    span.start_time_unix_nano = 1_795_248_000 * 10**9
    span.end_time_unix_nano = span.start_time_unix_nano + 10**6
    put(span.attributes, "http.request.method", string_value="GET")
    put(span.attributes, "http.response.status_code", int_value=500)
    put(span.links.add().attributes, "a", double_value=0.5)
    event = span.events.add(name="exception", time_unix_nano=span.start_time_unix_nano)
    put(event.attributes, "exception.type", string_value="E")
    record = logs.resource_logs.add().scope_logs.add().log_records.add()
    record.body.kvlist_value.values.add(key="a").value.array_value.values.add(bytes_value=b"x")
    record.time_unix_nano, record.severity_number = span.start_time_unix_nano, 17
    metrics = points.resource_metrics.add().scope_metrics.add().metrics
    kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
    for kind in kinds:
        metric = metrics.add(name=kind)
        point = getattr(metric, kind).data_points.add(time_unix_nano=span.start_time_unix_nano)
        put(point.attributes, "k", bool_value=True)
    return spans, logs, points


def put(attributes: Any, key: str, **value: Any) -> None:
    """Add an attribute."""
    added = attributes.add(key=key)
    for name, one_value in value.items():
        setattr(added.value, name, one_value)


def as_json(body: Message) -> bytes:
    """Return a request as OTLP's JSON."""
    return MessageToJson(body, indent=None).encode()


def main() -> None:
    """Run for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int)
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="fuzz-bodies-"))
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (inputs / f"seed-{number:03d}").write_bytes(seed)
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={MAX_BYTES}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-artifact_prefix={folder}/found-",
        "-len_control=0",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(inputs)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
