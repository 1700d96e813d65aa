"""What stands in several places of large expressions is written and computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile, emit
from openinsights.schema.sql import Sql

if TYPE_CHECKING:
    from engine import Engine

HALVED = "let halved = (n: long) { iff(n % 2 == 0, n / 2, 3 * n + 1) };"
NUMBERS = "range n from 1 to 30 step 1"


def calls(depth: int) -> str:
    return "halved(" * depth + "n" + ")" * depth


def length(text: str) -> int:
    (statement,) = compile(text, DATABASE, OPTIONS).statements
    return len(emit(statement, {scan.id: Sql("t") for scan in statement.scans}).text)


@pytest.mark.parametrize("tail", ["extend m = {}", "where {} > 3"])
def test_sql_of_calls_within_calls_grows_by_each_call(tail: str) -> None:
    lengths = [length(f"{HALVED} {NUMBERS} | {tail.format(calls(depth))}") for depth in (6, 7, 8)]
    assert lengths[2] - lengths[1] == pytest.approx(lengths[1] - lengths[0], rel=0.2)
    assert lengths[2] < 2 * lengths[0]


def test_calls_within_calls_give_what_steps_give(kql_engine: Engine) -> None:
    steps = " | extend n = iff(n % 2 == 0, n / 2, 3 * n + 1)" * 7
    at_once = kql_engine.run(f"{HALVED} {NUMBERS} | project n = {calls(7)} | order by n asc")
    assert at_once == kql_engine.run(f"{NUMBERS}{steps} | order by n asc")
    kept = kql_engine.run(f"{HALVED} {NUMBERS} | where {calls(7)} > 3 | count")
    assert kept == kql_engine.run(f"{NUMBERS}{steps} | where n > 3 | count")


def test_what_differs_each_time_is_asked_each_time(kql_engine: Engine) -> None:
    text = "let two = (x: real) { iff(x >= 0.0, x, x + 1.0) * 1.0 - iff(x >= 0.0, x, x + 1.0) };"
    nested = "two(" * 4 + "rand()" + ")" * 4
    found = kql_engine.run(
        f"{text} range n from 1 to 50 step 1 | extend m = {nested} | summarize dcount(m)"
    )[1]
    assert found[0][0] > 1
