"""`mv-expand`: one row for each element of an array or bag; several are expanded side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC, apply
from openinsights.kql.bound import Bound, SortKey, Symbol, reference
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions.dynamics import BAG_PAIRS, NO_TEXT
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Expand, Extend
from openinsights.kql.scope import UNNAMED, Column, Namer
from openinsights.kql.syntax import Name, Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Item:
    """One array to expand, under a name, as a type."""

    value: Node
    type: KqlType


@dataclass(slots=True)
class MvExpand(Node):
    """`mv-expand items limit n`."""

    items: list[Item]
    index_name: str
    as_pairs: bool
    limit: Node | None
    is_old: bool = False


_OLD_LIMIT: Final = 128
"""Rows that the old spelling makes of one, unless told."""


def parse_items(parser: Parser) -> list[Item]:
    """Read `[name =] array [to typeof(type)], …`."""
    items: list[Item] = []
    while True:
        value = parser.named_expression()
        type_ = KqlType.DYNAMIC
        if parser.accept_word("to"):
            parser.expect_word("typeof")
            parser.expect("(")
            type_ = parser.type_name()
            parser.expect(")")
        items.append(Item(value, type_))
        if not parser.accept(","):
            return items


def parse(parser: Parser, start: int) -> MvExpand:
    """Read options, items and limit."""
    is_old = parser.text_between(start, parser.last_end) == "mvexpand"
    options = parser.options(("bagexpansion", "kind", "with_itemindex"))
    mode = options.get("bagexpansion", options.get("kind"))
    index = options.get("with_itemindex")
    items = parse_items(parser)
    limit = parser.expression() if parser.accept_word("limit") else None
    return MvExpand(
        start,
        parser.last_end,
        items,
        index.name if isinstance(index, Name) else "",
        isinstance(mode, Name) and mode.name == "array",
        limit,
        is_old,
    )


def expanded(
    expressions: Expressions,
    items: list[Item],
    *,
    index_name: str,
    as_pairs: bool,
    limit: int | None,
) -> Relation:
    """The relation with the arrays expanded, each in the place of its column or at the end."""
    made: list[tuple[str, Symbol, Bound, KqlType]] = []
    taken = expressions.settled().unnamed()
    unnamed = (name for name in map("Column{}".format, count(1)) if name not in taken)
    for item in items:
        node = item.value.value if isinstance(item.value, Named) else item.value
        value = expressions.bind(node)
        if value.type is not KqlType.DYNAMIC:
            expressions.fail(f"only a dynamic value can be expanded, this is a {value.type}", node)
        if as_pairs:
            value = apply(BAG_PAIRS, (value,))
        suggested = _name(item.value)
        symbol = Symbol(suggested or UNNAMED, KqlType.DYNAMIC)
        made.append((suggested or next(unnamed), symbol, value, item.type))
    relation = expressions.settled()
    index = Symbol(index_name or "index", KqlType.LONG)
    pairs = tuple((symbol, value) for _, symbol, value, _ in made)
    result = relation.on(Expand(relation.plan, pairs, index, limit))
    if relation.order:
        key = SortKey(reference(index), descending=False, nulls_first=True)
        result = replace(result, order=(*relation.order, key))
    columns = {column.name: column for column in result.columns}
    typed: list[tuple[Symbol, Bound]] = []
    for name, symbol, _, type_ in made:
        if type_ is not KqlType.DYNAMIC:
            # Elements are cast, not converted: a text that spells a number is none.
            cast = type_ in NUMERIC or type_ is KqlType.BOOL
            element = apply(NO_TEXT, (reference(symbol),)) if cast else reference(symbol)
            converted = expressions.convert(element, type_)
            symbol = Symbol(symbol.name, type_)
            typed.append((symbol, converted))
        columns[name] = Column(name, symbol)
    shown = list(columns.values())
    if index_name:
        shown.append(Column(Namer(columns).take(index_name), index))
    if typed:
        result = result.on(Extend(result.plan, tuple(typed)))
    return result.showing(shown)


def _name(node: Node) -> str:
    if isinstance(node, Named):
        return node.names[0]
    return output_name(node) or ""


def bind(binder: Binder, node: MvExpand, relation: Relation, scope: Scope) -> Relation:
    """Rows without elements vanish; a null stays as one row."""
    expressions = Expressions(binder, scope, relation)
    limit = _OLD_LIMIT if node.is_old else None
    if node.limit is not None:
        limit = Expressions(binder, scope, None).integer_constant(node.limit, "the limit")
    return expanded(
        expressions,
        node.items,
        index_name=node.index_name,
        as_pairs=node.as_pairs,
        limit=limit,
    )


OPERATOR = Operator(
    ("mv-expand", "mvexpand"), MvExpand, parse, bind, doc="One row for each element.", in_parts=True
)
