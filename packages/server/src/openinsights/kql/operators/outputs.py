"""Columns that an operator makes from a list of expressions: their names and symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, Reference, Symbol
from openinsights.kql.errors import KqlError, KqlSemanticError
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import tuples
from openinsights.kql.plan import Extend
from openinsights.kql.scope import UNNAMED, Column, Namer
from openinsights.kql.syntax import Call, Name, Named, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.scope import Relation


@dataclass(slots=True)
class Output:
    """One column to make. Nobody changes one.

    Attributes:
        name: as written or as the expression suggests; "" when it suggests none.
        is_named: whether the query writes the name, as `name = …` or as a column alone.
        value: what the column holds.
        node: where it stands in the query.
        is_part: whether it is one of several values of a function, which names it.
    """

    name: str
    is_named: bool
    value: Bound
    node: Node
    is_part: bool = False


def outputs(expressions: Expressions, nodes: Sequence[Node]) -> list[Output]:
    """Bind a list of `name = expression`, `expression` and `(a, b) = expression`.

    What has a mistake is left out; the binder notes it and the names that it would have made.
    """
    made: list[Output] = []
    for node in nodes:
        try:
            made += _made(expressions, node)
        except KqlError as error:
            expressions.binder.note_and_hide(error, node)
    return made


def _made(expressions: Expressions, node: Node) -> list[Output]:
    if isinstance(node, Named):
        return _named(expressions, node)
    several = tuples.values_of(expressions, node, output_name) if isinstance(node, Call) else None
    if several is not None:
        return [Output(name, False, value, node, True) for name, value in several]
    value = expressions.bind(node)
    return [Output(expressions.name_of(node) or "", isinstance(node, Name), value, node)]


def _named(expressions: Expressions, node: Named) -> list[Output]:
    """`a = x`, `(a, b) = f(x)`: the names are those of the first values; the others keep theirs."""
    value = node.value
    several = tuples.values_of(expressions, value, output_name) if isinstance(value, Call) else None
    if several is None:
        if node.compound:
            expressions.fail("several names need a function that gives several values", node)
        return [Output(node.names[0], True, expressions.bind(value), node)]
    if len(node.names) > len(several):
        expressions.fail(f"{len(node.names)} names for {len(several)} values", node)
    named = [
        Output(name, True, part, node) for name, (_, part) in zip(node.names, several, strict=False)
    ]
    rest = [Output(name, False, part, node, True) for name, part in several[len(named) :]]
    return [*named, *rest]


def column_name(namer: Namer, name: str, node: Node, *, is_named: bool) -> str:
    """The name of an output column.

    Raises:
        KqlSemanticError: the query gives the same name twice.
    """
    if not is_named:
        return namer.take(name) if name else namer.unnamed()
    found = namer.declare(name)
    if found is None:
        raise KqlSemanticError(f"the column '{name}' is made twice", node.start, node.end)
    return found


def shown(made: Sequence[Output], symbols: Sequence[Symbol], namer: Namer) -> list[Column]:
    """The columns of the outputs under their names, in order."""
    return [
        Column(column_name(namer, output.name, output.node, is_named=output.is_named), symbol)
        for output, symbol in zip(made, symbols, strict=True)
    ]


def computed(relation: Relation, made: Sequence[Output]) -> tuple[Relation, list[Symbol]]:
    """The relation with the values computed, and each value's symbol."""
    symbols: list[Symbol] = []
    assignments: list[tuple[Symbol, Bound]] = []
    for output in made:
        if isinstance(output.value, Reference):
            symbols.append(output.value.symbol)
            continue
        symbol = Symbol(output.name or UNNAMED, output.value.type)
        symbols.append(symbol)
        assignments.append((symbol, output.value))
    if assignments:
        relation = relation.on(Extend(relation.plan, tuple(assignments)))
    return relation, symbols
