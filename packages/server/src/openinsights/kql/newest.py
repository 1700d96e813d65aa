"""Results that the newest rows make: whether reading a later part of the time first can be enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import WINDOW, Constant, Reference, Symbol
from openinsights.kql.plan import Again, Extend, Filter, Limit, Plan, Scan, Union

if TYPE_CHECKING:
    from openinsights.kql.bound import SortKey


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """A statement whose rows are the newest of those that pass its filters, or any of them.

    Where the scans named here read only rows from some time on, and the result still has `count`
    rows, then it is the result.

    Attributes:
        count: how many rows are wanted.
        scans: numbers of the scans whose rows these are.
    """

    count: int
    scans: frozenset[int]


def newest_first(plan: Plan) -> NewestFirst | None:
    """What a plan says, None for one whose rows may be anything else."""
    while isinstance(plan, Again) or (isinstance(plan, Extend) and not _has_window(plan)):
        plan = plan.input
    if not isinstance(plan, Limit) or not isinstance(plan.count, Constant):
        return None
    count = plan.count.value
    if not isinstance(count, int) or count <= 0:
        return None
    scans: set[int] = set()
    by = _newest_by(plan.order)
    if plan.order and by is None:
        return None
    return NewestFirst(count, frozenset(scans)) if _collect(plan.input, by, scans) else None


def _newest_by(order: tuple[SortKey, ...]) -> Symbol | None:
    # further keys tell rows of one time apart, all of which are read
    if order and order[0].descending and isinstance(order[0].value, Reference):
        return order[0].value.symbol
    return None


def _collect(plan: Plan, by: Symbol | None, scans: set[int]) -> bool:
    """Note the scans; False if rows are more, or other, than those of the scans that pass filters."""
    while isinstance(plan, (Extend, Filter, Again)):
        if isinstance(plan, Extend) and _has_window(plan):
            return False
        if isinstance(plan, Again) and by is not None:
            by = next((inner for fresh, inner in plan.columns if fresh is by), None)
            if by is None:
                return False
        plan = plan.input
    if isinstance(plan, Scan):
        scans.add(plan.id)
        return by is None or (plan.time_column, by) in plan.columns
    if not isinstance(plan, Union):
        return False
    place = None if by is None else plan.symbols.index(by) if by in plan.symbols else -1
    for source, values in plan.branches:
        inner: Symbol | None = None
        if place is not None:
            value = values[place] if place >= 0 else None
            if not isinstance(value, Reference):
                return False
            inner = value.symbol
        if not _collect(source, inner, scans):
            return False
    return True


def _has_window(plan: Extend) -> bool:
    return any(value.traits & WINDOW for _, value in plan.assignments)
