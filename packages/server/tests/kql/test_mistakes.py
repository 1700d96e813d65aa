"""Typical mistakes: the place, the message and the hint of each, as `mistakes.txt` shows them.

Each entry is a query (`> `), then its mistakes: `line:column 'token': message` and the hint under it.
`pytest --record` rewrites the messages; the queries stand as they are.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError

GOLDEN = Path(__file__).parent / "mistakes.txt"


def _entries() -> list[tuple[str, str]]:
    found = []
    for entry in GOLDEN.read_text().strip().split("\n\n"):
        lines = entry.splitlines()
        query = "\n".join(line[2:] for line in lines if line.startswith("> "))
        answer = "\n".join(line for line in lines if not line.startswith("> "))
        found.append((query, answer))
    return found


def _answer(query: str) -> str:
    try:
        compile(query, DATABASE, OPTIONS)
    except KqlError as error:
        lines = []
        for part in error.diagnostics:
            lines.append(f"  {part.line}:{part.column} '{part.token}': {part.message}")
            if part.hint:
                lines.append(f"      {part.hint}")
        return "\n".join(lines)
    return "  compiles"


def test_every_mistake_is_answered_as_recorded(request: pytest.FixtureRequest) -> None:
    entries = [(query, _answer(query)) for query, _ in _entries()]
    if request.config.getoption("--record", default=False):
        texts = ["> " + query.replace("\n", "\n> ") + "\n" + answer for query, answer in entries]
        GOLDEN.write_text("\n\n".join(texts) + "\n")
    assert entries == _entries()


def test_every_mistake_is_refused_in_one_place() -> None:
    assert [q for q, answer in _entries() if answer.strip() == "compiles"] == []
    assert len(_entries()) > 100


def test_few_mistakes_are_without_a_hint() -> None:
    silent = [query for query, answer in _entries() if "\n      " not in answer]
    assert len(silent) <= 12, silent


@pytest.mark.parametrize("word", ["wher", "bogus", "éé", "contains", "in", "not", "select", "1"])
@pytest.mark.parametrize("place", range(8))
def test_a_word_too_many_is_a_mistake_with_a_place(word: str, place: int) -> None:
    words = ["requests", "|", "where", "name", "==", "'x'", "|", "take"]
    words.insert(place, word)
    lines = _answer(" ".join(words)).splitlines()
    places = [line for line in lines if not line.startswith("      ")]
    assert all(re.match(r"  1:\d+ |  compiles", line) for line in places)
