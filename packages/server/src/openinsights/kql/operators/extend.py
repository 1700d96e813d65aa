"""`extend x = …`: all columns, and more; a name that is there already is replaced in its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import Output, column_name, computed, outputs
from openinsights.kql.scope import Column, Namer
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Extend(Node):
    """`extend a = …, …`; also `serialize a = …`."""

    items: list[Node]


def parse(parser: Parser, start: int) -> Extend:
    """Read the columns."""
    items = parser.named_expressions()
    if not items:
        parser.fail("expected a column to add")
    return Extend(start, parser.last_end, items)


def bind(binder: Binder, node: Extend, relation: Relation, scope: Scope) -> Relation:
    """Add or replace columns; order is kept."""
    expressions = Expressions(binder, scope, relation)
    made = outputs(expressions, node.items)
    return extended(expressions.settled(), made)


def extended(relation: Relation, made: Sequence[Output]) -> Relation:
    """The relation with these columns added, or in the place of those of the same name.

    Also a name that an expression suggests replaces the column: `extend tostring(a)` changes `a`.
    Only the values of a function that gives several are always columns of their own.
    """
    relation, symbols = computed(relation, made)
    columns = list(relation.columns)
    places = {column.name: place for place, column in enumerate(columns)}
    unnamed = (name for name in map("Column{}".format, count(1)) if not relation.find(name))
    declared = Namer()
    for output, symbol in zip(made, symbols, strict=True):
        name = output.name or next(unnamed)
        if output.is_named:
            column_name(declared, name, output.node, is_named=True)
        elif output.is_part:
            name = Namer(places).take(name)
        if name in places:
            columns[places[name]] = Column(name, symbol)
            continue
        places[name] = len(columns)
        columns.append(Column(name, symbol))
    return relation.showing(columns)


OPERATOR = Operator(("extend",), Extend, parse, bind, doc="Adds computed columns.", in_parts=True)
