"""What is offered at a place of a query."""

from __future__ import annotations

import pytest
from engine import DATABASE
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.completion import completions


def offered(text: str, kind: str = "") -> list[str]:
    """What is offered at the `^` of a text."""
    before, _, after = text.partition("^")
    found = completions(before + after, len(before), DATABASE)
    return [each.text for each in found if kind in ("", each.kind)]


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("^", ["requests", "print", "let"]),
        ("req^", ["requests"]),
        ("requests | ^", ["where", "summarize", "project-away"]),
        ("requests | project-a^", ["project-away"]),
        ("requests | where dur^", ["duration"]),
        ("requests | where strl^", ["strlen"]),
        ("requests | summarize dco^", ["dcount"]),
        ("requests | extend speed = 1 | where spe^", ["speed"]),
        ("requests | project a = 1, b = 2 | where a > ^ | count", ["a", "b"]),
        ("let slow = requests | where duration > 5; sl^", ["slow"]),
        ("let slow = requests | project x = 1; slow | where ^", ["x"]),
        ("let t = requests | where oper^", ["operation_Id"]),
        ("requests | join (traces | where mess^", ["message"]),
        ("requests | join kind=inner (tra^", ["traces"]),
        ("requests | evaluate piv^", ["pivot"]),
        ("requests | render tim^", ["timechart"]),
        ("requests | where tolower(na^", ["name"]),
        ("requests | wher x | where dura^", ["duration"]),
    ],
)
def test_what_fits_is_offered(text: str, some: list[str]) -> None:
    assert set(some) <= set(offered(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("requests | project x = 1 | where ^", "duration"),
        ("requests | ^", "print"),
        ("requests | where ^", "summarize"),
        ("requests | where dcou^", "dcount"),
    ],
)
def test_what_does_not_fit_is_not_offered(text: str, name: str) -> None:
    assert name not in offered(text)


@pytest.mark.parametrize("text", ["print 'req^", "requests // wh^", "requests | where a.na^"])
def test_nothing_is_offered_in_texts_comments_and_paths(text: str) -> None:
    assert offered(text) == []


def test_columns_come_first_and_name_their_type() -> None:
    first = completions("requests | where dur", 20, DATABASE)[0]
    assert (first.text, first.kind, first.start, first.doc) == ("duration", "column", 17, "real")


@given(st.text(alphabet="requests|where ()[]{};'\"=.-,$*let x1\n"), st.integers(0, 40))
def test_any_text_has_an_answer(text: str, position: int) -> None:
    completions(text, min(position, len(text)), DATABASE)
