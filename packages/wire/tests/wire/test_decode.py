"""Bodies: which forms are read, what happens to items that are broken. Rules W1 to W9 and W12."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from openinsights_wire import decode
from openinsights_wire.decode import decode_body
from openinsights_wire.envelope import Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.split import Span


def message(text: str = "hello", **base: Any) -> dict[str, Any]:
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": "2026-11-21T07:19:39.799123Z",
        "iKey": "11111111-2222-3333-4444-555555555555",
        "tags": {"ai.cloud.role": "shop"},
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": text, **base}},
    }


def encoded(text: str = "hello", **base: Any) -> bytes:
    return json.dumps(message(text, **base)).encode()


def read(body: bytes) -> list[str]:
    """Return each item's message, or what stands before the first ':' of its error."""
    return [
        entry.message.partition(":")[0]
        if isinstance(entry, WireError)
        else entry.data.baseData.message  # type: ignore[union-attr]
        for entry in decode_body(body)
    ]


A, B, C = encoded("a"), encoded("b"), encoded("c")
PRETTY = json.dumps(message("p"), indent=2).encode()

FORMS: dict[str, tuple[bytes, list[str]]] = {
    "W1 array": (b"[" + A + b"," + B + b"]", ["a", "b"]),
    "W1 array with space": (b" \r\n[ " + A + b" ,\n\t" + B + b" ] \n", ["a", "b"]),
    "W1 empty array": (b"[]", []),
    "W1 array over lines": (
        json.dumps([message("a"), message("b")], indent=1).encode(),
        ["a", "b"],
    ),
    "W2 lines": (A + b"\n" + B + b"\n", ["a", "b"]),
    "W2 lines without the last end": (A + b"\n" + B, ["a", "b"]),
    "W2 lines of Windows and empty lines": (A + b"\r\n\r\n" + B + b"\r\n", ["a", "b"]),
    "W3 one object": (A, ["a"]),
    "W3 one object over several lines": (PRETTY, ["p"]),
    "W4 byte order mark": (b"\xef\xbb\xbf[" + A + b"]", ["a"]),
    "W4 byte order mark and lines": (b"\xef\xbb\xbf" + A + b"\n" + B, ["a", "b"]),
    "W4 objects without anything between": (A + B, ["a", "b"]),
    "W4 objects with commas between": (A + b",\n" + B + b",", ["a", "b"]),
    "W4 arrays on lines": (b"[" + A + b"]\n[" + B + b"," + C + b"]", ["a", "b", "c"]),
    "W4 object, then array": (A + b"\n[" + B + b"]\n" + C, ["a", "b", "c"]),
    "W4 several objects over several lines": (PRETTY + b"\n" + PRETTY + b"\n" + A, ["p", "p", "a"]),
    "W4 doubled and trailing commas": (b"[" + A + b",," + B + b",]", ["a", "b"]),
    "W4 missing comma": (b"[" + A + b" " + B + b"]", ["a", "b"]),
    "W7 an item that is no JSON": (b"[" + A + b',{"time": ,},' + B + b"]", ["a", "100", "b"]),
    "W7 a word between items": (b"[" + A + b",nonsense," + B + b"]", ["a", "100", "b"]),
    "W7 a number, null and a list as items": (
        b"[7,null,[1]," + A + b',"x"]',
        ["100", "100", "100", "a", "100"],
    ),
    "W7 the array is cut off": (b"[" + A + b"," + B[:-20], ["a", "100"]),
    "W7 the array has no end": (b"[" + A + b"," + B, ["a", "b"]),
    "W7 something behind the array": (b"[" + A + b"] and more", ["a", "100"]),
    "W7 a line that is no JSON": (A + b"\nnonsense\n" + B, ["a", "100", "b"]),
    "W7 a line with a string without end": (
        A + b'\n{"time":"2026\n' + B + b"\n" + C,
        ["a", "100", "b", "c"],
    ),
    "W7 an item with a string without end": (
        b"[" + A + b',{"time":"2026},' + B + b"," + C + b"]",
        ["a", "100", "b", "c"],
    ),
    "W7 a closing bracket too many": (b"[" + A + b"}," + B + b"]", ["a", "100", "b"]),
    "W7 ten thousand objects deep": (
        b"[" + A + b"," + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"," + B + b"]",
        ["a", "100", "b"],
    ),
    "W7 ten thousand arrays deep in properties": (
        b"["
        + A
        + b","
        + A.replace(b'"ver": 2', b'"properties":{"k":' + b"[" * 10_000 + b"]" * 10_000 + b"}")
        + b"]",
        ["a", "100"],
    ),
    "W7 a deep line": (A + b"\n" + b"[" * 10_000 + b"\n" + B, ["a", "100", "b"]),
    "W8 bytes that are no UTF-8": (
        b"[" + A.replace(b'"a"', b'"\xffa\xc3"') + b"," + B + b"]",
        ["\ufffda\ufffd", "b"],
    ),
    "W8 half of a surrogate pair": (
        b"[" + A.replace(b'"a"', rb'"\ud83d!\udc00"') + b"," + B + b"]",
        ["\ufffd!\ufffd", "b"],
    ),
    "W8 a whole surrogate pair": (A.replace(b'"a"', rb'"\ud83d\ude00"'), ["😀"]),
    "W8 NUL, written and raw": (A.replace(b'"a"', b'"\\u0000\x00\x1f"'), ["\x00\x00\x1f"]),
    "W9 a key twice": (A.replace(b'"message": "a"', b'"message":"x","message":"y"'), ["y"]),
    "W9 unknown keys": (
        A.replace(b'"ver": 2', b'"ver":2,"new":{"deep":[1,{}]}').replace(
            b'{"name"', b'{"x":[],"name"'
        ),
        ["a"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), FORMS.values(), ids=FORMS.keys())
def test_every_form_of_body_is_read_in_order(body: bytes, expected: list[str]) -> None:
    assert read(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t ",
        b"\xef\xbb\xbf",
        b"garbage",
        b"\x00\x01\x02\xff",
        b"<html></html>",
        b"7",
        b'"text"',
        b"null",
        b"{garbage",
        b"[garbage]",
        b"{" * 10_000,
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 100_000,
        b"{\n" * 5_000,
        b'{"',
        b'["\\',
    ],
)
def test_a_body_without_json_is_refused_as_a_whole(body: bytes) -> None:
    """W5."""
    with pytest.raises(WireError, match=r"100: cannot read") as refused:
        decode_body(body)
    assert refused.value.status_code == 400


