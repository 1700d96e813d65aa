"""Plan to plan: only needed columns are read, and scans learn what the query proves about time.

Nothing here changes a result. Filters above an innerunique join that speak of its left side alone
move below it: there the filter chooses which of the equal rows are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    Apply,
    Bound,
    Compare,
    Constant,
    InQuery,
    Logic,
    Reference,
    ScalarQuery,
    SortKey,
    Symbol,
    Window,
    symbols_of,
    walk,
)
from openinsights.kql.plan import (
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
    Sequences,
    Series,
    Shared,
    Union,
    Values,
    produced,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known about a datetime column of the rows that matter: from ≤ value ≤ to."""

    at_least: int | None = None
    at_most: int | None = None

    def narrowed(self, other: Bounds) -> Bounds:
        """Both at once."""
        lows = [x for x in (self.at_least, other.at_least) if x is not None]
        highs = [x for x in (self.at_most, other.at_most) if x is not None]
        return Bounds(max(lows, default=None), min(highs, default=None))


Known = dict[Symbol, Bounds]


@dataclass(frozen=True, slots=True)
class Newest:
    """Only so many rows matter; `by` is the column whose newest they are, None: any rows."""

    count: int
    by: Symbol | None


def rewrite(results: Sequence[tuple[Plan, set[Symbol]]], shared: list[Shared]) -> list[Plan]:
    """Plans that read no more than is needed for these symbols; their scans carry time bounds.

    Shared plans are changed in place, after all their readers: they need what any reader needs.
    """
    work = _Rewriter()
    plans = [work.prune(_lowered(plan), needed, {}, None) for plan, needed in results]
    for part in reversed(shared):
        if part in work.shared_needs:
            part.plan = work.prune(_lowered(part.plan), work.shared_needs[part], {}, None)
    return plans


def scans_of(plan: Plan, shared: list[Shared]) -> list[Scan]:
    """Every scan of a plan, those inside subqueries and shared plans included."""
    found: dict[int, Scan] = {}
    seen: set[int] = set()
    stack: list[Plan] = [plan]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scan):
            found[node.id] = node
        if isinstance(node, Reuse):
            stack.append(node.shared.plan)
        stack.extend(node.inputs())
        for bound in expressions_of(node):
            stack.extend(q.plan for q in walk(bound) if isinstance(q, (ScalarQuery, InQuery)))
    return [found[key] for key in sorted(found)]


def expressions_of(plan: Plan) -> list[Bound]:
    """The expressions that a node itself holds."""
    if isinstance(plan, Filter):
        return [plan.predicate]
    if isinstance(plan, Extend):
        return [value for _, value in plan.assignments]
    if isinstance(plan, Group):
        return [value for _, value in (*plan.keys, *plan.aggregates)]
    if isinstance(plan, Limit):
        return [plan.count, *(key.value for key in plan.order)]
    if isinstance(plan, Sample):
        return [plan.count]
    if isinstance(plan, Join):
        return [side for pair in plan.pairs for side in pair]
    if isinstance(plan, Union):
        return [value for _, values in plan.branches for value in values]
    if isinstance(plan, Expand):
        return [value for _, value in plan.items]
    if isinstance(plan, Values):
        return [cell for row in plan.rows for cell in row if not isinstance(cell, Constant)]
    if isinstance(plan, Series):
        return [plan.first, plan.last, plan.step]
    if isinstance(plan, Sequences):
        return plan.expressions()
    return []


def conjuncts(predicate: Bound) -> list[Bound]:
    """The conditions that must all hold."""
    if isinstance(predicate, Logic) and predicate.operator == "and":
        return [part for operand in predicate.operands for part in conjuncts(operand)]
    return [predicate]


def _conjunction(parts: list[Bound]) -> Bound:
    if len(parts) == 1:
        return parts[0]
    return Logic(KqlType.BOOL, any(part.nullable for part in parts), "and", tuple(parts))


def _lowered(plan: Plan) -> Plan:
    """Move filters on the left side of innerunique joins below the choice of one row."""
    if not isinstance(plan, Filter) or not isinstance(plan.input, Join) or not plan.input.distinct:
        return plan
    join = plan.input
    left = produced(join.left)
    below: list[Bound] = []
    above: list[Bound] = []
    for part in conjuncts(plan.predicate):
        movable = symbols_of(part) <= left and not _has_subquery(part)
        (below if movable else above).append(part)
    if not below:
        return plan
    moved = replace(join, left=Filter(join.left, _conjunction(below)))
    return Filter(moved, _conjunction(above)) if above else moved


