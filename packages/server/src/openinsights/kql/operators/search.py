"""`search`: rows in which a text stands anywhere, with the table's name as first column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.bound import Symbol, constant
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.union import table_operand, united
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column
from openinsights.kql.syntax import Binary, Call, Literal, Logical, Name, Node, Pattern, Star
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.find import Find
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Search(Node):
    """`search kind=… in (tables) condition`."""

    case_sensitive: bool
    tables: list[Node]
    condition: Node


def parse(parser: Parser, start: int) -> Search:
    """Read kind, tables and condition."""
    options = parser.options(("kind",))
    kind = options.get("kind")
    sensitive = isinstance(kind, Name) and kind.name == "case_sensitive"
    tables: list[Node] = []
    if parser.accept_word("in"):
        parser.expect("(")
        tables.append(table_operand(parser))
        while parser.accept(","):
            tables.append(table_operand(parser))
        parser.expect(")")
    condition = parser.search_expression()
    return Search(start, parser.last_end, sensitive, tables, condition)


def spelled_out(node: Node, *, case_sensitive: bool) -> Node:
    """The condition with each bare text as a comparison with any column."""
    if isinstance(node, Logical):
        operands = [spelled_out(part, case_sensitive=case_sensitive) for part in node.operands]
        return Logical(node.start, node.end, node.operator, operands)
    if isinstance(node, Call) and node.name == "not" and len(node.arguments) == 1:
        inner = spelled_out(node.arguments[0], case_sensitive=case_sensitive)
        return Call(node.start, node.end, node.name, [inner], node.name_end)
    if isinstance(node, Star):
        return Literal(node.start, node.end, True, KqlType.BOOL)
    if isinstance(node, Literal) and isinstance(node.value, str):
        return _term(node, Star(node.start, node.end), node.value, case_sensitive=case_sensitive)
    if not isinstance(node, Binary):
        return node
    if node.operator == "has" and isinstance(node.right, Literal):
        text = node.right.value
        if isinstance(text, str):
            return _term(node, node.left, text, case_sensitive=case_sensitive)
    if case_sensitive and node.operator in _CASE_SENSITIVE:
        return replace(node, operator=_CASE_SENSITIVE[node.operator])
    return node


_WORDS: Final = ("contains", "startswith", "endswith", "has", "hasprefix", "hassuffix")
_CASE_SENSITIVE: Final = {
    **{f"{mark}{word}": f"{mark}{word}_cs" for word in _WORDS for mark in ("", "!")},
    "=~": "==",
    "!~": "!=",
}


def _term(node: Node, left: Node, text: str, *, case_sensitive: bool) -> Node:
    """A term with `*` at its ends: whole, prefix, suffix or anywhere; or with `*` within."""
    bare = text.strip("*")
    if not bare:
        return Literal(node.start, node.end, True, KqlType.BOOL)
    if "*" in bare:
        pattern = _pattern(text, case_sensitive=case_sensitive)
        right = Literal(node.start, node.end, pattern, KqlType.STRING)
        return Binary(node.start, node.end, "matches regex", left, right, node.start, node.end)
    operators = {
        (False, False): "has",
        (False, True): "hasprefix",
        (True, False): "hassuffix",
        (True, True): "contains",
    }
    operator = operators[text.startswith("*"), text.endswith("*")]
    if case_sensitive:
        operator += "_cs"
    right = Literal(node.start, node.end, bare, KqlType.STRING)
    return Binary(node.start, node.end, operator, left, right, node.start, node.end)


def _pattern(text: str, *, case_sensitive: bool) -> str:
    """`Lab*PC` as a regular expression: a term that begins and one that ends so."""
    parts = [re.sub(r"[^\w\s]", r"\\\g<0>", part, flags=re.ASCII) for part in text.split("*")]
    first, last = ("" if not part else r"\b" for part in (parts[0], parts[-1]))
    case = "" if case_sensitive else "(?i)"
    return f"{case}{first}{'.*'.join(parts)}{last}"


def tables_of(binder: Binder, node: Search | Find, condition: Node, scope: Scope) -> list[Relation]:
    """The tables that `in (…)` names, else all stored ones and all views.

    Tables without any of the columns that the condition speaks of are left out: no row of theirs
    can match. A bare text speaks of all columns.
    """
    relations = [
        binder.relation(table, scope)
        for operand in node.tables or [Pattern(node.start, node.start, "*")]
        for table in binder.tables_matching(operand, scope)
    ]
    if not relations:
        raise KqlSemanticError("there is no such table", node.start, node.end)
    if any(isinstance(part, Star) for part in parts_of(condition)):
        return relations
    names = set(names_in(condition))
    return [r for r in relations if r.is_open or not names.isdisjoint(r.names())] or relations


def parts_of(node: Node) -> Iterator[Node]:
    """A condition and all that it is made of."""
    stack: list[Any] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, (list, tuple)):
            stack += part
        elif isinstance(part, Node):
            yield part
            stack += [getattr(part, slot) for slot in type(part).__slots__]


def names_in(node: Node) -> list[str]:
    """The names in a condition, in the order of the text."""
    found: dict[str, int] = {}
    for part in parts_of(node):
        if isinstance(part, Name):
            found.setdefault(part.name, part.start)
    return sorted(found, key=lambda name: found[name])


def types_of(relations: Sequence[Relation]) -> dict[str, KqlType]:
    """The type of each column that one of the tables has; the first table's counts."""
    return {c.name: c.type for relation in reversed(relations) for c in relation.columns}


def bind_source(binder: Binder, node: Search, scope: Scope) -> Relation:
    """Rows of the tables named, or of all tables."""
    condition = spelled_out(node.condition, case_sensitive=node.case_sensitive)
    relations = tables_of(binder, node, condition, scope)
    types = types_of(relations)
    found = [matching(binder, condition, relation, scope, types) for relation in relations]
    return united(found, inner=False, source_column="$table")


def matching(
    binder: Binder, condition: Node, relation: Relation, scope: Scope, types: dict[str, KqlType]
) -> Relation:
    """The rows that match; a column that only other tables have is missing here."""
    own = set(relation.names())
    absent = [Column(n, Symbol(n, type_)) for n, type_ in types.items() if n not in own]
    nulls = tuple((column.symbol, constant(None, column.type)) for column in absent)
    wider = relation.on(Extend(relation.plan, nulls)).showing([*relation.columns, *absent])
    expressions = Expressions(binder, scope, wider)
    predicate = expressions.predicate(condition)
    return binder.filtered(expressions.settled(), predicate).showing(relation.columns)


def bind(binder: Binder, node: Search, relation: Relation, scope: Scope) -> Relation:
    """Rows of the input, with its name as first column."""
    if node.tables:
        raise KqlSemanticError("search in (…) can only start a query", node.start, node.end)
    condition = spelled_out(node.condition, case_sensitive=node.case_sensitive)
    found = matching(binder, condition, relation, scope, {})
    if relation.find("$table") is not None:
        return found
    symbol = Symbol("$table", KqlType.STRING)
    label = constant(relation.label, KqlType.STRING)
    named = found.on(Extend(found.plan, ((symbol, label),)))
    return named.showing([Column("$table", symbol), *found.columns])


OPERATOR = Operator(
    ("search",), Search, parse, bind, bind_source, "Rows that hold a text.", in_parts=True
)
