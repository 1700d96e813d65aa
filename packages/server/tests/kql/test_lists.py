"""How many elements lists and sets keep, and what they hold of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.functions import aggregates

if TYPE_CHECKING:
    from engine import Engine


@pytest.mark.parametrize(
    ("made", "length"),
    [
        ("makelist(x)", 128),
        ("makeset(x)", 128),
        ("makelist(x, 200)", 200),
        ("makeset(x, 200)", 200),
        ("make_list(x)", 300),
        ("make_set(x)", 300),
        ("make_list(x, 200)", 200),
        ("make_list_with_nulls(x)", 300),
    ],
)
def test_old_spellings_keep_128_elements(kql_engine: Engine, made: str, length: int) -> None:
    query = f"range x from 1 to 300 step 1 | summarize l = {made} | project array_length(l)"
    assert kql_engine.run(query)[1] == [(length,)]


@pytest.mark.parametrize(
    ("operator", "rows"),
    [("mvexpand l", 128), ("mv-expand l", 300), ("mvexpand l limit 200", 200)],
)
def test_the_old_spelling_makes_128_rows(kql_engine: Engine, operator: str, rows: int) -> None:
    assert kql_engine.run(f"print l = range(1, 300, 1) | {operator} | count")[1] == [(rows,)]


@pytest.mark.parametrize(
    ("value", "length", "last"),
    [("x", 1_048_576, 1_048_576), ("pack_array(x, 'a,[')", 1_048_576, "a,[")],
)
def test_a_list_keeps_as_many_elements_as_an_array_may_have(
    kql_engine: Engine, value: str, length: int, last: object
) -> None:
    query = f"range x from 1 to 1050000 step 1 | summarize l = make_list({value})"
    assert kql_engine.run(f"{query} | project array_length(l), l[1048575]")[1] == [(length, last)]


def test_the_end_of_a_list_is_found_outside_of_texts_and_arrays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aggregates, "MAX_ELEMENTS", 2)
    text = r'[1,",]"],"a,\",b",3'
    assert text[: aggregates.list_end(text)] == r'[1,",]"],"a,\",b"'
    assert aggregates.list_end("1,2") == 3
    assert aggregates.list_end("") == 0


def test_arrays_give_their_elements_wherever_they_come_from(kql_engine: Engine) -> None:
    query = "range x from 1 to 2 step 1 | summarize make_list(dynamic([1, [2, 3]])), make_list(pack_array(x, x))"
    assert kql_engine.run(query)[1] == [([1, [2, 3], 1, [2, 3]], [1, 1, 2, 2])]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("long", [1, None, None, None, None]),
        ("real", [1.0, None, None, None, float("inf")]),
        ("bool", [True, None, None, True, None]),
        ("string", ["1", "2", "", "true", "Infinity"]),
    ],
)
def test_elements_are_cast_to_a_type_and_not_converted(
    kql_engine: Engine, type_: str, values: list[object]
) -> None:
    query = "print l = dynamic([1, '2', null, true, 'Infinity']) | mv-expand l to typeof({})"
    assert [row[0] for row in kql_engine.run(query.format(type_))[1]] == values
    applied = f"print l = dynamic(['7']) | mv-apply l to typeof({type_}) on (take 5)"
    assert kql_engine.run(applied)[1] == [("7" if type_ == "string" else None,)]
