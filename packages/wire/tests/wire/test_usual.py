"""One pass over a body gives what two passes give, or leaves the body to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openinsights_wire.base_types import ALIASES, BASE_TYPES
from openinsights_wire.decode import decode_body
from openinsights_wire.envelope import Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.usual import decode_usual

METRIC = {"name": "queue", "value": 2, "kind": "Aggregation", "count": 3}
DATA: dict[str, dict[str, Any]] = {
    "RequestData": {"id": "a", "duration": "00:00:01", "responseCode": "200", "success": False},
    "RemoteDependencyData": {"name": "d", "duration": "00:00:01", "type": "SQL"},
    "ExceptionData": {"exceptions": [{"typeName": "E", "message": "m"}], "severityLevel": "Error"},
    "MessageData": {"message": "m", "severityLevel": 2, "properties": {"이름": "é", "b": "\n"}},
    "EventData": {"name": "e", "measurements": {"m": 1, "n": 2.5}},
    "MetricData": {"metrics": [METRIC]},
    "PageViewData": {"name": "p", "duration": "00:00:02", "url": "/"},
    "PageViewPerfData": {"name": "p", "perfTotal": "00:00:02"},
    "AvailabilityData": {"id": "1", "name": "a", "duration": "00:00:01", "success": True},
}
SAMPLES = [
    json.dumps(json.loads(path.read_bytes())).encode()
    for path in sorted((Path(__file__).parents[4] / "contract").glob("*/*.json"))
]
DAMAGE = [
    b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"null", b"NaN", b"1e999", b"-",
    b"\xff", rb"\ud800", b"\x00", b"true", b"9" * 400, b'""', b"[]", b"{}", b'"x"', b'"},{"',
    b'"baseType":"EventData",', b'"baseData":{},', b"\xef\xbb\xbf",
]  # fmt: skip


def item(base_type: str, **more: Any) -> dict[str, Any]:
    return {
        "time": "2026-11-21T07:19:39Z",
        "iKey": "key",
        "tags": {"ai.cloud.role": "shop"},
        "data": {"baseType": base_type, "baseData": {"ver": 2, **DATA[base_type], **more}},
    }


def agree(body: bytes) -> bool:
    """Check that both ways give the same items; return whether one pass gave any."""
    quick = decode_usual(body)
    if quick is None:
        return False
    if not quick:  # an empty body, which the other way refuses
        return False
    slow = decode_body(body)
    assert all(isinstance(each, Envelope) for each in slow)
    assert msgspec.json.encode(quick) == msgspec.json.encode(slow)
    assert [each.data.baseType for each in quick] == [each.data.baseType for each in slow]  # type: ignore[union-attr]
    assert [type(each.data.baseData) for each in quick] == [
        type(each.data.baseData)
        for each in slow  # type: ignore[union-attr]
    ]
    return True


@pytest.mark.parametrize("base_type", BASE_TYPES)
def test_items_of_each_type_are_read_in_one_pass(base_type: str) -> None:
    one = json.dumps(item(base_type)).encode()
    assert agree(b"[" + one + b"," + one + b"]")
    assert agree(one + b"\n" + one)


def test_the_type_may_come_after_its_data() -> None:
    data = {"baseData": DATA["EventData"], "baseType": "EventData"}
    assert agree(json.dumps([item("RequestData"), {"time": "t", "data": data}]).encode())


@pytest.mark.parametrize("name", [*ALIASES, "eventdata", "NoSuchData", None])
def test_a_type_by_another_name_is_left_to_the_other_way(name: str | None) -> None:
    odd = item("EventData")
    odd["data"]["baseType"] = name
    assert decode_usual(json.dumps([item("EventData"), odd]).encode()) is None


@pytest.mark.parametrize(
    "odd",
    [
        item("EventData", properties={"number": 1}),
        item("MessageData", severityLevel="loud"),
        item("EventData", name="n" * 600),
        item("MetricData", metrics=[]),
    ],
)
def test_odd_data_is_left_to_the_other_way(odd: dict[str, Any]) -> None:
    assert decode_usual(json.dumps([item("EventData"), odd]).encode()) is None


def test_more_items_than_allowed_are_left_to_the_other_way() -> None:
    body = json.dumps([item("EventData")] * 3).encode()
    assert len(decode_usual(body, max_items=3) or []) == 3
    assert decode_usual(body, max_items=2) is None


@given(
    st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(DAMAGE)), max_size=3),
    st.sampled_from([(b"[", b",", b"]"), (b"", b"\n", b"")]),
)
@settings(deadline=None, max_examples=300)
@example([json.dumps(item("EventData")).encode()], [(0.0, 0, b"\xef\xbb\xbf")], (b"", b"\n", b""))
def test_both_ways_agree_on_whatever_comes(
    samples: list[bytes],
    damages: list[tuple[float, int, bytes]],
    form: tuple[bytes, bytes, bytes],
) -> None:
    opening, between, closing = form
    body = opening + between.join(samples) + closing
    for place, gone, new in damages:
        start = int(place * len(body))
        body = body[:start] + new + body[start + gone :]
    try:
        agree(body)
    except WireError:
        assert decode_usual(body) is None
