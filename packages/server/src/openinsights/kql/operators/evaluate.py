"""`evaluate plugin(…)`: tables made of tables. The plugins themselves stand in kql/plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from openinsights.kql.bound import Bound, Symbol, reference
from openinsights.kql.errors import KqlError, KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Extend
from openinsights.kql.plugins import registry
from openinsights.kql.scope import Column
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Call, Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope
    from openinsights.schema.types import KqlType


@dataclass(slots=True)
class Evaluate(Node):
    """`evaluate call : (schema)`; with a star the schema adds to the input's columns."""

    call: Call
    schema: list[tuple[str, KqlType]] | None
    has_star: bool


def parse(parser: Parser, start: int) -> Evaluate:
    """Read options, the call and the schema."""
    parser.options(())
    token = parser.token
    # Before its arguments: those of python(typeof(*), …) and its kin are no others' arguments.
    if token.text in registry.REFUSED and parser.ahead().text == "(":
        row = registry.REFUSED[token.text]
        message = f"the plugin '{token.text}' is not run: {row.reason}"
        raise KqlUnsupported(message, token.start, token.end, row.instead)
    call = parser.table()
    if not isinstance(call, Call):
        raise KqlSemanticError("expected a plugin and its arguments", token.start, token.end)
    schema = None
    star = False
    if parser.accept(":"):
        parser.expect("(")
        star = parser.accept("*")
        if star:
            parser.accept(",")
        schema = parser.column_declarations(")")
        parser.expect(")")
    return Evaluate(start, parser.last_end, call, schema, star)


def _declared(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """The columns that the schema names, in its order and of its types; a star's come before."""
    schema = dict(node.schema or ())
    columns = [c for c in relation.columns if c.name not in schema] if node.has_star else []
    expressions = Expressions(binder, scope, relation)
    converted: list[tuple[Symbol, Bound]] = []
    for name, type_ in schema.items():
        symbol = relation.find(name)
        if symbol is None:
            message = f"{node.call.name}(…) makes no column '{name}'"
            expressions.fail(message, node, did_you_mean(name, relation.names()))
        if symbol.type is not type_:
            value = expressions.convert(reference(symbol), type_)
            symbol = Symbol(name, type_)
            converted.append((symbol, value))
        columns.append(Column(name, symbol))
    if converted:
        relation = relation.on(Extend(relation.plan, tuple(converted)))
    return relation.showing(columns)


def bind(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """What the plugin makes of the rows."""
    call = node.call
    plugin = registry.BY_NAME.get(call.name)
    if plugin is not None:
        try:
            found = plugin.bind(binder, node, relation, scope)
            return found if node.schema is None else _declared(binder, node, found, scope)
        except KqlError as error:
            if error.end == 0:
                error.start, error.end = call.start, call.end
            raise
    raise _unknown(call)


def bind_source(binder: Binder, node: Evaluate, scope: Scope) -> NoReturn:
    """Refuse: every plugin that is run works on rows."""
    call = node.call
    if call.name not in registry.BY_NAME:
        raise _unknown(call)
    message = f"the plugin '{call.name}' needs rows to work on"
    hint = f"write table | evaluate {call.name}(…)"
    raise KqlSemanticError(message, call.start, call.name_end, hint)


def _unknown(call: Call) -> KqlSemanticError:
    hint = did_you_mean(call.name, (*registry.BY_NAME, *registry.REFUSED))
    return KqlSemanticError(f"unknown plugin '{call.name}'", call.start, call.name_end, hint)


OPERATOR = Operator(
    ("evaluate",),
    Evaluate,
    parse,
    bind,
    bind_source,
    doc="Runs a plugin on the rows.",
    in_parts=True,
)
