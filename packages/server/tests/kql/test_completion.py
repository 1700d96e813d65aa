"""What is offered at a place of a query."""

from __future__ import annotations

import pytest
from engine import DATABASE
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.completion import completions


def offered(text: str, kind: str = "") -> list[str]:
    """What is offered at the `^` of a text."""
    before, _, after = text.partition("^")
    found = completions(before + after, len(before), DATABASE)
    return [each.text for each in found if kind in ("", each.kind)]


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("^", ["requests", "print", "let"]),
        ("req^", ["requests"]),
        ("requests | ^", ["where", "summarize", "project-away"]),
        ("requests | project-a^", ["project-away"]),
        ("requests | where dur^", ["duration"]),
        ("requests | where strl^", ["strlen"]),
        ("requests | summarize dco^", ["dcount"]),
        ("requests | extend speed = 1 | where spe^", ["speed"]),
        ("requests | project a = 1, b = 2 | where a > ^ | count", ["a", "b"]),
        ("let slow = requests | where duration > 5; sl^", ["slow"]),
        ("let slow = requests | project x = 1; slow | where ^", ["x"]),
        ("let t = requests | where oper^", ["operation_Id"]),
        ("requests | join (traces | where mess^", ["message"]),
        ("requests | join kind=inner (tra^", ["traces"]),
        ("requests | evaluate piv^", ["pivot"]),
        ("requests | render tim^", ["timechart"]),
        ("requests | where tolower(na^", ["name"]),
        ("requests | wher x | where dura^", ["duration"]),
    ],
)
def test_what_fits_is_offered(text: str, some: list[str]) -> None:
    assert set(some) <= set(offered(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("requests | project x = 1 | where ^", "duration"),
        ("requests | ^", "print"),
        ("requests | where ^", "summarize"),
        ("requests | where dcou^", "dcount"),
        ("search name : ^", "guid"),
    ],
)
def test_what_does_not_fit_is_not_offered(text: str, name: str) -> None:
    assert name not in offered(text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("requests | mv-apply v = customDimensions to typeof(long) on (where ^", {"v", "duration"}),
        ("requests | mv-apply v = customDimensions on (extend twice = v | where ^", {"twice", "v"}),
        ("requests | partition by name (top 1 by ^", {"duration"}),
        ("requests | partition by name (extend d = 1 | where ^", {"d", "duration"}),
        ("requests | partition by name { traces | where ^", {"message"}),
        ("requests | fork slow = (where ^", {"duration"}),
        ("requests | fork (count) (summarize n = count() by name | where ^", {"n", "name"}),
        ("requests | facet by name with (where ^", {"duration"}),
        ("let f = (T:(x:long), k:int) { T | where ^", {"x"}),
        ("let f = (T:(x:long)) { T | extend y = x | where ^", {"y", "x"}),
        ("let f = () { requests | project id, d = duration | where ^", {"id", "d"}),
        ("requests | scan declare (n:long = 0) with (step s: dura^", {"duration"}),
        ("requests | scan declare (n:long = 0) with (step s: true => n = ^", {"duration"}),
        ("requests | scan declare (n:long = 0) with (step s: true => n = s.^", {"n", "duration"}),
        ("requests | summarize count() by ^", {"name", "duration"}),
        ("requests | order by ^", {"name", "duration"}),
        ("requests | top 5 by ^", {"duration"}),
        ("requests | distinct ^", {"name"}),
        ("requests | project-away ^", {"name"}),
        ("requests | make-series n = count() on ^", {"timestamp"}),
        ("requests | make-series n = count() on timestamp step 1h by ^", {"name"}),
        ("requests | join (traces) on ^", {"operation_Id"}),
        ("requests | join kind=inner (traces | project operation_Id) on ^", {"operation_Id"}),
        ("requests | join (traces) on $left.^", {"duration"}),
        ("requests | join (traces) on $left.id == $right.^", {"message"}),
        ("requests | where id in ((traces | where ^", {"message"}),
        ("requests | extend x = (dur^", {"duration"}),
        ("union requests, (traces | where ^", {"message"}),
        ("print toscalar(requests | where ^", {"duration"}),
        ("requests | render timechart with (xcolumn=^", {"timestamp"}),
        ("requests | render timechart with (ycolumns=duration, ^", {"itemCount"}),
    ],
)
def test_columns_are_those_of_the_place(text: str, columns: set[str]) -> None:
    assert columns <= set(offered(text, "column"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("requests | join (traces) on ^", "duration"),
        ("requests | join (traces) on $right.^", "duration"),
        ("let f = (T:(x:long)) { T | where ^", "duration"),
        ("requests | partition by name { traces | where ^", "duration"),
        ("requests | mv-apply v = customDimensions on (project v | where ^", "duration"),
    ],
)
def test_columns_of_elsewhere_are_not_offered(text: str, name: str) -> None:
    assert name not in offered(text, "column")


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("requests | mv-apply v = customDimensions on (^", ["where", "summarize"]),
        ("requests | partition by name (^", ["top"]),
        ("requests | fork (^", ["where"]),
        ("requests | scan with (^", ["step"]),
        ("let f = (T:(x:long), k:int) { ^", ["T", "k", "requests"]),
        ("let f = (k:int) { k * ^", ["k"]),
        ("let limit = 5; requests | where duration > ^", ["limit"]),
        ("requests | render ^", ["timechart", "piechart"]),
        ("requests | render timechart ^", ["with"]),
        ("requests | render timechart with (^", ["title", "ycolumns"]),
        ("requests | render timechart with (kind=^", ["stacked"]),
        ("requests | join kind=^", ["inner", "leftouter", "leftanti"]),
        ("requests | union kind=^", ["inner", "outer"]),
        ("requests | join (^", ["traces"]),
        ("requests | lookup kind=inner (^", ["traces"]),
        ("let t = (^", ["requests"]),
        ("datatable(a:^", ["string", "long"]),
        ("let f = (n:lo^", ["long"]),
        ("requests | parse name with 'a' b:^", ["int"]),
        ("requests | mv-expand customDimensions to typeof(^", ["string"]),
        ("declare query_parameters(since:^", ["datetime"]),
        ("let t = materialize(^", ["requests"]),
    ],
)
def test_words_of_the_place_are_offered(text: str, some: list[str]) -> None:
    assert set(some) <= set(offered(text))


