"""Bodies, keys, replies and what is hostile. Rules O1 to O13."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from openinsights.ingest.errors import IngestError
from openinsights.ingest.otlp.json_body import JsonReader
from openinsights.ingest.otlp.protobuf import ProtobufReader
from openinsights.ingest.otlp.reply import grpc_trailers, http_refusal
from openinsights_wire.errors import WireError

JSON = "application/json"
SIGNALS = ("traces", "logs", "metrics")


@pytest.fixture
def body(otlp):
    request, spans = otlp.traces()
    otlp.span(spans)
    return request.SerializeToString()


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (lambda body: body, "identity"),
        (gzip.compress, "gzip"),
        (zlib.compress, "deflate"),
        (lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:]), "gzip"),
    ],
)
def test_packed_bodies(otlp, body, pack, encoding):
    reply = otlp.post(pack(body), content_encoding=encoding)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-type"] == "application/x-protobuf"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert otlp.row("requests")["name"] == "work"


def test_accepted_json_is_answered_in_json(otlp):
    request, spans = otlp.traces()
    otlp.span(spans)
    reply = otlp.send(request, as_json=True)
    assert reply.json() == {"partialSuccess": {}}
    assert reply.headers["content-type"] == JSON


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("empty", "content_type"), [(b"", "application/x-protobuf"), (b"{}", JSON)]
)
def test_empty_requests_are_accepted(otlp, signal, empty, content_type):
    assert otlp.post(empty, f"/v1/{signal}", content_type).status_code == 200


def test_same_body_is_stored_once_for_each_resource(otlp, body):
    for _ in range(3):
        assert otlp.post(body).status_code == 200
        assert otlp.post(gzip.compress(body), content_encoding="gzip").status_code == 200
    assert otlp.post(body, x_ms_instrumentation_key=otlp.other_key).status_code == 200
    assert sorted(row["appName"] for row in otlp.rows("requests")) == ["api", "web"]


@pytest.mark.parametrize(
    "header",
    [
        "x-ms-instrumentation-key",
        "x-instrumentation-key",
        "instrumentationkey",
        "x-ms-ikey",
        "iKey",
        "x-ms-connection-string",
        "connection_string",
    ],
)
def test_header_names_the_resource(otlp, body, header):
    text = otlp.other_key.upper()
    if "onn" in header:
        text = f"InstrumentationKey={text};IngestionEndpoint=http://127.0.0.1:5380/"
    assert otlp.post(body, **{header.replace("-", "_"): text}).status_code == 200
    assert otlp.row("requests")["appName"] == "api"


def test_path_beats_header_beats_default(otlp, body):
    reply = otlp.post(body, f"/{otlp.other_key}/v1/traces", x_ms_instrumentation_key=otlp.key)
    assert reply.status_code == 200
    assert otlp.row("requests")["appName"] == "api"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/00000000-0000-4000-8000-000000000001/v1/traces", {}),
        ("/v1/traces", {"x_ms_instrumentation_key": "nonsense"}),
        ("/v1/traces", {"x_ms_connection_string": "no pairs"}),
    ],
)
def test_unknown_keys_are_refused_for_good(otlp, body, path, headers):
    reply = otlp.post(body, path, **headers)
    assert reply.status_code == 400
    status = Status.FromString(reply.content)
    assert status.code == 3
    assert status.message.startswith("106")
    assert otlp.rows("requests") == []


def test_part_of_the_records_is_not_accepted(otlp):
    request, spans = otlp.traces()
    otlp.span(spans, "good")
    otlp.span(spans, "too old").start_time_unix_nano = otlp.now_ns - 49 * 3600 * 1_000_000_000
    otlp.span(spans, "no id").span_id = b"short"
    large = otlp.span(spans, "too large")
    for number in range(9):
        otlp.put(large.attributes, f"a{number}", "x" * 8192)
    reply = otlp.post(request.SerializeToString())
    assert reply.status_code == 200
    partial = ExportTraceServiceResponse.FromString(reply.content).partial_success
    assert partial.rejected_spans == 3
    assert "older than the allowed" in partial.error_message
    as_json = otlp.post(otlp.as_json(request), content_type=JSON).json()["partialSuccess"]
    assert as_json["rejectedSpans"] == "3"
    assert {row["name"] for row in otlp.rows("requests")} == {"good"}


def test_nothing_accepted_is_a_refusal(otlp):
    request, spans = otlp.traces()
    otlp.span(spans).start_time_unix_nano = 1
    reply = otlp.post(request.SerializeToString())
    assert reply.status_code == 400
    assert "older than the allowed" in Status.FromString(reply.content).message
    refused = otlp.post(otlp.as_json(request), content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"\x0a\xff", "application/x-protobuf", 400),
        (b"\x0b", "application/x-protobuf", 400),
        (b"\xff" * 40, "application/x-protobuf", 400),
        (b"\x0a\x02\x12", "application/x-protobuf", 400),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"resourceSpans": 7}', JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz"}]}]}]}', JSON, 400),
        (b"[" * 200_000, JSON, 400),
        (b'{"resourceSpans":[' + b"{}," * 600_000 + b"{}]}", JSON, 413),
        (b"x", "text/plain", 415),
        (b"x", "", 415),
    ],
)
def test_bodies_that_are_no_requests(otlp, content, content_type, status):
    reply = otlp.post(content, content_type=content_type)
    assert reply.status_code == status
    if content_type == JSON:
        assert reply.json()["message"]
    assert "retry-after" not in reply.headers


@pytest.mark.parametrize(
    ("status", "told", "code", "retried"),
    [
        (400, 400, 3, False),
        (413, 413, 8, False),
        (415, 415, 12, False),
        (408, 503, 14, True),
        (429, 429, 8, True),
        (439, 429, 8, True),
        (503, 503, 14, True),
    ],
)
def test_what_is_to_be_sent_again_says_when(status, told, code, retried):
    error = IngestError("100: no", status, retry_after_s=7 if retried else None)
    reply = http_refusal(error, is_json=True)
    assert (reply.status, json.loads(reply.body)["code"]) == (told, code)
    assert dict(reply.headers).get(b"retry-after") == (b"7" if retried else None)
    trailers = dict(grpc_trailers(error))
    assert bool(trailers) == retried
    if retried:
        details = Status.FromString(trailers["grpc-status-details-bin"]).details[0]
        assert details.type_url == "type.googleapis.com/google.rpc.RetryInfo"
        assert details.value == trailers["google.rpc.retryinfo-bin"] == b"\x0a\x02\x08\x07"


def _nested(depth):
    inner = b"\x0a\x01x"
    for _ in range(depth):
        listed = b"\x0a" + _length(inner) + inner
        inner = b"\x2a" + _length(listed) + listed
    return inner


def _length(value):
    size, found = len(value), b""
    while size > 127:
        found += bytes((size & 127 | 128,))
        size >>= 7
    return found + bytes((size,))


def _message(tag, value):
    return bytes((tag,)) + _length(value) + value


def _span_with(fields):
    return _message(0x0A, _message(0x12, _message(0x12, fields)))


def test_deep_values_cost_their_span_alone(otlp, body):
    ids = _message(0x0A, otlp.trace_id) + _message(0x12, otlp.span_id)
    deep = _message(0x4A, _message(0x0A, b"k") + _message(0x12, _nested(2000)))
    reply = otlp.post(body + _span_with(ids + deep))
    partial = ExportTraceServiceResponse.FromString(reply.content).partial_success
    assert (reply.status_code, partial.rejected_spans) == (200, 1)
    assert "nested" in partial.error_message
    levels = b'{"stringValue":"x"}'
    for _ in range(400):
        levels = b'{"arrayValue":{"values":[' + levels + b"]}}"
    attribute = b'[{"key":"k","value":' + levels + b"}]"
    span = b'{"attributes":' + attribute + b"}"
    whole = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + span + b"]}]}]}"
    assert otlp.post(whole, content_type=JSON).status_code == 400


def test_span_of_too_many_events_is_not_accepted(otlp):
    request, spans = otlp.traces()
    one = otlp.span(spans)
    for _ in range(4097):
        one.events.add(name="e")
    reply = otlp.post(request.SerializeToString())
    assert reply.status_code == 400
    assert "4096 events" in Status.FromString(reply.content).message


@pytest.mark.parametrize(
    "content",
    [
        b"\x0a\x00" * 400_000,
        _message(0x0A, _message(0x12, b"\x12\x00" * 400_000)),
        _span_with(b"\x5a\x00" * 200_000),
        _span_with(b"\x4a\x00" * 400_000),
        b"\x78\x01" * 400_000,
    ],
    ids=["resources", "spans", "events", "attributes", "unknown fields"],
)
def test_many_tiny_messages_are_refused_before_they_take_memory(make_otlp, content):
    otlp = make_otlp(max_items=2_000)
    tracemalloc.start()
    reply = otlp.post(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply.status_code in (400, 413)
    assert peak < 3 * len(content) + 16_000_000


@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    statuses = set()
    for signal in ("spans", "logs", "points"):
        for reader in (ProtobufReader(1000), JsonReader()):
            try:
                list(getattr(reader, signal)(content))
            except WireError as error:
                statuses.add(error.status_code)
    assert statuses <= {400, 413}


@given(cut=st.integers(0, 2000), flip=st.integers(0, 2000), to=st.integers(0, 255))
def test_any_damage_to_a_request_is_read_or_refused(cut, flip, to):
    damaged = bytearray(_DAMAGED[: cut % len(_DAMAGED) or None])
    damaged[flip % len(damaged)] = to
    statuses = set()
    for signal in ("spans", "logs", "points"):
        try:
            list(getattr(ProtobufReader(1000), signal)(bytes(damaged)))
        except WireError as error:
            statuses.add(error.status_code)
    assert statuses <= {400, 413}


_DAMAGED = _span_with(
    _message(0x0A, bytes(16))
    + _message(0x12, bytes(8))
    + _message(0x2A, b"name")
    + b"\x30\x02\x39"
    + bytes(8)
    + _message(0x4A, _message(0x0A, b"key") + _message(0x12, _nested(3)))
    + _message(0x5A, b"\x09" + bytes(8) + _message(0x12, b"exception"))
)
