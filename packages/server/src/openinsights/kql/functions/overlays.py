"""What lines and polygons on Earth have in common, and what polygons cover together.

Edges are cut where they cross, and the pieces are kept that lie inside the other polygon, or outside
of it. Corners of the result begin where S2 geometry begins them: after the piece that came last.
Where the places of edges cannot be told apart for certain (a corner on another edge, edges that lie
on each other in part) or where the result has several parts whose order is not known, it is refused.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import places, s2cells
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Vector = tuple[float, float, float]
Ring = list[Vector]
Polygon = list[Ring]

_UNSURE: Final = 1e-14
"""Sines below this do not tell on which side of an edge a corner lies."""
_ASIDE: Final = 1e-9
"""How far beside an edge its left side is tried, as an angle."""
_MAX_PAIRS: Final = 4_000_000
REFUSED: Final = ""
"""What stands for a result that cannot be told for certain."""


class UnsureError(Exception):
    """The result cannot be told for certain."""


@dataclass(slots=True)
class _Edge:
    """An edge of a polygon, or a piece of one; `number` is the edge's place in the input."""

    start: Vector
    end: Vector
    number: int


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _normal(a: Vector, b: Vector) -> Vector:
    """Twice the cross product, exact also for places that are close to each other."""
    return _cross((a[0] - b[0], a[1] - b[1], a[2] - b[2]), _sum(a, b))


def _unit(a: Vector) -> Vector:
    size = math.hypot(*a)
    return a[0] / size, a[1] / size, a[2] / size


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _middle(a: Vector, b: Vector) -> Vector:
    return _unit(_sum(a, b))


def _side(a: Vector, b: Vector, c: Vector) -> float:
    """On which side of the edge from a to b a place lies; more than zero to the left."""
    return _dot(_unit(_normal(a, b)), c)


def _crossing(a: Vector, b: Vector, c: Vector, d: Vector) -> Vector | None:
    """Where two edges cross; None where they do not, or share a corner.

    Raises:
        UnsureError: a corner of one may lie on the other.
    """
    if a in (c, d) or b in (c, d):
        return None
    sides = (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))
    corners = ((c, a, b), (d, a, b), (a, c, d), (b, c, d))
    for side, (corner, start, end) in zip(sides, corners, strict=True):
        if abs(side) < _UNSURE and _is_between(corner, start, end):
            raise UnsureError
    if sides[0] * sides[1] >= 0 or sides[2] * sides[3] >= 0:
        return None
    place = _unit(_normal(_unit(_normal(a, b)), _unit(_normal(c, d))))
    if _dot(place, _sum(a, b)) < 0:
        place = (-place[0], -place[1], -place[2])
    return place if _dot(place, _sum(c, d)) > 0 else None


def _is_between(corner: Vector, start: Vector, end: Vector) -> bool:
    reach = _dot(start, end) - _UNSURE
    return _dot(corner, start) >= reach and _dot(corner, end) >= reach


def _degrees(place: Vector) -> list[float]:
    x, y, z = place
    return [math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))]


# Lines.


def _collection(shapes: Iterable[dict[str, object]]) -> str:
    found = list(shapes)
    if len(found) == 1:
        return json_text(found[0])
    return json_text({"type": "GeometryCollection", "geometries": found})


def _point(place: Vector) -> dict[str, object]:
    return {"type": "Point", "coordinates": _degrees(place)}


def _lines(parts: list[list[Vector]]) -> list[dict[str, object]]:
    coordinates = [[_degrees(place) for place in part] for part in parts]
    if not coordinates:
        return []
    if len(coordinates) == 1:
        return [{"type": "LineString", "coordinates": coordinates[0]}]
    return [{"type": "MultiLineString", "coordinates": coordinates}]


