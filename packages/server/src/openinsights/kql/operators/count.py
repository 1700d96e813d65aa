"""`count`: how many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Aggregation, Symbol
from openinsights.kql.functions import registry
from openinsights.kql.operators.operator import Operator
from openinsights.kql.scope import Column
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Count(Node):
    """`count [as name]`."""

    name: str


def parse(parser: Parser, start: int) -> Count:
    """Read the name, if one is given."""
    name = parser.name() if parser.accept_word("as") else "Count"
    return Count(start, parser.last_end, name)


def bind(binder: Binder, node: Count, relation: Relation, scope: Scope) -> Relation:
    """One row, one column."""
    aggregate, _ = registry.AGGREGATES["count"]
    symbol = Symbol(node.name, KqlType.LONG)
    value = Aggregation(KqlType.LONG, False, aggregate, ())
    return binder.grouped(relation, (), ((symbol, value),), (Column(node.name, symbol),))


OPERATOR = Operator(("count",), Count, parse, bind, doc="How many rows.", in_parts=True)