def test_in_parts_only_operators_are_offered_that_are_run_there() -> None:
    inside = offered("requests | mv-apply v = customDimensions on (^", "operator")
    assert "union" not in inside
    assert "union" in offered("requests | ^", "operator")


def test_keys_of_dynamic_columns_are_those_that_are_found() -> None:
    def keys(table: str, column: str) -> list[str]:
        return {("requests", "customDimensions"): ["tier", "tenant"]}.get((table, column), [])

    def found(text: str) -> list[str]:
        return [each.text for each in completions(text, len(text), DATABASE, keys)]

    assert found("requests | where customDimensions.t") == ["tier", "tenant"]
    assert found("let a = 1; requests | where customDimensions.ti") == ["tier"]
    assert found("traces | where customDimensions.t") == []
    assert found("requests | where customDimensions.a.t") == []


def test_a_key_that_is_no_name_stands_in_brackets_instead_of_the_dot() -> None:
    text = "requests | where customDimensions.req"
    (found,) = completions(text, len(text), DATABASE, lambda *_: ["request.url", "tier"])
    assert text[: found.start] + found.text == 'requests | where customDimensions["request.url"]'


def test_functions_say_how_they_are_written() -> None:
    first = completions("requests | extend substr", 24, DATABASE)[0]
    assert (first.text, first.doc) == ("substring", "substring(string, start, [length])")


@pytest.mark.parametrize("text", ["print 'req^", "requests // wh^", "requests | where a.na^"])
def test_nothing_is_offered_in_texts_comments_and_paths(text: str) -> None:
    assert offered(text) == []


def test_columns_come_first_and_name_their_type() -> None:
    first = completions("requests | where dur", 20, DATABASE)[0]
    assert (first.text, first.kind, first.start, first.doc) == ("duration", "column", 17, "real")


@given(st.text(alphabet="requests|where ()[]{};'\"=.-,$*let x1\n"), st.integers(0, 40))
def test_any_text_has_an_answer(text: str, position: int) -> None:
    completions(text, min(position, len(text)), DATABASE)