def _chained(edges: Iterable[tuple[Vector, Vector]]) -> list[list[Vector]]:
    """Edges in their order, as lines of those that follow each other."""
    parts: list[list[Vector]] = []
    for start, end in edges:
        if parts and parts[-1][-1] == start:
            parts[-1].append(end)
        else:
            parts.append([start, end])
    return parts


def lines_share(left: str, right: str) -> str:
    """What two lines have in common; '' where it is refused."""
    first = [edge for line in places.lines_of(left) for edge in itertools.pairwise(line)]
    second = [edge for line in places.lines_of(right) for edge in itertools.pairwise(line)]
    try:
        _bounded(len(first), len(second))
        both = {*second, *((end, start) for start, end in second)}
        same = [edge for edge in first if edge in both]
        covered = {corner for edge in same for corner in edge}
        touched: dict[Vector, None] = {}
        for a, b in first:
            for c, d in second:
                place = _crossing(a, b, c, d)
                shared = [corner for corner in (a, b) if corner in (c, d)]
                if len(shared) == 1 and (a, b) not in both:
                    _sure_of_bend((a, b), (c, d), shared[0])
                for corner in (*shared, *([place] if place else [])):
                    if corner not in covered:
                        touched[corner] = None
    except UnsureError:
        return REFUSED
    if len(touched) > 1:
        return REFUSED
    return _collection([*map(_point, touched), *_lines(_chained(same))])


def _sure_of_bend(one: tuple[Vector, Vector], other: tuple[Vector, Vector], shared: Vector) -> None:
    """Edges that share a corner do not lie on each other.

    Raises:
        UnsureError: they may.
    """
    (far,) = (corner for corner in other if corner != shared)
    (own,) = (corner for corner in one if corner != shared)
    if abs(_side(*one, far)) < _UNSURE and _dot(_cross(shared, far), _cross(shared, own)) > 0:
        raise UnsureError


def _bounded(left: int, right: int) -> None:
    if left * right > _MAX_PAIRS:
        raise UnsureError


def line_in_polygon(line: str, polygon: str) -> str:
    """The parts of a line inside a polygon; '' where it is refused."""
    lines, area = places.lines_of(line), places.rings_of(polygon)
    try:
        borders = [edge for rings in area for ring in rings for edge in itertools.pairwise(ring)]
        _bounded(sum(map(len, lines)), len(borders))
        parts: list[list[Vector]] = []
        for corners in lines:
            pieces = [
                piece
                for edge in itertools.pairwise(corners)
                for piece in _pieces(edge, borders)
                if places.holds(area, _middle(*piece))
            ]
            parts += _chained(pieces)
    except UnsureError:
        return REFUSED
    return _collection(_lines(parts))


def _pieces(
    edge: tuple[Vector, Vector], others: Iterable[tuple[Vector, Vector]]
) -> list[tuple[Vector, Vector]]:
    """An edge, cut where others cross it.

    Raises:
        UnsureError: it shares a corner with one of them, or may.
    """
    cuts = []
    for other in others:
        if set(edge) & set(other):
            raise UnsureError
        place = _crossing(*edge, *other)
        if place is not None:
            cuts.append(place)
    cuts.sort(key=lambda place: -_dot(place, edge[0]))
    return list(itertools.pairwise([edge[0], *cuts, edge[1]]))


# Polygons.


def _oriented(area: list[Polygon]) -> list[_Edge]:
    """The edges of polygons, with the inside to the left."""
    found: list[_Edge] = []
    for polygon in area:
        for ring in polygon:
            start, end = ring[0], ring[1]
            left = _unit(_normal(start, end))
            aside = _unit(
                _sum(_middle(start, end), (left[0] * _ASIDE, left[1] * _ASIDE, left[2] * _ASIDE))
            )
            corners = ring if places.holds(area, aside) else ring[::-1]
            found += [
                _Edge(a, b, len(found) + place)
                for place, (a, b) in enumerate(itertools.pairwise(corners))
            ]
    return found


