"""`distinct a, b`: each combination once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, Symbol, reference
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import column_name, outputs
from openinsights.kql.scope import Column, Namer
from openinsights.kql.syntax import Node, Star

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Distinct(Node):
    """`distinct a, b` or `distinct *`."""

    items: list[Node]


def parse(parser: Parser, start: int) -> Distinct:
    """Read the columns."""
    parser.options(())
    items = parser.named_expressions()
    if not items:
        parser.fail("expected a column or '*'")
    return Distinct(start, parser.last_end, items)


def bind(binder: Binder, node: Distinct, relation: Relation, scope: Scope) -> Relation:
    """Only these columns."""
    keys: list[tuple[Symbol, Bound]] = []
    columns: list[Column] = []
    if len(node.items) == 1 and isinstance(node.items[0], Star):
        for column in relation.columns:
            symbol = Symbol(column.name, column.type)
            keys.append((symbol, reference(column.symbol)))
            columns.append(Column(column.name, symbol))
    else:
        expressions = Expressions(binder, scope, relation)
        made = outputs(expressions, node.items)
        relation = expressions.settled()
        namer = Namer(unnamed_beside=relation.unnamed)
        for output in made:
            name = column_name(namer, output.name, output.node, is_named=output.is_named)
            symbol = Symbol(name, output.value.type)
            keys.append((symbol, output.value))
            columns.append(Column(name, symbol))
    return binder.grouped(relation, keys, (), columns)


OPERATOR = Operator(
    ("distinct",), Distinct, parse, bind, doc="Each combination once.", in_parts=True
)
