"""buildschema, and what Python takes of a group at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine


def schema(engine: Engine, *values: str) -> Any:
    listed = ", ".join(f"dynamic({value})" for value in values)
    ((found,),) = engine.run(f"datatable(v:dynamic)[{listed}] | summarize buildschema(v)")[1]
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1"], "long"),
        (["1.5"], "double"),
        (["true"], "bool"),
        (["'a'", "1", "2"], ["long", "string"]),
        (["null", "1"], "long"),
        (["null"], None),
        ([], None),
        (["{'a': 1, 'b': 'x'}", "{'a': 2.5}"], {"a": ["double", "long"], "b": "string"}),
        (["{'a': null, 'b': 1}"], {"b": "long"}),
        (["{}"], {}),
        (["[1, 'x']"], {"`indexer`": ["long", "string"]}),
        (["[]"], {"`indexer`": []}),
        (["[]", "[1]"], {"`indexer`": "long"}),
        (["{'a': {'b': [1]}}", "{'a': 5}"], {"a": ["long", {"b": {"`indexer`": "long"}}]}),
        (["{'a': 1}", "[1]", "'x'"], ["string", {"a": "long", "`indexer`": "long"}]),
    ],
)
def test_the_smallest_schema_that_fits(
    kql_engine: Engine, values: list[str], expected: object
) -> None:
    assert schema(kql_engine, *values) == expected


def test_a_group_that_python_would_choke_on_is_refused(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 40000 step 1 | extend v = strcat(strrep('ab', 1000), tostring(x))"
        " | summarize array_length(make_set(v))"
    )
    with pytest.raises(Exception, match="make_set of more than 67108864 characters in a group"):
        kql_engine.run(text)


def test_long_groups_keep_each_value_once(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 200000 step 1"
        " | summarize s = make_set(x % 5), n = make_set(x), b = make_bag(bag_pack(tostring(x % 3), 1))"
        " | project array_sort_asc(s), array_length(n), array_sort_asc(bag_keys(b))"
    )
    assert kql_engine.run(text)[1] == [([0, 1, 2, 3, 4], 200_000, ["0", "1", "2"])]


@pytest.mark.parametrize(
    "call",
    ["make_list(x, y)", "make_set_if(x, true, y)", "make_bag(d, y)", "make_dictionary(d, y)"],
)
def test_a_size_that_depends_on_the_rows_is_refused(kql_engine: Engine, call: str) -> None:
    with pytest.raises(KqlError, match="does not depend on the rows") as caught:
        kql_engine.run(f"datatable(x:long, y:long, d:dynamic)[] | summarize {call}")
    assert caught.value.column > 40
