"""Groups whose rows follow from rows that the store has put together.

A store may keep, for finished days, one row for all rows of a period that are equal in some columns
(`schema.rollup`). A group that asks nothing but such columns, measures of them, and times no finer
than the period is given a second way to its rows (`Group.rolled_up`), which means the same. The
emitter takes it where the store says that it has such rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    QUERY,
    VOLATILE,
    WINDOW,
    Aggregation,
    Apply,
    Bound,
    Compare,
    Constant,
    InQuery,
    Logic,
    Reference,
    ScalarQuery,
    Symbol,
    constant,
    reference,
    walk,
)
from openinsights.kql.functions.aggregates import COUNT, SUM
from openinsights.kql.plan import (
    Again,
    Bands,
    Extend,
    Filter,
    Group,
    Plan,
    Reuse,
    RolledUp,
    Scan,
    Shared,
    Union,
    expressions_of,
)
from openinsights.kql.rewrite import conjuncts
from openinsights.kql.source import TICKS_PER_DAY
from openinsights.kql.weights import is_weighted, narrow
from openinsights.schema.rollup import PERIOD_TICKS, Measure
from openinsights.schema.types import DATETIME, INT, LONG, REAL, KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openinsights.schema.rollup import Rollup

_OF_DAYS: Final = frozenset(("startofday", "startofweek", "startofmonth", "startofyear"))
"""Functions that give all times of a period the same."""
_OF_ANY_ROW: Final = frozenset(("dcount", "count_distinct", "take_any"))
"""Aggregates that are the same however often a row is there."""
_EXTREMES: Final = frozenset(("min", "max"))
_COUNT: Final = ("count", ())

_Asked = tuple[str, tuple[Symbol, ...]]
"""A measure's function, and the symbols of its factors."""


class _CannotError(Exception):
    """The group needs its rows as they are."""


def roll_up(
    plans: Iterable[Plan], shared: Iterable[Shared], rollups: Mapping[str, Sequence[Rollup]]
) -> None:
    """Give groups the other way to their rows, where there is one.

    Args:
        plans: of all results, rewritten; their groups are changed in place.
        shared: plans that are read several times.
        rollups: what the store keeps of each table, in some days at least.
    """
    nodes = list(_nodes((*plans, *(part.plan for part in shared))))
    numbers = _Numbers(max((node.id for node in nodes if isinstance(node, Scan)), default=0))
    for node in nodes:
        if isinstance(node, Group):
            try:
                node.rolled_up = _Way(rollups, numbers).of(node)
            except _CannotError:
                continue


def _nodes(plans: Iterable[Plan]) -> Iterator[Plan]:
    """Every node once, those of subqueries and shared plans included."""
    stack, seen = list(plans), set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, Reuse):
            stack.append(node.shared.plan)
        stack.extend(node.inputs())
        for bound in expressions_of(node):
            if bound.traits & QUERY:
                stack.extend(q.plan for q in walk(bound) if isinstance(q, (ScalarQuery, InQuery)))


@dataclass(slots=True)
class _Numbers:
    """Gives scans numbers that no other scan has."""

    last: int

    def next(self) -> int:
        self.last += 1
        return self.last


