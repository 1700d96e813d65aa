"""OTLP bodies that no exporter sends: refused with a reason, at no cost to others."""

from __future__ import annotations

import gzip
import os

import pytest

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SIGNALS = ("traces", "logs", "metrics")
MIB = 1024 * 1024


def export(target, body, content_type=PROTOBUF, signal="traces", encoding=""):
    headers = {"Content-Type": content_type, "x-ms-instrumentation-key": target.key}
    if encoding:
        headers["Content-Encoding"] = encoding
    return target.ask("POST", f"/v1/{signal}", body, headers)


def length(value):
    size, found = len(value), b""
    while size > 127:
        found += bytes((size & 127 | 128,))
        size >>= 7
    return found + bytes((size,))


def message(tag, value):
    return bytes((tag,)) + length(value) + value


def nested(depth, tag=0x0A):
    value = b""
    for _ in range(depth):
        value = message(tag, value)
    return value


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "status"),
    [
        (os.urandom(5_000), PROTOBUF, "", 400),
        (b"\xff" * 5_000, PROTOBUF, "", 400),
        (b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", PROTOBUF, "", 400),
        (b"\x0a\xff\xff\xff\xff\x0f", PROTOBUF, "", 400),
        (b"\x0b\x0c" * 2_000, PROTOBUF, "", 400),
        (gzip.compress(b"\x0a\x00", mtime=0)[:-4], PROTOBUF, "gzip", 400),
        (b"\x0a\x00", PROTOBUF, "br", 415),
        (gzip.compress(bytes(40 * MIB), mtime=0), PROTOBUF, "gzip", 413),
        (b"{" * 5_000, JSON, "", 400),
        (b'{"resourceSpans":' * 5_000, JSON, "", 400),
        (b"\xff\xfe{}", JSON, "", 400),
        (b"null", JSON, "", 400),
        (b"<xml/>", "application/xml", "", 415),
    ],
    ids=[
        "noise", "ones", "long varint", "longer than the body", "groups", "cut", "unknown packing",
        "bomb", "open objects", "deep objects", "no utf-8", "null", "xml",
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_with_a_reason(
    target, signal, body, content_type, encoding, status
):
    reply = export(target, body, content_type, signal, encoding)

    assert reply.status == status, reply.text[:300]
    assert b"cannot " in reply.body


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("depth", [5, 100, 20_000])
def test_depth_costs_nothing(target, signal, depth):
    assert export(target, nested(depth), signal=signal).status in (200, 400)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"\x0a\x00" * (15 * MIB // 2), PROTOBUF, ""),
        (gzip.compress(b"\x0a\x00" * (15 * MIB), mtime=0), PROTOBUF, "gzip"),
        (message(0x0A, message(0x12, b"\x12\x00" * (7 * MIB))), PROTOBUF, ""),
        (message(0x0A, message(0x12, b"\x12\x04\x5a\x00\x5a\x00" * (2 * MIB))), PROTOBUF, ""),
        (message(0x0A, message(0x12, message(0x12, b"\x5a\x00" * 500_000) * 15)), PROTOBUF, ""),
        (message(0x0A, message(0x12, message(0x12, b"\x4a\x00" * 500_000) * 15)), PROTOBUF, ""),
        (message(0x0A, message(0x0A, b"\x0a\x00" * (7 * MIB))), PROTOBUF, ""),
        (b"\x78\x01" * (15 * MIB // 2), PROTOBUF, ""),
        (b'{"resourceSpans":[' + b"{}," * (5 * MIB) + b"{}]}", JSON, ""),
        (
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 400_000 + b"{}]}]}]}",
            JSON,
            "",
        ),
        (b'{"x":[' + b"1," * (7 * MIB) + b"1]}", JSON, ""),
    ],
    ids=[
        "resources", "packed resources", "spans", "spans with events", "events", "attributes",
        "resource attributes", "unknown fields", "objects", "spans in JSON", "unknown numbers",
    ],
)  # fmt: skip
def test_costly_bodies_leave_the_server_answering(target, body, content_type, encoding):
    with target.slowest_answer() as longest:
        reply = export(target, body, content_type, encoding=encoding)
        assert reply.status in (200, 400, 413, 503), reply.text[:300]

    assert longest[0] < 2.0
    assert target.resident_mib("VmHWM") < 600
