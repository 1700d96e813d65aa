"""Several percentiles of the same values as one aggregate, which holds them and orders them once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeGuard

from openinsights.kql.bound import Aggregation, constant
from openinsights.kql.functions.aggregates import PERCENTILE, share_of
from openinsights.kql.functions.row import Aggregate, Kind
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from openinsights.kql.bound import Bound, Symbol


def _among(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    shares = ", ".join([repr(share_of(share)) for share in bound[2:]])
    return f"list_extract(quantile_disc({arguments[0]}, [{shares}]){{filter}}, {arguments[1]})"


_AMONG: Final = Aggregate(
    "percentile among several", (Kind.ORDERED, Kind.INTEGER, Kind.NUMBER),
    lambda types: types[0], _among,
)  # fmt: skip
"""Of values, the place of the percentile among those that follow, and all of them; the engine
computes once what is written alike."""


def percentiles_together(
    aggregates: Sequence[tuple[Symbol, Bound]], written: Callable[[Bound], str]
) -> list[tuple[Symbol, Bound]]:
    """Return the aggregates of a group, those that are percentiles of the same values as one.

    Args:
        aggregates: of the group.
        written: returns SQL of an expression of the group's rows.
    """
    families: dict[tuple[str, str], dict[Symbol, Aggregation]] = {}
    percentiles = [(symbol, value) for symbol, value in aggregates if _is_percentile(value)]
    if len(percentiles) < 2:
        return list(aggregates)
    for symbol, value in percentiles:
        where = "" if value.predicate is None else written(value.predicate)
        families.setdefault((written(value.arguments[0]), where), {})[symbol] = value
    listed: dict[Symbol, Bound] = {}
    for family in families.values():
        if len(family) > 1:
            listed.update(_listed(family))
    return [(symbol, listed.get(symbol, value)) for symbol, value in aggregates]


def _listed(family: Mapping[Symbol, Aggregation]) -> Iterator[tuple[Symbol, Bound]]:
    shares = [each.arguments[1] for each in family.values()]
    for place, (symbol, each) in enumerate(family.items(), 1):
        among = (each.arguments[0], constant(place, KqlType.INT), *shares)
        yield symbol, replace(each, function=_AMONG, arguments=among)


def _is_percentile(bound: Bound) -> TypeGuard[Aggregation]:
    return isinstance(bound, Aggregation) and bound.function is PERCENTILE
