"""`datatable(a:long, …)[…]`: rows spelled out in the query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Constant, Symbol, constant
from openinsights.kql.errors import KqlSemanticError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Values
from openinsights.kql.scope import Column, Relation
from openinsights.kql.source import parse_datetime, parse_timespan
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.bound import Bound
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Datatable(Node):
    """`datatable(columns)[values]`."""

    columns: list[tuple[str, KqlType]]
    values: list[Node]


def parse(parser: Parser, start: int) -> Datatable:
    """Read columns, then values row after row."""
    parser.options(())
    parser.expect("(")
    columns = parser.column_declarations(")")
    parser.expect(")")
    parser.options(())
    parser.expect("[")
    values: list[Node] = []
    while not parser.is_symbol("]"):
        values.append(parser.expression())
        if not parser.accept(","):
            break
    parser.expect("]")
    return Datatable(start, parser.last_end, columns, values)


def bind_source(binder: Binder, node: Datatable, scope: Scope) -> Relation:
    """Values are constants; each is converted to its column's type."""
    names = [name for name, _ in node.columns]
    if len(set(names)) < len(names):
        raise KqlSemanticError("two columns have the same name", node.start, node.end)
    if not names or len(node.values) % len(names):
        raise KqlSemanticError(
            f"{len(node.values)} values do not fill rows of {len(names)} columns",
            node.start,
            node.end,
        )
    expressions = Expressions(binder, scope, None)
    symbols = tuple(Symbol(name, type_) for name, type_ in node.columns)
    rows: list[tuple[Bound, ...]] = []
    row: list[Bound] = []
    for position, value in enumerate(node.values):
        type_ = node.columns[position % len(names)][1]
        row.append(_cell(expressions, expressions.bind(value), type_))
        if len(row) == len(names):
            rows.append(tuple(row))
            row = []
    columns = tuple(Column(symbol.name, symbol) for symbol in symbols)
    return Relation(Values(symbols, tuple(rows)), columns, label="datatable")


def _cell(expressions: Expressions, value: Bound, type_: KqlType) -> Bound:
    if isinstance(value, Constant) and value.type is KqlType.STRING and value.value:
        text = str(value.value)
        if type_ is KqlType.DATETIME:
            return constant(parse_datetime(text), type_)
        if type_ is KqlType.TIMESPAN:
            return constant(parse_timespan(text), type_)
    return expressions.convert(value, type_)


OPERATOR = Operator(
    ("datatable",), Datatable, parse, bind_source=bind_source, doc="Rows spelled out in the query."
)
