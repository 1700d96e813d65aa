"""`summarize aggregates by keys`: one row for each combination of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, Reference, Symbol, symbols_of
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import registry
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import column_name
from openinsights.kql.plan import Extend
from openinsights.kql.scope import UNNAMED, Column, Namer
from openinsights.kql.syntax import Call, Name, Named, Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Summarize(Node):
    """`summarize a = count(), … by k, …`."""

    aggregates: list[Node]
    keys: list[Node]


def parse(parser: Parser, start: int) -> Summarize:
    """Read the aggregates, then the keys."""
    parser.options(())
    aggregates = parser.named_expressions(stop=("by",))
    keys: list[Node] = []
    if parser.accept_word("by"):
        keys = parser.named_expressions()
        if not keys:
            parser.fail("expected what to group by")
    elif not aggregates:
        parser.fail("expected an aggregate or 'by'")
    return Summarize(start, parser.last_end, aggregates, keys)


def bind(binder: Binder, node: Summarize, relation: Relation, scope: Scope) -> Relation:
    """Keys first, then the aggregates."""
    expressions = Expressions(binder, scope, relation)
    namer = Namer(unnamed_beside=relation.unnamed)
    keys, columns = bind_keys(expressions, node.keys, namer)
    aggregates: list[tuple[Symbol, Bound]] = []
    expressions.aggregates = aggregates
    expressions.group_keys = {}
    made: list[tuple[Node, str, bool, Bound]] = []
    for item in node.aggregates:
        with binder.recovering(item):
            made += [(item, *output) for output in aggregate_outputs(expressions, item, keys)]
    result = binder.grouped(expressions.settled(), keys, aggregates, ())
    after: list[tuple[Symbol, Bound]] = []
    aggregated = {symbol for symbol, _ in aggregates}
    for item, name, is_named, value in made:
        if isinstance(value, Reference) and value.symbol in aggregated:
            symbol = value.symbol
        else:
            symbol = Symbol(name or UNNAMED, value.type)
            after.append((symbol, value))
        columns.append(Column(column_name(namer, name, item, is_named=is_named), symbol))
    if after:
        result = result.on(Extend(result.plan, tuple(after)))
    return result.showing(columns)


def bind_keys(
    expressions: Expressions, nodes: list[Node], namer: Namer
) -> tuple[list[tuple[Symbol, Bound]], list[Column]]:
    """The keys of a group and the columns that they become."""
    keys: list[tuple[Symbol, Bound]] = []
    columns: list[Column] = []
    for item in nodes:
        inner = item.value if isinstance(item, Named) else item
        with expressions.binder.recovering(item):
            value = expressions.bind(inner)
            wanted = item.names[0] if isinstance(item, Named) else expressions.name_of(item) or ""
            name = column_name(namer, wanted, item, is_named=isinstance(item, (Name, Named)))
            symbol = Symbol(name if wanted else UNNAMED, value.type)
            keys.append((symbol, value))
            columns.append(Column(name, symbol))
    return keys, columns


def aggregate_outputs(
    expressions: Expressions, item: Node, keys: list[tuple[Symbol, Bound]]
) -> list[tuple[str, bool, Bound]]:
    """The columns that one item of a summarize makes: name, whether it is explicit, value."""
    named = item if isinstance(item, Named) else None
    inner = named.value if named is not None else item
    if isinstance(inner, Call):
        several = registry.SEVERAL.get(inner.name)
        if several is not None:
            grouped = {key.symbol for _, key in keys if isinstance(key, Reference)}
            made = several(expressions, inner, grouped, output_name)
            if named is not None:
                names = list(named.names)
                return [
                    (names[i], True, value) if i < len(names) else (name, False, value)
                    for i, (name, value) in enumerate(made)
                ]
            return [(name, False, value) for name, value in made]
    value = _outside(expressions, inner)
    if named is not None:
        return [(named.names[0], True, value)]
    return [(expressions.name_of(inner) or "", False, value)]


def _outside(expressions: Expressions, node: Node) -> Bound:
    """An expression over aggregates: columns of the rows have no meaning outside of them."""
    aggregates = [] if expressions.aggregates is None else expressions.aggregates
    before = len(aggregates)
    value = expressions.bind(node)
    others = symbols_of(value) - {symbol for symbol, _ in aggregates[before:]}
    if not others:
        return value
    columns = {column.symbol for column in expressions.settled().columns}
    stray = sorted(symbol.name for symbol in others if symbol in columns)
    if others - columns:
        expressions.fail(
            "functions that look at other rows cannot stand in summarize",
            node,
            "add their column before: extend x = …",
        )
    if stray:
        expressions.fail(
            f"'{stray[0]}' stands outside of an aggregate", node, f"write take_any({stray[0]})"
        )
    return value


OPERATOR = Operator(
    ("summarize",), Summarize, parse, bind, doc="Aggregates by keys.", in_parts=True
)
