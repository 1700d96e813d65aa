"""`declare query_parameters(name:type = default, …)`: values that come with the request."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from openinsights.kql.bound import Bound, constant
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.given import Given
from openinsights.kql.scope import ScalarVariable
from openinsights.kql.source import TYPE_NAMES, NotALiteral, typed_value
from openinsights.kql.spelling import json_text, text_of
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.scope import Scope
    from openinsights.kql.syntax import Declare, Parameter


def bind(binder: Binder, node: Declare, scope: Scope) -> None:
    """Each parameter is a variable with the value given, else with its default."""
    for parameter in node.parameters:
        if parameter.type is None:
            raise KqlUnsupported("a query parameter is a scalar", parameter.start, parameter.end)
        binder.declare(parameter.name, parameter.start, scope)
        scope.variables[parameter.name] = ScalarVariable(
            _value(binder, parameter, parameter.type, scope)
        )


def _value(binder: Binder, parameter: Parameter, type_: KqlType, scope: Scope) -> Bound:
    name = parameter.name
    if name in binder.options.parameters:
        given = binder.options.parameters[name]
        if isinstance(given, Given):
            if given.type is type_:
                return constant(given.value, type_)
            given = _as_request(given, type_)
        try:
            return constant(value_of(given, type_), type_)
        except (NotALiteral, ValueError, TypeError):
            raise KqlSemanticError(
                f"the value given for the query parameter '{name}' is no {type_}",
                parameter.start,
                parameter.end,
            ) from None
    if parameter.default is not None:
        expressions = Expressions(binder, scope, None)
        return expressions.convert(expressions.bind(parameter.default), type_)
    raise KqlSemanticError(
        f"the query parameter '{name}' has no value", parameter.start, parameter.end
    )


def _as_request(given: Given, type_: KqlType) -> object:
    """A typed value as a request would spell it for a parameter of another type."""
    if given.value is None or isinstance(given.value, (bool, int, float)):
        if type_ is KqlType.STRING or given.type in (KqlType.DATETIME, KqlType.TIMESPAN):
            return text_of(given.value, given.type)
        return given.value
    return text_of(given.value, given.type)


def value_of(given: object, type_: KqlType) -> object:
    """A value from a request in the server's own form.

    Args:
        given: JSON, or a text that is a literal: `datetime(2024-01-01)`, `2024-01-01`, `1h`, `5`.
        type_: the declared type.

    Raises:
        NotALiteral, ValueError, TypeError: it is no such value.
    """
    if given is None:
        return None
    if type_ is KqlType.STRING:
        if isinstance(given, str):
            return given
        raise NotALiteral("a text is needed")
    if type_ is KqlType.DYNAMIC:
        if isinstance(given, str):
            given = json.loads(_inside(given, type_))
        return None if given is None else json_text(given)
    if isinstance(given, bool) or type_ is KqlType.BOOL:
        if type_ is not KqlType.BOOL or not isinstance(given, (bool, str)):
            raise NotALiteral("true or false is needed")
        return given if isinstance(given, bool) else typed_value(type_, _inside(given, type_))
    if isinstance(given, str):
        return typed_value(type_, _inside(given, type_))
    if isinstance(given, int) and type_ in (KqlType.INT, KqlType.LONG):
        return typed_value(type_, str(given))
    if isinstance(given, (int, float)) and type_ in (KqlType.REAL, KqlType.DECIMAL):
        return float(given) if type_ is KqlType.REAL else Decimal(str(given))
    raise NotALiteral("a value of that type is needed")


def _inside(text: str, type_: KqlType) -> str:
    """What stands in the parentheses of a typed literal; other texts as they are."""
    name, opening, rest = text.strip().partition("(")
    if opening and rest.endswith(")") and TYPE_NAMES.get(name.strip().lower()) is type_:
        return rest[:-1]
    return text
