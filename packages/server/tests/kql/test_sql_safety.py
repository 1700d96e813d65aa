"""Nothing that a query says becomes SQL other than as a quoted name or a literal."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS, Engine
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError
from openinsights.schema.sql import Sql


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_string_comes_back_as_it_is(kql_engine: Engine, text: str) -> None:
    quoted = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in text)
    _names, rows = kql_engine.run(f"print x = '{quoted}', y = strcat('{quoted}', '!')")
    assert rows == [(text, text + "!")]


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", 'x"; DROP TABLE requests; --', "$k1", "select", "a b", "{0}", "%s"]
)
def test_any_column_name_is_only_a_name(kql_engine: Engine, name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    text = (
        f"print ['{escaped}'] = 1 | extend other = ['{escaped}'] + 1"
        f" | summarize n = sum(other) by ['{escaped}'] | where n == 2"
    )
    assert kql_engine.run(text) == ([name, "n"], [(1, 2)])


def test_names_that_differ_in_case_only_are_two_columns(kql_engine: Engine) -> None:
    text = "print a = 1, A = 2 | extend b = a + A | summarize s = sum(A) by a, b"
    assert kql_engine.run(text) == (["a", "b", "s"], [(1, 3, 2)])
    assert kql_engine.run("print a = 1, A = 2") == (["a", "A"], [(1, 2)])


@pytest.mark.parametrize(
    "call",
    ["read_csv('x')", "read_text('x')", "getenv('HOME')", "kql_key('a', 'b')", "query('select 1')"],
)
def test_functions_of_the_engine_cannot_be_reached(call: str) -> None:
    with pytest.raises(KqlError, match="unknown function"):
        compile(f"print x = {call}", DATABASE, OPTIONS)
    with pytest.raises(KqlError):
        compile(f"{call} | take 1", DATABASE, OPTIONS)


def test_a_source_is_taken_with_its_parameters(kql_engine: Engine) -> None:
    from openinsights.kql.api import emit

    statement = kql_engine.compile("requests | where name == 'a' | project name").statements[0]
    source = Sql("(select $s1 as name, $s2 as id)", {"s1": "a", "s2": "b"})
    sql = emit(statement, {0: source})
    assert sql.parameters == {"s1": "a", "s2": "b"}
    assert "$s1" in sql.text
