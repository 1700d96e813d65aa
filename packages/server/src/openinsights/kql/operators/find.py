"""`find`: rows of several tables that match, with the columns that the tables share.

Columns that only some tables have go into a bag `pack_`, unless the condition speaks of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Bound, Symbol, constant, reference
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.search import (
    matching,
    names_in,
    spelled_out,
    tables_of,
    types_of,
)
from openinsights.kql.operators.union import table_operand, united
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Call, Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope

PACK: Final = "pack_"
"""The column of what else a row holds."""


@dataclass(slots=True)
class Item(Node):
    """`name:type` of a `project`; the type is None where none is given."""

    name: str
    type: KqlType | None


@dataclass(slots=True)
class Find(Node):
    """`find withsource=… in (tables) where condition project …`.

    `items` is None for `project-smart`, the default.
    """

    source_column: str
    tables: list[Node]
    condition: Node
    items: list[Item] | None
    packs: bool


def parse(parser: Parser, start: int) -> Find:
    """Read options, tables, condition and columns."""
    options = parser.options(("withsource", "datascope"))
    source = options.get("withsource")
    tables: list[Node] = []
    if parser.accept_word("in"):
        parser.expect("(")
        tables.append(table_operand(parser))
        while parser.accept(","):
            tables.append(table_operand(parser))
        parser.expect(")")
        parser.expect_word("where")
    else:
        parser.accept_word("where")
    condition = parser.search_expression()
    items, packs = _columns(parser)
    name = source.name if isinstance(source, Name) else "source_"
    return Find(start, parser.last_end, name, tables, condition, items, packs)


def _columns(parser: Parser) -> tuple[list[Item] | None, bool]:
    if not parser.accept_word("project"):
        return None, False
    if parser.accept("-"):
        parser.expect_word("smart")
        return None, False
    items: list[Item] = []
    packs = False
    while True:
        start = parser.token.start
        if parser.is_word("pack", "pack_all") and parser.ahead().text == "(":
            parser.advance()
            parser.advance()
            parser.accept("*")
            parser.expect(")")
            packs = True
        else:
            name = parser.name("a column's name")
            type_ = parser.type_name() if parser.accept(":") else None
            items.append(Item(start, parser.last_end, name, type_))
        if not parser.accept(","):
            return items, packs


def bind_source(binder: Binder, node: Find, scope: Scope) -> Relation:
    """The rows of all tables that match, with the source first."""
    condition = spelled_out(node.condition, case_sensitive=False)
    relations = tables_of(binder, node, condition, scope)
    types = types_of(relations)
    found = [matching(binder, condition, relation, scope, types) for relation in relations]
    if node.items is None:
        shown = _shared(condition, relations, types)
        packs = any(set(relation.names()) - shown.keys() for relation in relations)
    else:
        shown, packs = _listed(node.items, relations, types), node.packs
    shaped = [_shaped(binder, node, relation, scope, shown, packs=packs) for relation in found]
    return united(shaped, inner=False, source_column=node.source_column)


def _shared(
    condition: Node, relations: list[Relation], types: dict[str, KqlType]
) -> dict[str, KqlType | None]:
    """The columns that all tables have, then those that the condition names.

    The type is None where tables differ in it: each shows its own, as in a union.
    """
    common = set.intersection(*(set(relation.names()) for relation in relations))
    names = [name for name in relations[0].names() if name in common]
    names += [name for name in names_in(condition) if name in types and name not in common]
    return {name: types[name] if len(_types(name, relations)) == 1 else None for name in names}


def _types(name: str, relations: list[Relation]) -> set[KqlType]:
    return {c.type for relation in relations for c in relation.columns if c.name == name}


def _listed(
    items: list[Item], relations: list[Relation], types: dict[str, KqlType]
) -> dict[str, KqlType | None]:
    """The columns of a `project`."""
    shown: dict[str, KqlType | None] = {}
    for item in items:
        if item.name not in types:
            hint = did_you_mean(item.name, types)
            raise KqlSemanticError(f"unknown column '{item.name}'", item.start, item.end, hint)
        if item.name in shown:
            raise KqlSemanticError(f"the column '{item.name}' is there twice", item.start, item.end)
        found = _types(item.name, relations)
        if item.type is None and len(found) > 1:
            raise KqlSemanticError(
                f"the column '{item.name}' has several types: {', '.join(sorted(found))}",
                item.start,
                item.end,
                f"give one: {item.name}:{types[item.name]}",
            )
        shown[item.name] = item.type or types[item.name]
    return shown


def _shaped(
    binder: Binder,
    node: Find,
    relation: Relation,
    scope: Scope,
    shown: dict[str, KqlType | None],
    *,
    packs: bool,
) -> Relation:
    """The rows of one table as the result shows them."""
    expressions = Expressions(binder, scope, relation)
    columns: list[Column] = []
    made: list[tuple[Symbol, Bound]] = []
    for name, type_ in shown.items():
        held = relation.find(name)
        if held is not None and type_ in (None, held.type):
            columns.append(Column(name, held))
            continue
        if type_ is None:
            continue
        value: Bound = constant(None, type_)
        if held is not None:
            value = expressions.convert(reference(held), type_)
        symbol = Symbol(name, type_)
        made.append((symbol, value))
        columns.append(Column(name, symbol))
    if packs:
        packed = relation.columns
        if node.items is None:
            packed = tuple(column for column in packed if column.name not in shown)
        bag = Symbol(PACK, KqlType.DYNAMIC)
        made.append((bag, _bag(binder, node, relation.showing(packed), scope)))
        columns.append(Column(PACK, bag))
    return relation.on(Extend(relation.plan, tuple(made))).showing(columns)


def _bag(binder: Binder, node: Find, relation: Relation, scope: Scope) -> Bound:
    """All columns of a relation as one value."""
    if not relation.columns:
        return constant("{}", KqlType.DYNAMIC)
    call = Call(node.start, node.end, "pack_all", [], node.end)
    return Expressions(binder, scope, relation).bind(call)


OPERATOR = Operator(
    ("find",), Find, parse, bind_source=bind_source, doc="Rows of several tables that match."
)
