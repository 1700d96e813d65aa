"""`top-nested`: the first values of a key, within each of them the first values of the next key, …."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Reference, SortKey, Symbol, constant, reference
from openinsights.kql.errors import KqlUnsupported
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
    _check_others(node)
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
    found: Relation | None = None
    for place, level in enumerate(node.levels):
        found = _next(binder, scope, base, found, titles, place, level)
    if found is None:
        raise AssertionError("BUG: top-nested without a level")
    namer = Namer()
    columns = [Column(namer.take(c.name), c.symbol) for c in found.columns]
    return replace(found, label="").showing(columns)


def _check_others(node: TopNested) -> None:
    """Refuse rows of others within rows of others: what they hold is not documented."""
    with_others = [level.others for level in node.levels if level.others is not None]
    if len(with_others) > 1:
        raise KqlUnsupported(
            "'with others' is run at one level only", with_others[1].start, with_others[1].end
        )


def _next(
    binder: Binder,
    scope: Scope,
    base: Relation,
    outer: Relation | None,
    titles: list[str],
    place: int,
    level: Level,
) -> Relation:
    """The outer levels' rows with one more level inside."""
    again = binder.reuse(base)
    outer_keys = [] if outer is None else [outer.columns[2 * i].symbol for i in range(place)]
    own = [again.columns[i - len(titles)].symbol for i in range(place + 1)]
    if outer is not None:
        inside = binder.reuse(outer)
        inside_keys = [inside.columns[2 * i].symbol for i in range(place)]
        again = joined(
            "leftsemi", again, inside, _pairs(own[:place], inside_keys), drop_right_keys=False
        )
    name, inner = _named(level.aggregate, "")
    if not isinstance(level.aggregate, Named):
        name = f"aggregated_{titles[place]}"
    if level.others is not None:
        again = binder.share(replace(again, order=()))
        own = [again.columns[i - len(titles)].symbol for i in range(place + 1)]
    grouped, value, keys = _aggregated(binder, scope, again, inner, name, own)
    order = (SortKey(value, level.descending, not level.descending),)
    ranked = replace(grouped, order=order, partition=tuple(keys[:place]))
    if level.count is not None:
        ranked = binder.limited(ranked, row_count(binder, level.count, scope))
    made = replace(ranked, partition=(), order=()).showing(
        [*(Column(titles[i], key) for i, key in enumerate(keys)), Column(name, value.symbol)]
    )
    if level.others is not None:
        made = binder.share(made)
        rest = _rest(binder, scope, again, made, level, inner, name, place, titles)
        made = replace(united([made, rest], inner=False, source_column=""), label=_OTHERS)
    if outer is None:
        return replace(binder.share(made), label=made.label)
    pairs = _pairs(outer_keys, [column.symbol for column in made.columns[:place]])
    kind = "leftouter" if _has_others(outer) else "inner"
    both = joined(kind, outer, made, pairs, drop_right_keys=True)
    return replace(binder.share(both), label=made.label or outer.label)


def _has_others(relation: Relation) -> bool:
    """Whether rows of others are among the outer ones; they have nothing inside."""
    return relation.label == _OTHERS


def _aggregated(
    binder: Binder, scope: Scope, rows: Relation, node: Node, name: str, own: list[Symbol]
) -> tuple[Relation, Reference, list[Symbol]]:
    """The groups of rows that agree in some symbols: the aggregate of each, and its keys."""
    expressions = Expressions(binder, scope, rows)
    aggregates: list[tuple[Symbol, Bound]] = []
    expressions.aggregates = aggregates
    value = expressions.bind(node)
    keys = [(Symbol(symbol.name, symbol.type), reference(symbol)) for symbol in own]
    grouped = binder.grouped(expressions.settled(), keys, aggregates, ())
    if not isinstance(value, Reference):
        total = Symbol(name, value.type)
        grouped = grouped.on(Extend(grouped.plan, ((total, value),)))
        value = reference(total)
    return grouped, value, [symbol for symbol, _ in keys]


def _rest(
    binder: Binder,
    scope: Scope,
    rows: Relation,
    made: Relation,
    level: Level,
    node: Node,
    name: str,
    place: int,
    titles: list[str],
) -> Relation:
    """One row for each outer key whose rows are not all among the first values."""
    again, first = binder.reuse(rows), binder.reuse(made)
    own = [again.columns[i - len(titles)].symbol for i in range(place + 1)]
    pairs = _pairs(own, [column.symbol for column in first.columns[: place + 1]])
    left = joined("leftanti", again, first, pairs, drop_right_keys=False)
    # A key of its own, so that no rows give no row.
    one = Symbol("rest", KqlType.BOOL)
    left = left.on(Extend(left.plan, ((one, constant(True, KqlType.BOOL)),)))
    grouped, value, keys = _aggregated(binder, scope, left, node, name, [*own[:place], one])
    if level.others is None:
        raise AssertionError("BUG: no name for the others")
    expressions = Expressions(binder, scope, None)
    title = expressions.convert(expressions.bind(level.others), own[place].type)
    symbol = Symbol(titles[place], own[place].type)
    named = grouped.on(Extend(grouped.plan, ((symbol, title),)))
    columns = [Column(titles[i], key) for i, key in enumerate(keys[:place])]
    return named.showing([*columns, Column(titles[place], symbol), Column(name, value.symbol)])


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
_OTHERS: Final = "\0others"
"""Marks outer rows among which there are rows of others."""

OPERATOR = Operator(
    ("top-nested",), TopNested, parse, bind, doc="First values within first values."
)
