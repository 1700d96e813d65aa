"""`where predicate`: the rows for which it is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Where(Node):
    """`where predicate`."""

    predicate: Node


def parse(parser: Parser, start: int) -> Where:
    """Read the predicate."""
    predicate = parser.expression()
    return Where(start, parser.last_end, predicate)


def bind(binder: Binder, node: Where, relation: Relation, scope: Scope) -> Relation:
    """Keep columns and order, drop rows."""
    expressions = Expressions(binder, scope, relation)
    predicate = expressions.predicate(node.predicate)
    return binder.filtered(expressions.settled(), predicate)


OPERATOR = Operator(
    ("where", "filter"),
    Where,
    parse,
    bind,
    doc="Keeps rows that satisfy a predicate.",
    in_parts=True,
    keeps=True,
)
