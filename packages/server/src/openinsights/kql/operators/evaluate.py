"""`evaluate plugin(…)`: tables made of tables. The plugins themselves stand in kql/plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.errors import KqlError, KqlSemanticError, KqlUnsupported
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plugins import registry
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Call, Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope
    from openinsights.schema.types import KqlType


@dataclass(slots=True)
class Evaluate(Node):
    """`evaluate call : (schema)`."""

    call: Call
    schema: list[tuple[str, KqlType]] | None


def parse(parser: Parser, start: int) -> Evaluate:
    """Read options, the call and the schema."""
    parser.options(())
    token = parser.token
    call = parser.table()
    if not isinstance(call, Call):
        raise KqlSemanticError("expected a plugin and its arguments", token.start, token.end)
    schema = None
    if parser.accept(":"):
        parser.expect("(")
        star = parser.accept("*")
        if star:
            parser.accept(",")
        schema = parser.column_declarations(")")
        parser.expect(")")
    return Evaluate(start, parser.last_end, call, schema)


def bind(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """What the plugin makes of the rows."""
    call = node.call
    plugin = registry.BY_NAME.get(call.name)
    if plugin is not None:
        try:
            return plugin.bind(binder, node, relation, scope)
        except KqlError as error:
            if error.end == 0:
                error.start, error.end = call.start, call.end
            raise
    refusal = registry.REFUSED.get(call.name)
    if refusal is not None:
        message = f"the plugin '{call.name}' is not run: {refusal.reason}"
        raise KqlUnsupported(message, call.start, call.name_end, refusal.instead)
    raise KqlSemanticError(
        f"unknown plugin '{call.name}'",
        call.start,
        call.name_end,
        did_you_mean(call.name, (*registry.BY_NAME, *registry.REFUSED)),
    )


OPERATOR = Operator(("evaluate",), Evaluate, parse, bind, doc="Runs a plugin on the rows.")
