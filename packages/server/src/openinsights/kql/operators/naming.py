"""`as`, `invoke`, `serialize` and `getschema`: operators that name, pass on or describe rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Symbol, constant
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import computed, outputs, shown
from openinsights.kql.plan import Values
from openinsights.kql.scope import Column, Namer, Relation, TabularVariable
from openinsights.kql.syntax import Broken, Call, Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class As(Node):
    """`as name`."""

    name: str


@dataclass(slots=True)
class Invoke(Node):
    """`invoke f(…)`."""

    call: Node


@dataclass(slots=True)
class Serialize(Node):
    """`serialize` or `serialize x = …`."""

    items: list[Node]


@dataclass(slots=True)
class GetSchema(Node):
    """`getschema`."""


def parse_as(parser: Parser, start: int) -> As:
    """Read the name."""
    parser.options(())
    name = parser.name()
    return As(start, parser.last_end, name)


def bind_as(binder: Binder, node: As, relation: Relation, scope: Scope) -> Relation:
    """The same rows, under a name that later operators of the query may use."""
    shared = replace(binder.share(relation), label=node.name)
    scope.variables[node.name] = TabularVariable(
        node.name, Broken(node.start, node.end), scope, shared
    )
    return replace(shared, title=node.name)


def parse_invoke(parser: Parser, start: int) -> Invoke:
    """Read the call."""
    call = parser.table()
    return Invoke(start, parser.last_end, call)


def bind_invoke(binder: Binder, node: Invoke, relation: Relation, scope: Scope) -> Relation:
    """What a function makes of the rows, its first argument."""
    call = node.call
    if not isinstance(call, Call):
        call = Call(call.start, call.end, getattr(call, "name", ""), [], call.end)
    return binder.invoke(call.name, call, relation, scope)


def parse_serialize(parser: Parser, start: int) -> Serialize:
    """Read the columns, if any."""
    items = parser.named_expressions()
    return Serialize(start, parser.last_end, items)


def bind_serialize(binder: Binder, node: Serialize, relation: Relation, scope: Scope) -> Relation:
    """The rows in their present order, with more columns: a name that is taken gets a number."""
    expressions = Expressions(binder, scope, relation)
    added = [item for item in node.items if not _is_column(item, relation)]
    made = outputs(expressions, added)
    namer = Namer(relation.names(), unnamed_beside=relation.unnamed)
    relation, symbols = computed(expressions.settled(), made)
    return relation.showing([*relation.columns, *shown(made, symbols, namer)])


def _is_column(node: Node, relation: Relation) -> bool:
    return isinstance(node, Name) and relation.find(node.name) is not None


NET_TYPES: Final = {
    KqlType.BOOL: "System.SByte",
    KqlType.INT: "System.Int32",
    KqlType.LONG: "System.Int64",
    KqlType.REAL: "System.Double",
    KqlType.DECIMAL: "System.Data.SqlTypes.SqlDecimal",
    KqlType.STRING: "System.String",
    KqlType.DATETIME: "System.DateTime",
    KqlType.TIMESPAN: "System.TimeSpan",
    KqlType.GUID: "System.Guid",
    KqlType.DYNAMIC: "System.Object",
}
"""What schemas call each type beside its own name."""


def parse_getschema(parser: Parser, start: int) -> GetSchema:
    """Nothing follows the name."""
    return GetSchema(start, parser.last_end)


def bind_getschema(binder: Binder, node: GetSchema, relation: Relation, scope: Scope) -> Relation:
    """One row for each column."""
    types = {
        "ColumnName": KqlType.STRING,
        "ColumnOrdinal": KqlType.INT,
        "DataType": KqlType.STRING,
        "ColumnType": KqlType.STRING,
    }
    symbols = tuple(Symbol(name, type_) for name, type_ in types.items())
    text, number = KqlType.STRING, KqlType.INT
    said = {
        type_: (constant(NET_TYPES[type_], text), constant(str(type_), text))
        for type_ in {column.type for column in relation.columns}
    }
    rows = tuple(
        [
            (constant(column.name, text), constant(place, number), *said[column.type])
            for place, column in enumerate(relation.columns)
        ]
    )
    return Relation(Values(symbols, rows), tuple(Column(s.name, s) for s in symbols))


OPERATORS = (
    Operator(("as",), As, parse_as, bind_as, doc="Names the rows.", in_parts=True),
    Operator(("invoke",), Invoke, parse_invoke, bind_invoke, doc="Calls a function on the rows."),
    Operator(
        ("serialize",),
        Serialize,
        parse_serialize,
        bind_serialize,
        doc="Keeps the rows' order.",
        in_parts=True,
    ),
    Operator(("getschema",), GetSchema, parse_getschema, bind_getschema, doc="Lists the columns."),
)
