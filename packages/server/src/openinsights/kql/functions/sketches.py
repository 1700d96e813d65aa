"""The states of hll: sets of values, each kept as its smallest hashes.

A state is a dynamic value `[[size], [hashes]]`: the `size` smallest of the values' hashes, which are
whole numbers below 2^53, in order. A set of fewer values is known exactly; of a larger one the
largest hash kept tells how dense the hashes lie, hence how many there are. States merge, intersect
and stand in columns without losing anything but hashes beyond the size.

Source: Bar-Yossef et al., "Counting distinct elements in a data stream" (2002); sizes give the
errors that the language's documentation names for each accuracy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.functions.row import Aggregate, Function, Kind, Naming, Null
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

SIZES: Final[dict[float, int]] = {0: 1 << 12, 1: 1 << 14, 2: 1 << 16, 3: 1 << 17, 4: 1 << 18}
"""Hashes of a state for each accuracy: errors of 1.6, 0.8, 0.4, 0.28 and 0.2 percent."""
DEFAULT_ACCURACY: Final = 1
_SPACE: Final = 1 << 53
"""Hashes are smaller than this."""
_STATE: Final = "'[[' || {size} || '],[' || array_to_string({hashes}, ',') || ']]'"
_SIZE: Final = "TRY_CAST(json_extract({0}, '$[0][0]') AS BIGINT)"
_HASHES: Final = "TRY_CAST(json_extract({0}, '$[1]') AS BIGINT[])"


def _size_of(bound: Sequence[Bound]) -> int | None:
    """How many hashes a state keeps; None for an accuracy that there is not."""
    if len(bound) == 1:
        return SIZES[DEFAULT_ACCURACY]
    value = bound[1].value if isinstance(bound[1], Constant) else None
    return SIZES.get(value) if isinstance(value, (int, float)) else None


def accuracy_problem(bound: Sequence[Bound]) -> str:
    """What is wrong with the accuracy that an aggregate is given as its second argument, or ""."""
    if _size_of(bound) is not None:
        return ""
    return "the accuracy is a whole number from 0 to 4, known in advance"


def _made(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    size, value = _size_of(bound), arguments[0]
    code = f"CAST(hash(CAST({value} AS VARCHAR)) >> 11 AS BIGINT)"
    known = f"CASE WHEN {value} IS NOT NULL THEN {code} END"
    # Values that are null have one place at the end of the list, and leave no text.
    listed = f"list_sort(list(DISTINCT {known}){{filter}}, 'ASC', 'NULLS LAST')"
    hashes = f"COALESCE({listed}, [])[1:{size}]"
    state = _STATE.format(size=f"'{size}'", hashes=hashes)
    return f"CASE WHEN count({value}){{filter}} > 0 THEN {state} END"


def _merged(states: str) -> str:
    """SQL of the state of all values of a list of states; null if one is no state."""
    return (
        f"list_transform([{states}], lambda all_states:"
        " CASE WHEN len(list_filter(all_states, lambda s:"
        f" {_SIZE.format('s')} IS NULL OR {_HASHES.format('s')} IS NULL)) = 0 THEN"
        " list_transform([list_min(list_transform(all_states, lambda s:"
        f" {_SIZE.format('s')}))], lambda size:"
        + _STATE.format(
            size="size",
            hashes="list_sort(list_distinct(flatten(list_transform(all_states, lambda s:"
            f" {_HASHES.format('s')}))))[1:size]",
        )
        + ")[1] END)[1]"
    )


def _merge_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _merged(f"[{', '.join(arguments)}]")


def _merge_aggregate(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    given = f"list_filter(list({arguments[0]}){{filter}}, lambda s: s IS NOT NULL)"
    return f"CASE WHEN count({arguments[0]}){{filter}} > 0 THEN {_merged(given)} END"


def _count_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    (state,) = arguments
    return (
        f"list_transform([{_HASHES.format(state)}], lambda h:"
        f" CASE WHEN len(h) < {_SIZE.format(state)} THEN CAST(len(h) AS BIGINT)"
        # The last hash is the bound, so it is not among those that lie below it.
        f" ELSE CAST(round((len(h) - 1) * ({_SPACE}e0 / h[-1])) AS BIGINT) END)[1]"
    )


def _common_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """How many values several sets share, by the hashes below the least bound of a full state."""
    bounds = ", ".join(
        f"list_transform([{_HASHES.format(state)}], lambda h: CASE WHEN"
        f" len(h) < {_SIZE.format(state)} THEN {_SPACE} ELSE h[-1] END)[1]"
        for state in arguments
    )
    shared = _HASHES.format(arguments[0])
    for state in arguments[1:]:
        shared = f"list_intersect({shared}, {_HASHES.format(state)})"
    return (
        f"list_transform([list_min([{bounds}])], lambda least:"
        f" CAST(round(len(list_filter({shared}, lambda h: h < least))"
        f" * ({_SPACE}e0 / least)) AS BIGINT))[1]"
    )


COMMON: Final = Function(
    "values in common",
    (Kind.DYNAMIC,),
    KqlType.LONG,
    _common_sql,
    variadic=True,
    null=Null.MAKES,
)
"""How many values the sets of several states have in common."""

AGGREGATES: Final = (
    Aggregate(
        "hll",
        (Kind.ANY, Kind.NUMBER),
        KqlType.DYNAMIC,
        _made,
        optional=1,
        prefix="hll",
        conditional=("hll_if",),
        check=accuracy_problem,
    ),
    Aggregate("hll_merge", (Kind.DYNAMIC,), KqlType.DYNAMIC, _merge_aggregate, prefix="hll_merge"),
)
"""The family's aggregates."""

MERGE: Final = Function(
    "hll_merge of states",
    (Kind.DYNAMIC,),
    KqlType.DYNAMIC,
    _merge_sql,
    variadic=True,
    null=Null.MAKES,
)
"""The state of the values of all states given."""

FUNCTIONS: Final = (
    Function(
        "dcount_hll",
        (Kind.DYNAMIC,),
        KqlType.LONG,
        _count_sql,
        null=Null.MAKES,
        naming=Naming.PREFIX,
    ),
    MERGE,
)
"""The family's scalar functions."""
