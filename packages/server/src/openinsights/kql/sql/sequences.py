"""`scan` as SQL: a recursive table expression that takes one row of each part a time.

Each row of it holds the states of all steps after an input row, and what the row became in each
step that it matched. States are columns: of step k, whether it has one (`active`), the sequence
that it belongs to (`match`), and the remembered values of the steps up to k. Steps are worked off
from the last to the first, because a state that moves on leaves its step empty.
"""
# ruff: noqa: S608 - writing SQL is this file's purpose

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Symbol
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.kql.bound import Bound
    from openinsights.kql.plan import Remembered, Sequences
    from openinsights.kql.sql.emit import Emitter, Select


def sequences(emitter: Emitter, plan: Sequences, needed: set[Symbol]) -> Select:
    """The rows that match, with the needed symbols."""
    return _Writer(emitter, plan).select(needed)


@dataclass(frozen=True, slots=True)
class _StepColumns:
    """Names of the columns that belong to one step.

    Attributes:
        active: whether the step has a state.
        match: the number of its sequence.
        held: the remembered values in its state.
        moved: whether the row came from the step before it.
        matched: whether the row matches.
        again: whether the row follows another one in the same state.
        values: the declared columns of the row.
    """

    active: str
    match: str
    held: dict[Remembered, str]
    moved: str
    matched: str
    again: str
    values: dict[Symbol, str]


