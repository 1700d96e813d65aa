"""`reduce by text`: the patterns that many texts share, how many fit each, and one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Constant,
    SortKey,
    Symbol,
    constant,
    reference,
)
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import paths, registry
from openinsights.kql.functions.reductions import REDUCED
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Expand, Extend, Group
from openinsights.kql.scope import Column, Relation
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Reduce(Node):
    """`reduce by text with threshold=0.1, characters="_"`."""

    value: Node
    threshold: Node | None
    characters: Node | None


def parse(parser: Parser, start: int) -> Reduce:
    """Read the text and the options."""
    options = parser.options(("kind",))
    if "kind" in options:
        kind = options["kind"]
        raise KqlUnsupported("kinds of reduce are not run", kind.start, kind.end, "leave it out")
    parser.expect_word("by")
    value = parser.named_expression()
    found: dict[str, Node] = {}
    if parser.accept_word("with"):
        while True:
            name = parser.expect_word("threshold", "characters").text
            parser.expect("=")
            found[name] = parser.expression()
            if not parser.accept(","):
                break
    return Reduce(start, parser.last_end, value, found.get("threshold"), found.get("characters"))


def bind(binder: Binder, node: Reduce, relation: Relation, scope: Scope) -> Relation:
    """Pattern, Count and Representative, the most frequent pattern first."""
    expressions = Expressions(binder, scope, relation)
    value = expressions.bind(node.value)
    if value.type not in (KqlType.STRING, KqlType.DYNAMIC):
        expressions.fail(f"reduce takes a string, this is a {value.type}", node.value)
    value = expressions.convert(value, KqlType.STRING)
    options = (_threshold(binder, node, scope), _characters(binder, node, scope))
    text, times = Symbol("text", KqlType.STRING), Symbol("times", KqlType.LONG)
    count, _ = registry.AGGREGATES["count"]
    settled = expressions.settled()
    counted = Group(
        settled.plan, ((text, value),), ((times, Aggregation(KqlType.LONG, False, count, ())),)
    )
    groups, item = Symbol("groups", KqlType.DYNAMIC), Symbol("group", KqlType.DYNAMIC)
    arguments = (reference(text), reference(times), *options)
    found = Aggregation(KqlType.DYNAMIC, True, REDUCED, arguments)
    every = Group(counted, (), ((groups, found),))
    rows = Expand(every, ((item, reference(groups)),), None, None)
    made: list[tuple[Symbol, Bound]] = []
    types = {"Pattern": KqlType.STRING, "Count": KqlType.LONG, "Representative": KqlType.STRING}
    for place, (name, type_) in enumerate(types.items()):
        part = paths.step(reference(item), constant(place, KqlType.LONG))
        made.append((Symbol(name, type_), expressions.convert(part, type_)))
    total = made[1][0]
    order = (SortKey(reference(total), descending=True, nulls_first=False),)
    columns = tuple(Column(symbol.name, symbol) for symbol, _ in made)
    return replace(
        Relation(Extend(rows, tuple(made)), columns, order=order), depth=settled.depth + 1
    )


def _threshold(binder: Binder, node: Reduce, scope: Scope) -> Bound:
    if node.threshold is None:
        return constant(0.1, KqlType.REAL)
    expressions = Expressions(binder, scope, None)
    value = expressions.bind(node.threshold)
    known = value.value if isinstance(value, Constant) else None
    if isinstance(known, bool) or not isinstance(known, (int, float)) or not 0 <= known <= 1:
        raise KqlSemanticError(
            "the threshold is a number from 0 to 1 known in advance",
            node.threshold.start,
            node.threshold.end,
        )
    return constant(float(known), KqlType.REAL)


def _characters(binder: Binder, node: Reduce, scope: Scope) -> Bound:
    text = ""
    if node.characters is not None:
        expressions = Expressions(binder, scope, None)
        text = expressions.text_constant(node.characters, "the characters")
    return constant(text, KqlType.STRING)


OPERATOR = Operator(("reduce",), Reduce, parse, bind, doc="Patterns that many texts share.")
