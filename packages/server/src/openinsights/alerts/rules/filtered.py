"""Queries that only filter a table: such queries of several rules can share one reading of it.

Pure. What counts as such a query is decided by its syntax: where it says more than that rows of one
table fulfil conditions, each on its own, the answer is no.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from openinsights.kql.errors import KqlError
from openinsights.kql.functions.registry import FUNCTIONS
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.operators.where import OPERATOR, Where
from openinsights.kql.parser import parse
from openinsights.kql.syntax import (
    Between,
    Binary,
    Call,
    Index,
    InList,
    Literal,
    Logical,
    Member,
    Name,
    Node,
    Pipeline,
    TypeLiteral,
    Unary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONDITIONS: Final = (Between, Binary, Call, InList, Logical, Unary)
"""What a condition is at its outside: a bare name or text may mean something else there."""
_PARTS: Final = (*_CONDITIONS, Index, Literal, Member, Name, TypeLiteral)
_OF_ROWS: Final = frozenset(
    (
        "ago",
        "bin",
        "case",
        "coalesce",
        "iff",
        "iif",
        "isempty",
        "isnotempty",
        "isnotnull",
        "isnull",
        "now",
    )
)
"""Functions that bind their own arguments and go by the row, or by the window, alone."""


_BY_NOW: Final = frozenset(("ago", "now"))


@dataclass(frozen=True, slots=True)
class Filtered:
    """The rows of a table that fulfil a condition.

    Attributes:
        table: as the query names it.
        where: the condition, in KQL; "" for all rows.
        goes_by_now: whether it names the end of the window, so that it means another one in each.
    """

    table: str
    where: str
    goes_by_now: bool = False


def filtered(kql: str) -> Filtered | None:
    """Return a query as a table and a condition; None when it is anything else, or no KQL."""
    try:
        query, mistakes = parse(kql, BY_NAME)
    except KqlError:
        return None
    if mistakes or len(query.statements) != 1:
        return None
    (statement,) = query.statements
    operators: list[Node] = []
    if isinstance(statement, Pipeline):
        operators, statement = statement.operators, statement.source
    if not isinstance(statement, Name) or not statement.name.isidentifier():
        return None
    conditions = []
    for each in operators:
        if not isinstance(each, Where) or not _goes_by_the_row(each.predicate):
            return None
        # the operator's text and not the condition's node, which is without its outer parentheses
        name = next(name for name in OPERATOR.names if kql.startswith(name, each.start))
        # the line ends so that a comment inside takes nothing of what comes behind it
        conditions.append(f"({kql[each.start + len(name) : each.end].strip()}\n)")
    goes_by_now = any(
        isinstance(each, Call) and each.name in _BY_NOW
        for operator in operators
        for each in _walk(operator)
    )
    return Filtered(statement.name, " and ".join(conditions), goes_by_now)


def _goes_by_the_row(condition: Node) -> bool:
    return isinstance(condition, _CONDITIONS) and all(map(_is_of_the_row, _walk(condition)))


def _is_of_the_row(node: Node) -> bool:
    if not isinstance(node, Call):
        return isinstance(node, _PARTS)
    function = FUNCTIONS.get(node.name)
    return node.name in _OF_ROWS if function is None else not function.volatile


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, Node):
                yield from _walk(part)
