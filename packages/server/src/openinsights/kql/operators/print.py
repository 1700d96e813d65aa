"""`print x = …`: one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Symbol
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import outputs
from openinsights.kql.plan import Extend, Values
from openinsights.kql.scope import Column, Namer, Relation, ScalarVariable
from openinsights.kql.syntax import Name, Named, Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Print(Node):
    """`print a, b = …`."""

    items: list[Node]


def parse(parser: Parser, start: int) -> Print:
    """Read the columns."""
    items = parser.named_expressions()
    if not items:
        parser.fail("expected a value to print")
    return Print(start, parser.last_end, items)


def bind_source(binder: Binder, node: Print, scope: Scope) -> Relation:
    """Unnamed columns are called `print_0`, `print_1`, … by their position."""
    start = Relation(Values((), ((),)), ())
    expressions = Expressions(binder, scope, start)
    # Names stand for the first of several values, and print has no column for the others.
    made = [
        output
        for output in outputs(expressions, node.items)
        if not (output.is_part and isinstance(output.node, Named))
    ]
    relation = expressions.settled()
    namer = Namer(output.name for output in made if isinstance(output.node, Named))
    columns: list[Column] = []
    taken: set[str] = set()
    assignments = []
    for position, output in enumerate(made):
        named = output.is_named and isinstance(output.node, Named)
        own = output.is_part or _is_key(output.node, scope)
        unnamed = output.name if own else f"print_{position}"
        if named and output.name in taken:
            message = f"the column '{output.name}' is made twice"
            raise KqlSemanticError(message, output.node.start, output.node.end)
        name = output.name if named else namer.take(unnamed)
        symbol = Symbol(name, output.value.type)
        assignments.append((symbol, output.value))
        columns.append(Column(name, symbol))
        taken.add(name)
    return Relation(Extend(relation.plan, tuple(assignments)), tuple(columns), label="print")


def _is_key(node: Node, scope: Scope) -> bool:
    """Whether it is the key of a partition that print stands in: no other name is a column here."""
    variable = scope.find(node.name) if isinstance(node, Name) else None
    return isinstance(variable, ScalarVariable) and variable.is_key


OPERATOR = Operator(
    ("print",), Print, parse, bind_source=bind_source, doc="One row of computed values."
)
