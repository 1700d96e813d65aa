"""let, set, declare and restrict: what they make of the names that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, NOW, OPTIONS, text_value

from openinsights.kql.api import CompileOptions, compile, emit
from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

PATTERN = """declare pattern city = (country:string, n:long)[state:string]
{
    ("USA", 1).["New York"] = { print capital = "Albany", n };
    ("USA", 2).["New York"] = { let twice = n * 2; print capital = strcat(state, twice) };
    ("Canada", 1).["Alberta"] = { print capital = "Edmonton" };
};
"""


def test_patterns_choose_by_constants(kql_engine: Engine) -> None:
    assert kql_engine.run(PATTERN + "city('USA', 1).['New York']")[1] == [("Albany", 1)]
    assert kql_engine.run(PATTERN + "city('Canada', 1).Alberta | count")[1] == [(1,)]
    text = PATTERN + "let k = 2; union city('USA', k).['New York'], city('Canada', 1).Alberta"
    assert sorted(kql_engine.run(text + " | project capital")[1]) == [("Edmonton",), ("New York4",)]


def _with(parameters: dict[str, object], text: str, engine: Engine) -> list[object]:
    options = CompileOptions(NOW, parameters=parameters)
    (statement,) = compile(text, DATABASE, options).statements
    sql = emit(statement, {})
    row = engine.connection.execute(sql.text, sql.parameters or None).fetchone()
    assert row is not None
    types = [type_ for _, type_ in statement.columns]
    return [text_value(value, type_) for value, type_ in zip(row, types, strict=True)]


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        ("long", 5, 5),
        ("long", "5", 5),
        ("long", "long(5)", 5),
        ("int", None, None),
        ("real", 2, 2.0),
        ("real", "1.5", 1.5),
        ("string", "it's", "it's"),
        ("string", "'; drop table x; --", "'; drop table x; --"),
        ("bool", True, True),
        ("bool", "false", False),
        ("datetime", "2024-01-02", "2024-01-02T00:00:00.0000000Z"),
        ("datetime", "datetime(2024-01-02 03:04)", "2024-01-02T03:04:00.0000000Z"),
        ("timespan", "1h", "01:00:00"),
        ("timespan", "time(1.02:00:00)", "1.02:00:00"),
        ("dynamic", {"a": [1, 2]}, {"a": [1, 2]}),
        ("dynamic", "dynamic([1, 2])", [1, 2]),
        ("decimal", "1.25", 1.25),
    ],
)
def test_values_come_with_the_request(
    kql_engine: Engine, type_: str, given: object, value: object
) -> None:
    text = f"declare query_parameters(p:{type_}); print p"
    assert _with({"p": given}, text, kql_engine) == [value]


def test_parameters_without_a_value_have_their_default(kql_engine: Engine) -> None:
    text = "declare query_parameters(a:long = 5, b:string = 'x'); print a, b"
    assert _with({"b": "y", "c": 1}, text, kql_engine) == [5, "y"]


@pytest.mark.parametrize(
    ("type_", "given"),
    [("long", "five"), ("long", 1.5), ("long", True), ("datetime", 5), ("string", 5), ("bool", 1),
     ("dynamic", "{"), ("timespan", [1]), ("long", "real(5)"), ("int", 1 << 40)],
)  # fmt: skip
def test_values_of_another_type_are_refused(type_: str, given: object) -> None:
    text = f"declare query_parameters(p:{type_}); print p"
    with pytest.raises(KqlError, match=f"no {type_}"):
        compile(text, DATABASE, CompileOptions(NOW, parameters={"p": given}))


def test_now_is_what_the_option_says(kql_engine: Engine) -> None:
    text = "set query_now = datetime(2020-01-01); print now(), ago(1h)"
    expected = [("2020-01-01T00:00:00.0000000Z", "2019-12-31T23:00:00.0000000Z")]
    assert kql_engine.run(text)[1] == expected


def test_restrict_hides_tables_and_variables_but_not_what_views_read() -> None:
    before = "let v = view () { traces | count }; let n = 5; let w = traces; "
    text = before + "restrict access to (v, req*); "
    for query in ("v", "requests | take n", "union * | count", "table('requests')", "search 'x'"):
        assert compile(text + query, DATABASE, OPTIONS).statements
    for query in ("union * | count", "search 'x' | count"):
        (statement,) = compile(text + query, DATABASE, OPTIONS).statements
        assert [scan.table for scan in statement.scans] == ["requests", "traces"]
    for hidden in ("w", "traces", "table('traces')", "database().traces"):
        with pytest.raises(KqlError):
            compile(text + hidden, DATABASE, OPTIONS)


def test_functions_check_the_columns_of_their_tables() -> None:
    text = "let f = (T:(duration:real, name:string)) { T | where duration > 1 }; "
    assert compile(text + "f(requests)", DATABASE, OPTIONS).statements
    assert compile(text + "requests | invoke f()", DATABASE, OPTIONS).statements
    anything = "let f = (T:(*)) { T | count }; f(traces); requests | invoke f()"
    assert len(compile(anything, DATABASE, OPTIONS).statements) == 2


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("let a = 1; let a = 2; print a", "there is a variable 'a' already", 16),
        ("let f = (a:long, a:long) { a }; print f(1, 2)", "there is a parameter 'a' already", 18),
        ("let f = (a:long) { a; a + 1 }; print f(1)", "expected '}'", 23),
        ("let f = (a:long) { f(a) }; print f(1)", "unknown function 'f'", 20),
        ("let f = (a:long) { a }; print f(1, 2)", "f(…) takes 1 argument", 31),
        ("let f = (a:long) { a }; print f(b=1)", "f(…) has no parameter 'b'", 31),
        ("let f = (T:(x:long)) { T }; f(requests)", "the table given for 'T' of f(…) needs", 31),
        (
            "let f = (T:(name:long)) { T }; requests | invoke f()",
            "the table given for 'T' of f(…) needs a column name:long, it is string",
            50,
        ),
        ("declare pattern p; p('a')", "a pattern without forms is not run", 1),
        ("declare pattern p = (a:string) { ('x') = { print 1 } }; p('y')", "the pattern 'p'", 57),
        ("declare pattern p = (a:string) { ('x') = { print 1 } }; p", "'p' is a pattern", 57),
        ("declare pattern p = (a:string) { (1) = { print 1 } }; p('y')", "'a' is a string", 35),
        ("declare pattern p = (a:string) { ('x', 'y') = { print 1 } }; p('y')", "a form of", 34),
        ("restrict access to (requets); requests", "unknown table 'requets'", 21),
        ("restrict access to (requests); traces", "unknown table 'traces'", 32),
        ("restrict access to (database('x').a); traces", "there are no other databases", 21),
        ("set query_now = 5; print 1", "'query_now' is a datetime known in advance", 17),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    assert caught.value.message.startswith(message)
    assert caught.value.column == column


@pytest.mark.parametrize(
    "body",
    [
        "toscalar(requests | where itemCount == n | count)",
        "n in ((requests | where itemCount == n | project itemCount))",
        "let twice = n * 2; toscalar(print twice)",
    ],
)
def test_tables_inside_expressions_do_not_depend_on_the_row(body: str) -> None:
    text = f"let f = (n: int) {{ {body} }}; "
    assert compile(text + "requests | extend x = f(2)", DATABASE, OPTIONS).statements
    with pytest.raises(KqlError) as caught:
        compile(text + "requests | extend x = f(itemCount)", DATABASE, OPTIONS)
    assert len(caught.value.diagnostics) == 1
    assert "depends on the row, and a table inside an expression does not" in str(caught.value)
