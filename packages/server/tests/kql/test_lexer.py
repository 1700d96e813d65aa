"""The lexer is total: any text gives tokens that cover it, or an error with its place."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError, KqlSyntaxError
from openinsights.kql.lexer import tokenize
from openinsights.kql.tokens import END

WORDS = st.sampled_from(
    [
        "requests", "|", "where", "summarize", "by", "extend", "project", "name", "timestamp", "(",
        ")", "[", "]", "{", "}", ",", ";", "=", "==", "!", "in", "has", "let", "x", "1", "1h", "'a'",
        "count()", "ago(1h)", "dynamic(", "..", "between", "join", "on", "kind=inner", "union", "*",
        "-", "mv-expand", "to", "typeof(long)", "make-series", "from", "step", "parse", "with", ".",
        "$left.a", "datatable(a:long)[1]", "print", "range", "top", "order", "asc", "render", "pie",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_tokens_or_a_placed_error(text: str) -> None:
    try:
        tokens = tokenize(text)
    except KqlSyntaxError as error:
        starts, last = [error.start], END
    else:
        starts, last = [token.start for token in tokens], tokens[-1].kind
    assert starts == sorted(starts)
    assert all(0 <= start <= len(text) for start in starts)
    assert last == END


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25))
def test_any_words_compile_or_give_placed_mistakes(words: list[str]) -> None:
    text = " ".join(words)
    try:
        compile(text, DATABASE, OPTIONS)
    except KqlError as error:
        places = [(part.line, part.column) for part in error.diagnostics]
    else:
        places = [(1, 1)]
    assert places
    assert all(line >= 1 and column >= 1 for line, column in places)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a\\n\\u00e9\\\\'", "a\né\\"),
        ('@"c:\\x ""y"""', 'c:\\x "y"'),
        ("h'secret'", "secret"),
        ("```two\nlines```", "two\nlines"),
        ("'\\ud83d\\ude00'", "😀"),
    ],
)
def test_strings_are_read_in_every_form(text: str, value: str) -> None:
    assert tokenize(text)[0].text == value