def _overlaid(left: list[Polygon], right: list[Polygon], *, is_union: bool) -> list[Ring]:
    """The rings of what two areas have in common, or cover together.

    Raises:
        UnsureError: they cannot be told for certain.
    """
    first, second = _oriented(left), _oriented(right)
    _bounded(len(first), len(second))
    cuts: dict[int, list[Vector]] = {}
    for edge in first:
        for other in second:
            shared = {edge.start, edge.end} & {other.start, other.end}
            if len(shared) == 1:
                one, two = (edge.start, edge.end), (other.start, other.end)
                _sure_of_bend(one, two, shared.pop())
            place = _crossing(edge.start, edge.end, other.start, other.end)
            if place is not None:
                cuts.setdefault(id(edge), []).append(place)
                cuts.setdefault(id(other), []).append(place)
    forward = {(edge.start, edge.end) for edge in second}
    mine = {(edge.start, edge.end) for edge in first}
    kept: list[_Edge] = []
    for edges, area, offset in ((first, right, 0), (second, left, len(first))):
        for edge in edges:
            ends = (edge.start, edge.end)
            same = ends in forward and ends in mine
            if same and edges is first:
                kept.append(_Edge(*ends, edge.number))
            if same or ends[::-1] in (forward if edges is first else mine):
                continue
            stops = sorted(cuts.get(id(edge), ()), key=lambda place: -_dot(place, ends[0]))
            for a, b in itertools.pairwise([ends[0], *stops, ends[1]]):
                if places.holds(area, _middle(a, b)) != is_union:
                    kept.append(_Edge(a, b, edge.number + offset))
    return _joined(kept)


def touch(left: Polygon, right: Polygon) -> bool:
    """Whether polygons meet, or may."""
    others = [edge for ring in right for edge in itertools.pairwise(ring)]
    try:
        for ring in left:
            for edge in itertools.pairwise(ring):
                if any(set(edge) & set(other) or _crossing(*edge, *other) for other in others):
                    return True
    except UnsureError:
        return True
    return places.holds([left], right[0][0]) or places.holds([right], left[0][0])


def outline(area: list[Polygon]) -> list[tuple[Vector, Vector]]:
    """The edges round polygons together, in pieces, with the inside to the left.

    Raises:
        UnsureError: they cannot be told for certain.
    """
    sides = [_oriented([polygon]) for polygon in area]
    _bounded(sum(map(len, sides)), sum(map(len, sides)))
    found: list[tuple[Vector, Vector]] = []
    for own, edges in enumerate(sides):
        earlier = {(edge.start, edge.end) for part in sides[:own] for edge in part}
        others = [edge for part in (*sides[:own], *sides[own + 1 :]) for edge in part]
        back = {(edge.end, edge.start) for edge in others}
        same = {(edge.start, edge.end) for edge in others}
        for edge in edges:
            ends = (edge.start, edge.end)
            if ends in back or ends in earlier:
                continue
            pieces = _cut(ends, [(other.start, other.end) for other in others])
            rest = [*area[:own], *area[own + 1 :]]
            found += [
                piece for piece in pieces if ends in same or not places.holds(rest, _middle(*piece))
            ]
    return found


def _cut(
    edge: tuple[Vector, Vector], others: Iterable[tuple[Vector, Vector]]
) -> list[tuple[Vector, Vector]]:
    """An edge, cut where others cross it.

    Raises:
        UnsureError: it may lie on one of them in part.
    """
    cuts = []
    for other in others:
        shared = set(edge) & set(other)
        if len(shared) == 1:
            _sure_of_bend(edge, other, shared.pop())
        place = _crossing(*edge, *other)
        if place is not None:
            cuts.append(place)
    cuts.sort(key=lambda place: -_dot(place, edge[0]))
    return list(itertools.pairwise([edge[0], *cuts, edge[1]]))


