"""Inside mv-apply and partition each part of the rows is a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import only_mistake

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

ROWS = "datatable(k:string, v:long)['a',1, 'a',5, 'b',2, '',7]"
NATIVE = f"{ROWS} | partition hint.strategy=native by k "


@pytest.mark.parametrize(
    ("subquery", "rows"),
    [
        ("(where v > 4 | count)", [(0,), (1,), (1,)]),
        ("(where v > 9 | summarize n = count(), s = sum(v), l = make_list(v))", [(0, 0, [])] * 3),
        ("(where v > 4 | summarize m = max(v) | where isnull(m) | count)", [(0,), (0,), (1,)]),
        ("(where v > 4 | summarize n = count() by k)", [("", 1), ("a", 1)]),
        ("(sample 1 | count)", [(1,)] * 3),
        ("(sample 1 | project k)", [("",), ("a",), ("b",)]),
        ("(top 1 by v desc | project k, v)", [("", 7), ("a", 5), ("b", 2)]),
        ("(distinct k)", [("",), ("a",), ("b",)]),
        ("(join (print w = 1, v = 5) on v | project k, w)", [("a", 1)]),
        ("(extend one = 1 | join (print w = 3, one = 1) on one | project k, w)",
         [("", 3), ("a", 3), ("b", 3)]),
        ("(as T | order by v asc | extend r = row_number() | project k, r)",
         [("", 1), ("a", 1), ("a", 2), ("b", 1)]),
        ("(mv-apply x = range(1, v) to typeof(long) on (where x > 4 | count) | project k, Count)",
         [("", 3), ("a", 0), ("a", 1), ("b", 0)]),
    ],
)  # fmt: skip
def test_operators_see_one_part(
    kql_engine: Engine, subquery: str, rows: list[tuple[object, ...]]
) -> None:
    assert sorted(kql_engine.run(NATIVE + subquery)[1], key=str) == sorted(rows, key=str)


def test_null_is_a_key(kql_engine: Engine) -> None:
    text = "datatable(k:long, v:long)[long(null),1, 1,2, long(null),3]"
    text += " | partition by k (where v > 2 | count) | order by Count asc"
    assert kql_engine.run(text)[1] == [(0,), (1,)]


def test_a_row_whose_elements_are_all_left_out_still_counts(kql_engine: Engine) -> None:
    text = "datatable(k:string, a:dynamic)['x',dynamic([1,5]), 'y',dynamic([2]), 'z',dynamic([])]"
    text += " | mv-apply e = a to typeof(long) on (where e > 3 | summarize n = count())"
    assert sorted(kql_engine.run(f"{text} | project k, n")[1]) == [("x", 1), ("y", 0)]


def test_the_key_of_a_partition_names_a_column_of_print(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(f"let m = 2; {ROWS} | partition by k {{ print m, k, strlen(k) }}")
    assert list(names) == ["print_0", "k", "print_2"]
    assert sorted(rows) == [(2, "", 0), (2, "a", 1), (2, "b", 1)]


def test_a_query_of_its_own_is_run_for_each_key(kql_engine: Engine) -> None:
    text = f"let T = {ROWS}; T | partition by k {{ T | where k != 'b' and v > strlen(k) * 2"
    text += " | summarize n = count() | extend key = k }"
    assert sorted(kql_engine.run(text)[1]) == [(2, ""), (2, "a"), (2, "b")]
    times = "datatable(t:timespan)[1h, timespan(null), 2h, 1h] | partition by t { print x = t }"
    assert sorted(kql_engine.run(times)[1], key=str) == [("01:00:00",), ("02:00:00",), (None,)]
    guids = "print g = toguid('00000000-0000-0000-0000-000000000005') | partition by g { print g }"
    assert str(kql_engine.run(guids)[1][0][0]).endswith("05")
    nothing = f"{ROWS} | where v > 99 | partition by k {{ print key = k, n = 1 }}"
    assert kql_engine.run(nothing) == (["key", "n"], [])


def test_a_query_of_its_own_has_a_bound_of_keys(kql_engine: Engine) -> None:
    text = "range x from 1 to {} step 1 | partition by x {{ print y = x }} | count"
    assert kql_engine.run(text.format(64))[1] == [(64,)]
    with pytest.raises(KqlError, match="at most 64 keys"):
        kql_engine.run(text.format(65))


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        (NATIVE + "(make-series count() on v step 1)", "'make-series' is not run inside", 95),
        (NATIVE + "(evaluate narrow())", "'evaluate' is not run inside", 95),
        (NATIVE + "(getschema)", "'getschema' is not run inside", 95),
        (NATIVE + "(union traces)", "'union' is not run inside", 95),
        (NATIVE + "(join kind=fullouter (print k = 'a') on k)", "a join of kind fullouter", 95),
        (NATIVE + "(as T | extend n = toscalar(T | count))", "the rows of one part", 122),
        (NATIVE + "(partition by v (count))", "'partition' is not run inside", 95),
        (f"{ROWS} | partition hint.strategy=nativ by k (count)", "unknown strategy 'nativ'", 82),
        (f"{ROWS} | partition by q (count)", "unknown column or variable 'q'", 71),
        ("print d = dynamic(1) | partition by d { print 1 }", "a dynamic cannot be the key", 37),
        ("requests | partition by name { print 1 }", "a partition with a query of its own", 12),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
