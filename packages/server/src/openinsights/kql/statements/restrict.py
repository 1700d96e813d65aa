"""`restrict access to (…)`: what follows sees only the tables and views that are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.scope import ScalarVariable, fits
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Name, Node, Pattern

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope


@dataclass(slots=True)
class Restrict(Node):
    """`restrict access to (a, b*)`."""

    entities: list[Node]


def parse(parser: Parser, start: int) -> Restrict:
    """Read the list; `database().name` means the same as the name."""
    parser.expect_word("access")
    parser.expect_word("to")
    parser.expect("(")
    entities = [_entity(parser)]
    while parser.accept(","):
        entities.append(_entity(parser))
    parser.expect(")")
    return Restrict(start, parser.last_end, entities)


def _entity(parser: Parser) -> Node:
    token = parser.token
    if parser.ahead().text == "(":
        parser.expect_word("database")
        parser.expect("(")
        if not parser.accept(")"):
            raise KqlUnsupported(
                "there are no other databases to name",
                token.start,
                token.end,
                "write the name alone",
            )
        parser.expect(".")
    return parser.name_pattern()


def bind(binder: Binder, node: Restrict, scope: Scope) -> None:
    """Hide other tables, other tabular variables and other resources from what follows."""
    tables = binder.tables(scope)
    patterns = []
    for entity in node.entities:
        text = entity.text if isinstance(entity, Pattern) else getattr(entity, "name", "")
        if isinstance(entity, Name) and text not in tables and scope.find(text) is None:
            hint = did_you_mean(text, [*tables, *scope.names()])
            raise KqlSemanticError(f"unknown table '{text}'", entity.start, entity.end, hint)
        patterns.append(text)

    def stays(name: str) -> bool:
        return any(fits(pattern, name) for pattern in patterns)

    scope.tables = tuple(name for name in tables if stays(name))
    scope.variables = {
        name: variable
        for name, variable in scope.variables.items()
        if isinstance(variable, ScalarVariable) or stays(name)
    }
