"""Bags expanded to pairs give what Python's reading of them gives, however the pairs are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from engine import Engine, table

from openinsights.kql.api import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

BAGS = (
    '{"a":1,"b":"x\\u0041y","c":null,"d":[1,2],"e":{"f":1.5},"g":true,"h":"","q\\"uote":"\\n"}',
    '{"a":"1"}',
    "{}",
    None,
    '[["k","v"],["k2",{"z":1}],7]',
    '"text"',
    "12",
    '{"é":"ü 💡","":"empty key"}',
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Database((table("t", "n:long, bag:dynamic"),)))
    for number, bag in enumerate(BAGS):
        engine.connection.execute("INSERT INTO t VALUES (?, ?)", [number, bag])
    engine.connection.execute("INSERT INTO t VALUES (?, ?)", [99, '{"a":1,"a":2,"b":3}'])
    yield engine
    engine.connection.close()


def elements(text: str | None) -> list[Any]:
    """The pairs of a bag, or the elements of anything else."""
    value = None if text is None else json.loads(text)
    if isinstance(value, dict):
        return [[key, inner] for key, inner in value.items()]
    return value if isinstance(value, list) else [value]


def wanted() -> list[tuple[int, Any]]:
    rows = [*enumerate(BAGS), (99, '{"a":1,"a":2,"b":3}')]
    return [(number, pair) for number, bag in rows for pair in elements(bag)]


def part(pair: Any, place: int) -> Any:
    return pair[place] if isinstance(pair, list) and len(pair) > place else None


def text_of(value: Any) -> str:
    if value is None:
        return ""
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    )


def sorted_rows(rows: list[Any]) -> list[str]:
    return sorted(json.dumps(row, ensure_ascii=False) for row in rows)


EXPAND = "t | mv-expand kind=array pair = bag"


def test_keys_and_values_as_texts(engine: Engine) -> None:
    found = engine.run(f"{EXPAND} | project n, k = tostring(pair[0]), v = tostring(pair[1])")[1]
    assert sorted_rows(found) == sorted_rows(
        [(n, text_of(part(pair, 0)), text_of(part(pair, 1))) for n, pair in wanted()]
    )


def test_keys_and_values_as_they_are_and_the_whole_pair(engine: Engine) -> None:
    found = engine.run(f"{EXPAND} | project n, k = pair[0], v = pair[1], pair")[1]
    assert sorted_rows(found) == sorted_rows(
        [(n, part(pair, 0), part(pair, 1), pair) for n, pair in wanted()]
    )


def test_filters_groups_and_other_expressions_read_them(engine: Engine) -> None:
    query = (
        f"{EXPAND} | where pair[0] != 'b' | extend twice = strcat(pair[0], pair[0])"
        " | summarize n = count(), sum(toint(pair[1])) by k = tostring(pair[0]), twice"
    )
    found = {row[0]: row[1:] for row in engine.run(query)[1]}
    assert found["a"] == ("aa", 3, 4)
    assert found["k"] == ("kk", 1, 0)
    assert "b" not in found


def test_only_what_is_read_is_made(engine: Engine) -> None:
    keys = engine.sql(f"{EXPAND} | summarize count() by tostring(pair[0])").text
    assert "json_extract_string(x" not in keys
    assert "json_extract(x, '$.*')" not in keys
    texts = engine.sql(f"{EXPAND} | summarize count() by tostring(pair[1])").text
    assert "json_extract_string(x" in texts
    assert "json_extract(x, '$.*')" not in texts
    assert "\0" not in keys + texts


@pytest.mark.parametrize(
    "more",
    ["limit 2", "| where n == 0 | take 100", "| order by n asc | serialize r = row_number()"],
)
def test_other_forms_still_answer(engine: Engine, more: str) -> None:
    found = engine.run(f"{EXPAND} {more} | summarize count() by tostring(pair[0])")[1]
    assert dict(found)["a"] >= 1


def test_a_numbered_expansion_has_the_same_rows(engine: Engine) -> None:
    plain = engine.run(f"{EXPAND} | project n, pair")[1]
    numbered = engine.run(
        "t | mv-expand kind=array with_itemindex=i pair = bag | project n, pair, i"
    )[1]
    assert sorted_rows(plain) == sorted_rows([row[:2] for row in numbered])
