"""`assert-schema (name:type, …)`: fails unless the rows have exactly these columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
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
    pairs = zip_longest(found, node.columns)
    place, (there, wanted) = next((at, pair) for at, pair in enumerate(pairs) if len(set(pair)) > 1)
    raise KqlSemanticError(
        f"the columns are others: column {place} is {_shown(there)}, not {_shown(wanted)}",
        node.start,
        node.end,
        "getschema lists the columns",
    )


def _shown(column: tuple[str, KqlType] | None) -> str:
    return "none" if column is None else f"{column[0]}:{column[1]}"


OPERATOR = Operator(
    ("assert-schema",),
    AssertSchema,
    parse,
    bind,
    doc="Checks the columns.",
    in_parts=True,
    keeps=True,
)
