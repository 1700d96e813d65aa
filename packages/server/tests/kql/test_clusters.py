"""autocluster, basket and diffpatterns as queries see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

FAILURES = (
    "let failures = range x from 1 to 100 step 1 | project"
    " page = iff(x <= 60, 'pay', iff(x <= 80, 'home', strcat('page', tostring(x)))),"
    " code = iff(x <= 60 or x % 2 == 0, 500, 404), n = iff(x <= 60, 1, 2),"
    " id = tostring(x), failed = iff(x <= 50, 'True', 'False');"
)


def test_basket_lists_patterns_by_their_frequency(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        f"{FAILURES} failures | project page, code, id | evaluate basket(0.15)"
    )
    assert names == ["SegmentId", "Count", "Percent", "page", "code", "id"]
    assert rows == [
        (0, 80, 80.0, "", 500, ""),
        (1, 60, 60.0, "pay", 500, ""),
        (2, 20, 20.0, "", 404, ""),
        (3, 20, 20.0, "home", None, ""),
    ]


def test_weights_count_rows_and_wildcards_stand_for_any_value(kql_engine: Engine) -> None:
    _, rows = kql_engine.run(
        f"{FAILURES} failures | project page, code, n | evaluate basket(0.2, n, '~', '*', long(-1))"
    )
    assert rows == [
        (0, 100, pytest.approx(100 * 100 / 140), "*", 500, -1),
        (1, 60, pytest.approx(100 * 60 / 140), "pay", 500, -1),
        (2, 40, pytest.approx(100 * 40 / 140), "*", 404, -1),
        (3, 40, pytest.approx(100 * 40 / 140), "home", -1, -1),
    ]


def test_autocluster_gives_few_detailed_patterns(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        f"{FAILURES} failures | project page, code | evaluate autocluster()"
    )
    assert names == ["SegmentId", "Count", "Percent", "page", "code"]
    assert rows[0] == (0, 60, 60.0, "pay", 500)
    assert len(rows) <= 4


def test_diffpatterns_leaves_the_split_out(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        f"{FAILURES} failures | project page, failed, code"
        " | evaluate diffpatterns(failed, 'True', 'False')"
    )
    assert names == [
        "SegmentId", "CountA", "CountB", "PercentA", "PercentB", "PercentDiffAB", "page", "code",
    ]  # fmt: skip
    assert rows[0] == (0, 50, 10, 100.0, 20.0, 80.0, "pay", 500)
    assert all(row[5] >= 5 for row in rows)


def test_diffpatterns_takes_values_of_any_type(kql_engine: Engine) -> None:
    _, rows = kql_engine.run(
        f"{FAILURES} failures | project page, code | evaluate diffpatterns(code, 500, 404)"
    )
    assert rows[0][1:3] == (60, 0)


def test_diffpatterns_text_shows_words_and_stars(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(
        "datatable(t:string, bad:bool)['user 5 logged in', false, 'user 7 logged in', false,"
        " 'user 9 failed  to pay', true, 'user 1 failed to pay now', true, '', true]"
        " | evaluate diffpatterns_text(t, bad, 2)"
    )
    assert names == [
        "Count_of_True", "Count_of_False", "Percent_of_True", "Percent_of_False", "Pattern",
    ]  # fmt: skip
    assert sorted(rows) == [
        (0, 2, 0.0, 100.0, "user * logged in"),
        (2, 0, pytest.approx(200 / 3), 0.0, "user * failed to pay"),
    ]


def test_values_keep_their_types(kql_engine: Engine) -> None:
    value = "datetime(2024-01-01T00:00:00.0000001Z), guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"
    _, rows = kql_engine.run(
        "datatable(t:datetime, g:guid, b:bool, d:dynamic, s:timespan, r:real)"
        f"[{value}, true, dynamic({{'a':1}}), 1h, 1.5, {value}, true, dynamic({{'a':1}}), 2h, 1.5]"
        " | evaluate basket(0.6) | project-away g"
    )
    at = "2024-01-01T00:00:00.0000001Z"
    assert rows == [(0, 2, 100.0, at, True, {"a": 1}, None, 1.5)]


@pytest.mark.parametrize(
    "call", ["basket()", "autocluster()", "diffpatterns(a, 'x', 'y')", "diffpatterns_text(b, true)"]
)
def test_no_rows_have_no_patterns(kql_engine: Engine, call: str) -> None:
    text = f"datatable(a:string, b:string)[] | evaluate {call}"
    assert kql_engine.run(text)[1] == []


def test_too_many_different_rows_are_refused(kql_engine: Engine) -> None:
    columns = ", ".join(f"c{n} = tostring((x / {7**n % 1013}) % 60)" for n in range(12))
    with pytest.raises(Exception, match="too many different rows"):
        kql_engine.run(
            f"range x from 1 to 100000 step 1 | project {columns} | evaluate basket(0.015)"
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("basket(0.001)", "the threshold is a number from 0.015 to 1"),
        ("basket(0.1, name)", "the weight is a column of numbers, this is string"),
        ("basket(0.1, 5)", "the weight is a column of numbers"),
        ("basket(0.1, '~', 0)", "whole number from 1 to"),
        ("autocluster(2)", "the size's weight is a number from 0 to 1"),
        ("diffpatterns(success, 'a')", "lacks a value of the column that parts the sets"),
        ("diffpatterns(nothing, 'a', 'b')", "unknown column 'nothing'"),
        ("diffpatterns_text(duration, true)", "compares strings, this is real"),
        ("diffpatterns_text(name, true, 1, 0.1, 500)", "whole number from 1 to 50"),
    ],
)
def test_mistakes(kql_engine: Engine, call: str, message: str) -> None:
    with pytest.raises(KqlError, match=message) as caught:
        kql_engine.run(f"requests | evaluate {call}")
    assert caught.value.column > 20
