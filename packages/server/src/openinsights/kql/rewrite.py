"""Plan to plan: only needed columns are read, and scans learn what the query proves about time.

Nothing here changes a result. Filters above an innerunique join that speak of its left side alone
move below it: there the filter chooses which of the equal rows are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    QUERY,
    WINDOW,
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
    reference,
    symbols_of,
    walk,
)
from openinsights.kql.functions.paths import constant_elements
from openinsights.kql.functions.strings import IN_ARRAY, IN_CONSTANTS
from openinsights.kql.plan import (
    Again,
    Expand,
    Extend,
    Filter,
    Group,
    Join,
    Limit,
    Paths,
    Plan,
    Reuse,
    Sample,
    Scan,
    Sequences,
    Series,
    Shared,
    Union,
    Values,
    expressions_of,
    produced,
)
from openinsights.kql.source import TICKS_PER_DAY
from openinsights.kql.substitution import substituted
from openinsights.kql.weights import mark_weights
from openinsights.schema.types import BOOL, DATETIME, STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MANY_CELLS: Final = 100
"""Tables of more values that the query spells out are written without columns that nobody needs."""
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known about a column of the rows that matter.

    Attributes:
        at_least: the first tick of a datetime column.
        at_most: the last tick of a datetime column.
        among: the only values of a column of texts; None when any may matter.
    """

    at_least: int | None = None
    at_most: int | None = None
    among: frozenset[str] | None = None

    def narrowed(self, other: Bounds) -> Bounds:
        """Both at once."""
        lows = [x for x in (self.at_least, other.at_least) if x is not None]
        highs = [x for x in (self.at_most, other.at_most) if x is not None]
        lists = [x for x in (self.among, other.among) if x is not None]
        among = frozenset.intersection(*lists) if lists else None
        return Bounds(max(lows, default=None), min(highs, default=None), among)

    def either(self, other: Bounds) -> Bounds:
        """One of the two, or both."""
        lows, highs = (self.at_least, other.at_least), (self.at_most, other.at_most)
        low = None if None in lows else min(x for x in lows if x is not None)
        high = None if None in highs else max(x for x in highs if x is not None)
        among = None
        if self.among is not None and other.among is not None:
            among = self.among | other.among
        return Bounds(low, high, among)


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
    scans: list[Scan] = []
    seen: set[int] = set()
    stack: list[Plan] = [plan]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scan):
            scans.append(node)
            continue
        if isinstance(node, Group):
            mark_weights(node)
            if node.rolled_up is not None:
                stack.append(node.rolled_up.input)
        elif isinstance(node, Reuse):
            stack.append(node.shared.plan)
        stack += node.inputs()
        for bound in expressions_of(node):
            if bound.traits & QUERY:
                stack.extend(q.plan for q in walk(bound) if isinstance(q, (ScalarQuery, InQuery)))
    found: dict[int, Scan] = {}
    for scan in scans:  # not before all of them know which of their columns are weights
        known = found.get(scan.id)
        found[scan.id] = scan if known is None else _for_both(known, scan)
    return [found[key] for key in sorted(found)]


def _for_both(one: Scan, other: Scan) -> Scan:
    """One reading of a table that serves two places of the plan, each pruned for itself."""
    starts = [at for at in (one.time_from, other.time_from) if at is not None]
    ends = [at for at in (one.time_to, other.time_to) if at is not None]
    return replace(
        one,
        columns=tuple(dict.fromkeys((*one.columns, *other.columns))),
        time_from=min(starts) if len(starts) == 2 else None,
        time_to=max(ends) if len(ends) == 2 else None,
        newest_first_limit=None,
        keys=tuple(dict.fromkeys((*one.keys, *other.keys))),
        among=tuple(each for each in one.among if each in other.among),
        weights=tuple(dict.fromkeys((*one.weights, *other.weights))),
    )


def conjuncts(predicate: Bound) -> list[Bound]:
    """The conditions that must all hold."""
    if isinstance(predicate, Logic) and predicate.operator == "and":
        return [part for operand in predicate.operands for part in conjuncts(operand)]
    return [predicate]


def _conjunction(parts: list[Bound]) -> Bound:
    if len(parts) == 1:
        return parts[0]
    return Logic(BOOL, any(part.nullable for part in parts), "and", tuple(parts))


