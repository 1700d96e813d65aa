"""`declare pattern name = (…)[…] {…}`: a table chosen by constants, as in `name("a").b`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Constant
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.scope import PatternVariable, ScalarVariable
from openinsights.kql.syntax import Call, FunctionBody, Node, Parameter
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.bound import Bound
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Form(Node):
    """`("a", "b").["c"] = { … }`: constants, the path's constant or None, what it stands for."""

    arguments: list[Node]
    path: str | None
    body: FunctionBody


@dataclass(slots=True)
class DeclarePattern(Node):
    """`declare pattern name = (parameters)[path:string] { forms }`."""

    name: str
    parameters: tuple[Parameter, ...]
    path: str | None
    forms: list[Form]


def parse(parser: Parser, start: int) -> DeclarePattern:
    """Read the name, the parameters and the forms; `pattern` was taken."""
    name = parser.name("a pattern's name")
    if not parser.is_symbol("="):
        raise KqlUnsupported(
            "a pattern without forms is not run",
            start,
            parser.last_end,
            f"add them: declare pattern {name} = (a:string) {{ … }}",
        )
    parser.expect("=")
    parameters = parser.parameters()
    path = None
    if parser.accept("["):
        path = parser.name("the path's name")
        parser.expect(":")
        if parser.type_name() is not KqlType.STRING:
            raise KqlSemanticError("the path of a pattern is a string", start, parser.last_end)
        parser.expect("]")
    parser.expect("{")
    forms: list[Form] = []
    while not parser.is_symbol("}"):
        forms.append(_form(parser))
        if not parser.accept(";"):
            break
    parser.expect("}")
    return DeclarePattern(start, parser.last_end, name, parameters, path, forms)


def _form(parser: Parser) -> Form:
    start = parser.expect("(").start
    arguments = parser.named_expressions()
    parser.expect(")")
    path = None
    if parser.accept("."):
        parser.expect("[")
        node = parser.expression()
        path = str(getattr(node, "value", ""))
        parser.expect("]")
    parser.expect("=")
    body = parser.function_body(())
    return Form(start, parser.last_end, arguments, path, body)


def bind(binder: Binder, node: DeclarePattern, scope: Scope) -> None:
    """Know the pattern from here on; its forms are bound where they are named."""
    binder.declare(node.name, node.start, scope)
    forms: dict[tuple[object, ...], FunctionBody] = {}
    for form in node.forms:
        if len(form.arguments) != len(node.parameters) or (form.path is None) != (
            node.path is None
        ):
            raise KqlSemanticError(
                f"a form of '{node.name}' does not fit its parameters", form.start, form.end
            )
        key = (*_constants(binder, node.parameters, form.arguments, scope), form.path)
        if key in forms:
            raise KqlSemanticError("there is a form of these values already", form.start, form.end)
        forms[key] = form.body
    inner = scope.copy()
    scope.variables[node.name] = PatternVariable(node.name, node, forms, inner)


def _constants(
    binder: Binder, parameters: tuple[Parameter, ...], nodes: list[Node], scope: Scope
) -> list[object]:
    found: list[object] = []
    for parameter, node in zip(parameters, nodes, strict=True):
        value = Expressions(binder, scope, None).bind(node)
        if not isinstance(value, Constant) or value.type is not parameter.type:
            raise KqlSemanticError(
                f"'{parameter.name}' is a {parameter.type} known in advance", node.start, node.end
            )
        found.append(value.value)
    return found


def relation(
    binder: Binder, variable: PatternVariable, call: Call, path: str | None, scope: Scope
) -> Relation:
    """The table that a call of the pattern stands for."""
    node = variable.node
    if not isinstance(node, DeclarePattern):
        raise AssertionError("BUG: a pattern that was not declared")
    if len(call.arguments) != len(node.parameters):
        raise KqlSemanticError(
            f"{node.name}(…) takes {len(node.parameters)} arguments", call.start, call.end
        )
    values = _constants(binder, node.parameters, call.arguments, scope)
    body = variable.forms.get((*values, path))
    if body is None:
        raise KqlSemanticError(
            f"the pattern '{node.name}' has no form for these values", call.start, call.end
        )
    local = variable.scope.child()
    for parameter, value in zip(node.parameters, values, strict=True):
        if parameter.type is not None:
            local.variables[parameter.name] = ScalarVariable(_constant(value, parameter.type))
    if node.path is not None:
        local.variables[node.path] = ScalarVariable(_constant(path, KqlType.STRING))
    return binder.result_of(body, node.name, local)


def _constant(value: object, type_: KqlType) -> Bound:
    return Constant(type_, value is None, value)
