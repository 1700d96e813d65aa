"""`assert-schema (name:type, …)`: fails unless the rows have exactly these columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope
    from openinsights.schema.types import KqlType


@dataclass(slots=True)
class AssertSchema(Node):
    """`assert-schema (columns)`."""

    columns: list[tuple[str, KqlType]]


def parse(parser: Parser, start: int) -> AssertSchema:
    """Read the columns."""
    parser.expect("(")
    columns = parser.column_declarations(")")
    parser.expect(")")
    return AssertSchema(start, parser.last_end, columns)


def bind(binder: Binder, node: AssertSchema, relation: Relation, scope: Scope) -> Relation:
    """The same rows; names, types and order must be as declared."""
    found = [(column.name, column.type) for column in relation.columns]
    if relation.is_open or found == node.columns:
        return relation
    shown = ", ".join(f"{name}:{type_}" for name, type_ in found)
    raise KqlSemanticError(f"the columns are not these but ({shown})", node.start, node.end)


OPERATOR = Operator(
    ("assert-schema",),
    AssertSchema,
    parse,
    bind,
    doc="Checks the columns.",
    in_parts=True,
    keeps=True,
)
