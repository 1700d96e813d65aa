"""Mistakes under their line of the query."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.caret import pointed_out
from openinsights.kql.errors import KqlError


def shown(text: str) -> str:
    with pytest.raises(KqlError) as refused:
        compile(text, DATABASE, OPTIONS)
    return pointed_out(refused.value, text)


def test_caret_stands_under_the_token_of_its_line() -> None:
    assert shown("requests\n| wher duration > 1\n| count") == (
        "line 2, column 3: unknown operator 'wher' (did you mean 'where'?)\n"
        "  2 | | wher duration > 1\n"
        "    |   ^^^^"
    )


def test_every_mistake_is_shown() -> None:
    assert shown("requests | where foo == 1 | summarise count()").count("^") == 3 + 9


def test_of_many_mistakes_the_number_is_told() -> None:
    text = "requests " + "| wher x " * 103
    assert shown(text).endswith("and 3 more")
    assert shown(text).count("unknown operator") == 100


def test_the_end_of_the_query_has_a_caret_behind_it() -> None:
    assert shown("requests | where").endswith("\n  1 | requests | where\n    |                 ^")


def test_tabs_and_wide_letters_do_not_move_the_caret() -> None:
    assert shown("\tprint '寿司' + foo").endswith("\n    | \t               ^^^")


def test_a_long_line_is_cut_around_the_token() -> None:
    message, line, marks = shown("print " + "1 + " * 60 + "foo" + " + 1" * 60).split("\n")
    assert "foo" in message
    assert len(line) < 120
    start = marks.index("^")
    assert line[start : start + marks.count("^")] == "foo"