def _lowered(plan: Plan) -> Plan:
    """Move filters towards the rows where that changes nothing, or is what the language says.

    Those on a union are put to each of its inputs: an input whose columns say that nothing fits
    costs nothing then, and what is known of the others reaches their scans. Those on the left side
    of an innerunique join choose among its rows before one of equal ones is chosen.
    """
    if not isinstance(plan, Filter):
        return plan
    if isinstance(plan.input, Filter):
        plan = Filter(_lowered(plan.input), plan.predicate)
    if isinstance(plan.input, Again):
        return _within(plan, plan.input)
    if isinstance(plan.input, Union) and not plan.predicate.traits & (WINDOW | QUERY):
        return _each_branch(plan.input, plan.predicate)
    if isinstance(plan.input, Join) and plan.input.distinct:
        return _below_join(plan, plan.input)
    return plan


def _within(plan: Filter, repeated: Again) -> Plan:
    """Put a filter into a plan that is read again, where it moves further down."""
    inner = repeated.input
    while isinstance(inner, (Again, Filter)):
        inner = inner.input
    parts = conjuncts(plan.predicate)
    plain = [part for part in parts if not part.traits & (WINDOW | QUERY)]
    moves = isinstance(inner, Join) and inner.distinct
    if not plain or not (moves or (isinstance(inner, Union) and len(plain) == len(parts))):
        return plan
    stands_for: dict[Symbol, Bound] = {new: reference(old) for new, old in repeated.columns}
    predicate = substituted(_conjunction(plain), stands_for)
    moved = replace(repeated, input=Filter(repeated.input, predicate))
    rest = [part for part in parts if part.traits & (WINDOW | QUERY)]
    return Filter(moved, _conjunction(rest)) if rest else moved


def _each_branch(union: Union, predicate: Bound) -> Plan:
    branches = []
    for source, values in union.branches:
        stands_for = dict(zip(union.symbols, values, strict=True))
        if any(stands_for[symbol].size > 1 for symbol in symbols_of(predicate)):
            return Filter(union, predicate)
        branches.append((Filter(source, substituted(predicate, stands_for)), values))
    return Union(union.symbols, tuple(branches))


def _below_join(plan: Filter, join: Join) -> Plan:
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
    return bool(bound.traits & QUERY)


