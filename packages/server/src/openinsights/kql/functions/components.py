"""Which nodes of a graph hang together: the work behind graph-mark-components."""

from __future__ import annotations

from typing import Final

from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.functions.row import Aggregate, Kind, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType


def components(
    sources: list[str | None] | None, targets: list[str | None] | None, is_strong: bool
) -> str:
    """Each node with the number of its component, as a JSON array of pairs.

    Components are numbered from 0 in the order of their first nodes. A target that is None is none.
    """
    places: dict[str, int] = {}
    edges: list[tuple[int, int]] = []
    for source, target in zip(sources or [], targets or [], strict=True):
        if source is None:
            continue
        start = places.setdefault(source, len(places))
        if target is not None:
            edges.append((start, places.setdefault(target, len(places))))
    found = _strong(len(places), edges) if is_strong else _weak(len(places), edges)
    numbers: dict[int, int] = {}
    return json_text(
        [[node, numbers.setdefault(found[place], len(numbers))] for node, place in places.items()]
    )


def _weak(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """For each node one that stands for all that a way leads to, whatever its direction."""
    parents = list(range(count))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for start, end in edges:
        parents[root(start)] = root(end)
    return [root(place) for place in range(count)]


def _strong(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """For each node one that stands for all from which and to which a way leads (Kosaraju)."""
    forward: list[list[int]] = [[] for _ in range(count)]
    backward: list[list[int]] = [[] for _ in range(count)]
    for start, end in edges:
        forward[start].append(end)
        backward[end].append(start)
    finished: list[int] = []
    seen = [False] * count
    for first in range(count):
        if seen[first]:
            continue
        seen[first] = True
        stack = [(first, 0)]
        while stack:
            place, tried = stack.pop()
            if tried == len(forward[place]):
                finished.append(place)
                continue
            stack.append((place, tried + 1))
            following = forward[place][tried]
            if not seen[following]:
                seen[following] = True
                stack.append((following, 0))
    found = [-1] * count
    for first in reversed(finished):
        if found[first] >= 0:
            continue
        found[first] = first
        pending = [first]
        while pending:
            for before in backward[pending.pop()]:
                if found[before] < 0:
                    found[before] = first
                    pending.append(before)
    return found


COMPONENTS: Final = Aggregate(
    "components of a graph", (Kind.STRING, Kind.STRING, Kind.INTEGER, Kind.BOOL), KqlType.DYNAMIC,
    f"CASE WHEN count(*) > {MAX_ELEMENTS} THEN error('graph-mark-components of more than"
    f" {MAX_ELEMENTS} nodes and edges') ELSE kql_components(list({{0}} ORDER BY {{2}}),"
    " list({1} ORDER BY {2}), bool_or({3})) END",
)  # fmt: skip
"""Of the rows' sources, targets and places: each node with its component."""
UDFS: Final = {
    "kql_components": Udf(components, ("VARCHAR[]", "VARCHAR[]", "BOOLEAN"), "VARCHAR"),
}
"""The functions to register."""
