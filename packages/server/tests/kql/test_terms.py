"""Whole terms in texts of all scripts: SQL and the plain definition agree."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from engine import Engine, table
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

TERMS = (
    "refused",
    "Ref",
    "x1",
    "7",
    "é",
    "ß",
    "錯誤",
    "-a",
    "a-",
    "a b",
    "[x]",
    "$",
    "\\",
    "'",
    "k",
)
EDGES = (
    "",
    " ",
    "_",
    "-",
    "a",
    "9",
    "é",
    "Ж",
    "錯",
    "²",
    "—",
    "\u00a0",
    "“",
    "\u0301",
    "\n",
    "\0",
    "😀",
)
OPERATORS = {
    "has": (True, True, True),
    "has_cs": (True, True, False),
    "hasprefix": (True, False, True),
    "hasprefix_cs": (True, False, False),
    "hassuffix": (False, True, True),
    "hassuffix_cs": (False, True, False),
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Database((table("t", "n:long, s:string, term:string"),)))
    yield engine
    engine.connection.close()


def is_part(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def defined(text: str, term: str, before: bool, after: bool, ignore_case: bool) -> bool:
    """The definition, place by place."""
    if not term:
        return True
    flags = re.IGNORECASE if ignore_case else 0
    for start in range(len(text)):
        end = start + len(term)
        if re.fullmatch(re.escape(term), text[start:end], flags) is None:
            continue
        if before and is_part(term[0]) and start and is_part(text[start - 1]):
            continue
        if after and is_part(term[-1]) and end < len(text) and is_part(text[end]):
            continue
        return True
    return False


def quoted(text: str) -> str:
    return "'" + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text) + "'"


def fill(engine: Engine, texts: list[str], term: str) -> None:
    engine.connection.execute("DELETE FROM t")
    engine.connection.execute(
        "INSERT INTO t SELECT generate_subscripts($s, 1), unnest($s), $term",
        {"s": texts, "term": term},
    )


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_edge_counts(engine: Engine, term: str, operator: str) -> None:
    texts = [
        start + spelt + end
        for spelt in (term, term.upper(), term + term, f"{term}{EDGES[5]}{term}")
        for start in EDGES
        for end in EDGES
    ]
    fill(engine, texts, term)
    wanted = [
        number for number, text in enumerate(texts, 1) if defined(text, term, *OPERATORS[operator])
    ]
    for sought in (quoted(term), "term"):
        query = f"t | where s {operator} {sought} | project n | order by n asc"
        assert [row[0] for row in engine.raw(query)[2]] == wanted, sought
        negated = f"t | where s !{operator} {sought} | count"
        assert engine.raw(negated)[2] == [(len(texts) - len(wanted),)]


@settings(max_examples=60)
@given(
    texts=st.lists(st.text(alphabet="aA7é錯_ -—\u0301", max_size=8), min_size=1, max_size=30),
    term=st.text(alphabet="aA7é錯- ", min_size=1, max_size=3),
    operator=st.sampled_from(sorted(OPERATORS)),
)
def test_texts_of_any_form(engine: Engine, texts: list[str], term: str, operator: str) -> None:
    fill(engine, texts, term)
    found = engine.raw(f"t | where s {operator} {quoted(term)} | project n | order by n asc")[2]
    wanted = [n for n, text in enumerate(texts, 1) if defined(text, term, *OPERATORS[operator])]
    assert [row[0] for row in found] == wanted


def test_an_empty_term_is_everywhere(engine: Engine) -> None:
    fill(engine, ["", "a", "é"], "")
    for operator in OPERATORS:
        for sought in ("''", "term"):
            assert engine.raw(f"t | where s {operator} {sought} | count")[2] == [(3,)]
            assert engine.raw(f"t | where s !{operator} {sought} | count")[2] == [(0,)]


def test_terms_that_come_with_the_rows(engine: Engine) -> None:
    fill(engine, ["GET refused", "abrefused é", "—refused—", "錯refused", ""], "Refused")
    query = "t | where s has_any (pack_array(term, 'none')) | project n | order by n asc"
    assert [row[0] for row in engine.raw(query)[2]] == [1, 3]
    query = "t | where s has_all (pack_array(term, 'get')) | project n"
    assert [row[0] for row in engine.raw(query)[2]] == [1]
    none = "t | where s has_any (pack_array()) or s has_any (dynamic(null)) | count"
    assert engine.raw(none)[2] == [(0,)]


def test_no_expression_of_all_letters_is_prepared(engine: Engine) -> None:
    sql = engine.sql("t | where s has 'refused' or s !hasprefix 'x'").text
    assert r"\p" not in sql
    assert "kql_has_term" in sql
    # without an edge there is nothing to look at
    assert "kql_has_term" not in engine.sql("t | where s has '--'").text
