"""Plan to SQL text, in the words of a dialect.

Neighbouring filters and projections share one SELECT, the rest are common table expressions that
read each other. All text in it is made here from quoted identifiers and literals.
"""
# ruff: noqa: S608 - writing SQL is this file's purpose

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    QUERY,
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
    SortKey,
    Symbol,
    Window,
    symbols_of,
    walk,
)
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.aggregates import DCOUNT
from openinsights.kql.functions.dynamics import BAG_PAIRS
from openinsights.kql.functions.row import Null
from openinsights.kql.functions.strings import IN_CONSTANTS
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
    RolledUp,
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
from openinsights.kql.rewrite import conjuncts
from openinsights.kql.source import MAX_DATETIME
from openinsights.kql.sql.dialect import BANDS, KEPT_BANDS, PAIRS, RECURSION, require
from openinsights.kql.sql.duckdb import DUCKDB
from openinsights.kql.sql.estimated import estimated
from openinsights.kql.sql.once import LARGE, apart
from openinsights.kql.sql.pairs import Pairs, expanded, part_of_pair
from openinsights.kql.sql.paths import paths
from openinsights.kql.sql.percentiles import percentiles_together
from openinsights.kql.sql.repeated import few_repetitions, repeated
from openinsights.kql.sql.sequences import sequences
from openinsights.kql.sql.weighted import Together, has_weighted, weighted
from openinsights.schema.sql import Sql
from openinsights.schema.types import DATETIME, DECIMAL, GUID, LONG, REAL, STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from openinsights.kql.functions.row import Lowering
    from openinsights.kql.sql.dialect import Dialect

MANY_CONSTANTS: Final = 64
"""Longer lists of `in` are one parameter rather than text."""
MAX_LONG_RANGES: Final = 8
"""Calls of range(…) with constants that make a long array; the engine builds them all at once."""
_LONG_RANGE: Final = 20_000
"""Elements from which on an array is long; an array for each row must be shorter."""
MAX_SQL: Final = 4_000_000
"""Characters of SQL that one statement may become."""

_MAKES: Final = Null.MAKES
_PROPAGATES: Final = Null.PROPAGATES
_WORTH_KEEPING: Final = 8
"""Expressions of so many parts are written once, however often they are used."""


@dataclass(slots=True)
class Select:
    """A SELECT in the making.

    Attributes:
        source: what stands after FROM.
        columns: the SQL of each symbol, in terms of the source.
        computed: symbols whose SQL is more than a column or a constant.
        where: conditions.
        tail: ORDER BY and LIMIT.
        is_windowed: whether a column looks at other rows, so that filters must stand outside.
        scan: the number of the scan whose relation the source is, while it is nothing else.
        time: the SQL of that scan's time column.
        branches: of that relation; see `Sql`.
        constants: symbols whose SQL is a constant.
    """

    source: str
    columns: dict[Symbol, str] = field(default_factory=dict)
    computed: set[Symbol] = field(default_factory=set)
    where: list[str] = field(default_factory=list)
    tail: str = ""
    is_windowed: bool = False
    scan: int = -1
    time: str = ""
    branches: tuple[str, ...] = ()
    constants: set[Symbol] = field(default_factory=set)


def _is_constant(bound: Bound, select: Select) -> bool:
    """Whether a value is the same in all rows of a select."""
    return isinstance(bound, Constant) or (
        isinstance(bound, Reference) and bound.symbol in select.constants
    )


def _is_number(bound: Bound) -> bool:
    """Whether it is a constant that is no NaN."""
    return isinstance(bound, Constant) and bound.value == bound.value


def _without_nan(bound: Compare, left: str, right: str, text: str, dialect: Dialect) -> str:
    """A comparison's SQL where NaN equals no number, and is neither larger nor smaller than any.

    To engines it equals itself, to some everywhere and to others where null does; to some it is the
    largest number.
    """
    sides = ((bound.left, left), (bound.right, right))
    if bound.operator in ("==", "!="):
        if any(side.type is not REAL or _is_number(side) for side, _ in sides):
            return text
        nan = f"COALESCE({dialect.is_nan(left)}, false)"
        return f"({text} AND NOT {nan})" if bound.operator == "==" else f"({text} OR {nan})"
    larger, sql = sides[0] if bound.operator in (">", ">=") else sides[1]
    if larger.type is not REAL or _is_number(larger):
        return text
    return f"({text} AND NOT {dialect.is_nan(sql)})"