class _Rewriter:
    """One pass over a statement."""

    def __init__(self) -> None:
        self.shared_needs: dict[Shared, set[Symbol]] = {}
        self._numbers: Iterator[int] | None = None
        self._pruned: set[int] = set()

    def prune(self, plan: Plan, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        for bound in expressions_of(plan):
            self._subqueries(bound)
        prune = _PRUNE[type(plan)]
        return prune(self, plan, needed, known, newest)

    def _subqueries(self, bound: Bound) -> None:
        if not bound.traits & QUERY:
            return
        numbers, self._numbers = self._numbers, None
        for node in walk(bound):
            if isinstance(node, (ScalarQuery, InQuery)) and id(node) not in self._pruned:
                self._pruned.add(id(node))
                node.plan = self.prune(_lowered(node.plan), {node.symbol}, {}, None)
        self._numbers = numbers

    def scan(self, plan: Scan, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        columns = tuple([pair for pair in plan.columns if pair[1] in needed])
        time = next((symbol for name, symbol in plan.columns if name == plan.time_column), None)
        bounds = known.get(time, Bounds()) if time is not None else Bounds()
        limit = None
        if newest is not None and newest.by in (None, time):
            limit = newest.count
        return Scan(
            plan.id if self._numbers is None else next(self._numbers),
            plan.table,
            plan.resource,
            columns,
            plan.time_column,
            bounds.at_least,
            bounds.at_most,
            limit,
            tuple(
                [
                    (name, among)
                    for name, symbol in (columns if known else ())
                    if symbol in known and (among := known[symbol].among) is not None
                ]
            ),
            tuple([key for key in plan.keys if any(key.name == name for name, _ in columns)]),
        )

    def values(
        self, plan: Values, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        """Rows spelled out, without what nobody reads where they are many."""
        symbols, rows = plan.symbols, plan.rows
        if len(symbols) * len(rows) <= _MANY_CELLS:
            return plan
        places = [at for at, symbol in enumerate(symbols) if symbol in needed] or [0]
        kept = tuple([tuple([row[at] for at in places]) for row in rows])
        return Values(tuple([symbols[at] for at in places]), kept)

    def series(
        self, plan: Series, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        return plan

    def reuse(self, plan: Reuse, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        columns = tuple([pair for pair in plan.columns if pair[0] in needed])
        self.shared_needs.setdefault(plan.shared, set()).update(inner for _, inner in columns)
        return Reuse(plan.shared, columns)

    def again(self, plan: Again, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        columns = tuple([pair for pair in plan.columns if pair[0] in needed])
        passed = {inner: known[fresh] for fresh, inner in plan.columns if fresh in known}
        if newest is not None and newest.by is not None:
            by = next((inner for fresh, inner in plan.columns if fresh is newest.by), None)
            newest = None if by is None else Newest(newest.count, by)
        numbers = self._numbers
        if numbers is None:
            self._numbers = count(plan.first_scan)
        below = {inner for _, inner in columns}
        source = self.prune(_lowered(plan.input), below, passed, newest)
        self._numbers = numbers
        return Again(source, columns, plan.first_scan)

    def filter(
        self, plan: Filter, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        mine = dict(known)
        only_time = True
        for part in conjuncts(plan.predicate):
            found = _bounds(part)
            if found is None:
                only_time = False
                continue
            symbol, bounds = found
            mine[symbol] = mine.get(symbol, Bounds()).narrowed(bounds)
            # The scan gives no rows beyond bounds of its time, so the newest that it gives are
            # those that pass; any other filter may remove them, and older ones would be needed.
            by_time = newest is not None and newest.by in (None, symbol)
            only_time = only_time and by_time and _is_exact(part)
        if newest is not None and newest.by is None and only_time:
            only_time = _is_time_of_scan(plan.input, symbol_of_bounds(plan.predicate))
        below = needed | symbols_of(plan.predicate)
        source = self.prune(_lowered(plan.input), below, mine, newest if only_time else None)
        return Filter(source, plan.predicate)

    def extend(
        self, plan: Extend, needed: set[Symbol], known: Known, newest: Newest | None
    ) -> Plan:
        kept = tuple(pair for pair in plan.assignments if pair[0] in needed)
        below = needed - {symbol for symbol, _ in plan.assignments}
        windows = False
        for _, value in kept:
            below |= symbols_of(value)
            windows = windows or bool(value.traits & WINDOW)
        if windows:
            known, newest = {}, None
        passed = dict(known)
        for symbol, value in plan.assignments:
            found = _bounds_below(value, known[symbol]) if symbol in known else None
            if found is not None:
                passed[found[0]] = passed.get(found[0], Bounds()).narrowed(found[1])
        source = self.prune(_lowered(plan.input), below, passed, newest)
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

    def paths(self, plan: Paths, needed: set[Symbol], known: Known, newest: Newest | None) -> Plan:
        collected = tuple(pair for pair in plan.collected if pair[0] in needed)
        below = {plan.source, plan.target, plan.number} | {symbol for _, symbol in collected}
        return replace(
            plan,
            edges=self.prune(_lowered(plan.edges), below, {}, None),
            starts=self.prune(_lowered(plan.starts), {plan.start}, {}, None),
            collected=collected,
        )


def _newest(count: Bound, order: tuple[SortKey, ...]) -> Newest | None:
    if not isinstance(count, Constant) or not isinstance(count.value, int):
        return None
    if not order:
        return Newest(count.value, None)
    key = order[0]
    # further keys tell rows of one time apart, all of which are read
    if key.descending and isinstance(key.value, Reference):
        return Newest(count.value, key.value.symbol)
    return None


def symbol_of_bounds(predicate: Bound) -> Symbol | None:
    """The one column that all time conditions of a predicate speak of, or None."""
    found = [_bounds(part) for part in conjuncts(predicate)]
    symbols = {pair[0] for pair in found if pair is not None}
    return symbols.pop() if len(symbols) == 1 else None


def _is_time_of_scan(plan: Plan, symbol: Symbol | None) -> bool:
    while isinstance(plan, (Extend, Filter, Again)):
        if isinstance(plan, Again):
            symbol = next((inner for fresh, inner in plan.columns if fresh is symbol), None)
        plan = plan.input
    if not isinstance(plan, Scan) or symbol is None:
        return False
    return (plan.time_column, symbol) in plan.columns


def _bounds(part: Bound) -> tuple[Symbol, Bounds] | None:
    """What a condition says of the one column that it speaks of; None when it says nothing."""
    if isinstance(part, Logic) and part.operator == "or":
        return _bounds_of_either(part.operands)
    if isinstance(part, Apply) and part.function in (IN_CONSTANTS, IN_ARRAY):
        return _bounds_of_list(part)
    if not isinstance(part, Compare) or part.operator not in _FLIPPED:
        return None
    operator, left, right = part.operator, part.left, part.right
    if isinstance(left, Constant):
        operator, left, right = _FLIPPED[operator], right, left
    if not isinstance(right, Constant):
        return None
    if isinstance(left, Reference) and left.type is STRING:
        if operator != "==" or not isinstance(right.value, str):
            return None
        return left.symbol, Bounds(among=frozenset((right.value,)))
    if left.type is not DATETIME or not isinstance(right.value, int):
        return None
    value = right.value
    low = value + (operator == ">") if operator in (">", ">=", "==") else None
    high = value - (operator == "<") if operator in ("<", "<=", "==") else None
    return _bounds_below(left, Bounds(low, high))


def _bounds_below(value: Bound, bounds: Bounds) -> tuple[Symbol, Bounds] | None:
    """The bounds of the column that a value is worked out from, given those of the value."""
    low, high = bounds.at_least, bounds.at_most
    while isinstance(value, Apply):
        name, arguments = value.function.name, value.arguments
        if name in _ROUNDED and (name == "bin" or len(arguments) == 1):
            # What is rounded down is less than a period away from what it was, and never more.
            period = _period(name, arguments)
            high = None if high is None or period is None else high + period
        elif name in _MOVED and isinstance(arguments[1], Constant):
            by = arguments[1].value
            if not isinstance(by, int):
                return None
            by *= _MOVED[name]
            low = None if low is None else low - by
            high = None if high is None else high - by
        else:
            return None
        value = arguments[0]
    if not isinstance(value, Reference) or value.type not in (DATETIME, STRING):
        return None
    return value.symbol, Bounds(low, high, bounds.among)


def _period(name: str, arguments: Sequence[Bound]) -> int | None:
    """An upper bound for how far a function rounds down; None when not known."""
    if name != "bin":
        return _ROUNDED[name]
    size = arguments[1]
    if isinstance(size, Constant) and isinstance(size.value, int) and size.value > 0:
        return size.value
    return None


def _bounds_of_either(parts: Sequence[Bound]) -> tuple[Symbol, Bounds] | None:
    """What holds for a column whichever of the conditions does."""
    found = [_bounds_of_all(part) for part in parts]
    first = found[0]
    if first is None:
        return None
    symbol, bounds = first
    for other in found[1:]:
        if other is None or other[0] is not symbol:
            return None
        bounds = bounds.either(other[1])
    return None if bounds == Bounds() else (symbol, bounds)


def _bounds_of_all(part: Bound) -> tuple[Symbol, Bounds] | None:
    """What conditions that must all hold say of the first column that any speaks of."""
    found = [pair for each in conjuncts(part) if (pair := _bounds(each)) is not None]
    if not found:
        return None
    symbol, bounds = found[0]
    for other, more in found[1:]:
        bounds = bounds.narrowed(more) if other is symbol else bounds
    return symbol, bounds


def _bounds_of_list(part: Apply) -> tuple[Symbol, Bounds] | None:
    value, *others = part.arguments
    if not isinstance(value, Reference) or value.type is not STRING:
        return None
    constants = [other for other in others if isinstance(other, Constant)]
    if len(constants) < len(others):
        return None
    if part.function is IN_ARRAY:
        constants = [
            element
            for constant in constants
            for element in constant_elements(constant)
            if isinstance(element, Constant)
        ]
    if not all(constant.type is STRING for constant in constants):
        return None
    return value.symbol, Bounds(among=frozenset(str(constant.value) for constant in constants))


def _is_exact(part: Bound) -> bool:
    """Whether the bounds of a condition are all that it asks."""
    return isinstance(part, Compare) and all(
        isinstance(side, (Reference, Constant)) and side.type is DATETIME
        for side in (part.left, part.right)
    )


_ROUNDED: Final = {
    "bin": 0,
    "startofday": TICKS_PER_DAY,
    "startofweek": 7 * TICKS_PER_DAY,
    "startofmonth": 31 * TICKS_PER_DAY,
    "startofyear": 366 * TICKS_PER_DAY,
}
"""Functions that round times down, beside the ticks that they are off by at most."""
_MOVED: Final = {"datetime + timespan": 1, "datetime - timespan": -1}
"""Functions that move a time by a span, and which way."""

_PRUNE: Final[dict[type[Plan], Callable[..., Plan]]] = {
    Scan: _Rewriter.scan,
    Values: _Rewriter.values,
    Series: _Rewriter.series,
    Reuse: _Rewriter.reuse,
    Again: _Rewriter.again,
    Filter: _Rewriter.filter,
    Extend: _Rewriter.extend,
    Group: _Rewriter.group,
    Limit: _Rewriter.limit,
    Sample: _Rewriter.sample,
    Join: _Rewriter.join,
    Union: _Rewriter.union,
    Expand: _Rewriter.expand,
    Sequences: _Rewriter.sequences,
    Paths: _Rewriter.paths,
}
