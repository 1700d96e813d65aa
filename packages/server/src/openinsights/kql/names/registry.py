"""Every name by its kind, gathered from the families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.names import (
    addresses,
    aggregates,
    choices,
    comparisons,
    conversions,
    dynamics,
    elsewhere,
    forms,
    numbers,
    operators,
    places,
    plugins,
    series,
    statements,
    states,
    text,
    times,
    windows,
)

if TYPE_CHECKING:
    from openinsights.kql.names.name import Name

_FUNCTIONS: Final = (
    *addresses.NAMES,
    *choices.NAMES,
    *conversions.NAMES,
    *dynamics.NAMES,
    *elsewhere.NAMES,
    *numbers.NAMES,
    *places.NAMES,
    *series.NAMES,
    *states.NAMES,
    *text.NAMES,
    *times.NAMES,
    *windows.NAMES,
)


def _sorted(names: tuple[Name, ...]) -> tuple[Name, ...]:
    return tuple(sorted(names, key=lambda row: row.name.strip("_.")))


KINDS: Final[dict[str, tuple[Name, ...]]] = {
    "statement": statements.NAMES,
    "tabular operator": _sorted(operators.NAMES),
    "operator": comparisons.NAMES,
    "literal or call that names tables": forms.NAMES,
    "function": _sorted(_FUNCTIONS),
    "aggregate": _sorted(aggregates.NAMES),
    "plugin": _sorted(plugins.NAMES),
}
"""The names of each kind, as a reference lists them."""


def named(name: str) -> list[tuple[str, Name]]:
    """Return the kinds and rows of a name; a name may be of several kinds, or of none."""
    return [(kind, row) for kind, rows in KINDS.items() for row in rows if row.name == name]
