"""`mv-apply`: expands arrays of each row and runs a subquery on the elements of one row a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import Symbol, Window, reference
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions.windows import ROW_ORDINAL
from openinsights.kql.operators.join import Pair, joined
from openinsights.kql.operators.mv_expand import Item, expanded, parse_items
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column
from openinsights.kql.syntax import Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class MvApply(Node):
    """`mv-apply items on (subquery)`."""

    items: list[Item]
    index_name: str
    limit: Node | None
    operators: list[Node]


def parse(parser: Parser, start: int) -> MvApply:
    """Read items, limit and subquery."""
    options = parser.options(("with_itemindex", "bagexpansion", "kind"))
    index = options.get("with_itemindex")
    items = parse_items(parser)
    limit = parser.expression() if parser.accept_word("limit") else None
    parser.expect_word("on")
    operators = parser.subquery()
    name = index.name if isinstance(index, Name) else ""
    return MvApply(start, parser.last_end, items, name, limit, operators)


def bind(binder: Binder, node: MvApply, relation: Relation, scope: Scope) -> Relation:
    """The input's columns, then what the subquery makes."""
    row = Symbol("row", KqlType.LONG)
    numbering = Window(KqlType.LONG, False, ROW_ORDINAL, (), (), relation.order)
    numbered = relation.on(Extend(relation.plan, ((row, numbering),)))
    with_row = numbered.showing([*numbered.columns, Column("", row)])
    base = binder.share(with_row)
    inner = binder.reuse(base)
    inner_row = inner.columns[-1].symbol
    inner = replace(inner.showing(inner.columns[:-1]), partition=(inner_row,), order=())
    limit = None
    if node.limit is not None:
        limit = Expressions(binder, scope, None).integer_constant(node.limit, "the limit")
    elements = expanded(
        Expressions(binder, scope, inner),
        node.items,
        index_name=node.index_name,
        as_pairs=False,
        limit=limit,
    )
    made = binder.subquery(node.operators, elements, scope)
    passed = {column.symbol for column in inner.columns}
    taken_apart = {item.value.name for item in node.items if isinstance(item.value, Name)}
    changed = [c for c in made.columns if c.symbol not in passed or c.name not in relation.names()]
    names = {column.name for column in changed}
    part = made.partition[0]
    outer_row = base.columns[-1].symbol
    pair = Pair(outer_row, part, (reference(outer_row), reference(part)))
    outer = [c for c in base.columns[:-1] if c.name not in taken_apart]
    left = base.showing(c for c in outer if c.name not in names)
    found = joined("inner", left, made.showing(changed), [pair], drop_right_keys=False)
    by_name = {column.name: column for column in found.columns}
    # What the subquery makes stands in the place of a column of that name, else at the end.
    order = dict.fromkeys([*(c.name for c in outer), *(c.name for c in changed)])
    return found.showing(by_name[name] for name in order)


OPERATOR = Operator(
    ("mv-apply",), MvApply, parse, bind, doc="A subquery over elements.", in_parts=True
)
