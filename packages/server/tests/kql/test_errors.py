"""A mistake names its line, column and token, and what was probably meant."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError, KqlSemanticError, KqlSyntaxError


def mistakes(text: str) -> list[KqlError]:
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("text", "line", "column", "token", "hint"),
    [
        ("requests | wehre x", 1, 12, "wehre", "did you mean 'where'?"),
        ("requests\n| where nmae == 'x'", 2, 9, "nmae", "did you mean 'name'?"),
        ("reqests | take 1", 1, 1, "reqests", "did you mean 'requests'?"),
        ("requests | extend y = strcatt(name, 1)", 1, 23, "strcatt", "did you mean 'strcat'?"),
        ("requests | where duration > 'a'", 1, 27, ">", "convert the string first"),
        ("requests | summarize countt()", 1, 22, "countt", "did you mean 'count'?"),
        ("requests | project-awy name", 1, 12, "project-awy", "did you mean 'project-away'?"),
        ("let x = 5; print y = xx + 1", 1, 22, "xx", ""),
        ("requests | project-reorder ['odd name']", 1, 28, "['odd name']", ""),
        ("let n = row_number(); requests", 1, 9, "row_number()", ""),
        ("requests | summarize sum(count())", 1, 26, "count()", ""),
        ("requests | where * - 'x'", 1, 18, "*", ""),
        ("requests | summarize toint(name)", 1, 22, "toint(name)", "write take_any(name)"),
        ("requests | summarize x = itemCount / count()", 1, 26, "itemCount / count()", "write"),
    ],
)
def test_a_mistake_is_placed_and_suggests(
    text: str, line: int, column: int, token: str, hint: str
) -> None:
    (error,) = mistakes(text)
    assert (error.line, error.column, error.token) == (line, column, token)
    assert error.hint.startswith(hint)


@pytest.mark.parametrize("end", ["", "\n", " | take 1"])
def test_an_operator_that_is_missing_has_its_place(end: str) -> None:
    text = f"requests | facet by name with (take 1) | {end}"
    assert all(error.start <= error.end <= len(text) for error in mistakes(text))


def test_two_broken_operators_give_two_mistakes() -> None:
    found = mistakes("requests | wehre x == 1 | summarze count() | take 5")
    assert [(error.token, error.hint) for error in found] == [
        ("wehre", "did you mean 'where'?"),
        ("summarze", "did you mean 'summarize'?"),
    ]


def test_names_after_a_mistake_are_not_reported() -> None:
    (error,) = mistakes("requests | extnd y = 1 | where y > 0 | project y, z")
    assert error.token == "extnd"


def test_statements_are_checked_each() -> None:
    found = mistakes("let a = fooo(1);\nrequests | where bar == 1;\ntraces | take")
    assert [error.line for error in found] == [1, 2, 3]
    assert isinstance(found[1], KqlSemanticError)
    assert isinstance(found[2], KqlSyntaxError)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Each mistake of one condition, one list, one call.
        ("requests | where foo == 1 and duraton > 2 or nmae == 'x'", ["foo", "duraton", "nmae"]),
        ("requests | extend a = foo, b = duraton + 1", ["foo", "duraton"]),
        ("requests | summarize avg(duraton), cuont() by nmae", ["duraton", "cuont", "nmae"]),
        ("requests | sort by foo, bar desc", ["foo", "bar"]),
        ("requests | where strcatt(foo, 'x') == bar", ["strcatt", "foo", "bar"]),
        ("requests | project-away foo, bar", ["foo", "bar"]),
        ("union reqests, tracess", ["reqests", "tracess"]),
        ("requests | join (traces | where foo == 1) on bar, baz", ["foo", "bar", "baz"]),
        # What a mistake does not touch is still known behind it.
        ("requests | where foo == 1 | where bar == 2", ["foo", "bar"]),
        ("requests | wehre foo | where bar == 2", ["wehre", "bar"]),
        ("requests | where name = 'x' | where bar == 2", ["=", "bar"]),
        ("requests | extend a = foo | where a > 1 and bar == 2", ["foo", "bar"]),
        ("requests | project a = foo, name | where a > 1 and name > 2", ["foo", ">"]),
        ("requests | summarize n = foo(), count() by name | where n > 1 and id == ''",
         ["foo", "id"]),
        ("print x = foo | where x > 1 and y > 2", ["foo", "y"]),
        # What it does touch is not reported again.
        ("requests | extend name = foo | where name > 5", ["foo"]),
        ("requests | summarize avg(foo) | where avg_foo > 5 | project avg_foo", ["foo"]),
        ("requests | project a = foo | summarize count() by a | where a == 1 and count_ > 2",
         ["foo"]),
        ("requests | extnd y = 1 | where y > 0 | project y, z", ["extnd"]),
        ("let f = (a:long) { a + foo }; print f(1), f(2)", ["foo"]),
        # Where a table is nearly right, its columns are read.
        ("reqests | where duraton > 5", ["reqests", "duraton"]),
        ("exceptionss | where duraton > 5", ["exceptionss"]),
        # Characters that start no word, and strings without an end.
        ("requests | where name == ‘x’ | where bar == 1", ["‘", "bar"]),
        ("requests | where name == 'x && y\n| where bar == 1", ["'x && y", "bar"]),
        ("requests | where strcat('a', 'x\n| where bar == 1", ["'x"]),
        ("requests | where name == 'a' && id == 'b' && url == 'c'", ["&&"]),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once(text: str, tokens: list[str]) -> None:
    assert [error.token for error in mistakes(text)] == tokens


def test_an_option_may_stand_before_a_parenthesis() -> None:
    assert compile("union isfuzzy=true (requests | take 1), traces", DATABASE, OPTIONS).statements


def test_a_fuzzy_union_leaves_out_queries_on_tables_that_are_not_there() -> None:
    text = "union isfuzzy=true (nothing | where foo == 1), requests"
    assert compile(text, DATABASE, OPTIONS).statements
    (error,) = mistakes("union isfuzzy=true (traces | where foo == 1), requests")
    assert error.token == "foo"


def test_an_opening_sign_that_lacks_its_partner_is_placed() -> None:
    (error,) = mistakes("requests\n| where (name == 'a' and strcat('(', id) == 'b'")
    assert error.hint == "the '(' of line 2, column 9 is not closed: is ')' missing?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";;",
        "let x = 1",
        "requests | where (",
        "print 'unclosed",
        "requests | | take 1",
        "print " + "(" * 5000 + "1" + ")" * 5000,
        "print " + "-" * 5000 + "1",
        "print " + "+".join(["1"] * 5000),
        "requests" + "| take 1" * 5000,
        "print " + "f(" * 3000,
        "print x" + "[0]" * 3000,
        "print dynamic(" + "[" * 5000,
    ],
)
def test_no_text_breaks_the_compiler(text: str) -> None:
    assert mistakes(text)


def test_a_long_chain_of_conditions_compiles() -> None:
    text = "requests | where " + " or ".join(f"name == 'n{i}'" for i in range(5000))
    assert compile(text, DATABASE, OPTIONS).statements


def test_functions_that_call_each_other_deeply_are_refused() -> None:
    lets = ["let f0 = (x:long) { x };"]
    lets += [f"let f{i} = (x:long) {{ f{i - 1}(x) + f{i - 1}(x) }};" for i in range(1, 60)]
    assert mistakes("\n".join(lets) + "print f59(1)")


def test_variables_that_double_are_refused() -> None:
    lets = ["let t0 = requests;"]
    lets += [f"let t{i} = union t{i - 1}, t{i - 1};" for i in range(1, 40)]
    assert mistakes("\n".join(lets) + "t39 | count")