TINY = b'{"time":"","data":{"baseType":"EventData","baseData":{"name":""}}}'


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b",".join([A] * 4) + b"]",
        b"\n".join([A] * 4),
        b"[1,2,3,4",
        b"[1,2,3,4]",
        b"[" + b",".join([TINY.replace(b"baseType", rb"base\u0054ype")] * 4) + b"]",
        b"[" + b"1," * 600_000 + b"]",
        b"{}" * 600_000,
        A + b',{"time":"2026},' + b",".join([A] * 4) + b"]",
    ],
    ids=[
        "array",
        "lines",
        "broken",
        "no objects",
        "escaped",
        "large",
        "large, no lines",
        "found later",
    ],
)
def test_a_batch_with_too_many_items_is_refused(body: bytes) -> None:
    """W6."""
    with pytest.raises(WireError, match="so many items: the most is 3") as refused:
        decode_body(body, max_items=3)
    assert refused.value.status_code == 413


@pytest.mark.parametrize(
    "again",
    [b'},{"x":', b'\n{"x":', b'\n{"x":[0,0,0,0,0,0,0,0,', b'},{"x":[[[[[[[['],
    ids=["objects", "lines", "lists", "deep lists"],
)
def test_what_is_read_again_behind_broken_strings_is_bounded(again: bytes) -> None:
    """W7: however often a body invites to read its rest again, the tries are counted."""
    item = b'{"time":"2026' + again * 2_000
    found, left = decode._recover(item, Span(0, len(item)), 100_000)
    assert not any(isinstance(result, Envelope) for _, result in found)
    assert -65_536 < left <= 0
    assert read(b"[" + A + b"," + item)[0] == "a"


def test_an_item_behind_a_broken_string_may_hold_objects_itself() -> None:
    """W7."""
    exceptions = b'{"typeName":"E","message":"m"},{"typeName":"F","message":"n"}'
    item = A.replace(b"MessageData", b"ExceptionData").replace(
        b'"message": "a"', b'"exceptions":[' + exceptions + b"]"
    )
    results = decode_body(b"[" + A + b',{"time":"2026},' + item + b"," + B + b"]")
    assert [isinstance(result, Envelope) for result in results] == [True, False, True, True]