class _Writer:
    def __init__(self, emitter: Emitter, plan: Sequences) -> None:
        self._emitter = emitter
        self._plan = plan
        self._part = self._name("part")
        self._row = self._name("row")
        self._next = self._name("next")
        self._steps = [self._columns(place) for place in range(len(plan.steps))]

    def _name(self, wanted: str, type_: KqlType = KqlType.LONG) -> str:
        return self._emitter.alias(Symbol(wanted, type_))

    def _columns(self, place: int) -> _StepColumns:
        held = [part for part in self._plan.remembered if part.step <= place]
        return _StepColumns(
            active=self._name(f"active {place}"),
            match=self._name(f"match {place}"),
            held={part: self._name(f"{part.symbol.name} {part.step} {place}") for part in held},
            moved=self._name(f"moved {place}"),
            matched=self._name(f"matched {place}"),
            again=self._name(f"again {place}"),
            values={
                symbol: self._name(f"{symbol.name} {place}") for symbol, _ in self._plan.declared
            },
        )

    # The whole.

    def select(self, needed: set[Symbol]) -> Select:
        plan, emitter = self._plan, self._emitter
        made = {symbol for symbol, _ in plan.declared} | {plan.match_id, plan.at}
        below = (needed - made) | plan.reads()
        source = emitter.closed(emitter.plan(plan.input, below), below)
        rows = self._numbered(source)
        self._input = {symbol: emitter.alias(symbol) for symbol in source.columns}
        walk = self._walk(rows)
        kept = [symbol for symbol in source.columns if symbol in needed]
        own = [symbol for symbol, _ in plan.declared if symbol in needed]
        own += [plan.match_id] if plan.match_id is not None and plan.match_id in needed else []
        symbols = [*kept, *own, plan.at]
        texts = [self._results(place, walk, rows, kept, own) for place in range(len(plan.steps))]
        shown = [text for text in texts if text] or [
            self._results(0, walk, rows, kept, own, "false")
        ]
        return emitter.from_text(" UNION ALL ".join(shown), symbols)

    def _numbered(self, source: Select) -> str:
        columns = source.columns
        listed = [f"{text} AS {self._emitter.alias(symbol)}" for symbol, text in columns.items()]
        parts = ", ".join(columns[symbol] for symbol in self._plan.parts)
        by = f"PARTITION BY {parts} " if parts else ""
        listed.append(
            f"row_number() OVER ({by}ORDER BY {columns[self._plan.position]}) AS {self._row}"
        )
        part = f"dense_rank() OVER (ORDER BY {parts})" if parts else "CAST(1 AS BIGINT)"
        listed.append(f"{part} AS {self._part}")
        return self._emitter.add_cte(
            f"SELECT {', '.join(listed)} FROM {source.source}", materialized=True
        )

    # The recursion.

    def _walk(self, rows: str) -> str:
        emitter = self._emitter
        emitter.is_recursive = True
        start = self._start()
        first = ", ".join(f"{text} AS {name}" for name, text in start.items())
        columns = ", ".join(f"r.{name}" for name in self._input.values())
        kept = ", ".join(f"w.{name}" for name in start if name not in (self._part, self._row))
        name = f"q{len(emitter.ctes) + 1}"
        text = (
            f"SELECT r.{self._part}, r.{self._row}, {kept}, {columns} FROM {name} AS w JOIN {rows} AS r"
            f" ON r.{self._part} = w.{self._part} AND r.{self._row} = w.{self._row} + 1"
        )
        for place in reversed(range(len(self._steps))):
            text = self._step(place, text)
        listed = ", ".join(start)
        return emitter.add_cte(
            f"SELECT {first} FROM (SELECT DISTINCT {self._part} FROM {rows})"
            f" UNION ALL SELECT {listed} FROM ({text})"
        )

    def _start(self) -> dict[str, str]:
        """Each column of the recursion, and what it is before the first row."""
        found = {self._part: self._part, self._row: "CAST(0 AS BIGINT)"}
        found[self._next] = "CAST(0 AS BIGINT)"
        for step in self._steps:
            found |= {step.active: "false", step.match: "CAST(0 AS BIGINT)"}
            found |= {step.matched: "false", step.again: "false"}
            for part, name in step.held.items():
                found[name] = self._typed(self._default(part), part.source)
            for symbol, default in self._plan.declared:
                found[step.values[symbol]] = self._typed(self._value(default, {}), symbol)
        return found

    def _typed(self, text: str, symbol: Symbol) -> str:
        return f"CAST({text} AS {self._emitter.types[symbol.type]})"

    def _value(self, bound: Bound, columns: Mapping[Symbol, str]) -> str:
        return self._emitter.value(bound, columns)

    def _default(self, part: Remembered) -> str:
        return self._value(part.default, {})

    def _step(self, place: int, text: str) -> str:
        """Hold the row against one step; the columns of its state and of the one before change."""
        step, own = self._plan.steps[place], self._steps[place]
        before = self._steps[place - 1] if place else None
        held = self._input | {part.symbol: name for part, name in own.held.items()}
        there = self._value(step.condition, held)
        stays = there if not place else f"{own.active} AND {there}"
        if before is None:
            moves = "false"
        else:
            coming = self._input | {
                part.symbol: before.held.get(part, self._default(part)) for part in own.held
            }
            moves = f"{before.active} AND {self._value(step.condition, coming)}"
        moved, matched = own.moved, own.matched
        first = (
            f"SELECT * REPLACE (COALESCE({stays}, false) AS {matched}),"
            f" COALESCE({moves}, false) AS {moved} FROM ({text})"
        )
        # The state that the row meets: the one that moves on to this step, or the step's own.
        second = [f"{matched} OR {moved} AS {matched}"]
        second.append(f"{matched} AND {own.active} AND NOT {moved} AS {own.again}")
        for part, name in own.held.items():
            coming_text = self._default(part) if before is None else before.held.get(part)
            met = coming_text if coming_text is not None else self._default(part)
            if before is not None:
                second.append(f"CASE WHEN {moved} THEN {met} ELSE {name} END AS {name}")
        is_new = "false" if place else f"NOT {own.active}"
        number = f"CASE WHEN {matched} AND {is_new} THEN {self._next} ELSE {own.match} END"
        if before is not None:
            number = f"CASE WHEN {moved} THEN {before.match} ELSE {own.match} END"
            second.append(f"{before.active} AND NOT {moved} AS {before.active}")
            for part, name in before.held.items():
                second.append(
                    f"CASE WHEN {moved} THEN {self._default(part)} ELSE {name} END AS {name}"
                )
        else:
            second.append(
                f"{self._next} + CASE WHEN {matched} AND {is_new} THEN 1 ELSE 0 END AS {self._next}"
            )
        second.append(f"{number} AS {own.match}")
        met_text = f"SELECT * REPLACE ({', '.join(second)}) FROM ({first})"
        # What the row becomes, in terms of that state.
        values = dict(step.values)
        third = [f"{own.active} OR {matched} AS {own.active}"]
        for symbol, default in self._plan.declared:
            value = self._value(values.get(symbol, default), held)
            typed = self._typed(value, symbol)
            third.append(f"{typed} AS {own.values[symbol]}")
        extended = f"SELECT * REPLACE ({', '.join(third)}) FROM ({met_text})"
        # The row is what the step remembers now.
        fourth = []
        for part, name in own.held.items():
            if part.step == place:
                new = own.values.get(part.source) or self._input[part.source]
                fourth.append(f"CASE WHEN {matched} THEN {new} ELSE {name} END AS {name}")
        if not fourth:
            return extended
        return f"SELECT * REPLACE ({', '.join(fourth)}) FROM ({extended})"

    # The rows made.

    def _results(
        self,
        place: int,
        walk: str,
        rows: str,
        kept: list[Symbol],
        own: list[Symbol],
        condition: str = "",
    ) -> str:
        """The rows that a step gives; "" when it gives none."""
        step, columns = self._plan.steps[place], self._steps[place]
        if step.output == "none" and not condition:
            return ""
        alias, count = self._emitter.alias, len(self._steps)
        source = f"SELECT * FROM {walk} WHERE {condition or columns.matched}"
        if step.output == "last":
            order = f"PARTITION BY {self._part} ORDER BY {self._row}"
            source += f" QUALIFY NOT COALESCE(lead({columns.again}) OVER ({order}), false)"
        listed = [f"r.{self._input[symbol]} AS {alias(symbol)}" for symbol in kept]
        for symbol in own:
            name = columns.match if symbol is self._plan.match_id else columns.values[symbol]
            listed.append(f"w.{name} AS {alias(symbol)}")
        position = self._input[self._plan.position]
        at = f"CAST(r.{position} * {count} + {count - 1 - place} AS BIGINT)"
        listed.append(f"{at} AS {alias(self._plan.at)}")
        return (
            f"SELECT {', '.join(listed)} FROM ({source}) AS w JOIN {rows} AS r"
            f" ON r.{self._part} = w.{self._part} AND r.{self._row} = w.{self._row}"
        )
