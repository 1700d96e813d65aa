"""`order by` (`sort by`) and `top`: descending unless told otherwise; nulls last when descending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql import mistakes
from openinsights.kql.bound import Bound, Reference, SortKey, Symbol, reference
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.take import row_count
from openinsights.kql.plan import Extend
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Key:
    """One key: what to sort by, `asc` or `desc`, `first` or `last`."""

    value: Node
    descending: bool
    nulls_first: bool


@dataclass(slots=True)
class Order(Node):
    """`order by a asc, b`."""

    keys: list[Key]


@dataclass(slots=True)
class Top(Node):
    """`top 5 by a`."""

    count: Node
    keys: list[Key]


def parse_keys(parser: Parser) -> list[Key]:
    """Read `expression [asc|desc] [nulls first|last], …`."""
    keys: list[Key] = []
    while True:
        value = parser.named_expression()
        word = parser.accept_word("asc", "desc")
        nulls = None
        if parser.accept_word("nulls"):
            nulls = parser.expect_word("first", "last").text
        descending = word != "asc"
        nulls_first = nulls == "first" if nulls else not descending
        keys.append(Key(value, descending, nulls_first))
        if not parser.accept(","):
            return keys


def parse_order(parser: Parser, start: int) -> Order:
    """Read the keys."""
    parser.options(())
    parser.expect_word("by")
    keys = parse_keys(parser)
    return Order(start, parser.last_end, keys)


def parse_top(parser: Parser, start: int) -> Top:
    """Read the count and the keys."""
    count = parser.expression()
    parser.options(())
    parser.expect_word("by")
    keys = parse_keys(parser)
    return Top(start, parser.last_end, count, keys)


def sorted_by(binder: Binder, keys: list[Key], relation: Relation, scope: Scope) -> Relation:
    """The relation in the order of these keys."""
    expressions = Expressions(binder, scope, relation)
    bound: list[tuple[Key, Bound]] = []
    for key in keys:
        with binder.recovering():
            value = expressions.bind(key.value)
            if value.type is KqlType.DYNAMIC:
                message = "dynamic values have no order"
                expressions.fail(message, key.value, mistakes.ORDER_OF_DYNAMIC)
            bound.append((key, value))
    relation = expressions.settled()
    assignments: list[tuple[Symbol, Bound]] = []
    order: list[SortKey] = []
    for key, value in bound:
        if not isinstance(value, Reference):
            symbol = Symbol("key", value.type)
            assignments.append((symbol, value))
            value = reference(symbol)
        order.append(SortKey(value, key.descending, key.nulls_first))
    if assignments:
        relation = relation.on(Extend(relation.plan, tuple(assignments)))
    return replace(relation, order=tuple(order))


def bind_order(binder: Binder, node: Order, relation: Relation, scope: Scope) -> Relation:
    """The same rows in an order."""
    return sorted_by(binder, node.keys, relation, scope)


def bind_top(binder: Binder, node: Top, relation: Relation, scope: Scope) -> Relation:
    """The first rows in an order."""
    count = row_count(binder, node.count, scope)
    relation = sorted_by(binder, node.keys, relation, scope)
    return binder.limited(relation, count)


OPERATORS = (
    Operator(
        ("order", "sort"),
        Order,
        parse_order,
        bind_order,
        doc="Sorts rows.",
        in_parts=True,
        keeps=True,
    ),
    Operator(
        ("top",),
        Top,
        parse_top,
        bind_top,
        doc="The first rows in an order.",
        in_parts=True,
        keeps=True,
    ),
)
