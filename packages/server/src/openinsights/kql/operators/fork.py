"""`fork` and `facet`: several result tables of one input. They end a statement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import Aggregation, SortKey, Symbol, reference
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.functions import registry
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.project import columns_named
from openinsights.kql.scope import Column, Relation
from openinsights.kql.syntax import Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Branch:
    """`name=(operator | operator …)`: the name is "" when there is none."""

    name: str
    operators: list[Node]


@dataclass(slots=True)
class Fork(Node):
    """`fork (…) name=(…)`."""

    branches: list[Branch]


@dataclass(slots=True)
class Facet(Node):
    """`facet by a, b with (operators)`."""

    names: list[Name]
    operators: list[Node] | None


def parse_fork(parser: Parser, start: int) -> Fork:
    """Read subquery after subquery."""
    branches = [_branch(parser)]
    while parser.is_symbol("(") or (parser.token.kind == "name" and parser.ahead().text == "="):
        branches.append(_branch(parser))
    return Fork(start, parser.last_end, branches)


def _branch(parser: Parser) -> Branch:
    name = ""
    if not parser.is_symbol("("):
        name = parser.name("a name or '('")
        parser.expect("=")
    return Branch(name, parser.subquery())


def bind_fork(binder: Binder, node: Fork, relation: Relation, scope: Scope) -> Relation:
    """One table for each subquery, in their order."""
    tables = []
    for branch in node.branches:
        table = binder.subquery(branch.operators, relation, scope)
        tables.append(replace(table, title=branch.name or table.title))
    return replace(relation, tables=tuple(tables))


def parse_facet(parser: Parser, start: int) -> Facet:
    """Read the columns, then what else is asked of the rows."""
    parser.expect_word("by")
    names: list[Name] = []
    while True:
        at = parser.token.start
        name = parser.name("a column's name")
        names.append(Name(at, parser.last_end, name))
        if not parser.accept(","):
            break
    operators = None
    if parser.accept_word("with"):
        operators = parser.subquery() if parser.is_symbol("(") else [parser.operator()]
    return Facet(start, parser.last_end, names, operators)


def bind_facet(binder: Binder, node: Facet, relation: Relation, scope: Scope) -> Relation:
    """What `with` makes of the rows; then for each column its values with their counts."""
    tables = []
    if node.operators is not None:
        tables.append(binder.subquery(node.operators, relation, scope))
    for name in node.names:
        (column,) = columns_named(relation, name)
        tables.append(_counted(binder, node, relation, column))
    return replace(relation, tables=tuple(tables))


def _counted(binder: Binder, node: Facet, relation: Relation, column: Column) -> Relation:
    title = f"count_{column.name}"
    if title == column.name:
        raise KqlSemanticError(f"the column '{title}' is made twice", node.start, node.end)
    key, total = Symbol(column.name, column.type), Symbol(title, KqlType.LONG)
    aggregate, _ = registry.AGGREGATES["count"]
    count = Aggregation(KqlType.LONG, False, aggregate, ())
    found = binder.grouped(
        relation,
        [(key, reference(column.symbol))],
        [(total, count)],
        [Column(column.name, key), Column(title, total)],
    )
    order = (
        SortKey(reference(total), descending=True, nulls_first=False),
        SortKey(reference(key), descending=False, nulls_first=True),
    )
    return replace(found, order=order)


OPERATORS = (
    Operator(("fork",), Fork, parse_fork, bind_fork, doc="Several tables of one input."),
    Operator(("facet",), Facet, parse_facet, bind_facet, doc="The values of columns, counted."),
)