class Emitter:
    """Writes one statement."""

    def __init__(
        self, sources: Mapping[int, Sql], *, is_frugal: bool = False, dialect: Dialect = DUCKDB
    ) -> None:
        """Take the SQL relation of each scan, by the scan's number.

        `is_frugal` prefers estimates in little memory to exact numbers.
        """
        self.dialect = dialect
        self.types = dialect.types
        self._literal = dialect.literal
        self._identifier = dialect.identifier
        self._prefix = dialect.prefix
        self._sources = sources
        self._is_frugal = is_frugal
        self._parameters: dict[str, object] = {}
        self.ctes: list[tuple[str, str]] = []
        self._aliases: dict[Symbol, str] = {}
        self._numbers: dict[str, int] = {}
        self._taken: set[str] = set()
        self._shared: dict[Shared, dict[Symbol, str]] = {}
        self._subqueries: dict[int, str] = {}
        self._written: dict[tuple[int, int], tuple[Bound, Mapping[Symbol, str], str]] = {}
        self._pairs: dict[Symbol, Pairs] = {}
        self._places: dict[int, Symbol] = {}
        self._ranges = 0
        self._size = 0
        self._moves_datetimes = False
        self.is_recursive = False

    # The statement.

    def statement(
        self, plan: Plan, columns: Sequence[tuple[str, Symbol]], order: Sequence[SortKey]
    ) -> Sql:
        """The whole statement: these columns under these names, in this order."""
        needed = {symbol for _, symbol in columns}
        for key in order:
            needed |= symbols_of(key.value)
        select = self.plan(plan, needed)
        if select.tail and _is_sorted(plan, order):
            order = ()
        if order and select.tail:
            select = self.closed(select, needed)
        listed = [
            f"{self._result(symbol, select.columns)} AS {self._identifier(name)}"
            for name, symbol in columns
        ] or ['1 AS "_"']
        text = self._select_text(", ".join(listed), select)
        if order:
            # The sort may not see the names given above, so it sorts by what stands below.
            text += " ORDER BY " + self._order(order, select.columns)
        whole = self.dialect.statement(self.ctes, text, is_recursive=self.is_recursive)
        for pairs in self._pairs.values():
            whole = pairs.finished(whole)
        if not self._parameters:
            return Sql(whole, {})
        # A part that was written and then left out took its parameters along.
        named = self.dialect.parameters_in(whole)
        return Sql(
            whole, {name: value for name, value in self._parameters.items() if name in named}
        )

    def _result(self, symbol: Symbol, columns: Mapping[Symbol, str]) -> str:
        """A result's column; a computed datetime outside of the years 1 to 9999 is null."""
        text = self.dialect.result(columns[symbol], symbol.type)
        if symbol.type is not DATETIME or not self._moves_datetimes:
            return text
        return f"CASE WHEN {text} BETWEEN 0 AND {MAX_DATETIME} THEN {text} END"

    # Building blocks.

    def alias(self, symbol: Symbol) -> str:
        """The column that holds a symbol wherever the statement writes it, quoted."""
        known = self._aliases.get(symbol)
        if known is not None:
            return known
        # NUL is not written, so it tells no two names apart.
        name = symbol.name
        if "\0" in name:
            name = name.replace("\0", "")
        folded = name.lower()
        found, taken, number = name, folded, self._numbers.get(folded, 0)
        if number:
            found, taken = f"{name}:{number}", f"{folded}:{number}"
        while taken in self._taken or not found:
            number += 1
            found, taken = f"{name}:{number}", f"{folded}:{number}"
        self._numbers[folded] = number
        self._taken.add(taken)
        made = self._aliases[symbol] = self._identifier(found)
        return made

    def add_cte(self, text: str, *, materialized: bool = False) -> str:
        """Add a common table expression; return its name."""
        self._size += len(text)
        if self._size > MAX_SQL:
            raise KqlUnsupported("the query is too large")
        name = f"q{len(self.ctes) + 1}"
        self.ctes.append((name, f"MATERIALIZED ({text})" if materialized else f"({text})"))
        return name

    def _select_text(self, listed: str, select: Select, *, distinct: str = "") -> str:
        text = f"SELECT {distinct}{listed} FROM {select.source}"
        if select.where:
            text += " WHERE " + " AND ".join(select.where)
        return text + select.tail

    def closed(
        self,
        select: Select,
        needed: Iterable[Symbol],
        *,
        distinct: str = "",
        materialized: bool = False,
    ) -> Select:
        """The select as a common table expression, and a new select that reads it."""
        wanted = needed if isinstance(needed, set) else set(needed)
        columns = {symbol: self.alias(symbol) for symbol in select.columns if symbol in wanted}
        listed = [f"{select.columns[symbol]} AS {name}" for symbol, name in columns.items()]
        text = self._select_text(", ".join(listed) or '1 AS "_"', select, distinct=distinct)
        return Select(self.add_cte(text, materialized=materialized), columns)

    def from_text(self, text: str, symbols: Iterable[Symbol]) -> Select:
        """A select over a text that has these symbols as columns."""
        return self.selected(self.add_cte(text), symbols)

    def selected(self, name: str, symbols: Iterable[Symbol]) -> Select:
        """A select over a common table expression that has these symbols as columns."""
        return Select(name, {s: self.alias(s) for s in symbols})

    def _ready(self, select: Select, read: Set[Symbol], needed: Set[Symbol]) -> Select:
        """The select, closed if an expression would read a column that it computes."""
        if select.computed & read:
            return self.closed(select, needed | read)
        return select

    def plan(self, plan: Plan, needed: set[Symbol]) -> Select:
        """The select that makes a plan's rows, with at least the needed symbols."""
        return _EMIT[type(plan)](self, plan, needed)

    # Nodes.

    def scan(self, plan: Scan, needed: set[Symbol]) -> Select:
        """The relation that the caller gave for a stored table."""
        source = self._sources[plan.id]
        self._parameters.update(source.parameters)
        text = source.text.strip()
        if text[:6].lower() in ("select", "with a", "values") or text[:5].lower() == "with ":
            text = f"({text})"
        return Select(
            f"{text} AS s{plan.id}",
            {symbol: self.dialect.column(plan.id, name) for name, symbol in plan.columns},
            scan=plan.id,
            time=self.dialect.column(plan.id, plan.time_column),
            branches=source.branches,
        )

    def values(self, plan: Values, needed: set[Symbol]) -> Select:
        """Rows spelled out."""
        if not plan.symbols:
            where = [] if plan.rows else ["false"]
            return Select('(SELECT 1 AS "_") AS v', {}, set(), where)
        if not plan.rows:
            nulls = ", ".join(
                f"{self._literal(None, symbol.type)} AS {self.alias(symbol)}"
                for symbol in plan.symbols
            )
            source = f"(SELECT {nulls}) AS v"
            return Select(source, {s: self.alias(s) for s in plan.symbols}, set(), ["false"])
        none: dict[Symbol, str] = {}
        rows = [[self.value(cell, none) for cell in row] for row in plan.rows]
        columns = {symbol: self.alias(symbol) for symbol in plan.symbols}
        types = [symbol.type for symbol in plan.symbols]
        source = self.dialect.rows(rows, list(columns.values()), types)
        self._size += len(source)
        return Select(source, columns)

    def series(self, plan: Series, needed: set[Symbol]) -> Select:
        """Equally spaced values."""
        first, last, step = (self.value(part, {}) for part in (plan.first, plan.last, plan.step))
        real, long = self.types[REAL], self.types[LONG]
        count = f"CAST(floor(({last} - {first}) / CAST({step} AS {real})) AS {long})"
        if plan.symbol.type is not REAL:
            count = self.dialect.whole_quotient(f"({last} - {first})", step)
            if plan.symbol.type is DECIMAL:
                # Division of decimals is one of reals, which may fall short of a whole number.
                whole = f"(({last} - {first}) - ({last} - {first}) % NULLIF({step}, 0))"
                count = f"CAST(round(CAST({whole} AS {real}) / CAST({step} AS {real})) AS {long})"
            away = f"(({last} - {first}) < 0) <> ({step} < 0)"
            count = f"(CASE WHEN {away} AND {last} <> {first} THEN -1 ELSE {count} END)"
        parts = (plan.first, plan.last, plan.step)
        is_subquery = any(part.traits & QUERY for part in parts)
        numbers = self.dialect.numbers(count, is_subquery=is_subquery)
        value = f"CAST({first} + i * {step} AS {self.types[plan.symbol.type]})"
        text = f"SELECT {value} AS {self.alias(plan.symbol)} FROM {numbers}"
        return self.from_text(text, [plan.symbol])

    def filter(self, plan: Filter, needed: set[Symbol]) -> Select:
        """Conditions, in the same SELECT where that means the same."""
        if plan.predicate.size >= LARGE and (found := apart(plan.input, [plan.predicate])):
            return self.filter(Filter(found[0], found[1][0]), needed)
        read = symbols_of(plan.predicate)
        select = self._ready(self.plan(plan.input, needed | read), read, needed)
        if select.is_windowed or select.tail:
            select = self.closed(select, needed | read)
        parts = list(conjuncts(plan.predicate)) if select.branches else []
        of_time = [part for part in parts if self._is_of_time(part, select)]
        if of_time:
            # the engine leaves all columns of a row alone that is left out where it is read
            more = "".join([f" and {self.predicate(part, select.columns)}" for part in of_time])
            select.branches = tuple([each + more for each in select.branches])
            select.source = f"({' union all '.join(select.branches)}) AS s{select.scan}"
        rest = [part for part in parts if part not in of_time] if of_time else [plan.predicate]
        select.where += [self.predicate(part, select.columns) for part in rest]
        return select

    @staticmethod
    def _is_of_time(bound: Bound, select: Select) -> bool:
        """Whether a condition computes something of a row's time, and reads nothing else."""
        read = symbols_of(bound)
        if read & select.computed or {select.columns[symbol] for symbol in read} != {select.time}:
            return False
        parts = list(walk(bound))
        return any(isinstance(part, Apply) for part in parts) and all(
            part.function.name in _NEVER_FAIL
            if isinstance(part, Apply)
            else isinstance(part, (Compare, Logic, Constant, Reference))
            for part in parts
        )

    def extend(self, plan: Extend, needed: set[Symbol]) -> Select:
        """More columns."""
        kept = [pair for pair in plan.assignments if pair[0] in needed]
        if found := apart(plan.input, [value for _, value in kept]):
            made = zip((symbol for symbol, _ in kept), found[1], strict=True)
            return self.extend(Extend(found[0], tuple(made)), needed)
        read: set[Symbol] = set()
        for _, value in kept:
            read |= symbols_of(value)
        below = (needed - {symbol for symbol, _ in plan.assignments}) | read
        select = self._ready(self.plan(plan.input, below), read, below)
        if select.tail and any(value.traits & WINDOW for _, value in kept):
            select = self.closed(select, below)
        added: dict[Symbol, str] = {}
        for symbol, value in kept:
            added[symbol] = self.value(value, select.columns)
            if not isinstance(value, (Constant, Reference)) or (
                isinstance(value, Reference) and value.symbol in select.computed
            ):
                select.computed.add(symbol)
            elif _is_constant(value, select):
                select.constants.add(symbol)
            if value.traits & WINDOW:
                select.is_windowed = True
        select.columns.update(added)
        return select

    def group(self, plan: Group, needed: set[Symbol]) -> Select:
        """GROUP BY."""
        aggregates = [pair for pair in plan.aggregates if pair[0] in needed]
        parts = [*plan.keys, *aggregates]
        read: set[Symbol] = set()
        for _, value in parts:
            read |= symbols_of(value)
        bounds = None
        can = self.dialect.capabilities
        is_weighted = has_weighted(aggregates) and BANDS in can
        in_bands = True
        if is_weighted:
            bounds = few_repetitions(plan, self._sources)
            if self._is_frugal:
                # whichever of the ways was too much before, the next one takes less
                bounds, in_bands = None, bounds is not None
            is_weighted = bounds is None
        way = plan.rolled_up if bounds is None else None
        if way is not None and (self._is_frugal or not self._has_rolled_up(way)):
            way = None
        if way is not None and way.bands is not None and not is_weighted:
            is_weighted = has_weighted(aggregates) and bounds is None and KEPT_BANDS in can
            way = way if is_weighted else None
        if way is not None and not is_weighted:
            kept = tuple([pair for pair in way.aggregates if pair[0] in needed])
            if self.dialect.frugal(DCOUNT) is not None:
                kept = estimated(plan.keys, kept, way, self._sources)
            return self.group(Group(way.input, plan.keys, kept), needed)
        first = len(self.ctes)
        select = self._ready(self.plan(plan.input, read), read, read)
        if select.is_windowed or select.tail or (is_weighted and not _is_cheap(plan.input)):
            select = self.closed(select, read)
        elif is_weighted and BANDS in can:
            self._read_again(first)
        if is_weighted:
            together = None if way is None else self._together(plan, way, needed)
            return weighted(self, plan, aggregates, select, in_bands=in_bands, rolled_up=together)
        if bounds is not None:
            select, aggregates = repeated(self, plan, aggregates, select, bounds)
        if self.dialect.lists_percentiles and not self._is_frugal:
            columns = select.columns
            aggregates = percentiles_together(aggregates, lambda part: self.value(part, columns))
        parts = [*plan.keys, *aggregates]
        if any(isinstance(value, Aggregation) and value.order for _, value in aggregates):
            select = self._in_order(select, read, aggregates)
        keys = [
            self.dialect.key(self.value(value, select.columns), value.type)
            for _, value in plan.keys
        ]
        texts = keys + [self.value(value, select.columns) for _, value in aggregates]
        texts = self.dialect.together(texts)
        listed = [
            f"{text} AS {self.alias(symbol)}"
            for (symbol, _), text in zip(parts, texts, strict=True)
        ]
        text = self._select_text(", ".join(listed) or '1 AS "_"', select)
        if plan.keys:
            # the engine's hash tables would hold a constant beside every key
            differ = [i for i, (_, key) in enumerate(plan.keys) if not _is_constant(key, select)]
            text += " GROUP BY " + ", ".join([str(i + 1) for i in differ or [0]])
        elif not listed:
            # One row, whatever the input: nothing of the group is needed but its being there.
            text = 'SELECT 1 AS "_"'
        return self.from_text(text, [symbol for symbol, _ in parts])

    def _in_order(
        self, select: Select, read: set[Symbol], aggregates: Sequence[tuple[Symbol, Bound]]
    ) -> Select:
        """The input of aggregates that look at its order, with what they need to know it."""
        if not self.dialect.orders_by_number:
            return select
        self._places = {}
        for _, value in aggregates:
            order = value.order if isinstance(value, Aggregation) else ()
            if order and id(order) not in self._places:
                symbol = Symbol("place", LONG)
                written = self._order(order, select.columns)
                select.columns[symbol] = f"row_number() OVER (ORDER BY {written})"
                self._places[id(order)] = symbol
        return self.closed(select, read | set(self._places.values()))

    def _has_rolled_up(self, way: RolledUp) -> bool:
        return any(self._sources[scan].is_rolled_up for scan in way.scans)

    def _together(self, plan: Group, way: RolledUp, needed: set[Symbol]) -> Together:
        """Rows that stand for several, with the bands of their values."""
        bands = way.bands
        if bands is None:
            raise AssertionError("BUG: percentiles without bands")
        aggregates = [pair for pair in way.aggregates if pair[0] in needed]
        read = {bands.band, bands.weight, bands.least}
        for _, value in (*plan.keys, *aggregates):
            read |= symbols_of(value)
        select = self._ready(self.plan(way.input, read), read, read)
        return Together(select, bands, aggregates)

    def _read_again(self, first: int) -> None:
        """Let the engine compute these common table expressions again wherever they are read."""
        for place in range(first, len(self.ctes)):
            name, body = self.ctes[place]
            if body.startswith("("):
                self.ctes[place] = (name, f"NOT MATERIALIZED {body}")

    def limit(self, plan: Limit, needed: set[Symbol]) -> Select:
        """ORDER BY and LIMIT."""
        read: set[Symbol] = set()
        for key in plan.order:
            read |= symbols_of(key.value)
        select = self.plan(plan.input, needed | read)
        if select.tail or (plan.order and select.computed & read):
            select = self.closed(select, needed | read)
        if plan.order:
            select.tail = " ORDER BY " + self._order(plan.order, select.columns)
        select.tail += f" LIMIT {self._count(plan.count)}"
        return select

    def sample(self, plan: Sample, needed: set[Symbol]) -> Select:
        """Rows picked at random."""
        select = self.plan(plan.input, needed)
        if select.tail:
            select = self.closed(select, needed)
        select.tail = f" ORDER BY {self.dialect.random} LIMIT {self._count(plan.count)}"
        return select

    def _count(self, count: Bound) -> str:
        if isinstance(count, Constant) and isinstance(count.value, int):
            return str(max(count.value, 0))
        return f"(SELECT greatest(COALESCE({self.value(count, {})}, 0), 0))"

    def join(self, plan: Join, needed: set[Symbol]) -> Select:
        """JOIN of two common table expressions."""
        stands_for = dict(plan.missing)
        wanted = {stands_for.get(symbol, symbol) for symbol in needed} | set(plan.distinct)
        read: set[Symbol] = set()
        for pair in plan.pairs:
            read |= symbols_of(pair[0]) | symbols_of(pair[1])
        wanted |= read
        left = self.plan(plan.left, wanted & produced(plan.left))
        left = self._ready(left, set(plan.distinct), wanted)
        keys = ", ".join(left.columns[symbol] for symbol in plan.distinct)
        if left.tail and keys:
            left = self.closed(left, wanted)
            keys = ", ".join(left.columns[symbol] for symbol in plan.distinct)
        left = self.closed(left, wanted, distinct=f"DISTINCT ON ({keys}) " if keys else "")
        right = self.closed(self.plan(plan.right, wanted & produced(plan.right)), wanted)
        both = {**left.columns, **right.columns}
        condition = " AND ".join(
            f"{self.dialect.key(self.value(a, both), a.type)}"
            f" = {self.dialect.key(self.value(b, both), b.type)}"
            for a, b in plan.pairs
        )
        word = self.dialect.join_words[plan.kind]
        source = f"{left.source} {word} {right.source} ON {condition or 'true'}"
        columns = left.columns if plan.kind in ("leftsemi", "leftanti") else both
        select = Select(source, dict(columns))
        for symbol, inner in plan.missing:
            if symbol in needed:
                text = both[inner]
                if symbol.type is STRING:
                    text = f"COALESCE({text}, '')"
                    select.computed.add(symbol)
                select.columns[symbol] = text
        return self.closed(select, needed)

    def union(self, plan: Union, needed: set[Symbol]) -> Select:
        """UNION ALL."""
        positions = [i for i, symbol in enumerate(plan.symbols) if symbol in needed]
        symbols = [plan.symbols[i] for i in positions]
        texts = []
        for source, values in plan.branches:
            kept = [values[i] for i in positions]
            read: set[Symbol] = set()
            for value in kept:
                read |= symbols_of(value)
            select = self.plan(source, read)
            listed = [
                f"{self.value(value, select.columns)} AS {self.alias(symbol)}"
                for value, symbol in zip(kept, symbols, strict=True)
            ]
            text = self._select_text(", ".join(listed) or '1 AS "_"', select)
            texts.append(f"({text})" if select.tail else text)
        return self.from_text(" UNION ALL ".join(texts), symbols)

    def expand(self, plan: Expand, needed: set[Symbol]) -> Select:
        """Rows of the elements of arrays."""
        read: set[Symbol] = set()
        for _, value in plan.items:
            read |= symbols_of(value)
        below = (needed - {symbol for symbol, _ in plan.items} - {plan.index}) | read
        kept = {s for s in below if s is not None}
        select = self.closed(self.plan(plan.input, kept), kept)
        (symbol, value), *more = plan.items
        is_numbered = plan.index is not None and plan.index in needed
        if (
            _is_pairs(value)
            and not more
            and not is_numbered
            and plan.limit is None
            and PAIRS in self.dialect.capabilities
        ):
            return self._pairs_of(symbol, value, select, needed)
        lists = [
            self.dialect.elements(self.value(value, select.columns), plan.limit)
            for _, value in plan.items
        ]
        names = [self.dialect.list_name(i) for i in range(len(lists))]
        columns = [f"{select.columns[s]}" for s in select.columns if s in needed]
        inner = ", ".join([*columns, *(f"{t} AS {n}" for t, n in zip(lists, names, strict=True))])
        source = self.add_cte(f"SELECT {inner} FROM {select.source}")
        pairs = [
            (name, self.alias(symbol)) for name, (symbol, _) in zip(names, plan.items, strict=True)
        ]
        index = self.alias(plan.index) if plan.index is not None and is_numbered else None
        text = self.dialect.expanded(source, columns, pairs, index)
        symbols = [s for s in select.columns if s in needed]
        symbols += [symbol for symbol, _ in plan.items]
        if plan.index is not None and plan.index in needed:
            symbols.append(plan.index)
        made = self.from_text(text, symbols)
        for symbol, _ in plan.items:
            made.columns[symbol] = f"NULLIF({made.columns[symbol]}, 'null')"
            made.computed.add(symbol)
        return made

    def _pairs_of(
        self, symbol: Symbol, value: Bound, select: Select, needed: set[Symbol]
    ) -> Select:
        (bag,) = value.parts()
        symbols = [s for s in select.columns if s in needed]
        columns = [select.columns[s] for s in symbols]
        elements = self.dialect.elements(
            lowered(self.dialect.lowering(BAG_PAIRS), ["x"], [bag]), None
        )
        pairs, text = expanded(
            self, select.source, columns, self.value(bag, select.columns), elements
        )
        made = self.from_text(text, symbols)
        made.columns[symbol] = pairs.whole
        self._pairs[symbol] = pairs
        return made

    def sequences(self, plan: Sequences, needed: set[Symbol]) -> Select:
        """Rows that match the steps of `scan`."""
        require(self.dialect, "scan", RECURSION)
        return sequences(self, plan, needed)

    def paths(self, plan: Paths, needed: set[Symbol]) -> Select:
        """Walks along edges, see sql/paths.py."""
        require(self.dialect, "a walk along the edges of a graph", RECURSION)
        return paths(self, plan, needed)

    def reuse(self, plan: Reuse, needed: set[Symbol]) -> Select:
        """One more reading of a shared plan."""
        shared = plan.shared
        if shared not in self._shared:
            made_there = produced(shared.plan)
            inner = {symbol for symbol in shared.symbols if symbol in made_there}
            select = self.plan(shared.plan, inner)
            inner &= set(select.columns)
            made = self.closed(select, inner, materialized=True)
            self._shared[shared] = made.columns
            self._subqueries[id(shared)] = made.source
        columns = self._shared[shared]
        source = self._subqueries[id(shared)]
        return Select(source, {fresh: columns[inner] for fresh, inner in plan.columns})

    def again(self, plan: Again, needed: set[Symbol]) -> Select:
        """The rows of a plan under other symbols."""
        columns = [pair for pair in plan.columns if pair[0] in needed]
        select = self.plan(plan.input, {inner for _, inner in columns})
        return Select(
            select.source,
            {fresh: select.columns[inner] for fresh, inner in columns},
            {fresh for fresh, inner in columns if inner in select.computed},
            select.where,
            select.tail,
            select.is_windowed,
            select.scan,
            select.time,
            select.branches,
        )

    # Expressions.

    def value(self, bound: Bound, columns: Mapping[Symbol, str]) -> str:
        """An expression's SQL, exact for null as well."""
        if bound.size < _WORTH_KEEPING:
            kind = type(bound)
            if kind is Reference:
                return columns[bound.symbol]  # type: ignore[attr-defined]  # told by its type
            if kind is Constant:
                return self._literal(bound.value, bound.type)  # type: ignore[attr-defined]  # likewise
            return _VALUE[kind](self, bound, columns)
        # What a `let` or a function names twice is one expression that stands in two places.
        key = (id(bound), id(columns))
        kept = self._written.get(key)
        if kept is not None:
            self._check(kept[2])
            return kept[2]
        ranges = self._ranges
        text = _VALUE[type(bound)](self, bound, columns)
        if self._ranges == ranges:
            self._written[key] = (bound, columns, text)
        return text

    def predicate(self, bound: Bound, columns: Mapping[Symbol, str]) -> str:
        """An expression's SQL where null and false mean the same."""
        if isinstance(bound, Compare):
            left, right = self.value(bound.left, columns), self.value(bound.right, columns)
            if bound.operator == "!=" and (bound.left.nullable or bound.right.nullable):
                text = f"{left} IS DISTINCT FROM {right}"
            else:
                if bound.left.type is GUID:
                    return self._compare(bound, columns)
                text = f"{left} {_SQL_OPERATORS[bound.operator]} {right}"
            return _without_nan(bound, left, right, text, self.dialect)
        if isinstance(bound, Logic):
            word = f" {bound.operator.upper()} "
            return "(" + word.join(self.predicate(part, columns) for part in bound.operands) + ")"
        if isinstance(bound, InQuery):
            return self._in_query(bound, columns)
        return self.value(bound, columns)

    def _constant(self, bound: Constant, columns: Mapping[Symbol, str]) -> str:
        return self._literal(bound.value, bound.type)

    def _reference(self, bound: Reference, columns: Mapping[Symbol, str]) -> str:
        return columns[bound.symbol]

    def _apply(self, bound: Apply, columns: Mapping[Symbol, str]) -> str:
        function = bound.function
        if self._pairs:
            part = part_of_pair(bound, columns, self._pairs)
            if part is not None:
                return part
        if function is IN_CONSTANTS and len(bound.arguments) > MANY_CONSTANTS:
            among = self._among(bound, columns)
            if among is not None:
                return among
        arguments = [self.value(argument, columns) for argument in bound.arguments]
        lowering = self.dialect.lowering(function)
        text = lowered(lowering, arguments, bound.arguments)
        if function.name.startswith("range of "):
            text = self._bounded_range(bound, arguments, text)
        if len(text) > MAX_SQL:
            self._check(text)
        if bound.type is DATETIME and function.name in _MOVES:
            self._moves_datetimes = True
        if bound.type is STRING and (
            function.null is _MAKES
            or (function.null is _PROPAGATES and any(a.nullable for a in bound.arguments))
        ):
            return f"COALESCE({text}, '')"
        return text if _is_whole(lowering, text) else f"({text})"

    def _among(self, bound: Apply, columns: Mapping[Symbol, str]) -> str | None:
        """Membership in many constants, which travel as one parameter; None for mixed ones."""
        value, *others = bound.arguments
        constants = [other for other in others if isinstance(other, Constant)]
        kinds = {constant.type for constant in constants}
        values = [constant.value for constant in constants]
        if len(constants) < len(others) or len(kinds) > 1 or None in values:
            return None
        (kind,) = kinds
        if kind is DECIMAL:
            return None
        name = f"k{len(self._parameters) + 1}"
        self._parameters[name] = self.dialect.sent(values)
        parameter = self.dialect.parameter(name, kind)
        inside = self.dialect.among(self.value(value, columns), parameter)
        return f"COALESCE({inside}, false)" if value.nullable else inside

    def _bounded_range(self, bound: Apply, arguments: Sequence[str], text: str) -> str:
        if all(isinstance(argument, Constant) for argument in bound.arguments):
            self._ranges += _is_long(bound.arguments)
            if self._ranges > MAX_LONG_RANGES:
                raise KqlUnsupported(
                    f"a query may make {MAX_LONG_RANGES} arrays of more than {_LONG_RANGE} elements"
                )
            return text
        start, stop, step = arguments
        count = f"(CAST({stop} AS {self.types[REAL]}) - {start}) / NULLIF({step}, 0)"
        message = f"range makes more than {_LONG_RANGE} elements for each row"
        return self.dialect.refusing(f"{count} > {_LONG_RANGE}", message, text)

    def _check(self, text: str) -> None:
        if len(text) > MAX_SQL:
            raise KqlUnsupported("an expression of the query is too large")

    def _logic(self, bound: Logic, columns: Mapping[Symbol, str]) -> str:
        word = f" {bound.operator.upper()} "
        return "(" + word.join(self.value(part, columns) for part in bound.operands) + ")"

    def _compare(self, bound: Compare, columns: Mapping[Symbol, str]) -> str:
        left, right = self.value(bound.left, columns), self.value(bound.right, columns)
        operator = _SQL_OPERATORS[bound.operator]
        if bound.operator in ("==", "!="):
            text = self._equality(bound, left, right)
        else:
            left = self.dialect.ordered(left, bound.left.type)
            right = self.dialect.ordered(right, bound.right.type)
            text = f"({left} {operator} {right})"
        return _without_nan(bound, left, right, text, self.dialect)

    def _equality(self, bound: Compare, left: str, right: str) -> str:
        operator = _SQL_OPERATORS[bound.operator]
        if not (bound.left.nullable or bound.right.nullable):
            return f"({left} {operator} {right})"
        word = "IS NOT DISTINCT FROM" if bound.operator == "==" else "IS DISTINCT FROM"
        if bound.left.nullable and bound.right.nullable:
            return (
                f"(CASE WHEN {left} IS NULL AND {right} IS NULL THEN NULL"
                f" ELSE {left} {word} {right} END)"
            )
        return f"({left} {word} {right})"

    def _aggregation(self, bound: Aggregation, columns: Mapping[Symbol, str]) -> str:
        arguments = [self.value(argument, columns) for argument in bound.arguments]
        where = ""
        if bound.predicate is not None:
            where = f" FILTER (WHERE {self.predicate(bound.predicate, columns)})"
        function, order = bound.function, ""
        if bound.order:
            place = self._places.get(id(bound.order))
            if place is None:
                order = f" ORDER BY {self._order(bound.order, columns)}"
            else:
                order = columns[place]
        lowering = self.dialect.frugal(function) if self._is_frugal else None
        if lowering is None:
            lowering = self.dialect.lowering(function, is_ordered=bool(order))
        if isinstance(lowering, str):
            text = lowering.format(
                *arguments, **{"filter": where, "order": order, "*": ", ".join(arguments)}
            )
        else:
            text = lowering(arguments, bound.arguments)
            text = text.replace("{filter}", where).replace("{order}", order)
        empty = function.empty
        if empty is None and bound.type is STRING:
            empty = "''"
        return f"COALESCE({text}, {empty})" if empty is not None else text

    def _window(self, bound: Window, columns: Mapping[Symbol, str]) -> str:
        arguments = [self.value(argument, columns) for argument in bound.arguments]
        over = []
        if bound.partition:
            over.append(
                "PARTITION BY " + ", ".join(self.value(p, columns) for p in bound.partition)
            )
        if bound.order:
            over.append("ORDER BY " + self._order(bound.order, columns))
        text = lowered(self.dialect.lowering(bound.function), arguments, bound.arguments)
        text = text.replace("{over}", f"OVER ({' '.join(over)})")
        text = text.replace("{running}", f"OVER ({' '.join(over)} ROWS UNBOUNDED PRECEDING)")
        return f"COALESCE({text}, '')" if bound.type is STRING else text

    def _scalar_query(self, bound: ScalarQuery, columns: Mapping[Symbol, str]) -> str:
        name = self._subquery(bound.plan, bound.symbol)
        text = f"(SELECT {self.alias(bound.symbol)} FROM {name} LIMIT 1)"
        return f"COALESCE({text}, '')" if bound.type is STRING else text

    def _in_query(self, bound: InQuery, columns: Mapping[Symbol, str]) -> str:
        name = self._subquery(bound.plan, bound.symbol)
        value, alias = self.value(bound.value, columns), self.alias(bound.symbol)
        if bound.ignore_case:
            folded = self.dialect.lowered_text
            return f"({folded(value)} IN (SELECT {folded(alias)} FROM {name}))"
        where = f" WHERE {alias} IS NOT NULL" if bound.symbol.type is not STRING else ""
        return f"({value} IN (SELECT {alias} FROM {name}{where}))"

    def _in_query_value(self, bound: InQuery, columns: Mapping[Symbol, str]) -> str:
        text = self._in_query(bound, columns)
        return f"COALESCE({text}, false)" if bound.value.nullable else text

    def _subquery(self, plan: Plan, symbol: Symbol) -> str:
        found = self._subqueries.get(id(plan))
        if found is None:
            select = self.plan(plan, {symbol})
            found = self.closed(select, {symbol}).source
            self._subqueries[id(plan)] = found
        return found

    def _order(self, keys: Sequence[SortKey], columns: Mapping[Symbol, str]) -> str:
        parts = []
        for key in keys:
            text = self.dialect.ordered(self.value(key.value, columns), key.value.type)
            if _is_literal(text):
                # To the engine a bare number is a place in the list, any other literal an error.
                text = f"CAST({text} AS {self.types[key.value.type]})"
            direction = "DESC" if key.descending else "ASC"
            nulls = "FIRST" if key.nulls_first else "LAST"
            if key.value.type is REAL:
                # NaN stands with the nulls, while the engine holds it for the largest number.
                is_nan = self.dialect.is_nan(text)
                rank = f"CASE WHEN {text} IS NULL THEN 0 WHEN {is_nan} THEN 1 ELSE 2 END"
                parts.append(f"{rank} {'ASC' if key.nulls_first else 'DESC'}")
            parts.append(f"{text} {direction} NULLS {nulls}")
        return ", ".join(parts)


