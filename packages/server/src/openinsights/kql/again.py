"""A table that the query names several times, and what is read of it each time.

A let is bound once. Its first use has what was bound; every further one reads the same plan under
symbols of its own, as if it had been bound anew: what one use needs and knows stays its own, its
scans are others, and what differs from call to call differs. Only subqueries and shared plans
inside are the same ones, which nobody can tell: `can_repeat` says no where somebody could.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import (
    QUERY,
    VOLATILE,
    InQuery,
    Reference,
    ScalarQuery,
    SortKey,
    Symbol,
    reference,
    walk,
)
from openinsights.kql.plan import Again, Expand, Plan, Reuse, Sample, expressions_of
from openinsights.kql.scope import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.kql.scope import Relation


def can_repeat(relation: Relation) -> bool:
    """Whether a relation's plan can be read again instead of being bound anew."""
    if relation.graph is not None or relation.partition:
        return False
    if not all(isinstance(key.value, Reference) for key in relation.order):
        return False
    for plan in _plans(relation.plan):
        # Reading a bag's elements twice would take the SQL of one for that of the other.
        if isinstance(plan, (Sample, Expand)):
            return False
        if any(bound.traits & VOLATILE for bound in expressions_of(plan)):
            return False
    return True


def reads_shared(plan: Plan) -> bool:
    """Whether a plan reads what is made once for several readers."""
    return any(isinstance(each, Reuse) for each in _plans(plan))


def _plans(plan: Plan) -> Iterator[Plan]:
    """A plan and all that it reads, those of subqueries and shared ones included, each once."""
    seen: set[int] = set()
    stack = [plan]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        for bound in expressions_of(node):
            if bound.traits & QUERY:
                stack += [b.plan for b in walk(bound) if isinstance(b, (ScalarQuery, InQuery))]
        if isinstance(node, Reuse):
            stack.append(node.shared.plan)
        stack += node.inputs()


def again(relation: Relation, first_scan: int, ordinals: set[Symbol]) -> Relation:
    """The same rows for another place of the query, with columns of its own.

    Args:
        relation: one whose plan `can_repeat`.
        first_scan: the numbers from this one on are free for as many scans as the plan has.
        ordinals: symbols that number rows; fresh ones of those are added.
    """
    symbols = [column.symbol for column in relation.columns]
    symbols += [key.value.symbol for key in relation.order if isinstance(key.value, Reference)]
    fresh = {symbol: Symbol(symbol.name, symbol.type) for symbol in symbols}
    ordinals.update(fresh[symbol] for symbol in fresh if symbol in ordinals)
    plan: Plan = Again(
        relation.plan, tuple([(new, symbol) for symbol, new in fresh.items()]), first_scan
    )
    return replace(
        relation,
        plan=plan,
        columns=tuple([Column(c.name, fresh[c.symbol]) for c in relation.columns]),
        order=tuple(
            SortKey(reference(fresh[key.value.symbol]), key.descending, key.nulls_first)
            for key in relation.order
            if isinstance(key.value, Reference)
        ),
    )
