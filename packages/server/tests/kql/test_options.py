"""What `set` says is obeyed, known to change nothing, or refused; so are databases and aliases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, OPTIONS, REQUESTS, TRACES

from openinsights.kql.api import Database, compile
from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine


def test_truncationmaxrecords_bounds_each_result(kql_engine: Engine) -> None:
    text = "set truncationmaxrecords=2; range x from 5 to 1 step -1 | order by x asc"
    assert kql_engine.run(text)[1] == [(1,), (2,)]


@pytest.mark.parametrize("option", ["notruncation", "servertimeout = 10m", "query_language='kql'"])
def test_options_that_change_nothing_are_taken(kql_engine: Engine, option: str) -> None:
    assert kql_engine.run(f"set {option}; print x = 1")[1] == [(1,)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("set truncationmaxrecord=1; requests", "did you mean 'truncationmaxrecords'?"),
        ("set something=1; requests", ""),
        ("database('other').requests", "write requests"),
        ("requests | project-away *", ""),
        ("set truncationmaxrecords='a'; requests", ""),
    ],
)
def test_what_is_not_obeyed_is_refused(text: str, hint: str) -> None:
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    assert caught.value.hint.startswith(hint)


def test_the_one_database_may_be_named_without_a_name() -> None:
    assert compile("database('').requests", DATABASE, OPTIONS).statements


def test_keys_that_look_like_wildcards_are_keys(kql_engine: Engine) -> None:
    text = """print d = parse_json('{"*":1,"b":2,"?":3}') | project d['*'], d['?'], d['b']"""
    assert kql_engine.run(text)[1] == [(1, 3, 2)]


def test_literals_have_keys_and_elements(kql_engine: Engine) -> None:
    text = (
        """print dynamic({"a":1})["a"], dynamic([5,6])[1], dynamic({"a":{"b":3}}).a.b,"""
        """ dynamic([5,6])[-1]"""
    )
    assert kql_engine.run(text)[1] == [(1, 6, 3, 6)]


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("union * | count", ["requests", "traces"]),
        ("union *quests | count", ["requests"]),
        ("union App* | count", ["AppRequests"]),
        ("search 'x'", ["requests", "traces"]),
        ("search in (*) 'x'", ["requests", "traces"]),
        ("union requests, AppRequests | count", ["requests", "AppRequests"]),
    ],
)
def test_wildcards_count_rows_once(text: str, tables: list[str]) -> None:
    alias = replace(REQUESTS, name="AppRequests", alias_of="requests", is_alternative=True)
    database = Database((REQUESTS, TRACES, alias))
    (statement,) = compile(text, database, OPTIONS).statements
    assert [scan.table for scan in statement.scans] == tables


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("set query_bin_auto_size=10;", [0, 10, 20]),
        ("set query_bin_auto_size=10; set query_bin_auto_at=5;", [-5, 5, 15]),
    ],
)
def test_bin_auto_takes_size_and_place_from_the_options(
    kql_engine: Engine, options: str, expected: list[int]
) -> None:
    text = f"{options} range x from 1 to 24 step 1 | summarize by b = bin_auto(x) | order by b asc"
    assert [row[0] for row in kql_engine.run(text)[1]] == expected


def test_bin_auto_without_a_size_is_refused(kql_engine: Engine) -> None:
    with pytest.raises(KqlError) as caught:
        kql_engine.run("print bin_auto(5)")
    assert caught.value.hint == "set query_bin_auto_size=1h; before the query"
