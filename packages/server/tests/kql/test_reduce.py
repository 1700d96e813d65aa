"""`reduce`: every text is counted once, and what it does not answer."""

from __future__ import annotations

import json

import pytest
from engine import Engine, only_mistake

from openinsights.kql.functions.reductions import reduced

TEXTS = ["a-b c", "a-b d", "a.b c", "", "*", "x]y^z\\", "a-b c d", "ä ö", "a  b"]


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("characters", ["", "-", "^]\\", "ab"])
def test_every_text_is_counted_once(threshold: float, characters: str) -> None:
    counts = list(range(1, len(TEXTS) + 1))
    rows = json.loads(reduced(TEXTS, counts, threshold, characters))
    assert sum(count for _, count, _ in rows) == sum(counts)
    assert [name for name, _, _ in rows].count("others") <= 1
    assert all(one in TEXTS for _, _, one in rows)


def test_too_many_different_texts_are_an_error_not_fewer_rows(kql_engine: Engine) -> None:
    with pytest.raises(Exception, match="at most 50000 different texts"):
        kql_engine.run("range x from 1 to 50001 step 1 | reduce by tostring(x)")


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("requests | reduce by duration", "reduce takes a string, this is a real", 22),
        ("requests | reduce by name with threshold=2", "the threshold is a number from 0", 42),
        ("requests | reduce by name with threshold=true", "the threshold is a number", 42),
        ("requests | reduce by name with treshold=0.1", "expected 'threshold' or", 32),
        ("requests | reduce by name with characters=5", "the characters must be a string", 43),
        ("requests | reduce kind=source by name", "kinds of reduce are not run", 24),
        ("requests | partition by id (reduce by name)", "'reduce' is not run inside", 29),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
