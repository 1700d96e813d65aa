"""Every function by each of its spellings, gathered from the families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions import (
    addresses,
    aggregates,
    arithmetic,
    choices,
    components,
    compressed,
    conversion,
    coverings,
    densified,
    digests,
    distributions,
    dynamics,
    encodings,
    extents,
    extraction,
    geohashes,
    growth,
    h3cells,
    hashes,
    itemsets,
    markup,
    numbers,
    overlays,
    paths,
    places,
    reductions,
    refused,
    regressions,
    s2cells,
    schemas,
    seasons,
    series,
    sessions,
    sketches,
    terms,
    text,
    times,
    tuples,
    units,
    user_agents,
    windows,
)
from openinsights.kql.functions.row import Aggregate, Function, Naming, Special, Udf
from openinsights.kql.functions.several import SEVERAL as SEVERAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.kql.syntax import Call, Node

_ROWS: Final = (
    *text.FUNCTIONS,
    *numbers.FUNCTIONS,
    *times.FUNCTIONS,
    *dynamics.FUNCTIONS,
    *series.FUNCTIONS,
    *regressions.FUNCTIONS,
    *seasons.FUNCTIONS,
    *hashes.FUNCTIONS,
    *addresses.FUNCTIONS,
    *encodings.FUNCTIONS,
    *geohashes.FUNCTIONS,
    *places.FUNCTIONS,
    *densified.FUNCTIONS,
    *coverings.FUNCTIONS,
    *overlays.FUNCTIONS,
    *extents.FUNCTIONS,
    *s2cells.FUNCTIONS,
    *h3cells.FUNCTIONS,
    *distributions.FUNCTIONS,
    *markup.FUNCTIONS,
    *sketches.FUNCTIONS,
    *compressed.FUNCTIONS,
    *user_agents.FUNCTIONS,
)

FUNCTIONS: Final[dict[str, Function]] = {
    name: row for row in _ROWS for name in (row.name, *row.aliases) if " " not in name
}
"""Plain scalar functions."""

SPECIALS: Final[dict[str, Special]] = {
    name: row
    for row in (
        *choices.SPECIALS,
        *digests.SPECIALS,
        *sessions.SPECIALS,
        *windows.SPECIALS,
        *tuples.SPECIALS,
        *units.SPECIALS,
    )
    for name in row.names
}
"""Functions that bind their own arguments."""

AGGREGATES: Final[dict[str, tuple[Aggregate, bool]]] = {
    **{
        name: (row, False)
        for row in aggregates.AGGREGATES
        for name in (row.name, *row.aliases)
        if " " not in name
    },
    **{name: (row, True) for row in aggregates.AGGREGATES for name in row.conditional},
}
"""Aggregates that give one value, and whether the spelling takes a predicate."""

ROW_ORDINAL: Final = windows.ROW_ORDINAL

REFUSED: Final = {
    name: refusal
    for name, refusal in refused.FUNCTIONS.items()
    if not (name in FUNCTIONS or name in SPECIALS or name in AGGREGATES)
}
"""Functions that are known but not run, and why."""


def names() -> list[str]:
    """Every spelling of every function."""
    return [*FUNCTIONS, *SPECIALS, *AGGREGATES, *SEVERAL]


def is_known(name: str) -> bool:
    """Whether there is a function of that name."""
    return (
        name in FUNCTIONS
        or name in SPECIALS
        or name in AGGREGATES
        or name in SEVERAL
        or name in REFUSED
    )


def refusal(name: str, start: int, end: int) -> KqlUnsupported | None:
    """The error for a function that is known and not run; None for any other name."""
    found = REFUSED.get(name)
    if found is None:
        return None
    return KqlUnsupported(f"{name}(…) is not run: {found.reason}", start, end, found.instead)


def output_name(call: Call, name_of: Callable[[Node], str | None]) -> str | None:
    """What an unnamed column made by a call is called; None: ColumnN."""
    first = name_of(call.arguments[0]) if call.arguments else None
    if call.name == "any":
        return f"any_{first or ''}"
    found = AGGREGATES.get(call.name)
    # Merging states is an aggregate of one argument, and a function of several.
    if found is not None and (call.name not in SPECIALS or len(call.arguments) == 1):
        return _aggregate_name(call, *found, name_of)
    row = SPECIALS.get(call.name) or FUNCTIONS.get(call.name)
    if row is None or row.naming is Naming.NONE:
        return None
    title = row.title or call.name
    if row.naming is Naming.FIXED:
        return title
    if row.naming is Naming.PREFIX:
        return f"{title}_{first or ''}"
    if row.naming is Naming.ONLY and len(call.arguments) != 1:
        return None
    return first


def _aggregate_name(
    call: Call, row: Aggregate, is_conditional: bool, name_of: Callable[[Node], str | None]
) -> str | None:
    first = name_of(call.arguments[0]) if call.arguments else None
    prefix = row.prefix
    if is_conditional:
        prefix = call.name if row.conditional_prefix is None else row.conditional_prefix
    if not prefix:
        return first
    parts = [name_of(node) or "" for node in call.arguments[: row.names]]
    return "_".join([prefix, *(parts or [""])])


UDFS: Final[dict[str, Udf]] = {
    **{
        f"kql_{row.name.replace(' ', '_')}": row.python
        for row in (*_ROWS, paths.KEY, *(row.function for row in tuples.TUPLES.values()))
        if row.python is not None
    },
    **arithmetic.UDFS,
    **conversion.UDFS,
    **digests.UDFS,
    **dynamics.UDFS,
    **extraction.UDFS,
    **numbers.UDFS,
    **hashes.UDFS,
    **itemsets.UDFS,
    **schemas.UDFS,
    **aggregates.UDFS,
    **choices.UDFS,
    **components.UDFS,
    **growth.UDFS,
    **reductions.UDFS,
    **terms.UDFS,
}
"""The functions that an engine must register, by the name that the SQL calls."""
