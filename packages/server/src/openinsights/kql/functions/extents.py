"""Area, perimeter and middle of polygons; of several that meet, of what they cover together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import overlays, places
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.kql.functions.overlays import Polygon, Vector

_SPHERE: Final = 4 * math.pi
_REFUSED: Final = -1.0


def _groups(polygons: list[Polygon]) -> Iterator[list[Polygon]]:
    """Polygons that meet, together."""
    groups: list[list[Polygon]] = []
    for polygon in polygons:
        near = [
            group
            for group in groups
            if any(_may_meet(polygon, other) and overlays.touch(polygon, other) for other in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([polygon, *(other for group in near for other in group)])
    yield from groups


def _may_meet(left: Polygon, right: Polygon) -> bool:
    """Whether the circles round two polygons meet."""
    (middle, reach), (other, other_reach) = _circle(left), _circle(right)
    if max(reach, other_reach) >= math.pi / 2:
        return True
    return _angle(middle, other) <= reach + other_reach + 1e-9


def _circle(polygon: Polygon) -> tuple[Vector, float]:
    corners = polygon[0][1:]
    x, y, z = (math.fsum(corner[axis] for corner in corners) for axis in range(3))
    size = math.hypot(x, y, z)
    if size == 0:
        return corners[0], math.pi
    middle = (x / size, y / size, z / size)
    return middle, max(_angle(middle, corner) for corner in corners)


def _angle(a: Vector, b: Vector) -> float:
    return 2 * math.asin(min(1.0, math.dist(a, b) / 2))


def perimeter(text: str) -> float:
    """Metres round polygons, their holes included; less than 0 where it is refused."""
    total = 0.0
    try:
        for group in _groups(places.rings_of(text)):
            total += (
                places.perimeter(group[0])
                if len(group) == 1
                else math.fsum(_angle(a, b) for a, b in overlays.outline(group))
            )
    except overlays.UnsureError:
        return _REFUSED
    return total * places.RADIUS_M


def area(text: str) -> float:
    """Square metres of polygons, without their holes; less than 0 where it is refused."""
    total = 0.0
    try:
        for group in _groups(places.rings_of(text)):
            if len(group) == 1:
                total += places.area(group[0])
                continue
            edges = overlays.outline(group)
            start = edges[0][0]
            total += math.fsum(places.solid_angle(start, a, b) for a, b in edges) % _SPHERE
    except overlays.UnsureError:
        return _REFUSED
    return total * places.RADIUS_M**2


def centroid(text: str) -> str | None:
    """The middle of the mass of polygons' area; '' where it is refused."""
    moments: list[Vector] = []
    try:
        for group in _groups(places.rings_of(text)):
            if len(group) == 1:
                moments.append(places.moment(group[0]))
                continue
            edges = overlays.outline(group)
            moments += [places.triangle_moment(edges[0][0], a, b) for a, b in edges]
    except overlays.UnsureError:
        return overlays.REFUSED
    x, y, z = (math.fsum(moment[axis] for moment in moments) for axis in range(3))
    return places.point((x, y, z))


def _sql(name: str, refused: str) -> str:
    return (
        f"list_transform([kql_{name}({{0}})], lambda found: CASE WHEN {refused}"
        f" THEN error('{name} refuses polygons that may lie on each other''s edges')"
        " ELSE found END)[1]"
    )


FUNCTIONS: Final = (
    *(
        Function(
            name,
            (Kind.DYNAMIC,),
            KqlType.REAL,
            _sql(name, "found < 0"),
            null=Null.MAKES,
            python=Udf(function, ("VARCHAR",), "DOUBLE"),
        )
        for name, function in (("geo_polygon_perimeter", perimeter), ("geo_polygon_area", area))
    ),
    Function(
        "geo_polygon_centroid",
        (Kind.DYNAMIC,),
        KqlType.DYNAMIC,
        _sql("geo_polygon_centroid", "found = ''"),
        null=Null.MAKES,
        python=Udf(centroid, ("VARCHAR",), "VARCHAR"),
    ),
)
"""The family's rows."""
