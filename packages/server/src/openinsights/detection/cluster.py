"""What the items of a finding have in common, and the others do not.

Each value of each dimension is told with its support (its share among the items that the finding is
about), its share among the rest, and its lift (how often it is hit against how often anything is).
The cluster joins those that go together: `payment=stripe` and `version=1.8.2`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LEAST_ROWS: Final = 5
_LEAST_SUPPORT: Final = 0.25
_LEAST_MORE: Final = 0.15
_LEAST_SCORE: Final = 3.0
_MOST_TOLD: Final = 8
_MOST_JOINED: Final = 3
_JOINS: Final = 0.85
_LONGEST_VALUE: Final = 200
_MOST_KEYS: Final = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One row to compare.

    Attributes:
        is_hit: whether the finding is about it.
        weight: how many items it stands for.
        values: of its dimensions.
    """

    is_hit: bool
    weight: float
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Common:
    """One value that is commoner among the items of a finding.

    Attributes:
        key: the dimension.
        value: its value.
        support: its share among the items of the finding.
        in_rest: its share among the others.
        lift: support over its share among all.
    """

    key: str
    value: str
    support: float
    in_rest: float
    lift: float

    @property
    def points(self) -> float:
        """By how many percentage points it is commoner."""
        return 100.0 * (self.support - self.in_rest)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the items have in common.

    Attributes:
        common: values, the most telling first.
        joined: those that go together, as (key, value).
        support: the share of the items that have all of these.
    """

    common: tuple[Common, ...] = ()
    joined: tuple[tuple[str, str], ...] = ()
    support: float = 0.0


def cluster(items: Sequence[Item], hit_total: float = 0.0, rest_total: float = 0.0) -> Cluster:
    """Return what the hit ones have in common.

    Args:
        items: a sample of the hit ones and one of the others.
        hit_total: how many there are of the former, when the samples are of different rates.
        rest_total: and of the latter.
    """
    hits = [each for each in items if each.is_hit]
    rest = [each for each in items if not each.is_hit]
    if len(hits) < _LEAST_ROWS:
        return Cluster()
    of_hits, of_rest = _shares(hits), _shares(rest)
    sizes = hit_total or _weight(hits), rest_total or _weight(rest)
    found = [
        told
        for (key, value), support in of_hits.items()
        if (
            told := _told(
                key, value, support, of_rest.get((key, value), 0.0), len(hits), len(rest), sizes
            )
        )
    ]
    found.sort(key=lambda each: (-each.points, each.key, each.value))
    common = tuple(found[:_MOST_TOLD])
    joined, support = _joined(hits, common)
    return Cluster(common, joined, support)


def _told(
    key: str,
    value: str,
    support: float,
    in_rest: float,
    hits: int,
    rest: int,
    sizes: tuple[float, float],
) -> Common | None:
    if support < _LEAST_SUPPORT or support - in_rest < _LEAST_MORE:
        return None
    pooled = (support * hits + in_rest * rest) / (hits + rest)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / hits + 1 / max(rest, 1)))
    if rest and (support - in_rest) / error < _LEAST_SCORE:
        return None
    whole = (support * sizes[0] + in_rest * sizes[1]) / max(sum(sizes), 1e-9)
    return Common(key, value, support, in_rest, support / max(whole, 1e-9))


def _shares(items: Iterable[Item]) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = defaultdict(float)
    total = 0.0
    for each in items:
        total += each.weight
        for number, (key, value) in enumerate(each.values.items()):
            if number < _MOST_KEYS and 0 < len(value) <= _LONGEST_VALUE:
                sums[key, value] += each.weight
    return {place: value / total for place, value in sums.items()}


def _weight(items: Iterable[Item]) -> float:
    return sum(each.weight for each in items)


def _joined(
    hits: Sequence[Item], common: Sequence[Common]
) -> tuple[tuple[tuple[str, str], ...], float]:
    """Join values as long as nearly all items that have the ones have the next, too."""
    if not common:
        return (), 0.0
    joined = [(common[0].key, common[0].value)]
    with_all = [each for each in hits if each.values.get(joined[0][0]) == joined[0][1]]
    for each in common[1:]:
        if len(joined) == _MOST_JOINED:
            break
        narrower = [item for item in with_all if item.values.get(each.key) == each.value]
        if _weight(narrower) >= _JOINS * _weight(with_all):
            joined.append((each.key, each.value))
            with_all = narrower
    return tuple(joined), _weight(with_all) / _weight(hits)
