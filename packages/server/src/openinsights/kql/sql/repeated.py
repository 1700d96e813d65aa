"""Percentiles of weighted values as SQL where the rows and their weights are few.

Each row stands there as often as its weight says, and then percentiles are plain ones. Where all
weights are equal it need not even do that. What else the group computes counts each row once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    Aggregation,
    Apply,
    Compare,
    Logic,
    Reference,
    Symbol,
    constant,
    reference,
)
from openinsights.kql.functions.aggregates import COUNT, PERCENTILE
from openinsights.kql.weights import (
    is_weighted,
    narrow,
    stored_columns,
    weight_of,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.plan import Group
    from openinsights.kql.sql.emit import Emitter, Select
    from openinsights.schema.sql import Sql

MAX_WEIGHT: Final = 16
"""Larger weights make more rows than reading twice costs."""
MAX_ROWS: Final = 6_000_000
"""Rows, each as often as its weight may say, whose values are held in memory: 8 bytes for each."""

_AS_OFTEN_AS_LIKED: Final = frozenset(
    ("min", "max", "dcount", "count_distinct", "arg_max", "arg_min", "take_any", "first")
)
"""Aggregates that are the same when a row is there several times."""


def few_repetitions(group: Group, sources: Mapping[int, Sql]) -> tuple[int, int] | None:
    """The least and the largest weight in a group whose rows may be repeated; None if they may not.

    Args:
        group: has percentiles of weighted values.
        sources: what the store says of each scan.
    """
    symbol = weight_of(group)
    stored = None if symbol is None else stored_columns(group.input, symbol)
    if not stored or not all(_is_countable(value, symbol) for _, value in group.aggregates):
        return None
    bounds = [sources[scan.id].bounds.get(column) for scan, column in stored]
    known = [pair for pair in bounds if pair is not None]
    # what is joined to these rows may make more of them: then memory is the bound
    rows = [sources[scan.id].rows for scan, _ in stored]
    counts = [count for count in rows if count is not None]
    if len(known) < len(bounds) or len(counts) < len(rows):
        return None
    low, high = min(pair[0] for pair in known), max(pair[1] for pair in known)
    copies = 1 if low == high else high
    if low < 1 or copies > MAX_WEIGHT or sum(counts) * copies > MAX_ROWS:
        return None
    return low, high


def repeated(
    emitter: Emitter,
    group: Group,
    aggregates: Sequence[tuple[Symbol, Bound]],
    select: Select,
    bounds: tuple[int, int],
) -> tuple[Select, list[tuple[Symbol, Bound]]]:
    """The group's input with its rows repeated, and aggregates that mean the same there.

    Args:
        emitter: writes the statement.
        group: the group.
        aggregates: those of its aggregates that are needed.
        select: the group's input, without anything behind its conditions.
        bounds: the least and the largest weight.
    """
    symbol = weight_of(group)
    if symbol is None:
        raise AssertionError("BUG: rows are repeated that nothing weighs")
    low, high = bounds
    if low == high:
        return select, [(name, _plain(value)) for name, value in aggregates]
    weight = emitter.alias(Symbol("copies:of", KqlType.LONG))
    number = emitter.alias(Symbol("copies:number", KqlType.LONG))
    rows = ", ".join(f"({of}, {place})" for of in range(low, high + 1) for place in range(of))
    source = (
        f"{select.source} JOIN (VALUES {rows}) AS copies({weight}, {number})"
        f" ON {select.columns[symbol]} = copies.{weight}"
    )
    copy = Symbol("copy", KqlType.LONG)
    columns = {**select.columns, copy: f"copies.{number}"}
    is_first = Compare(KqlType.BOOL, False, "==", reference(copy), constant(0, KqlType.LONG))
    counted = [(name, _counted(value, symbol, is_first)) for name, value in aggregates]
    return replace(select, source=source, columns=columns), counted


def _is_countable(bound: Bound, weight: Symbol | None) -> bool:
    """Whether it can be computed of repeated rows."""
    if not isinstance(bound, Aggregation):
        return False
    name = bound.function.name
    if is_weighted(bound) or bound.function is PERCENTILE or name in _AS_OFTEN_AS_LIKED:
        return True
    return bool(bound.function.conditional)


def _plain(bound: Bound) -> Bound:
    """The percentile of values without a weight that was that of weighted ones."""
    if not isinstance(bound, Aggregation) or not is_weighted(bound):
        return bound
    value, _, share = bound.arguments
    return replace(bound, function=PERCENTILE, arguments=(value, share))


def _counted(bound: Bound, weight: Symbol, is_first: Bound) -> Bound:
    if not isinstance(bound, Aggregation):
        raise TypeError("BUG: a group computes something that is no aggregate")
    if is_weighted(bound):
        return _plain(bound)
    if bound.function.name in _AS_OFTEN_AS_LIKED:
        return bound
    if bound.function.name == "sum":
        (value,) = bound.arguments
        if _is(value, weight) and bound.type is KqlType.LONG:
            return replace(bound, function=COUNT, arguments=())
        once = _without_factor(value, weight)
        if once is not None:
            return replace(bound, arguments=(once,))
    if bound.predicate is None:
        return replace(bound, predicate=is_first)
    return replace(bound, predicate=Logic(KqlType.BOOL, True, "and", (bound.predicate, is_first)))


def _is(value: Bound, weight: Symbol) -> bool:
    value = narrow(value)
    return isinstance(value, Reference) and value.symbol is weight


def _without_factor(value: Bound, weight: Symbol) -> Bound | None:
    """What the weight is multiplied with; None for anything but such a product of reals."""
    if not isinstance(value, Apply) or value.function.name != "real * real":
        return None
    left, right = value.arguments
    if _is(right, weight):
        return left
    return right if _is(left, weight) else None
