"""Mistakes that people make, as `mistakes.txt` shows them to a reviewer.

Each entry is a query (`> `), each mistake under its line (`^^^` and the message), then what
Microsoft's parser and binder say of it (codes and places, from 1), and how the two compare:

- `better`: says what to write, says less that only follows, or says it before the query runs;
- `equal`: the same place and as much help;
- `refused`: the original runs it, this server does not, and says so by name;
- `accepted`: the original refuses it, this server runs it, for the reason that is told.

`pytest --record` rewrites the messages; queries, Microsoft's lines and ratings stand as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.kql.database import ResourceUnavailable
from openinsights.kql.errors import KqlError
from openinsights.schema.catalog import ALL

GOLDEN = Path(__file__).parent / "mistakes.txt"
RATINGS = ("better", "equal", "refused", "accepted")
FEWEST = 400


def _no_resource(call: str, name: str) -> None:
    raise ResourceUnavailable(f"there is no resource '{name}'")


DATABASE = Database(ALL, resource=_no_resource)  # type: ignore[arg-type]
OPTIONS = CompileOptions(now_ticks=638_688_000_000_000_000)


@dataclass(frozen=True)
class Entry:
    """One query of the file."""

    heading: str
    query: str
    answer: str
    microsoft: str
    rating: str

    def text(self) -> str:
        lines = [self.heading, self.answer, self.microsoft, self.rating]
        return "\n".join(filter(None, lines))


def _entries() -> list[Entry]:
    found, heading = [], ""
    for block in GOLDEN.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()
        if lines[0].startswith("# "):
            heading = block + "\n"
            continue
        microsoft, rating = lines[-2:]
        query = "\n".join(line[2:] for line in lines if line.startswith(">"))
        found.append(Entry(heading, query, "\n".join(lines[:-2]), microsoft, rating))
        heading = ""
    return found


def _diagnostics(query: str) -> list[KqlError]:
    try:
        compile(query, DATABASE, OPTIONS)
    except KqlError as error:
        return list(error.diagnostics)
    return []


def _answer(query: str) -> str:
    errors = _diagnostics(query)
    shown = []
    for number, line in enumerate(query.split("\n"), 1):
        shown.append(f"> {line}".rstrip())
        for error in errors:
            if error.line == number:
                length = len(error.token.split("\n")[0])
                hint = f"; {error.hint}" if error.hint else ""
                marks = " " * (error.column - 1) + "^" * max(1, length)
                shown.append(f"  {marks} {error.message}{hint}")
    return "\n".join(shown)


ENTRIES = _entries()


def test_every_mistake_is_answered_as_recorded(request: pytest.FixtureRequest) -> None:
    now = [Entry(e.heading, e.query, _answer(e.query), e.microsoft, e.rating) for e in ENTRIES]
    if request.config.getoption("--record", default=False):
        GOLDEN.write_text("\n\n".join(e.text() for e in now) + "\n", encoding="utf-8")
    wrong = [(a.answer, b.answer) for a, b in zip(now, _entries(), strict=True) if a != b]
    assert wrong == []


def test_every_mistake_is_rated_and_none_is_worse() -> None:
    assert len(ENTRIES) > FEWEST
    for entry in ENTRIES:
        assert entry.microsoft.startswith("Microsoft"), entry
        assert entry.rating.partition(":")[0] in RATINGS, entry
        if entry.rating != "equal":
            assert ": " in entry.rating, entry


def test_what_is_accepted_and_nothing_else_compiles() -> None:
    compiling = [entry.query for entry in ENTRIES if not _diagnostics(entry.query)]
    accepted = [entry.query for entry in ENTRIES if entry.rating.startswith("accepted")]
    assert compiling == accepted


def test_most_mistakes_say_what_to_do() -> None:
    silent = [e.query for e in ENTRIES if not any(d.hint for d in _diagnostics(e.query))]
    assert len(silent) < len(ENTRIES) // 4, silent


def test_messages_are_short_and_speak_to_nobody() -> None:
    for entry in ENTRIES:
        for error in _diagnostics(entry.query):
            words = re.findall(r"[a-z]+", f"{error.message} {error.hint}".lower())
            assert len(str(error)) < 300, str(error)
            assert not {"please", "your", "sorry"} & set(words), str(error)


@pytest.mark.parametrize("word", ["wher", "bogus", "éé", "contains", "in", "not", "select", "1"])
@pytest.mark.parametrize("place", range(8))
def test_a_word_too_many_is_a_mistake_with_a_place(word: str, place: int) -> None:
    words = ["requests", "|", "where", "name", "==", "'x'", "|", "take"]
    words.insert(place, word)
    errors = _diagnostics(" ".join(words))
    assert errors
    assert all(error.line == 1 and error.column > 0 for error in errors)