def _has_subquery(bound: Bound) -> bool:
    return any(isinstance(node, (ScalarQuery, InQuery)) for node in walk(bound))


class _Rewriter:
    """One pass over a statement."""

    def __init__(self) -> None:
        self.shared_needs: dict[Shared, set[Symbol]] = {}

    def prune(self, plan: Plan, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        for bound in expressions_of(plan):
            self._subqueries(bound)
        prune = _PRUNE[type(plan)]
        return prune(self, plan, needed, known, newest)

    def _subqueries(self, bound: Bound) -> None:
        for node in walk(bound):
            if isinstance(node, (ScalarQuery, InQuery)):
                node.plan = self.prune(_lowered(node.plan), {node.symbol}, {}, None)

    def scan(self, plan: Scan, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        columns = tuple(pair for pair in plan.columns if pair[1] in needed)
        time = next((symbol for name, symbol in plan.columns if name == plan.time_column), None)
        bounds = known.get(time, Bounds()) if time is not None else Bounds()
        limit = None
        if newest is not None and newest.by in (None, time):
            limit = newest.count
        return replace(
            plan,
            columns=columns,
            time_from=bounds.at_least,
            time_to=bounds.at_most,
            newest_first_limit=limit,
        )

    def values(self, plan: Plan, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        return plan

    def reuse(self, plan: Reuse, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        columns = tuple(pair for pair in plan.columns if pair[0] in needed)
        self.shared_needs.setdefault(plan.shared, set()).update(inner for _, inner in columns)
        return Reuse(plan.shared, columns)

    def filter(
        self, plan: Filter, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        mine = dict(known)
        only_lower = True
        for part in conjuncts(plan.predicate):
            found = _time_bounds(part)
            if found is None:
                only_lower = False
                continue
            symbol, bounds = found
            mine[symbol] = mine.get(symbol, Bounds()).narrowed(bounds)
            # Rows newer than a lower bound are still the newest ones; any other filter may
            # remove the newest rows, so that older ones would be needed.
            below_newest = newest is not None and newest.by in (None, symbol)
            only_lower = only_lower and bounds.at_most is None and below_newest
        if newest is not None and newest.by is None and only_lower:
            only_lower = _is_time_of_scan(plan.input, symbol_of_bounds(plan.predicate))
        below = needed | symbols_of(plan.predicate)
        source = self.prune(_lowered(plan.input), below, mine, newest if only_lower else None)
        return Filter(source, plan.predicate)

    def extend(
        self, plan: Extend, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        kept = tuple(pair for pair in plan.assignments if pair[0] in needed)
        below = needed - {symbol for symbol, _ in plan.assignments}
        windows = False
        for _, value in kept:
            below |= symbols_of(value)
            windows = windows or any(isinstance(node, Window) for node in walk(value))
        if windows:
            known, newest = {}, None
        source = self.prune(_lowered(plan.input), below, known, newest)
        return Extend(source, kept) if kept else source

    def group(self, plan: Group, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        aggregates = tuple(pair for pair in plan.aggregates if pair[0] in needed)
        below: set[Symbol] = set()
        passed: Known = {}
        for symbol, value in plan.keys:
            below |= symbols_of(value)
            if isinstance(value, Reference) and symbol in known:
                passed[value.symbol] = known[symbol]
        for _, value in aggregates:
            below |= symbols_of(value)
        source = self.prune(_lowered(plan.input), below, passed if plan.keys else {}, None)
        return Group(source, plan.keys, aggregates)

    def limit(self, plan: Limit, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        below = set(needed)
        for key in plan.order:
            below |= symbols_of(key.value)
        source = self.prune(_lowered(plan.input), below, {}, _newest(plan.count, plan.order))
        return Limit(source, plan.count, plan.order)

    def sample(
        self, plan: Sample, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        return Sample(self.prune(_lowered(plan.input), needed, {}, None), plan.count)

    def join(self, plan: Join, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        stands_for = dict(plan.missing)
        wanted = {stands_for.get(symbol, symbol) for symbol in needed} | set(plan.distinct)
        for left, right in plan.pairs:
            wanted |= symbols_of(left) | symbols_of(right)
        both = plan.kind == "inner"
        left_known = known if both or plan.kind.startswith("left") else {}
        right_known = known if both or plan.kind == "rightouter" else {}
        return replace(
            plan,
            left=self.prune(_lowered(plan.left), wanted, left_known, None),
            right=self.prune(_lowered(plan.right), wanted, right_known, None),
            missing=tuple(pair for pair in plan.missing if pair[0] in needed),
        )

    def union(self, plan: Union, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        positions = [i for i, symbol in enumerate(plan.symbols) if symbol in needed]
        branches = []
        for source, values in plan.branches:
            kept = tuple(values[i] for i in positions)
            below: set[Symbol] = set()
            passed: Known = {}
            by: Symbol | None = None
            for symbol, value in zip(plan.symbols, values, strict=True):
                if symbol in needed:
                    below |= symbols_of(value)
                if isinstance(value, Reference):
                    if symbol in known:
                        passed[value.symbol] = known[symbol]
                    if newest is not None and symbol is newest.by:
                        by = value.symbol
            inner = newest
            if newest is not None and newest.by is not None:
                inner = Newest(newest.count, by) if by is not None else None
            branches.append((self.prune(_lowered(source), below, passed, inner), kept))
        return Union(tuple(plan.symbols[i] for i in positions), tuple(branches))

    def expand(
        self, plan: Expand, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        below = needed - {symbol for symbol, _ in plan.items}
        for _, value in plan.items:
            below |= symbols_of(value)
        return replace(plan, input=self.prune(_lowered(plan.input), below, known, None))

    def sequences(
        self, plan: Sequences, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        made = {symbol for symbol, _ in plan.declared} | {plan.match_id, plan.at}
        below = (needed - made) | plan.reads()
        return replace(plan, input=self.prune(_lowered(plan.input), below, {}, None))


def _newest(count: Bound, order: tuple[SortKey, ...]) -> Newest | None:
    if not isinstance(count, Constant) or not isinstance(count.value, int):
        return None
    if not order:
        return Newest(count.value, None)
    key = order[0]
    if len(order) == 1 and key.descending and isinstance(key.value, Reference):
        return Newest(count.value, key.value.symbol)
    return None


def symbol_of_bounds(predicate: Bound) -> Symbol | None:
    """The one column that all time conditions of a predicate speak of, or None."""
    found = [_time_bounds(part) for part in conjuncts(predicate)]
    symbols = {pair[0] for pair in found if pair is not None}
    return symbols.pop() if len(symbols) == 1 else None


def _is_time_of_scan(plan: Plan, symbol: Symbol | None) -> bool:
    while isinstance(plan, (Extend, Filter)):
        plan = plan.input
    if not isinstance(plan, Scan) or symbol is None:
        return False
    return (plan.time_column, symbol) in plan.columns


def _time_bounds(part: Bound) -> tuple[Symbol, Bounds] | None:
    """The bounds that a condition `column op constant` puts on a datetime column."""
    if not isinstance(part, Compare) or part.operator not in _FLIPPED:
        return None
    operator, left, right = part.operator, part.left, part.right
    if isinstance(left, Constant):
        operator, left, right = _FLIPPED[operator], right, left
    if not isinstance(right, Constant) or not isinstance(right.value, int):
        return None
    offset = 0
    if isinstance(left, Apply) and left.function.name == "bin" and operator in (">", ">="):
        # bin(t, s) >= x implies t >= x, since bin never rounds up.
        left = left.arguments[0]
        operator = ">="
    if not isinstance(left, Reference) or left.type is not KqlType.DATETIME:
        return None
    value = right.value + offset
    if operator == "==":
        return left.symbol, Bounds(value, value)
    if operator in (">", ">="):
        return left.symbol, Bounds(at_least=value + (operator == ">"))
    return left.symbol, Bounds(at_most=value - (operator == "<"))


_PRUNE: Final[dict[type[Plan], Callable[..., Plan]]] = {
    Scan: _Rewriter.scan,
    Values: _Rewriter.values,
    Series: _Rewriter.values,
    Reuse: _Rewriter.reuse,
    Filter: _Rewriter.filter,
    Extend: _Rewriter.extend,
    Group: _Rewriter.group,
    Limit: _Rewriter.limit,
    Sample: _Rewriter.sample,
    Join: _Rewriter.join,
    Union: _Rewriter.union,
    Expand: _Rewriter.expand,
    Sequences: _Rewriter.sequences,
}
