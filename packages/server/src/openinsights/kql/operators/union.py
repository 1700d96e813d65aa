"""`union`: the rows of several tables. A column whose type differs becomes one column per type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Bound, Symbol, constant, reference
from openinsights.kql.errors import KqlError, KqlSemanticError, UnknownTable
from openinsights.kql.operators.naming import As
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Scan
from openinsights.kql.plan import Union as UnionPlan
from openinsights.kql.scope import Column, Namer, Relation, TabularVariable
from openinsights.kql.syntax import Broken, Call, Literal, Member, Name, Node, Pipeline
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.plan import Plan
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Union(Node):
    """`union kind=… withsource=… isfuzzy=… tables`."""

    kind: str
    source_column: str
    is_fuzzy: bool
    tables: list[Node]


def parse(parser: Parser, start: int) -> Union:
    """Read the options, then the tables."""
    options = parser.options(("kind", "withsource", "with_source", "isfuzzy"))
    kind = _word(options.get("kind"), "outer")
    if kind not in ("inner", "outer"):
        at = options["kind"]
        raise KqlSemanticError("the kind of a union is inner or outer", at.start, at.end)
    source = _word(options.get("withsource", options.get("with_source")), "")
    is_fuzzy = _word(options.get("isfuzzy"), "false") == "true"
    tables = [table_operand(parser)]
    while parser.accept(","):
        tables.append(table_operand(parser))
    return Union(start, parser.last_end, kind, source, is_fuzzy, tables)


def _word(node: Node | None, default: str) -> str:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Literal):
        return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
    return default


def table_operand(parser: Parser) -> Node:
    """Read a table, a query in parentheses, or a pattern of table names."""
    following = parser.ahead()
    is_pattern = parser.is_symbol("*") or (
        parser.token.kind == "name"
        and following.text == "*"
        and following.start == parser.token.end
    )
    if is_pattern:
        return parser.name_pattern()
    if parser.is_word(*RESOURCE_CALLS) and following.text == "(":
        return parser.resource_tables()
    return parser.table()


RESOURCE_CALLS: Final = ("app", "workspace", "resource", "database")
"""Calls that name a resource, whose tables a wildcard may fit."""


def bind_source(binder: Binder, node: Union, scope: Scope) -> Relation:
    """The rows of the tables named."""
    return _united(binder, node, None, scope)


def bind(binder: Binder, node: Union, relation: Relation, scope: Scope) -> Relation:
    """The rows of the input and of the tables named."""
    return _united(binder, node, relation, scope)


def _united(binder: Binder, node: Union, first: Relation | None, scope: Scope) -> Relation:
    relations = []
    if first is not None:
        is_named = isinstance(first.plan, Scan) or _is_named_by_as(first.label, scope)
        relations.append(first if is_named else replace(first, label=""))
    mistakes: list[KqlError] = []
    for operand in node.tables:
        known = len(binder.errors)
        try:
            tables = binder.tables_matching(operand, scope)
            if not tables:
                raise UnknownTable("no table fits this", operand.start, operand.end)
            found = [_told_apart(table, binder.relation(table, scope), scope) for table in tables]
        except KqlError as error:
            if not (node.is_fuzzy and isinstance(error, UnknownTable)):
                mistakes.append(error)
            continue
        if node.is_fuzzy and any(isinstance(e, UnknownTable) for e in binder.errors[known:]):
            del binder.errors[known:]
            continue
        relations += found
    binder.raise_first(mistakes)
    if not relations:
        raise UnknownTable("none of the tables is there", node.start, node.end)
    return united(relations, inner=node.kind == "inner", source_column=node.source_column)


def _told_apart(operand: Node, relation: Relation, scope: Scope) -> Relation:
    """The rows of an operand, called after its table if it is one as it stands.

    Queries, tables spelled out and variables that stand for them have a number; views, and what
    `as` names last, have their names. Source: observed on the original engine by several projects.
    """
    named = isinstance(operand, Member)
    if isinstance(operand, Name):
        is_variable = isinstance(scope.find(operand.name), TabularVariable)
        named = not is_variable or _is_named_by_as(operand.name, scope)
    elif isinstance(operand, Call):
        named = operand.name == "table"
    elif isinstance(operand, Pipeline):
        named = isinstance(operand.operators[-1], As)
    return relation if named else replace(relation, label="")


def _is_named_by_as(name: str, scope: Scope) -> bool:
    variable = scope.find(name)
    return isinstance(variable, TabularVariable) and isinstance(variable.node, Broken)


def united(relations: Sequence[Relation], *, inner: bool, source_column: str) -> Relation:
    """The union of relations; `source_column` names a first column that tells them apart."""
    types: dict[str, list[KqlType]] = {}
    for relation in relations:
        for column in relation.columns:
            known = types.setdefault(column.name, [])
            if column.symbol.type not in known:
                known.append(column.symbol.type)
    if inner:
        names = [set(relation.names()) for relation in relations]
        common = set.intersection(*names)
        types = {name: known for name, known in types.items() if name in common}
    namer = Namer()
    columns: list[Column] = []
    wanted: list[tuple[str, KqlType]] = []
    if source_column:
        columns.append(Column(source_column, Symbol(source_column, KqlType.STRING)))
        namer.take(source_column)
    for name, known in types.items():
        for type_ in known:
            shown = namer.take(name if len(known) == 1 else f"{name}_{type_}")
            columns.append(Column(shown, Symbol(shown, type_)))
            wanted.append((name, type_))
    branches: list[tuple[Plan, tuple[Bound, ...]]] = []
    for position, relation in enumerate(relations):
        held = {(c.name, c.symbol.type): c.symbol for c in relation.columns}
        values: list[Bound] = []
        if source_column:
            values.append(constant(relation.label or f"union_arg{position}", KqlType.STRING))
        for key in wanted:
            symbol = held.get(key)
            values.append(constant(None, key[1]) if symbol is None else reference(symbol))
        branches.append((relation.plan, tuple(values)))
    symbols = tuple(column.symbol for column in columns)
    plan = UnionPlan(symbols, tuple(branches))
    return Relation(
        plan,
        tuple(columns),
        is_open=any(relation.is_open for relation in relations),
        depth=max(relation.depth for relation in relations) + 1,
    )


OPERATOR = Operator(("union",), Union, parse, bind, bind_source, "The rows of several tables.")
