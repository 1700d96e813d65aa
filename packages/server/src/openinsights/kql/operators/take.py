"""`take` (`limit`) and `sample`: so many rows, the first of the present order or any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import SortKey, Symbol, reference
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions.row import Function, Null
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Extend
from openinsights.kql.plan import Sample as SamplePlan
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.bound import Bound
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Take(Node):
    """`take 10`."""

    count: Node


@dataclass(slots=True)
class Sample(Node):
    """`sample 10`."""

    count: Node


def parse_take(parser: Parser, start: int) -> Take:
    """Read the count."""
    count = parser.expression()
    return Take(start, parser.last_end, count)


def parse_sample(parser: Parser, start: int) -> Sample:
    """Read the count."""
    count = parser.expression()
    return Sample(start, parser.last_end, count)


def row_count(binder: Binder, node: Node, scope: Scope) -> Bound:
    """A number of rows: a whole number that does not depend on a row."""
    expressions = Expressions(binder, scope, None)
    count = expressions.bind(node)
    if count.type not in (KqlType.INT, KqlType.LONG):
        raise KqlSemanticError(
            f"a number of rows is a whole number, this is a {count.type}", node.start, node.end
        )
    return expressions.convert(count, KqlType.LONG)


def bind_take(binder: Binder, node: Take, relation: Relation, scope: Scope) -> Relation:
    """Keep columns and order."""
    count = row_count(binder, node.count, scope)
    return binder.limited(relation, count)


def bind_sample(binder: Binder, node: Sample, relation: Relation, scope: Scope) -> Relation:
    """Rows picked at random, of each part if there are parts."""
    count = row_count(binder, node.count, scope)
    if not relation.partition:
        return relation.on(SamplePlan(relation.plan, count))
    drawn = Symbol("drawn", KqlType.REAL)
    numbers = relation.on(Extend(relation.plan, ((drawn, apply(_RANDOM, ())),)))
    order = (SortKey(reference(drawn), descending=False, nulls_first=True),)
    found = binder.limited(replace(numbers, order=order), count)
    return replace(found, order=relation.order)


_RANDOM: Final = Function("random", (), KqlType.REAL, "random()", null=Null.NEVER)


OPERATORS = (
    Operator(
        ("take", "limit"),
        Take,
        parse_take,
        bind_take,
        doc="So many rows.",
        in_parts=True,
        keeps=True,
    ),
    Operator(
        ("sample",),
        Sample,
        parse_sample,
        bind_sample,
        doc="Rows picked at random.",
        in_parts=True,
        keeps=True,
    ),
)
