"""`top-nested`: the first values of a key, within each of them the first values of the next key, …."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Reference, SortKey, Symbol, constant, reference
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions.row import Function, Kind, Null
from openinsights.kql.operators.join import Pair, joined
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.take import row_count
from openinsights.kql.operators.union import united
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column, Namer
from openinsights.kql.syntax import Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Level:
    """`top-nested 3 of key with others=value by aggregate desc`."""

    count: Node | None
    key: Node
    others: Node | None
    aggregate: Node
    descending: bool


MAX_LEVELS: Final = 32
"""Each level is computed within the ones around it."""


@dataclass(slots=True)
class TopNested(Node):
    """Levels from the outermost inwards."""

    levels: list[Level]


def parse(parser: Parser, start: int) -> TopNested:
    """Read level after level."""
    levels = [_level(parser)]
    while parser.accept(","):
        if parser.is_word("top") and parser.ahead(2).text == "nested":
            for _ in range(3):
                parser.advance()
        if len(levels) == MAX_LEVELS:
            parser.fail(f"top-nested has at most {MAX_LEVELS} levels")
        levels.append(_level(parser))
    return TopNested(start, parser.last_end, levels)


def _level(parser: Parser) -> Level:
    count = None if parser.is_word("of") else parser.expression()
    parser.expect_word("of")
    key = parser.named_expression()
    others = None
    if parser.accept_word("with"):
        parser.expect_word("others")
        parser.expect("=")
        others = parser.expression()
    parser.expect_word("by")
    aggregate = parser.named_expression()
    word = parser.accept_word("asc", "desc")
    return Level(count, key, others, aggregate, word != "asc")


def _named(node: Node, default: str) -> tuple[str, Node]:
    if isinstance(node, Named):
        return node.names[0], node.value
    return output_name(node) or default, node


def bind(binder: Binder, node: TopNested, relation: Relation, scope: Scope) -> Relation:
    """For each level its key and its aggregate."""
    expressions = Expressions(binder, scope, relation)
    titles: list[str] = []
    keys: list[tuple[Symbol, Bound]] = []
    for place, level in enumerate(node.levels):
        title, inner = _named(level.key, f"Column{place + 1}")
        value = expressions.bind(inner)
        titles.append(title)
        keys.append((Symbol(title, value.type), value))
    settled = expressions.settled()
    keyed = settled.on(Extend(settled.plan, tuple(keys)))
    held = [Column(f"\0{place}", symbol) for place, (symbol, _) in enumerate(keys)]
    base = binder.share(replace(keyed.showing([*relation.columns, *held]), order=()))
    levels = Levels(binder, scope, node.levels, titles, base)
    tops: Relation | None = None
    rests: list[Relation] = []
    for place in range(len(titles)):
        tops = levels.one_more(tops, place, rests)
    if tops is None:
        raise AssertionError("BUG: top-nested without a level")
    found = united([tops, *rests], inner=False, source_column="") if rests else tops
    namer = Namer()
    names = [
        n for title, level in zip(titles, node.levels, strict=True) for n in _names(title, level)
    ]
    columns = [
        Column(namer.take(name), column.symbol)
        for name, column in zip(names, found.columns, strict=True)
    ]
    return replace(found, label="").showing(columns)


def _names(title: str, level: Level) -> tuple[str, str]:
    """What the columns of a level are called."""
    if isinstance(level.aggregate, Named):
        return title, level.aggregate.names[0]
    return title, f"aggregated_{title}"


@dataclass(slots=True)
class Levels:
    """The levels, and the rows they choose from, with the key of each level as the last columns.

    The columns made are called after their places, not their titles: two titles may be the same.
    """

    binder: Binder
    scope: Scope
    levels: list[Level]
    titles: list[str]
    base: Relation

    def one_more(self, outer: Relation | None, place: int, rests: list[Relation]) -> Relation:
        """The outer levels' first values with one more level inside.

        Adds to `rests` the rows of others, which are never among the first values.
        """
        binder, level = self.binder, self.levels[place]
        rows = binder.reuse(self.base)
        if outer is not None:
            inside = binder.reuse(outer)
            inside_keys = _keys_of(inside, place)
            pairs = _pairs(self._own(rows, place), inside_keys)
            rows = joined("leftsemi", rows, inside, pairs, drop_right_keys=False)
        others = any(inner.others is not None for inner in self.levels[place:])
        if others:
            rows = binder.share(replace(rows, order=()))
        own = self._own(rows, place + 1)
        grouped, (value,), keys = self._aggregated(rows, [place], own)
        order = (SortKey(value, level.descending, not level.descending),)
        ranked = replace(grouped, order=order, partition=tuple(keys[:place]))
        if level.count is not None:
            ranked = binder.limited(ranked, row_count(binder, level.count, self.scope))
        made = replace(ranked, partition=(), order=()).showing(
            [
                *(Column(f"key {i}", key) for i, key in enumerate(keys)),
                Column(f"aggregate {place}", value.symbol),
            ]
        )
        if others:
            made = binder.share(made)
            rests.append(self._rest(rows, made, outer, place))
        if outer is not None:
            made = self._inside(outer, made, place)
        return binder.share(made)

    def _inside(self, outer: Relation, made: Relation, place: int) -> Relation:
        """What was made at a level, beside the outer levels it belongs to."""
        outer = self.binder.reuse(outer)
        pairs = _pairs(_keys_of(outer, place), [column.symbol for column in made.columns[:place]])
        return joined("inner", outer, made, pairs, drop_right_keys=True)

    def _own(self, rows: Relation, count: int) -> list[Symbol]:
        """The first keys of the rows."""
        return [rows.columns[place - len(self.titles)].symbol for place in range(count)]

    def _aggregated(
        self, rows: Relation, places: list[int], own: list[Symbol]
    ) -> tuple[Relation, list[Reference], list[Symbol]]:
        """The groups of rows that agree in some symbols: their aggregates, and their keys."""
        expressions = Expressions(self.binder, self.scope, rows)
        aggregates: list[tuple[Symbol, Bound]] = []
        expressions.aggregates = aggregates
        values = [expressions.bind(_named(self.levels[place].aggregate, "")[1]) for place in places]
        keys = [(Symbol(symbol.name, symbol.type), reference(symbol)) for symbol in own]
        grouped = self.binder.grouped(expressions.settled(), keys, aggregates, ())
        found: list[Reference] = []
        for place, value in zip(places, values, strict=True):
            if not isinstance(value, Reference):
                total = Symbol(_names(self.titles[place], self.levels[place])[1], value.type)
                grouped = grouped.on(Extend(grouped.plan, ((total, value),)))
                value = reference(total)
            found.append(value)
        return grouped, found, [symbol for symbol, _ in keys]

    def _rest(self, rows: Relation, made: Relation, outer: Relation | None, place: int) -> Relation:
        """One row for each outer key whose rows are not all among the first values of a level.

        It shows the levels from this one on that name their others.
        """
        again, first = self.binder.reuse(rows), self.binder.reuse(made)
        own = self._own(again, place + 1)
        pairs = _pairs(own, _symbols(first)[: place + 1])
        left = joined("leftanti", again, first, pairs, drop_right_keys=False)
        # A key of its own, so that no rows give no row.
        one = Symbol("rest", KqlType.BOOL)
        left = left.on(Extend(left.plan, ((one, constant(True, KqlType.BOOL)),)))
        every = self._own(again, len(self.titles))
        places = [i for i in range(place, len(self.levels)) if self.levels[i].others is not None]
        grouped, values, keys = self._aggregated(left, places, [*own[:place], one])
        columns = [Column(f"key {i}", key) for i, key in enumerate(keys[:place])]
        for inner, value in zip(places, values, strict=True):
            others = self.levels[inner].others
            if others is None:
                raise AssertionError("BUG: no name for the others")
            expressions = Expressions(self.binder, self.scope, None)
            title = expressions.convert(expressions.bind(others), every[inner].type)
            symbol = Symbol(self.titles[inner], every[inner].type)
            grouped = grouped.on(Extend(grouped.plan, ((symbol, title),)))
            columns += [Column(f"key {inner}", symbol), Column(f"aggregate {inner}", value.symbol)]
        named = grouped.showing(columns)
        return named if outer is None else self._inside(outer, named, place)


def _symbols(relation: Relation) -> list[Symbol]:
    return [column.symbol for column in relation.columns]


def _keys_of(relation: Relation, count: int) -> list[Symbol]:
    """The keys of levels of which each has a key and an aggregate."""
    return _symbols(relation)[: 2 * count : 2]


def _pairs(left: list[Symbol], right: list[Symbol]) -> list[Pair]:
    """Equalities for which null equals null."""
    return [
        Pair(a, b, (apply(_KEY, (reference(a),)), apply(_KEY, (reference(b),))))
        for a, b in zip(left, right, strict=True)
    ]


_KEY: Final = Function(
    "key as text", (Kind.ANY,), KqlType.STRING,
    "COALESCE('=' || CAST({0} AS VARCHAR), '')", null=Null.NEVER,
)  # fmt: skip

OPERATOR = Operator(
    ("top-nested",), TopNested, parse, bind, doc="First values within first values."
)
