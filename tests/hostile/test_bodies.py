"""Telemetry bodies that nobody in their right mind sends: refused with a reason, nothing good lost."""

from __future__ import annotations

import gzip
import json
import os
import uuid
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024


def bomb(unpacked_mib: int) -> bytes:
    """Return a packed body a thousandth of what it unpacks to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b" " * MIB) for _ in range(unpacked_mib)]
    return b"".join(parts) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"", "", 400),
        (b" \r\n\t", "", 400),
        (os.urandom(5_000), "", 400),
        (b"\x00" * 5_000, "", 400),
        (os.urandom(5_000), "gzip", 400),
        (gzip.compress(b"[]" * 5_000, mtime=0)[:-9], "gzip", 400),
        (b"[]", "br", 415),
        (gzip.compress(b"[]", mtime=0), "gzip, gzip", 415),
        (bomb(200), "gzip", 413),
        (gzip.compress(bomb(200), mtime=0), "gzip", 400),
        (b"[" * 10_000 + b"]" * 10_000, "", 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "", 400),
        (b"[" + b"{}," * 64_000 + b"{}]", "", 413),
        (b"1", "", 400),
        (b'"text"', "", 400),
        (b"null", "", 400),
    ],
    ids=[
        "empty", "space", "noise", "zeros", "packed noise", "packed and cut", "unknown packing",
        "packed twice", "bomb", "nested bomb", "deep lists", "deep objects", "too many items",
        "number", "text", "null",
    ],
)  # fmt: skip
def test_a_body_that_holds_nothing_is_refused_with_a_reason(target, body, encoding, status):
    reply = target.track(body, encoding)

    assert reply.status == status, reply.text[:300]
    assert reply.json["itemsAccepted"] == 0
    assert reply.json["errors"][0]["message"].startswith("100: cannot ")


@pytest.mark.parametrize("declares_its_length", [True, False], ids=["declared", "chunked"])
def test_a_body_of_100_mib_is_refused_before_it_is_read(target, declares_its_length):
    def chunks() -> Iterator[bytes]:
        yield b"["
        for _ in range(100):
            yield b" " * MIB

    before = target.resident_mib("VmHWM")
    try:
        reply = target.ask(
            "POST",
            "/v2.1/track",
            chunks(),
            {"Content-Length": str(100 * MIB + 1)} if declares_its_length else {},
        )
    except ConnectionError:  # the server hung up on the rest: as good an answer as any
        pass
    else:
        assert reply.status == 413
    assert target.ask("GET", "/health").status == 200
    assert target.resident_mib("VmHWM") - before < 64


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


BAD_ITEMS = {
    "no object": b"1",
    "null": b"null",
    "list": b"[[1]]",
    "no data": b'{"name":"x"}',
    "deep": b'{"data":{"baseType":"MessageData","baseData":{"message":%s}}}' % deep(10_000),
    "duplicate data": b'{"data":1,"data":{}}',
    "half a surrogate": b'{"name":"\\ud83d","data":"\\udc00"}',
    "zero byte": b'{"name":"\\u0000","data":{"baseType":"\\u0000"}}',
    "bad utf-8": b'{"name":"\xff\xfe","data":[]}',
    "not a number": b'{"time":NaN,"sampleRate":Infinity,"data":-Infinity}',
    "huge number": b'{"time":1' + b"0" * 5_000 + b',"data":{}}',
    "unknown type": b'{"data":{"baseType":"NobodyData","baseData":{}}}',
    "broken": b'{"data":{"baseType":',
    "unclosed text": b'{"data":"',
}


@pytest.mark.parametrize("bad", BAD_ITEMS.values(), ids=list(BAD_ITEMS))
@pytest.mark.parametrize("form", ["array", "lines"])
def test_good_items_beside_a_bad_one_are_kept(target, bad, form):
    first, last = f"first {uuid.uuid4()}", f"last {uuid.uuid4()}"
    items = [
        json.dumps(target.trace(first)).encode(),
        bad,
        json.dumps(target.trace(last)).encode(),
    ]
    body = b"[" + b",".join(items) + b"]" if form == "array" else b"\n".join(items)

    reply = target.track(body)

    assert reply.status == 206, reply.text
    assert reply.json["itemsAccepted"] == 2
    assert [target.count(first), target.count(last)] == [1, 1]


REQUIRED = {
    "RequestData": {"id": "1", "name": "n", "duration": "0.00:00:01", "responseCode": "200"},
    "RemoteDependencyData": {"name": "n", "duration": "0.00:00:01"},
    "MessageData": {"message": "m"},
    "ExceptionData": {"exceptions": [{"typeName": "T", "message": "m"}]},
    "EventData": {"name": "n"},
    "MetricData": {"metrics": [{"name": "n", "value": 1}]},
    "PageViewData": {"name": "n"},
    "PageViewPerfData": {"name": "n"},
    "AvailabilityData": {"id": "1", "name": "n", "duration": "0.00:00:01", "success": True},
}
WRONG = [None, True, -1, 1e300, "", "x", "\x00", [], [1], {}, {"a": {"b": []}}, 10**400]


@pytest.mark.parametrize("base_type", list(REQUIRED))
def test_wrong_values_in_every_field_leave_the_good_items_alone(target, base_type):
    good = REQUIRED[base_type]
    optional = ("severityLevel", "properties", "measurements", "success", "problemId", "url")
    bad = [
        target.item(base_type, {**good, field: value})
        for field in (*good, *optional, "ver")
        for value in WRONG
    ]
    items = [each for one in bad for each in (one, target.item(base_type, good))]

    reply = target.track(items)

    assert reply.status in (200, 206), reply.text[:300]
    refused = {error["index"] for error in reply.json["errors"]}
    assert all(index % 2 == 0 for index in refused), "a good item was refused"
    assert all(error["statusCode"] in (400, 413) for error in reply.json["errors"])


def test_wrong_values_around_the_data_leave_the_good_items_alone(target):
    fields = ("name", "time", "iKey", "sampleRate", "seq", "flags", "ver", "tags", "data")
    bad = [target.trace(**{field: value}) for field in fields for value in WRONG]
    items = [each for one in bad for each in (one, target.trace())]

    reply = target.track(items)

    assert reply.status == 206
    assert all(error["index"] % 2 == 0 for error in reply.json["errors"])


@pytest.mark.parametrize("properties", [2_000, 100_000])
@pytest.mark.parametrize("value", ["", "v"])
def test_an_item_of_countless_properties_is_refused_alone(target, properties, value):
    message = f"beside {uuid.uuid4()}"
    names = {f"property-{number:020}": value for number in range(properties)}
    large = target.item("MessageData", {"message": "m", "properties": names})

    reply = target.track([large, target.trace(message)])

    assert [error["index"] for error in reply.json["errors"]] == [0]
    assert reply.json["errors"][0]["statusCode"] == 413
    assert target.count(message) == 1


@pytest.mark.faults
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"[" + b"{}," * 63_000 + b"{}]", ""),
        (b"[" + b"1," * 63_000 + b"1]", ""),
        (b"{\n" * 7_000_000, ""),
        (b'[{"a":"' * 2_000_000, ""),
        (gzip.compress(b"") * 800_000, "gzip"),
        (bomb(31), "gzip"),
    ],
    ids=["tiny objects", "tiny numbers", "broken lines", "unclosed texts", "empty members", "bomb"],
)
def test_costly_bodies_leave_the_server_answering(target, body, encoding):
    with target.slowest_answer() as longest:
        for _ in range(3):
            assert target.track(body, encoding).status in (400, 413, 503)

    assert longest[0] < 2.0
    assert target.resident_mib() < 600