_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|true|false|[(]?-?[0-9][0-9.e+-]*[)]?")


def _is_literal(text: str) -> bool:
    return _LITERAL.fullmatch(text) is not None


_NEVER_FAIL: Final = frozenset(
    (
        "datetime - datetime",
        "datetime - timespan",
        "timespan / timespan",
        "timespan % timespan",
        "long / long",
        "long % long",
        "real to long",
        "datetime to long",
        "timespan to long",
        "bin",
    )
)
"""Functions that may be tried on times of rows that another condition leaves out."""


def _is_pairs(bound: Bound) -> bool:
    return isinstance(bound, Apply) and bound.function is BAG_PAIRS


def _is_cheap(plan: Plan) -> bool:
    """Whether rows are rather read a second time than held in memory."""
    if not isinstance(plan, (Scan, Filter, Extend, Union, Again)):
        return False
    if any(bound.traits for bound in expressions_of(plan)):
        return False
    return all(_is_cheap(part) for part in plan.inputs())


def _is_sorted(plan: Plan, order: Sequence[SortKey]) -> bool:
    """Whether the plan's last step already sorted the rows this way."""
    while isinstance(plan, Extend):
        plan = plan.input
    return isinstance(plan, Limit) and plan.order is order


def _is_whole(lowering: Lowering, text: str) -> bool:
    """Whether SQL stands as one operand wherever it is put: a call, or something in parentheses."""
    return _is_closed(lowering) if isinstance(lowering, str) else _is_closed(text)


