"""`consume`: reads the rows and gives none back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import constant
from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Consume(Node):
    """`consume decodeblocks=true`."""


def parse(parser: Parser, start: int) -> Consume:
    """Read the option, which changes nothing."""
    parser.options(("decodeblocks",))
    return Consume(start, parser.last_end)


def bind(binder: Binder, node: Consume, relation: Relation, scope: Scope) -> Relation:
    """A table without columns and rows."""
    nothing = binder.filtered(relation, constant(False, KqlType.BOOL))
    return replace(nothing.showing(()), order=())


OPERATOR = Operator(
    ("consume",), Consume, parse, bind, doc="Gives no rows.", in_parts=True, keeps=True
)
