"""`range x from a to b step s`: a column of equally spaced values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.application import NUMERIC, common_type
from openinsights.kql.bound import Symbol
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Series
from openinsights.kql.scope import Column, Relation
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Range(Node):
    """`range name from first to last step step`."""

    name: str
    first: Node
    last: Node
    step: Node


def parse(parser: Parser, start: int) -> Range:
    """Read the name and the three values."""
    name = parser.name("a column's name")
    parser.expect_word("from")
    first = parser.expression()
    parser.expect_word("to")
    last = parser.expression()
    parser.expect_word("step")
    step = parser.expression()
    return Range(start, parser.last_end, name, first, last, step)


def bind_source(binder: Binder, node: Range, scope: Scope) -> Relation:
    """Both ends included; a step that leads away from the end gives no row."""
    expressions = Expressions(binder, scope, None)
    first, last, step = (expressions.bind(part) for part in (node.first, node.last, node.step))
    if first.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        type_: KqlType = first.type
        if last.type is not type_ or step.type is not KqlType.TIMESPAN:
            raise KqlSemanticError(
                f"a range of {type_} needs an end of that type and a timespan as step",
                node.start,
                node.end,
            )
    else:
        types = [first.type, last.type, step.type]
        found = common_type(types)
        if found is None or found not in NUMERIC:
            raise KqlSemanticError(
                f"a range needs numbers or times, these are {', '.join(types)}",
                node.start,
                node.end,
            )
        type_ = found
        first, last, step = (expressions.convert(part, type_) for part in (first, last, step))
    symbol = Symbol(node.name, type_)
    return Relation(Series(symbol, first, last, step), (Column(node.name, symbol),), label="range")


OPERATOR = Operator(
    ("range",), Range, parse, bind_source=bind_source, doc="A column of equally spaced values."
)
