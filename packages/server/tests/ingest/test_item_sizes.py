"""An item over the limit is never overlooked."""

from __future__ import annotations

import json

import pytest

from openinsights.ingest.item_sizes import may_hold_large_items

LIMIT = 4_096


def item(text: str = "", **more: str) -> dict:
    data = {
        "baseType": "EventData",
        "baseData": {"name": "a", "properties": {"text": text, **more}},
    }
    return {"time": "2026-11-21T07:19:39.799Z", "data": data}


def body(*items: dict) -> bytes:
    return json.dumps(items).encode()


def test_many_small_items_need_no_look() -> None:
    content = body(*[item("x" * 200)] * 100)
    assert len(content) > LIMIT
    assert not may_hold_large_items(content, 100, LIMIT)


def test_a_small_body_needs_no_look() -> None:
    assert not may_hold_large_items(body(item("x" * 1000)), 1, LIMIT)


@pytest.mark.parametrize("place", range(12))
@pytest.mark.parametrize("size", [LIMIT, LIMIT + 100, 3 * LIMIT])
def test_an_item_over_the_limit_is_suspected(place, size) -> None:
    items = [item("x" * 200) for _ in range(12)]
    items[place] = item("x" * size)
    assert may_hold_large_items(body(*items), 12, LIMIT)


def test_a_name_as_a_key_does_not_hide_an_item() -> None:
    large = item("x" * 1000, baseType="x" * 1000) | {"tags": {"baseType": "x" * LIMIT}}
    assert may_hold_large_items(body(*[item("x" * 200)] * 5, large), 6, LIMIT)


def test_a_name_spelt_with_numbers_does_not_hide_an_item() -> None:
    odd = body(item("x" * 200)).replace(b'"baseType"', b'"\\u0062aseType"')
    keys = {f"k{number}": "x" * 900 for number in range(5)}
    large = item("x", baseType="x", **keys)
    content = b"[" + odd[1:-1] + b"," + body(large)[1:-1] + b"]"
    assert content.count(b'"baseType"') == 2
    assert may_hold_large_items(content, 2, LIMIT)
