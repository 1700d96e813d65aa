"""`scan` against the algorithm as the rule words it (K52), on sequences of every kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from engine import DATABASE, OPTIONS, only_mistake

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine import Engine

Row = dict[str, Any]
State = dict[str, Row]


@dataclass
class Step:
    """A step in Python: what holds a row (`r`) against a state (`s`), and what it then is."""

    name: str
    condition: Callable[[Row, State], bool]
    value: Callable[[Row, State], int] = lambda r, s: 0
    output: str = "all"


@dataclass
class Machine:
    """The states of all steps; reads row after row."""

    steps: list[Step]
    matches: list[tuple[int, int, Row, int, int]] = field(default_factory=list)

    def run(self, rows: list[Row]) -> list[tuple[int, int, int]]:
        states: list[State | None] = [None] * len(self.steps)
        numbers = [0] * len(self.steps)
        latest = -1
        repeats: dict[int, bool] = {}
        for place, row in enumerate(rows):
            for at in reversed(range(len(self.steps))):
                step = self.steps[at]
                before = states[at - 1] if at else None
                own = states[at]
                again = False
                if before is not None and step.condition(row, before):
                    state, number = dict(before), numbers[at - 1]
                    states[at - 1] = None
                elif (own is not None or at == 0) and step.condition(row, own or {}):
                    again = own is not None
                    if own is None:
                        latest += 1
                    state = dict(own or {})
                    number = numbers[at] if own is not None else latest
                else:
                    continue
                made = row | {"v": step.value(row, state)}
                states[at], numbers[at] = state | {step.name: made}, number
                if step.output == "last" and again:
                    last = max(i for i, m in enumerate(self.matches) if m[1] == at)
                    repeats[last] = True
                self.matches.append((place, at, made, number, made["v"]))
        return [
            (made["x"], value, number)
            for i, (_, at, made, number, value) in enumerate(self.matches)
            if self.steps[at].output != "none" and not repeats.get(i)
        ]


def _value(state: State, step: str, default: int = 0) -> int:
    return int(state[step]["v"]) if step in state else default


KQL = """
datatable(p:string, x:long, e:string)[{rows}]
| scan with_match_id=m order by x asc partition by p declare (v:long=0) with
(
    step a output={first}: e == 'A' => v = a.v + 1;
    step b output={second}: e == 'B' or (e == 'A' and x - a.x == 2) => v = b.v * 10 + a.v;
    step c output={third}: e != 'A' and a.v <= 2 => v = c.v + b.v * 100;
)
| summarize made = make_list(strcat(x, " ", v, " ", m)) by p
"""


def _machine(outputs: tuple[str, str, str]) -> Machine:
    return Machine(
        [
            Step("a", lambda r, s: r["e"] == "A", lambda r, s: _value(s, "a") + 1, outputs[0]),
            Step(
                "b",
                lambda r, s: (
                    r["e"] == "B" or (r["e"] == "A" and "a" in s and r["x"] - s["a"]["x"] == 2)
                ),
                lambda r, s: _value(s, "b") * 10 + _value(s, "a"),
                outputs[1],
            ),
            Step(
                "c",
                lambda r, s: r["e"] != "A" and _value(s, "a") <= 2,
                lambda r, s: _value(s, "c") + _value(s, "b") * 100,
                outputs[2],
            ),
        ]
    )


SEQUENCES = ["".join(letters) for letters in product("AB", repeat=7)] + [
    "ABCABCCBA",
    "AABBCCAABBCC",
]
OUTPUTS = [("all", "all", "all"), ("last", "all", "last"), ("all", "last", "none")]


@pytest.mark.parametrize("outputs", OUTPUTS, ids="-".join)
def test_every_short_sequence_is_read_as_the_rule_says(
    kql_engine: Engine, outputs: tuple[str, str, str]
) -> None:
    read = {
        letters: [{"x": place, "e": letter} for place, letter in enumerate(letters)]
        for letters in SEQUENCES
    }
    text = KQL.format(
        rows=", ".join(
            f"'{p}', {row['x']}, '{row['e']}'" for p, rows in read.items() for row in rows
        ),
        first=outputs[0],
        second=outputs[1],
        third=outputs[2],
    )
    found = dict(kql_engine.run(text)[1])
    for letters, rows in read.items():
        expected = [f"{x} {v} {m}" for x, v, m in _machine(outputs).run(rows)]
        assert (letters, found.get(letters, [])) == (letters, expected)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("requests | scan with ()", "expected 'step'", 23),
        ("requests | scan with (step a: tru;)", "unknown column or variable 'tru'", 31),
        ("requests | scan with (step a: a.nam == '';)", "unknown column 'nam'", 31),
        ("requests | scan with (step a: b.name == ''; step b: true;)", "a step remembers", 31),
        ("requests | scan with (step a: true => x = 1;)", "the column 'x' is not declared", 39),
        ("requests | scan declare (x:long) with (step a: true => x = 1, x = 2;)", "'x' is ass", 63),
        (
            "requests | scan declare (name:long) with (step a: true;)",
            "there is a column 'name'",
            12,
        ),
        ("requests | scan with_match_id=name with (step a: true;)", "there is a column 'name'", 12),
        ("requests | scan with (step a: true; step a: true;)", "there is a step 'a' already", 37),
        ("requests | scan with (step a output=some: true;)", "expected 'all' or 'last' or", 37),
        ("requests | scan with (step a true;) | count", "expected ':'", 30),
        ("requests | scan kind=full with (step a: true;)", "kinds of scan are not run", 22),
        ("requests | scan with (step a: prev(name) == 'x';)", "functions of neighbouring", 31),
        ("requests | scan declare (x:long) with (step a: x > 1;)", "unknown column or var", 48),
        (
            "requests | scan declare (x:long) with (step a: true => x = 'a';)",
            "'x' is declared as long",
            60,
        ),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column


def test_a_scan_has_a_bound_of_steps() -> None:
    steps = "".join(f"step s{place}: true;" for place in range(17))
    with pytest.raises(KqlError, match="at most 16 steps"):
        compile(f"requests | scan with ({steps})", DATABASE, OPTIONS)


def test_only_what_is_needed_is_read() -> None:
    text = (
        "requests | scan declare (n:long) with (step a: duration > 1 => n = 1;"
        " step b: url == a.url;) | project n, id"
    )
    (statement,) = compile(text, DATABASE, OPTIONS).statements
    assert statement.scans[0].columns == ("id", "url", "duration")
