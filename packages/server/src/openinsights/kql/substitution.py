"""Expressions with other expressions in place of columns, simpler where those are constants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply, Bound, Compare, Constant, Logic, Reference, constant
from openinsights.kql.functions.strings import OPERATORS
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.kql.bound import Symbol

_SEARCHES: Final = frozenset(
    OPERATORS[f"{name}{case}"]
    for name in ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")
    for case in ("", "_cs")
)
"""What nothing but the empty text is found by in an empty text."""


def substituted(bound: Bound, values: Mapping[Symbol, Bound]) -> Bound:
    """The expression with these values in place of the columns; it may have no subqueries."""
    if isinstance(bound, Reference):
        return values.get(bound.symbol, bound)
    if isinstance(bound, Logic):
        return _logic(bound, [substituted(part, values) for part in bound.operands])
    if isinstance(bound, Compare):
        left, right = substituted(bound.left, values), substituted(bound.right, values)
        nullable = bound.nullable or left.nullable or right.nullable
        return replace(bound, left=left, right=right, nullable=nullable)
    if isinstance(bound, Apply):
        arguments = tuple(substituted(part, values) for part in bound.arguments)
        if bound.function in _SEARCHES and _is_empty(arguments[0]) and _is_text(arguments[1]):
            return constant(False, KqlType.BOOL)
        return replace(bound, arguments=arguments)
    if isinstance(bound, Constant):
        return bound
    raise TypeError(f"BUG: {type(bound).__name__} cannot be put in another place")


def _logic(bound: Logic, operands: list[Bound]) -> Bound:
    """Without operands that decide nothing; one that decides everything stands alone."""
    decides = bound.operator == "or"
    kept = [part for part in operands if not _is(part, value=not decides)]
    if any(_is(part, value=decides) for part in kept):
        return constant(decides, KqlType.BOOL)
    if len(kept) < 2:
        return kept[0] if kept else constant(not decides, KqlType.BOOL)
    return Logic(bound.type, any(part.nullable for part in kept), bound.operator, tuple(kept))


def _is(bound: Bound, *, value: bool) -> bool:
    return isinstance(bound, Constant) and bound.value is value


def _is_empty(bound: Bound) -> bool:
    return isinstance(bound, Constant) and bound.value == ""


def _is_text(bound: Bound) -> bool:
    return isinstance(bound, Constant) and isinstance(bound.value, str) and bound.value != ""