@lru_cache(maxsize=1024)
def _is_closed(text: str) -> bool:
    opening = re.match(r"[A-Za-z_]*\(", text)
    if opening is None or not text.endswith(")"):
        return text == "{0}"
    depth, quoted = 0, False
    for place, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0 and place < len(text) - 1:
                return False
    return True


@lru_cache(maxsize=1024)
def _is_open(lowering: str) -> bool:
    """Whether a template stands for more than arguments one by one."""
    return any(word in lowering for word in ("{*}", "{over}", "{running}"))


def lowered(lowering: Lowering, arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """The SQL of a function of these arguments."""
    if isinstance(lowering, str):
        if not _is_open(lowering):
            return lowering.format(*arguments)
        words = {"*": ", ".join(arguments), "over": "{over}", "running": "{running}"}
        return lowering.format(*arguments, **words)
    return lowering(arguments, bound)


_MOVES: Final = frozenset(
    {
        "datetime + timespan",
        "timespan + datetime",
        "datetime - timespan",
        "shifted",
        "before",
        "bin_at",
        "long to datetime",
        "int to datetime",
        "real to datetime",
        "timespan to datetime",
    }
)
"""Functions whose result may be a datetime that there is not."""

_SQL_OPERATORS: Final = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

_EMIT: Final[dict[type[Plan], Callable[..., Select]]] = {
    Scan: Emitter.scan,
    Values: Emitter.values,
    Series: Emitter.series,
    Filter: Emitter.filter,
    Extend: Emitter.extend,
    Group: Emitter.group,
    Limit: Emitter.limit,
    Sample: Emitter.sample,
    Join: Emitter.join,
    Union: Emitter.union,
    Expand: Emitter.expand,
    Sequences: Emitter.sequences,
    Paths: Emitter.paths,
    Reuse: Emitter.reuse,
    Again: Emitter.again,
}
_VALUE: Final[dict[type[Bound], Callable[..., str]]] = {
    Constant: Emitter._constant,
    Reference: Emitter._reference,
    Apply: Emitter._apply,
    Logic: Emitter._logic,
    Compare: Emitter._compare,
    Aggregation: Emitter._aggregation,
    Window: Emitter._window,
    ScalarQuery: Emitter._scalar_query,
    InQuery: Emitter._in_query_value,
}


def _is_long(range_arguments: Sequence[Bound]) -> bool:
    values = [each.value for each in range_arguments if isinstance(each, Constant)]
    numbers = [value for value in values if isinstance(value, (int, float))]
    if len(numbers) < 3 or not numbers[2]:
        return False
    start, stop, step = numbers
    return (stop - start) / step > _LONG_RANGE
