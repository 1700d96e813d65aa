"""Columns that an operator makes from a list of expressions: their names and symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, Reference, Symbol
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import tuples
from openinsights.kql.plan import Extend
from openinsights.kql.syntax import Call, Name, Named, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.scope import Relation


@dataclass(frozen=True, slots=True)
class Output:
    """One column to make.

    Attributes:
        name: as written or as the expression suggests; "" when it suggests none.
        is_named: whether the name replaces a column of the same name.
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
    """Bind a list of `name = expression`, `expression` and `(a, b) = expression`."""
    made: list[Output] = []
    for node in nodes:
        if isinstance(node, Named):
            if node.compound:
                made += _compound(expressions, node)
            else:
                value = expressions.bind(node.value)
                made.append(Output(node.names[0], True, value, node))
            continue
        several = (
            tuples.values_of(expressions, node, output_name) if isinstance(node, Call) else None
        )
        if several is not None:
            made += [Output(name, False, value, node, True) for name, value in several]
            continue
        value = expressions.bind(node)
        made.append(Output(output_name(node) or "", isinstance(node, Name), value, node))
    return made


def _compound(expressions: Expressions, node: Named) -> list[Output]:
    """`(a, b) = f(x)`: the first values of a function that gives several."""
    value = node.value
    several = tuples.values_of(expressions, value, output_name) if isinstance(value, Call) else None
    if several is None:
        expressions.fail("several names need a function that gives several values", node)
    if len(node.names) > len(several):
        expressions.fail(f"{len(node.names)} names for {len(several)} values", node)
    pairs = zip(node.names, several, strict=False)
    return [Output(name, True, part, node) for name, (_, part) in pairs]


def computed(relation: Relation, made: Sequence[Output]) -> tuple[Relation, list[Symbol]]:
    """The relation with the values computed, and each value's symbol."""
    symbols: list[Symbol] = []
    assignments: list[tuple[Symbol, Bound]] = []
    for output in made:
        if isinstance(output.value, Reference):
            symbols.append(output.value.symbol)
            continue
        symbol = Symbol(output.name or "Column", output.value.type)
        symbols.append(symbol)
        assignments.append((symbol, output.value))
    if assignments:
        relation = relation.on(Extend(relation.plan, tuple(assignments)))
    return relation, symbols