def test_a_large_item_behind_a_broken_string_is_found() -> None:
    """W7."""
    body = A + b'\n{"time":"2026\n' + encoded("x" * 30_000) + b"\n" + B
    assert read(body) == ["a", "100", "x" * 30_000, "b"]


def test_brackets_in_texts_behind_a_broken_string_hide_no_item() -> None:
    """W7."""
    brackets = encoded("} ]{ [ } },{")
    body = b"[" + A + b',{"time":"2026},' + brackets + b"," + brackets + b"]"
    results = read(body)
    assert results[0] == "a"
    assert results.count("} ]{ [ } },{") == 2
    assert set(results[1:-2]) == {"100"}


def test_a_list_that_took_in_the_rest_hides_no_item() -> None:
    """W7."""
    assert read(b"[" + A + b",[" + B + b"," + C + b"]") == ["a", "100", "b", "c"]


def test_an_item_that_is_wrong_beside_a_broken_one_is_reported_once() -> None:
    """W7."""
    wrong = A.replace(b'"time"', b'"tome"')
    broken = b'{"time":"2026}'
    assert read(b"[" + A + b",{]," + wrong + b"," + B + b"]") == ["a", "100", "101", "b"]
    assert read(b"\n".join([A, broken, wrong, broken, wrong, B])) == ["a", *["100", "101"] * 2, "b"]
    assert read(b"\n".join([A, broken, b'{"x":1}', B])) == ["a", "100", "101", "b"]
    assert read(b"[" + A + b"," + broken + b"," + wrong + b"," + B + b"]") == [
        "a",
        "100",
        "101",
        "b",
    ]


def test_an_odd_item_beside_a_broken_one_is_read() -> None:
    """W20."""
    odd = encoded("odd", properties={"k": 1}, severityLevel="warning")
    typed = encoded("typed", severityLevel=2)
    assert read(b"[nonsense," + odd + b"," + typed + b"]") == ["100", "odd", "typed"]


DATA_ERRORS: dict[str, tuple[Any, str]] = {
    "no data": (None, "101: Field 'data' on type 'Envelope' is required but missing"),
    "data is a text": ("x", "102: Field 'data' on type 'Envelope'"),
    "data is a list": ([], "102: Field 'data' on type 'Envelope'"),
    "no baseType": ({"baseData": {}}, "101: Field 'baseType' on type 'Data'"),
    "baseType is null": ({"baseType": None, "baseData": {}}, "101: Field 'baseType'"),
    "baseType is a number": ({"baseType": 7, "baseData": {}}, "104: Field 'baseType'"),
    "unknown baseType": (
        {"baseType": "NewData", "baseData": {}},
        "104: Field 'baseType' on type 'Data'",
    ),
    "no baseData": ({"baseType": "MessageData"}, "101: Field 'baseData' on type 'Data'"),
    "baseData is null": ({"baseType": "MessageData", "baseData": None}, "101: Field 'baseData'"),
    "baseData is a text": ({"baseType": "MessageData", "baseData": "x"}, "102: Field 'baseData'"),
    "baseData is a list": ({"baseType": "MessageData", "baseData": []}, "102: Field 'baseData'"),
}


@pytest.mark.parametrize(("data", "expected"), DATA_ERRORS.values(), ids=DATA_ERRORS.keys())
@pytest.mark.parametrize("tags", [{}, {"other": 1}], ids=["typed", "lenient"])
def test_what_is_wrong_with_the_data_is_named(data: Any, expected: str, tags: Any) -> None:
    """W12."""
    item = {**message(), "data": data, "tags": tags}
    body = b"[" + A + b"," + json.dumps(item).encode() + b"]"
    first, error = decode_body(body)
    assert isinstance(first, Envelope)
    assert isinstance(error, WireError)
    assert error.message.startswith(expected)
    assert error.status_code == 400


def test_items_that_cannot_be_read_leave_nothing_for_the_garbage_collector() -> None:
    """Errors that refer to frames, which refer back, would keep a hostile body's items alive."""
    body = b"[" + b"{}," * 2000 + b"{}]"
    decode_body(b"[{},{}]", max_items=10)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        items = decode_body(body, max_items=10_000)
        del items
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()

    assert left < 100
