"""`top-nested`: the first values of a key, within each of them the first values of the next key, …."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, Reference, SortKey, Symbol, reference
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.operators.join import Pair, joined
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.take import row_count
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column, Namer
from openinsights.kql.syntax import Named, Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Level:
    """`top-nested 3 of key by aggregate desc`."""

    count: Node | None
    key: Node
    aggregate: Node
    descending: bool


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
        levels.append(_level(parser))
    return TopNested(start, parser.last_end, levels)


def _level(parser: Parser) -> Level:
    count = None if parser.is_word("of") else parser.expression()
    parser.expect_word("of")
    key = parser.named_expression()
    if parser.is_word("with"):
        token = parser.token
        raise KqlUnsupported("'with others' is not run", token.start, token.end)
    parser.expect_word("by")
    aggregate = parser.named_expression()
    word = parser.accept_word("asc", "desc")
    return Level(count, key, aggregate, word != "asc")


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
    found: Relation | None = None
    for place, level in enumerate(node.levels):
        found = _next(binder, scope, base, found, titles, place, level)
    if found is None:
        raise AssertionError("BUG: top-nested without a level")
    namer = Namer()
    return found.showing(Column(namer.take(c.name), c.symbol) for c in found.columns)


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
    expressions = Expressions(binder, scope, again)
    aggregates: list[tuple[Symbol, Bound]] = []
    expressions.aggregates = aggregates
    value = expressions.bind(inner)
    keys = [(Symbol(symbol.name, symbol.type), reference(symbol)) for symbol in own]
    columns = [Column(titles[i], symbol) for i, (symbol, _) in enumerate(keys)]
    grouped = binder.grouped(expressions.settled(), keys, aggregates, columns)
    if not isinstance(value, Reference):
        total = Symbol(name, value.type)
        grouped = grouped.on(Extend(grouped.plan, ((total, value),)))
        value = reference(total)
    order = (SortKey(value, level.descending, not level.descending),)
    ranked = replace(grouped, order=order, partition=tuple(symbol for symbol, _ in keys[:place]))
    if level.count is not None:
        ranked = binder.limited(ranked, row_count(binder, level.count, scope))
    made = replace(ranked, partition=(), order=())
    own_columns = [columns[-1], Column(name, value.symbol)]
    if outer is None:
        return binder.share(made.showing(own_columns))
    pairs = _pairs(outer_keys, [symbol for symbol, _ in keys[:place]])
    both = joined(
        "inner", outer, made.showing([*columns[:-1], *own_columns]), pairs, drop_right_keys=True
    )
    return binder.share(both)


def _pairs(left: list[Symbol], right: list[Symbol]) -> list[Pair]:
    return [Pair(a, b, (reference(a), reference(b))) for a, b in zip(left, right, strict=True)]


OPERATOR = Operator(
    ("top-nested",), TopNested, parse, bind, doc="First values within first values."
)
