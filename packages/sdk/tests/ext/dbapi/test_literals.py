from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencensus.ext.dbapi.literals import MOST_CHARACTERS, without_literals


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("select 1", "select ?"),
        ("select a1, b_2 from t3 where c = -4.5e-3", "select a1, b_2 from t3 where c = -?"),
        ("where n = 'it''s' and m = ''", "where n = ? and m = ?"),
        ('select "it""s 1" from "t 2"', 'select "it""s 1" from "t 2"'),
        ("where a = $1 and b = :name2 and c = %s and d = ?4", None),
        ("limit 0x1F offset .5", "limit ? offset ?"),
        ("select 'open and never closed, 5", "select ?"),
        ("select 1 -- of 'ada'\nfrom t /* 'x' 7 */ where a=2", "select ?  \nfrom t   where a=?"),
        ("/* traceparent='00-1' */ select 1", "select ?"),
        ("where n = '한국어 secret' and ключ = 5", "where n = ? and ключ = ?"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("component", ["postgresql", "sqlite", "sqlite3"])
def test_texts_and_numbers_are_hidden(component: str, statement: str, shown: str | None) -> None:
    assert without_literals(statement, component) == (statement if shown is None else shown)


@pytest.mark.parametrize(
    ("component", "statement", "shown"),
    [
        ("postgresql", r"p = 'C:\' and n = 'secret'", "p = ? and n = ?"),
        ("postgresql", r"p = E'it\'s' and n = 'secret'", "p = ? and n = ?"),
        ("postgresql", "do $body$ select 'secret', 5 $body$ language x", "do ? language x"),
        ("postgresql", "select $$it's$$, 'secret'", "select ?, ?"),
        ("mysql", r"n = 'it\'s' or n = 'secret'", "n = ? or n = ?"),
        ("mysql", r'n = "it\"s" or n = "secret"', "n = ? or n = ?"),
        (
            "mysql",
            "select `a'1` from t # 'secret\nwhere b = 2",
            "select `a'1` from t  \nwhere b = ?",
        ),
        # Nobody knows what a backslash means to the database: the rest is hidden.
        ("mydb", r"n = 'a' and p = 'C:\' and n = 'secret'", "n = ? and p = ?"),
        ("mydb", "n = 'a' and m = 'b'", "n = ? and m = ?"),
    ],
)
def test_quotes_are_the_databases_own(component: str, statement: str, shown: str) -> None:
    assert without_literals(statement, component) == shown


def quoted(text: str, component: str) -> str:
    if component == "mysql":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("component", ["postgresql", "mysql", "sqlite"])
@given(values=st.lists(st.text(st.sampled_from("ab'\"\\-#/*$`\n 1"), max_size=12), max_size=4))
def test_no_value_is_shown_whatever_stands_in_it(component: str, values: list[str]) -> None:
    statement = " or ".join(f"c = {quoted(value, component)}" for value in values)

    assert without_literals(statement, component) == " or ".join(["c = ?"] * len(values))


def test_of_a_long_statement_the_beginning_is_shown() -> None:
    shown = without_literals("select " + "'secret', " * 100_000, "postgresql")

    assert len(shown) < MOST_CHARACTERS
    assert "secret" not in shown
