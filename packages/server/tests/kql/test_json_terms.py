"""A look at the JSON of a column before its texts are read changes no answer."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from engine import Engine, table

from openinsights.kql.api import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = (
    "refused",
    "Refused",
    "ref",
    "used",
    "null",
    "true",
    "x1",
    "1e5",
    "100000",
    "é",
    "1.5",
    "re",
)
PIECES = (
    "refused", "REFUSED", "ref", "used", " ", "-", "\n", "/", '"', "\\", "é", "x1", "100000", "\u212a"
)  # fmt: skip
OTHERS = (None, True, 1e5, 1.5, [1], {"ref": "used"})
OPERATORS = (
    "has",
    "!has",
    "has_cs",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "endswith",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Database((table("t", "n:long, bag:dynamic"),)))
    yield engine
    engine.connection.close()


def spellings(value: object) -> list[str | None]:
    """JSON of a value as different writers spell it."""
    plain = json.dumps(value, ensure_ascii=False)
    escaped = json.dumps(value).replace("used", "\\u0075sed").replace("/", "\\/")
    return [plain, escaped, plain.replace("100000.0", "1e5")]


def drawn(rng: Random) -> object:
    """A value: a text of pieces, something else, or a bag of both."""

    def simple() -> object:
        text = "".join(rng.choices(PIECES, k=rng.randrange(5)))
        return rng.choice(OTHERS) if rng.random() < 0.3 else text

    keys = rng.sample(("a", "ref", "used"), rng.randrange(4))
    return {key: simple() for key in keys} if rng.random() < 0.7 else simple()


def test_the_same_rows_as_without_it(engine: Engine) -> None:
    rng = Random(1)
    texts = [text for _ in range(200) for text in spellings(drawn(rng))]
    rows = [[number, text] for number, text in enumerate([*texts, None])]
    engine.connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    for operator in OPERATORS:
        for place in ("bag", "bag.a"):
            columns = ", ".join(
                f"a{i} = countif(tostring({place}) {operator} '{word}'),"
                f" b{i} = countif(strcat(tostring({place}), '') {operator} '{word}')"
                for i, word in enumerate(WORDS)
            )
            ((*counts,),) = engine.raw(f"t | summarize {columns}")[2]
            assert counts[0::2] == counts[1::2], (operator, place)
            assert 0 < counts[0] < len(rows)


def test_the_look_comes_first(engine: Engine) -> None:
    sql = engine.sql("t | where bag has 'refused'").text
    assert sql.index("contains(lower(\"bag\"), 'refused')") < sql.index("json_extract_string")
    assert 'lower("bag")' not in engine.sql("t | where bag has '100'").text
