"""Large expressions that stand in several places of others, as columns of their own.

A function's argument stands wherever its body names it, so calls within calls would be written out
as often as all their bodies name theirs, multiplied. As a column it is written, planned and computed
once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    VOLATILE,
    WINDOW,
    Apply,
    Bound,
    Compare,
    Logic,
    Reference,
    Symbol,
)
from openinsights.kql.plan import Extend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openinsights.kql.plan import Plan

LARGE: Final = 300
"""Expressions of fewer parts are written out: another reading of all rows would cost more."""
_WORTH_A_COLUMN: Final = 12
_OPEN: Final = (Apply, Compare, Logic)
"""What can be put together anew of other parts."""


def apart(plan: Plan, values: Sequence[Bound]) -> tuple[Plan, list[Bound]] | None:
    """Return a plan with more columns, and values that read those; None where nothing is gained.

    Args:
        plan: whose rows the values read.
        values: what is computed of a row, all in one place.
    """
    if sum(value.size for value in values) < LARGE:
        return None
    ordered, uses = _parts(values)
    known: dict[int, Bound] = {}
    depths: dict[int, int] = {}
    levels: dict[int, list[tuple[Symbol, Bound]]] = {}
    for part in ordered:
        made = _of_parts(part, known)
        depth = max((depths[id(each)] for each in part.parts() if id(each) in depths), default=0)
        if uses[id(part)] > 1 and part.size >= _WORTH_A_COLUMN:
            symbol = Symbol("part", part.type)
            levels.setdefault(depth, []).append((symbol, made))
            made, depth = Reference(part.type, part.nullable, symbol), depth + 1
        known[id(part)], depths[id(part)] = made, depth
    if not levels:
        return None
    for depth in sorted(levels):
        plan = Extend(plan, tuple(levels[depth]))
    return plan, [known.get(id(value), value) for value in values]


def _parts(values: Iterable[Bound]) -> tuple[list[Bound], dict[int, int]]:
    """What values are made of, each once and after its own parts, and in how many places it stands."""
    uses: dict[int, int] = {}
    ordered: list[Bound] = []
    stack = [(value, False) for value in values]
    while stack:
        part, is_done = stack.pop()
        if is_done:
            ordered.append(part)
        elif isinstance(part, _OPEN) and not part.traits & (WINDOW | VOLATILE):
            uses[id(part)] = uses.get(id(part), 0) + 1
            if uses[id(part)] == 1:
                stack.append((part, True))
                stack.extend((each, False) for each in part.parts())
    return ordered, uses


def _of_parts(part: Bound, known: dict[int, Bound]) -> Bound:
    """The same of other parts."""

    def other(each: Bound) -> Bound:
        return known.get(id(each), each)

    if isinstance(part, Apply):
        arguments = tuple([other(each) for each in part.arguments])
        return Apply(part.type, part.nullable, part.function, arguments)
    if isinstance(part, Compare):
        return replace(part, left=other(part.left), right=other(part.right))
    if isinstance(part, Logic):
        return replace(part, operands=tuple([other(each) for each in part.operands]))
    raise TypeError(f"BUG: {type(part).__name__} cannot be put together anew")
