"""Whatever comes in: a clear error, never a 500, never a lost good item, bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MIB = 1024 * 1024
ALLOWED = {200, 206, 400, 413, 415}


def checked(reply: Any) -> dict[str, Any]:
    assert reply.status_code in ALLOWED, reply.text
    body: dict[str, Any] = reply.json()
    assert body["itemsReceived"] >= body["itemsAccepted"]
    for error in body["errors"]:
        assert error["statusCode"] in ALLOWED
        assert len(error["message"]) > 10
    if reply.status_code not in (200, 206):
        assert body["errors"]
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n",
        b"\x00\x01\x02\xff\xfe",
        b"hello",
        b"[",
        b"[}",
        b'{"time":',
        b"null",
        b"true",
        b"17",
        b'"text"',
        b"\xef\xbb\xbf",
        b"\xff" * 1000,
    ],
)
def test_garbage_is_refused_with_a_reason(ingest, body) -> None:
    reply = ingest.request(body)
    assert reply.status_code == 400
    assert checked(reply)["itemsAccepted"] == 0


def test_deep_nesting_is_refused_without_harm(ingest) -> None:
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    arrays = b"[" * 10_000 + b"]" * 10_000
    for body in (deep, arrays, b"[" + deep + b"]"):
        assert ingest.request(body).status_code == 400
    good = json.dumps(ingest.envelope()).encode()
    body = b"[" + good + b"," + deep + b"," + good.replace(b"something", b"else") + b"]"
    reply = ingest.request(body)
    assert checked(reply)["itemsAccepted"] == 2
    nested = ingest.envelope(properties={"deep": json.loads("[" * 400 + "]" * 400)})
    checked(ingest.request([nested, ingest.envelope(name="beside")]))
    assert "beside" in {row["name"] for row in ingest.rows("customEvents")}


def test_a_gzip_bomb_is_refused_in_bounded_memory(make_ingest) -> None:
    ingest = make_ingest(max_unpacked_bytes=2 * MIB)
    bomb = gzip.compress(b" " * (200 * MIB))
    tracemalloc.start()
    reply = ingest.request(bomb, content_encoding="gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply.status_code == 413
    assert "2097152 bytes" in checked(reply)["errors"][0]["message"]
    assert peak < 16 * MIB


def test_a_body_over_the_limit_is_refused_by_its_declared_size(ingest) -> None:
    assert ingest.request(b"[]", content_length=str(100 * MIB)).status_code == 413


def test_a_body_over_the_limit_is_refused_while_it_comes(make_ingest) -> None:
    ingest = make_ingest(max_body_bytes=MIB)
    reply = ingest.request(b" " * (2 * MIB))
    assert reply.status_code == 413
    assert "1048576 bytes" in checked(reply)["errors"][0]["message"]


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"not packed", 400),
        ("gzip", gzip.compress(b"[]" * 1000, mtime=0)[:-20], 400),
        ("deflate", b"\xff\xff\xff", 400),
        ("br", b"[]", 415),
        ("gzip", b"", 400),
    ],
)
def test_wrongly_packed_bodies_are_refused(ingest, encoding, body, status) -> None:
    reply = ingest.request(body, content_encoding=encoding)
    assert reply.status_code == status
    checked(reply)


WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    1e308,
    "",
    "text",
    "x" * 40_000,
    [],
    [1],
    {},
    {"a": {"b": []}},
    [[[]]],
    "\ud800",
)

TYPES: dict[str, dict[str, Any]] = {
    "RequestData": {
        "id": "1",
        "name": "n",
        "url": "u",
        "source": "s",
        "duration": "00:00:01",
        "responseCode": "200",
        "success": True,
    },
    "RemoteDependencyData": {
        "id": "1",
        "name": "n",
        "data": "d",
        "type": "t",
        "target": "x",
        "duration": "00:00:01",
        "resultCode": "200",
        "success": True,
    },
    "MessageData": {"message": "m", "severityLevel": 1},
    "ExceptionData": {
        "exceptions": [{"typeName": "T", "message": "m", "parsedStack": []}],
        "severityLevel": 1,
        "problemId": "p",
    },
    "EventData": {"name": "n"},
    "MetricData": {"metrics": [{"name": "m", "value": 1, "count": 1, "min": 1, "kind": 0}]},
    "PageViewData": {"name": "n", "url": "u", "duration": "00:00:01", "id": "1"},
    "PageViewPerfData": {"name": "n", "perfTotal": "00:00:01", "domProcessing": "00:00:01"},
    "AvailabilityData": {"id": "1", "name": "n", "duration": "00:00:01", "success": True},
}


@pytest.mark.parametrize("base_type", TYPES)
def test_wrong_values_in_every_field_of_the_data_harm_nothing(ingest, base_type) -> None:
    batch = [ingest.envelope(name="good")]
    for name in (*TYPES[base_type], "properties", "measurements", "ver"):
        batch += [
            ingest.envelope(base_type, **{**TYPES[base_type], name: wrong}) for wrong in WRONG
        ]
    for inner in ("exceptions", "metrics"):
        for item in TYPES[base_type].get(inner, ()):
            for name in (*item, "id", "outerId", "stack", "ns", "max", "stdDev"):
                batch += [
                    ingest.envelope(
                        base_type, **{**TYPES[base_type], inner: [{**item, name: wrong}]}
                    )
                    for wrong in WRONG
                ]
    batch.append(ingest.envelope(name="good"))
    body = checked(ingest.request(batch))
    assert body["itemsReceived"] == len(batch)
    refused = {error["index"] for error in body["errors"]}
    assert not refused & {0, len(batch) - 1}
    good = [row for row in ingest.rows("customEvents") if row.get("name") == "good"]
    assert len(good) >= 2


def test_wrong_values_in_every_field_of_the_envelope_harm_nothing(ingest) -> None:
    batch = [ingest.envelope(name="good")]
    for name in ("name", "time", "iKey", "sampleRate", "seq", "flags", "ver", "tags", "data"):
        batch += [{**ingest.envelope(), name: wrong} for wrong in WRONG]
    batch += [{**ingest.envelope(), "data": {"baseType": wrong}} for wrong in WRONG]
    batch += [
        {**ingest.envelope(), "data": {"baseType": "EventData", "baseData": w}} for w in WRONG
    ]
    batch += [{**ingest.envelope(), "tags": {"ai.cloud.role": wrong}} for wrong in WRONG]
    batch += [{**ingest.envelope(), "unknown": wrong} for wrong in WRONG]
    batch.append(ingest.envelope(name="good"))
    body = checked(ingest.request(batch))
    assert body["itemsReceived"] == len(batch)
    names = [row.get("name") for row in ingest.rows("customEvents")]
    assert names.count("good") == 2
    refused = {error["index"] for error in body["errors"]}
    unknown_fields = range(len(batch) - 1 - len(WRONG), len(batch) - 1)
    assert not refused & set(unknown_fields), "an unknown key is ignored"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["time", "iKey", "data", "baseType", "baseData", "name", "tags", "metrics"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(ingest, body) -> None:
    checked(ingest.request(body))


@FUZZ
@given(st.lists(JSON_VALUES, max_size=4))
def test_any_json_is_answered_and_the_good_item_beside_is_kept(ingest, values) -> None:
    name = hashlib.sha256(repr(values).encode(errors="replace")).hexdigest()
    body = checked(ingest.request([*values, ingest.envelope(name=name)]))
    assert body["itemsAccepted"] >= 1
    assert [row.get("name") for row in ingest.rows("customEvents")].count(name) == 1