@dataclass(slots=True)
class _Wanted:
    """What is asked of a plan's rows.

    Attributes:
        keys: symbols whose values tell rows apart.
        periods: symbols of times, of which the period is enough.
        bounded: symbols of times beside the bounds that a filter puts on them.
        measures: the symbol that each measure gets.
    """

    keys: set[Symbol] = field(default_factory=set)
    periods: set[Symbol] = field(default_factory=set)
    bounded: list[tuple[Symbol, int | None, int | None]] = field(default_factory=list)
    measures: dict[_Asked, Symbol] = field(default_factory=dict)

    def read(self, bound: Bound) -> None:
        """Note what an expression reads of a row."""
        if bound.traits & (WINDOW | VOLATILE):
            raise _CannotError
        stack = [bound]
        while stack:
            node = stack.pop()
            if isinstance(node, Reference):
                self.keys.add(node.symbol)
            elif (rounded := rounded_time(node)) is not None:
                self.periods.add(rounded[0])
            else:
                stack.extend(node.parts())

    def measure(self, function: str, factors: tuple[Symbol, ...]) -> Symbol:
        """The symbol of a measure."""
        asked = (function, factors)
        if asked not in self.measures:
            names = " * ".join(factor.name for factor in factors)
            self.measures[asked] = Symbol(f"{function}({names})", _type_of(function, factors))
        return self.measures[asked]

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Everything that rows have to have, each symbol once."""
        times = (symbol for symbol, _, _ in self.bounded)
        return tuple(
            dict.fromkeys((*self.keys, *self.periods, *times, *self.measures.values())).keys()
        )


def _type_of(function: str, factors: tuple[Symbol, ...]) -> KqlType:
    if function == "band":
        return INT
    if function in _EXTREMES:
        return factors[0].type
    return REAL if any(factor.type is REAL for factor in factors) else LONG


def rounded_time(bound: Bound) -> tuple[Symbol, int] | None:
    """Return the time that an expression rounds down to whole periods and the ticks of its steps.

    Steps may be longer. None: it is no such expression.
    """
    if not isinstance(bound, Apply) or not isinstance(bound.arguments[0], Reference):
        return None
    time = bound.arguments[0].symbol
    if time.type is not DATETIME:
        return None
    name = bound.function.name
    if name in _OF_DAYS and len(bound.arguments) == 1:
        return time, TICKS_PER_DAY
    if name != "bin" or not isinstance(bound.arguments[1], Constant):
        return None
    size = bound.arguments[1].value
    if not isinstance(size, int) or size <= 0 or size % PERIOD_TICKS:
        return None
    return time, size


class _Way:
    """Finds the other way for one group."""

    def __init__(self, rollups: Mapping[str, Sequence[Rollup]], numbers: _Numbers) -> None:
        self._rollups = rollups
        self._numbers = numbers
        self._scans: list[int] = []
        self._is_worth_it = False

    def of(self, group: Group) -> RolledUp | None:
        """The way; None when no rows are put together that it could read.

        Raises:
            _CannotError: its rows do not follow from such rows.
        """
        wanted = _Wanted()
        for _, value in group.keys:
            wanted.read(value)
        aggregates: list[tuple[Symbol, Bound]] = []
        weighted: list[Aggregation] = []
        for symbol, value in group.aggregates:
            if not isinstance(value, Aggregation) or value.order:
                raise _CannotError
            if is_weighted(value):
                weighted.append(value)
            else:
                aggregates.append((symbol, _of_measures(value, wanted)))
        bands = _bands(weighted, wanted) if weighted else None
        source = self._plan(group.input, wanted)
        if not self._is_worth_it:
            return None
        return RolledUp(source, tuple(self._scans), tuple(aggregates), bands)

    def _plan(self, plan: Plan, wanted: _Wanted) -> Plan:
        if isinstance(plan, Scan):
            return self._scan(plan, wanted)
        if isinstance(plan, Filter):
            return self._filter(plan, wanted)
        if isinstance(plan, Extend):
            return self._extend(plan, wanted)
        if isinstance(plan, Union):
            return self._union(plan, wanted)
        if isinstance(plan, Again):
            return self._again(plan, wanted)
        raise _CannotError

    def _filter(self, plan: Filter, wanted: _Wanted) -> Plan:
        for part in conjuncts(plan.predicate):
            bounds = _time_bounds(part)
            if bounds is None:
                wanted.read(part)
            else:
                wanted.bounded.append(bounds)
        return Filter(self._plan(plan.input, wanted), plan.predicate)

    def _extend(self, plan: Extend, wanted: _Wanted) -> Plan:
        assigned = dict(plan.assignments)
        inner = _Wanted(wanted.keys - assigned.keys(), wanted.periods - assigned.keys())
        for symbol in wanted.keys & assigned.keys():
            inner.read(assigned[symbol])
        for symbol in wanted.periods & assigned.keys():
            inner.periods.add(_referred(assigned[symbol]))
        for symbol, low, high in wanted.bounded:
            stands_for = _referred(assigned[symbol]) if symbol in assigned else symbol
            inner.bounded.append((stands_for, low, high))
        for (function, factors), symbol in wanted.measures.items():
            referred = tuple(_referred(assigned[f]) if f in assigned else f for f in factors)
            inner.measures[function, referred] = symbol
        if len(inner.measures) < len(wanted.measures):
            raise _CannotError
        kept = tuple(pair for pair in plan.assignments if pair[0] in wanted.symbols)
        return Extend(self._plan(plan.input, inner), kept)

    def _again(self, plan: Again, wanted: _Wanted) -> Plan:
        stands_for = dict(plan.columns)
        inner = _Wanted(
            {stands_for[symbol] for symbol in wanted.keys},
            {stands_for[symbol] for symbol in wanted.periods},
            [(stands_for[symbol], low, high) for symbol, low, high in wanted.bounded],
        )
        columns = [pair for pair in plan.columns if pair[0] in wanted.symbols]
        for (function, factors), symbol in wanted.measures.items():
            within = inner.measure(function, tuple(stands_for[factor] for factor in factors))
            columns.append((symbol, within))
        return Again(self._plan(plan.input, inner), tuple(columns), plan.first_scan)

    def _union(self, plan: Union, wanted: _Wanted) -> Plan:
        symbols = wanted.symbols
        branches = []
        for source, values in plan.branches:
            stands_for = dict(zip(plan.symbols, values, strict=True))
            inner = _Wanted()
            for symbol in wanted.keys:
                inner.read(stands_for[symbol])
            inner.periods = {_referred(stands_for[symbol]) for symbol in wanted.periods}
            inner.bounded = [
                (_referred(stands_for[symbol]), low, high) for symbol, low, high in wanted.bounded
            ]
            made: dict[Symbol, Bound] = {
                symbol: _of_branch(asked, symbol, stands_for, inner)
                for asked, symbol in wanted.measures.items()
            }
            kept = tuple(
                made[symbol] if symbol in made else stands_for[symbol] for symbol in symbols
            )
            branches.append((self._plan(source, inner), kept))
        return Union(symbols, tuple(branches))

    def _scan(self, plan: Scan, wanted: _Wanted) -> Plan:
        names = {symbol: name for name, symbol in plan.columns}
        time = plan.time_column
        keys = {names[symbol] for symbol in wanted.keys}
        if any(names[symbol] != time for symbol in wanted.periods) or time in keys:
            raise _CannotError
        for symbol, low, high in wanted.bounded:
            if names[symbol] != time or not _is_within(plan, low, high):
                raise _CannotError
        columns = [(names[symbol], symbol) for symbol in wanted.symbols if symbol in names]
        measures = []
        for (function, factors), symbol in wanted.measures.items():
            measure = Measure(function, tuple(names[factor] for factor in factors))
            measures.append(measure)
            columns.append((measure.name, symbol))
        if len({name for name, _ in columns}) < len(columns):
            raise _CannotError
        if any(each.says(keys, measures) for each in self._rollups.get(plan.table, ())):
            self._is_worth_it = True
        number = self._numbers.next()
        self._scans.append(number)
        return Scan(
            number,
            plan.table,
            plan.resource,
            tuple(columns),
            time,
            plan.time_from,
            plan.time_to,
            keys=tuple(key for key in plan.keys if key.name in keys),
            is_rolled_up=True,
        )


def _of_measures(bound: Aggregation, wanted: _Wanted) -> Bound:
    """An aggregate as one of rows that stand for several."""
    if bound.predicate is not None:
        wanted.read(bound.predicate)
    name = bound.function.name
    if name in _OF_ANY_ROW:
        for argument in bound.arguments:
            wanted.read(argument)
        return bound
    if bound.function is COUNT:
        counted = wanted.measure(*_COUNT)
        return replace(bound, function=SUM, arguments=(reference(counted),))
    value, *others = bound.arguments
    if others:
        raise _CannotError
    if bound.function is SUM:
        counted = wanted.measure("sum", _factors(value))
        if counted.type is not (LONG if value.type is INT else value.type):
            raise _CannotError
        return replace(bound, arguments=(reference(counted),))
    if name in _EXTREMES and isinstance(value, Reference):
        return replace(bound, arguments=(reference(wanted.measure(name, (value.symbol,))),))
    raise _CannotError


def _factors(value: Bound) -> tuple[Symbol, ...]:
    """The columns whose product a value is."""
    value = narrow(value)
    if isinstance(value, Reference):
        return (value.symbol,)
    if isinstance(value, Apply) and value.function.name == "real * real":
        left, right = value.arguments
        return (*_factors(left), *_factors(right))
    raise _CannotError


def _bands(weighted: Sequence[Aggregation], wanted: _Wanted) -> Bands:
    """The bands that percentiles of the same weighted values follow from."""
    found: set[tuple[Symbol, Symbol]] = set()
    for each in weighted:
        value, weight, _ = (narrow(argument) for argument in each.arguments)
        if each.predicate is not None:
            raise _CannotError
        if not isinstance(value, Reference) or not isinstance(weight, Reference):
            raise _CannotError
        found.add((value.symbol, weight.symbol))
    if len(found) > 1:
        raise _CannotError
    ((value_symbol, weight_symbol),) = found
    return Bands(
        wanted.measure("band", (value_symbol, weight_symbol)),
        wanted.measure("sum", (weight_symbol,)),
        wanted.measure("min", (value_symbol,)),
    )


def _referred(bound: Bound) -> Symbol:
    """The symbol that a value is, unchanged."""
    if not isinstance(bound, Reference):
        raise _CannotError
    return bound.symbol


def _of_branch(
    asked: _Asked, symbol: Symbol, stands_for: Mapping[Symbol, Bound], inner: _Wanted
) -> Bound:
    """A measure of a union's rows, as that of one of its branches."""
    function, factors = asked
    values = [narrow(stands_for[factor]) for factor in factors]
    if any(isinstance(value, Constant) and value.value is None for value in values):
        return constant(None, symbol.type)
    return reference(inner.measure(function, tuple(_referred(value) for value in values)))


def _time_bounds(part: Bound) -> tuple[Symbol, int | None, int | None] | None:
    """The bounds that a condition puts on a time; None when it is anything else."""
    if isinstance(part, Logic) or not isinstance(part, Compare):
        return None
    operator, left, right = part.operator, part.left, part.right
    if isinstance(left, Constant):
        operator, left, right = _FLIPPED.get(operator, ""), right, left
    if not isinstance(left, Reference) or left.type is not DATETIME:
        return None
    if not isinstance(right, Constant) or not isinstance(right.value, int):
        return None
    value = right.value
    if operator in (">", ">="):
        return left.symbol, value + (operator == ">"), None
    if operator in ("<", "<="):
        return left.symbol, None, value - (operator == "<")
    return None


_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _is_within(scan: Scan, low: int | None, high: int | None) -> bool:
    """Whether a scan gives no rows but those within the bounds."""
    if low is not None and (scan.time_from is None or scan.time_from < low):
        return False
    return high is None or (scan.time_to is not None and scan.time_to <= high)
