"""The dimensions of metric rules: which values count, and that each has a state of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.measure import Only
from openinsights.query import fields
from openinsights.query.errors import BadQueryArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.alerts.rules.properties import Properties

MOST_DIMENSIONS: Final = 10
EVERY_VALUE: Final = "*"
INCLUDE, EXCLUDE, STARTS_WITH = "Include", "Exclude", "StartsWith"
OPERATORS: Final = (INCLUDE, EXCLUDE, STARTS_WITH)
"""Its values count, all others do, or those that begin with one of them."""
_TRUTHS: Final = {"1": "True", "true": "True", "0": "False", "false": "False"}
"""How tools say what tables hold as True and False."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a rule is split by.

    Attributes:
        name: as the rule spells it.
        kql: its value in a row.
        values: which count, or which do not; none for all.
        operator: one of `OPERATORS`.
    """

    name: str
    kql: str
    values: frozenset[str] = frozenset()
    operator: str = INCLUDE


def dimensions_of(check: Properties, kind: str) -> tuple[Dimension, ...]:
    """Return the dimensions of a criterion of a metric.

    Args:
        check: the criterion.
        kind: of the rows, as `query.fields` names it.

    Raises:
        InvalidRule: there is no such dimension, or its values say nothing.
    """
    parts = check.parts("dimensions")
    if len(parts) > MOST_DIMENSIONS:
        raise check.wrong("dimensions", f"at most {MOST_DIMENSIONS} are possible")
    found = tuple(_dimension(each, kind) for each in parts)
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise check.wrong("dimensions", "one of them is named twice")
    return found


def _dimension(part: Properties, kind: str) -> Dimension:
    name = part.text("name")
    try:
        kql = f"tostring({field_kql(name, kind)})"
    except BadQueryArgument as error:
        raise part.wrong("name", error.message) from None
    values, operator = values_of(part)
    return Dimension(name, kql, frozenset(_spelt(name, each) for each in values), operator)


def values_of(part: Properties) -> tuple[frozenset[str], str]:
    """Return the values that a dimension names, none for all; and the operator.

    Raises:
        InvalidRule: no value is left.
    """
    operator = part.choice("operator", OPERATORS, INCLUDE)
    values = part.texts("values") or (EVERY_VALUE,)
    if EVERY_VALUE not in values:
        return frozenset(values), operator
    if operator == EXCLUDE:
        raise part.wrong("values", "every value is excluded, so that nothing is left")
    return frozenset(), INCLUDE


def only_of(dimensions: Sequence[Dimension]) -> tuple[Only, ...]:
    """Return which combinations of dimensions count."""
    return tuple(
        Only(place, each.values, each.operator != EXCLUDE, each.operator == STARTS_WITH)
        for place, each in enumerate(dimensions)
        if each.values
    )


def field_kql(name: str, kind: str) -> str:
    """Return the expression of a dimension; a plain name is a key of what programs send along.

    Raises:
        BadQueryArgument: there is no such field.
    """
    try:
        return fields.field(name, kind).kql
    except BadQueryArgument:
        if "/" in name:
            raise
        return fields.field(f"customDimensions/{name}", kind).kql


def _spelt(name: str, value: str) -> str:
    return _TRUTHS.get(value.lower(), value) if name.lower().endswith("/success") else value
