"""Different values in each span of time, where the store keeps very many rows: estimates.

`dcount` may be an estimate. Counted exactly, all values of all spans are held in tables that no
cache holds; bitmaps take a third of the time of that. They are worth it where rows are many, and
their memory is known to be small where the groups are but spans of time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Aggregation, Constant, Reference
from openinsights.kql.functions.aggregates import DCOUNT, ESTIMATED_DCOUNT
from openinsights.kql.plan import Again, Extend, Filter, Scan, Union
from openinsights.kql.rollups import rounded_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.kql.bound import Bound, Symbol
    from openinsights.kql.plan import Plan, RolledUp
    from openinsights.schema.sql import Sql

MANY_ROWS: Final = 500_000
"""Fewer rows that stand for several are counted exactly."""
MOST_BITMAPS: Final = 512
"""Of groups, a bitmap for each count; each takes up to 32 KB in each thread."""
_ACCURACY: Final = 1
"""A query that asks for more than the usual accuracy of `dcount`, 0.8 %, gets exact numbers."""


def estimated(
    keys: Sequence[tuple[Symbol, Bound]],
    aggregates: Sequence[tuple[Symbol, Bound]],
    way: RolledUp,
    sources: Mapping[int, Sql],
) -> tuple[tuple[Symbol, Bound], ...]:
    """Return the aggregates, different values among them estimated where that is worth it.

    Args:
        keys: of the group.
        aggregates: of the rows put together.
        way: to those rows.
        sources: what the store says of each scan.
    """
    counts = [symbol for symbol, value in aggregates if _may_be_estimated(value)]
    if sum(sources[scan].together for scan in way.scans) >= MANY_ROWS and counts:
        span = _span(way.input)
        groups = 1 if span is not None else None
        for _, value in keys:
            several = None if span is None else _values(value, way.input, span)
            groups = None if groups is None or several is None else groups * several
        if groups is not None and groups * len(counts) <= MOST_BITMAPS:
            return tuple(
                (symbol, _estimate(value) if symbol in counts else value)
                for symbol, value in aggregates
            )
    return tuple(aggregates)


def _may_be_estimated(value: Bound) -> bool:
    if not isinstance(value, Aggregation) or value.function is not DCOUNT:
        return False
    told = value.arguments[1:]
    return all(isinstance(each, Constant) and each.value in (0, _ACCURACY) for each in told)


def _estimate(value: Bound) -> Bound:
    if not isinstance(value, Aggregation):
        raise AssertionError("BUG: not an aggregation")
    return replace(value, function=ESTIMATED_DCOUNT)


def _span(plan: Plan) -> int | None:
    """The ticks between the earliest and the latest time that rows may have; None: no bounds."""
    if not isinstance(plan, Scan):
        spans = [_span(each) for each in plan.inputs()]
        known = [each for each in spans if each is not None]
        return max(known) if known and len(known) == len(spans) else None
    if plan.time_from is None or plan.time_to is None:
        return None
    return max(plan.time_to - plan.time_from, 0)


def _values(value: Bound, plan: Plan, span: int) -> int | None:
    """How many values an expression has at most, if it is one of times and constants; or None."""
    if isinstance(value, Constant):
        return 1
    rounded = rounded_time(value)
    if rounded is not None:
        return span // rounded[1] + 2
    if isinstance(value, Reference):
        return _values_of_symbol(value.symbol, plan, span)
    product = 1
    for part in value.parts():
        several = _values(part, plan, span)
        if several is None:
            return None
        product *= several
    return product


def _values_of_symbol(symbol: Symbol, plan: Plan, span: int) -> int | None:
    if isinstance(plan, Filter):
        return _values_of_symbol(symbol, plan.input, span)
    if isinstance(plan, Extend):
        made = dict(plan.assignments).get(symbol)
        if made is None:
            return _values_of_symbol(symbol, plan.input, span)
        return _values(made, plan.input, span)
    if isinstance(plan, Again):
        return _values_of_symbol(dict(plan.columns)[symbol], plan.input, span)
    if isinstance(plan, Union):
        place = plan.symbols.index(symbol)
        several = [_values(values[place], source, span) for source, values in plan.branches]
        known = [each for each in several if each is not None]
        return sum(known) if len(known) == len(several) else None
    return None  # a column