def _joined(edges: list[_Edge]) -> list[Ring]:
    """Pieces as rings.

    Raises:
        UnsureError: more than one piece begins at a corner, or none follows.
    """
    after = {edge.start: edge for edge in edges}
    if len(after) < len(edges):
        raise UnsureError
    loops: list[list[_Edge]] = []
    # S2 geometry begins to walk at the corner whose smallest cell comes first.
    for start in sorted(after, key=s2cells.smallest_cell):
        if start not in after:
            continue
        loop: list[_Edge] = []
        corner = start
        while corner in after:
            loop.append(after.pop(corner))
            corner = loop[-1].end
        if corner != start:
            raise UnsureError
        loops.append(_begun(loop))
    loops.sort(key=lambda loop: loop[0].number)
    return [[edge.start for edge in loop] for loop in loops]


def _begun(loop: list[_Edge]) -> list[_Edge]:
    """A ring's pieces, the one of the highest number last; of several, the last in a row."""
    last, has_gap = 0, False
    for place, edge in enumerate(loop):
        if edge.number < loop[last].number:
            has_gap = True
        elif edge.number > loop[last].number or not has_gap:
            last, has_gap = place, False
    return [*loop[last + 1 :], *loop[: last + 1]]


def _polygon(ring: Ring) -> dict[str, object]:
    corners = [_degrees(place) for place in (*ring, ring[0])]
    return {"type": "Polygon", "coordinates": [corners]}


def polygons_share(left: str, right: str) -> str:
    """What two polygons have in common; '' where it is refused."""
    one, other = places.rings_of(left), places.rings_of(right)
    try:
        rings = _overlaid(one, other, is_union=False)
    except UnsureError:
        return REFUSED
    corners = [
        {corner for rings in area for ring in rings for corner in ring} for area in (one, other)
    ]
    covered = {corner for ring in rings for corner in ring}
    touched = (corners[0] & corners[1]) - covered
    if len(rings) > 1 or len(touched) > 1:
        return REFUSED
    return _collection([*map(_point, touched), *map(_polygon, rings)])


def union(text: str) -> str | None:
    """What the polygons of an array cover together; null for what is none, '' where refused."""
    shapes = json.loads(text)
    if not isinstance(shapes, list) or not shapes:
        return None
    areas = [places.rings_of(json.dumps(shape)) for shape in shapes]
    if any(len(area) > 1 or len(area[0]) > 1 for area in areas):
        return REFUSED
    # The two with the fewest corners first, as S2 geometry does.
    try:
        while len(areas) > 1:
            areas.sort(key=lambda area: sum(len(rings[0]) for rings in area))
            rings = _overlaid(areas[0], areas[1], is_union=True)
            areas = [[[[*ring, ring[0]]] for ring in rings], *areas[2:]]
    except UnsureError:
        return REFUSED
    (area,) = areas
    if len(area) > 1:
        return REFUSED
    return json_text(_polygon(area[0][0][:-1]))


_WHY: Final = "its edges touch, or its parts have an order that is not known"


def _row(name: str, function: Callable[..., object], parameters: tuple[Kind, ...]) -> Function:
    given = ", ".join("{" + str(place) + "}" for place in range(len(parameters)))
    return Function(
        name,
        parameters,
        KqlType.DYNAMIC,
        f"list_transform([kql_{name}({given})], lambda shape: CASE WHEN shape = ''"
        f" THEN error('{name} refuses a shape: {_WHY}') ELSE shape END)[1]",
        null=Null.MAKES,
        python=Udf(function, ("VARCHAR",) * len(parameters), "VARCHAR"),
    )


_DYN: Final = Kind.DYNAMIC

FUNCTIONS: Final = (
    _row("geo_intersection_2lines", lines_share, (_DYN, _DYN)),
    _row("geo_intersection_line_with_polygon", line_in_polygon, (_DYN, _DYN)),
    _row("geo_intersection_2polygons", polygons_share, (_DYN, _DYN)),
    _row("geo_union_polygons_array", union, (_DYN,)),
)
"""The family's rows."""
