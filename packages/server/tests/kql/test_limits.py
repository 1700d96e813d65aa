"""Big and deep queries compile and run, or are refused; never anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine


def _outcome(engine: Engine, text: str) -> str:
    try:
        engine.run(text)
    except KqlError as error:
        return f"refused: {error.message}"
    return "ran"


@pytest.mark.parametrize(
    "text",
    [
        "range x from 1 to 2 step 1 | project y = " + " + ".join(["x"] * 190),
        "range x from 1 to 2 step 1 | project y = " + "abs(" * 80 + "x" + ")" * 80,
        "range x from 1 to 2 step 1 | project y = " + "(" * 85 + "x" + ")" * 85,
        "range x from 1 to 2 step 1" + " | extend x = x + 1" * 149,
        "range x from 1 to 2 step 1" + " | where x > 0 | extend y = x | summarize x = max(y)" * 40,
        "range x from 1 to 2 step 1 | where " + " or ".join(f"x == {i}" for i in range(3000)),
        "print " + ", ".join(f"c{i} = {i}" for i in range(2000)),
        "datatable(a:long)[" + ", ".join(["1"] * 20_000) + "] | count",
        "print strcat(" + ", ".join(["'a'"] * 1000) + ")",
    ],
)
def test_big_queries_run(kql_engine: Engine, text: str) -> None:
    assert _outcome(kql_engine, text) == "ran"


@pytest.mark.parametrize(
    "text",
    [
        "range x from 1 to 2 step 1 | project y = " + "round(" * 89 + "x" + ")" * 89,
        "range x from 1 to 2 step 1 | project y = " + "(x + " * 89 + "x" + ")" * 89,
        "range x from 1 to 2 step 1 | project y = " + "iff(x > 1, x, " * 80 + "x" + ")" * 80,
        "range x from 1 to 2 step 1 | where " + "x in ((range x from 1 to 2 step 1 | where " * 30
        + "x > 0" + "))" * 30,
        "let a0 = range x from 1 to 2 step 1;"
        + "".join(f"let a{i} = a{i - 1} | extend x = x + 1 | where x > 0;" for i in range(1, 99))
        + "a98",
    ],
)  # fmt: skip
def test_deep_queries_run_or_are_refused(kql_engine: Engine, text: str) -> None:
    outcome = _outcome(kql_engine, text)
    assert outcome == "ran" or outcome.startswith("refused: ")


MANY = range(100, 400)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("x in (" + ", ".join(map(str, MANY)) + ")", [101, 150]),
        ("x !in (" + ", ".join(map(str, MANY)) + ")", [1, 1000]),
        ("s in (" + ", ".join(f"'n{i}'" for i in MANY) + ")", [101, 150]),
        ("s in~ (" + ", ".join(f"'N{i}'" for i in MANY) + ")", [101, 150]),
        ("s !in (" + ", ".join(f"'n{i}'" for i in MANY) + ")", [1, 1000]),
        ("x * 1.0 in (" + ", ".join(f"{i}.0" for i in MANY) + ")", [101, 150]),
        ("x in (" + ", ".join(f"{i}.0" for i in MANY) + ")", [101, 150]),
        ("x in (1, " + ", ".join(f"{i}.0" for i in MANY) + ")", [1, 101, 150]),
        ("t in (" + ", ".join(f"{i}d" for i in MANY) + ")", [101, 150]),
        ("g in (" + ", ".join(f"guid({i:032x})" for i in MANY) + ")", [150]),
        ("n in (" + ", ".join(map(str, MANY)) + ")", []),
        ("n !in (" + ", ".join(map(str, MANY)) + ")", [1, 101, 150, 1000]),
        ("s in (dynamic([" + ", ".join(f"'n{i}'" for i in MANY) + "]))", [101, 150]),
    ],
)
def test_long_lists_are_one_parameter(kql_engine: Engine, condition: str, rows: list[int]) -> None:
    text = (
        "datatable(x:long)[1, 101, 150, 1000]"
        " | extend s = strcat('n', x), t = x * 1d, n = iff(x < 0, x, long(null))"
        " | extend g = toguid(iff(x == 150, '00000000000000000000000000000096', ''))"
        f" | where {condition} | project x"
    )
    assert [row[0] for row in kql_engine.run(text)[1]] == rows
    sql = kql_engine.sql(text)
    mixed = condition.startswith("x in (1, ")
    assert len(sql.parameters) == (0 if mixed else 1)
    assert mixed or len(sql.text) < 3_000
