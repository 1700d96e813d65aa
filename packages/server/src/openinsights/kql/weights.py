"""Where the weights of percentiles come from: the stored columns whose values they are, unchanged.

What a store knows of such a column (its least and its largest value) tells how the percentiles are
best computed; see sql/repeated.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Aggregation, Apply, Reference
from openinsights.kql.functions.aggregates import PERCENTILEW
from openinsights.kql.functions.conversion import CONVERSIONS
from openinsights.kql.plan import (
    Again,
    Expand,
    Extend,
    Filter,
    Group,
    Join,
    Limit,
    Plan,
    Reuse,
    Sample,
    Scan,
    Union,
    produced,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.bound import Bound, Symbol

_WIDENED: Final = (
    CONVERSIONS[KqlType.INT, KqlType.LONG],
    CONVERSIONS[KqlType.INT, KqlType.REAL],
    CONVERSIONS[KqlType.LONG, KqlType.REAL],
)

_FILLS_LEFT: Final = frozenset(("rightouter", "fullouter"))
"""Kinds of joins that may give rows of which the left side is null."""

Stored = tuple[Scan, str]
"""A column of a stored table."""


def narrow(bound: Bound) -> Bound:
    """An expression without what makes a number of a wider type of it."""
    while isinstance(bound, Apply) and any(bound.function is each for each in _WIDENED):
        bound = bound.arguments[0]
    return bound


def is_weighted(bound: Bound) -> bool:
    """Whether it is a percentile of weighted values."""
    return isinstance(bound, Aggregation) and bound.function is PERCENTILEW


def weight_of(group: Group) -> Symbol | None:
    """The column that weighs the values of all of a group's percentiles; None when none does."""
    found: set[Symbol] = set()
    for _, value in group.aggregates:
        if isinstance(value, Aggregation) and is_weighted(value):
            weight = narrow(value.arguments[1])
            if not isinstance(weight, Reference):
                return None
            found.add(weight.symbol)
    return found.pop() if len(found) == 1 else None


def stored_columns(plan: Plan, symbol: Symbol) -> list[Stored] | None:
    """The stored columns that a column of a plan's rows has its values from, unchanged.

    None when some of its values are anything else.
    """
    if isinstance(plan, Scan):
        names = [name for name, column in plan.columns if column is symbol]
        return [(plan, names[0])] if names else None
    if isinstance(plan, Union):
        if symbol not in plan.symbols:
            return None
        place = plan.symbols.index(symbol)
        found: list[Stored] = []
        for source, values in plan.branches:
            part = _of_value(source, values[place])
            if part is None:
                return None
            found += part
        return found
    if isinstance(plan, Extend):
        assigned = dict(plan.assignments)
        if symbol in assigned:
            return _of_value(plan.input, assigned[symbol])
    if isinstance(plan, Group):
        keys = dict(plan.keys)
        return _of_value(plan.input, keys[symbol]) if symbol in keys else None
    if isinstance(plan, Reuse):
        inner = dict(plan.columns).get(symbol)
        return None if inner is None else stored_columns(plan.shared.plan, inner)
    if isinstance(plan, Again):
        inner = dict(plan.columns).get(symbol)
        return None if inner is None else stored_columns(plan.input, inner)
    if isinstance(plan, Join):
        if symbol in produced(plan.left):
            return None if plan.kind in _FILLS_LEFT else stored_columns(plan.left, symbol)
        # where rows may lack a partner, its columns may be null
        return stored_columns(plan.right, symbol) if plan.kind == "inner" else None
    if isinstance(plan, (Filter, Limit, Sample, Extend, Expand)):
        return stored_columns(plan.input, symbol)
    return None


def _of_value(plan: Plan, value: Bound) -> list[Stored] | None:
    value = narrow(value)
    return stored_columns(plan, value.symbol) if isinstance(value, Reference) else None


def mark_weights(group: Group) -> None:
    """Tell the scans below a group which of their columns weigh its percentiles."""
    symbol = weight_of(group)
    if symbol is None:
        return
    for scan, column in stored_columns(group.input, symbol) or ():
        if column not in scan.weights:
            scan.weights = (*scan.weights, column)
