"""Lines and polygons that are straight on a map, with corners added until they are on Earth too.

An edge is halved on the map until no place of it lies further from the shortest line on Earth than
the tolerance. How far that is at most is estimated from two places of the edge, as S2 geometry does.
"""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.functions.places import RADIUS_M
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_SHARE: Final = 0.31215691082248312
"""Where along an edge, from either end, it is held against the line on Earth."""
_SCALE: Final = 0.83829992569888509
"""How much of the tolerance the distance there may be."""
_DEFAULT_M: Final = 10.0
_FINEST_M, _COARSEST_M = 0.1, 10_000.0
_CUT: Final = 179.999999999999
"""The longitude at which a line that crosses the antimeridian ends, and begins again."""

_NOT_PARTED: Final = (
    "polygons are not parted at the antimeridian; preserve_crossing keeps them whole"
)

Json = Any  # GeoJSON
Place = tuple[float, float]
Vector = tuple[float, float, float]


def _vector(place: Place) -> Vector:
    across, up = math.radians(place[0]), math.radians(place[1])
    return (math.cos(up) * math.cos(across), math.cos(up) * math.sin(across), math.sin(up))


def _place(vector: Vector) -> Place:
    x, y, z = vector
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _angle(a: Vector, b: Vector) -> float:
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return math.atan2(math.hypot(*cross), math.fsum(i * j for i, j in zip(a, b, strict=True)))


def _along(a: Vector, b: Vector, share: float) -> Vector:
    """The place at a share of the shortest line from one to another."""
    whole = _angle(a, b)
    if whole == 0:
        return a
    left, right = math.sin((1 - share) * whole), math.sin(share * whole)
    mixed = [i * left + j * right for i, j in zip(a, b, strict=True)]
    size = math.hypot(*mixed)
    return mixed[0] / size, mixed[1] / size, mixed[2] / size


def _between(start: Place, end: Place, share: float) -> Place:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _error(start: Place, end: Place) -> float:
    """About how far an edge on the map is from the line on Earth, as an angle."""
    a, b = _vector(start), _vector(end)
    if _angle(a, b) > math.pi / 2:
        return math.inf
    return max(
        _angle(_along(a, b, share), _vector(_between(start, end, share)))
        for share in (_SHARE, 1 - _SHARE)
    )


def _halved(corners: list[Place], tolerance: float) -> list[Place]:
    """The corners, and those between them that the tolerance asks for.

    Raises:
        OverflowError: there are too many.
    """
    found = corners[:1]
    for edge in itertools.pairwise(corners):
        left = [edge]
        while left:
            start, end = left.pop()
            if _error(start, end) <= tolerance:
                found.append(end)
                continue
            middle = _between(start, end, 0.5)
            left += [(middle, end), (start, middle)]
            if len(found) + len(left) > MAX_ELEMENTS:
                raise OverflowError
    return found


def _parted(line: list[Place]) -> list[list[Place]]:
    """A line in parts that do not cross the antimeridian."""
    parts = [line[:1]]
    for before, after in itertools.pairwise(line):
        if abs(after[0] - before[0]) > 180:
            latitude = _crossing(_vector(before), _vector(after))
            side = math.copysign(_CUT, before[0])
            parts[-1].append((side, latitude))
            parts.append([(-side, latitude)])
        parts[-1].append(after)
    return parts


def _crossing(a: Vector, b: Vector) -> float:
    """The latitude at which the shortest line between two places crosses the antimeridian."""
    share = a[1] / (a[1] - b[1])
    x, z = a[0] + (b[0] - a[0]) * share, a[2] + (b[2] - a[2]) * share
    return math.degrees(math.atan2(z, abs(x)))


def _corners(points: Json, fewest: int) -> list[Place]:
    """The corners of a line.

    Raises:
        ValueError: it has too few, or one that is nowhere.
    """
    corners = [(float(point[0]), float(point[1])) for point in points]
    is_real = all(abs(across) <= 360 and abs(up) <= 90 for across, up in corners)
    if len(corners) < fewest or not is_real:
        raise ValueError
    return corners


def _tolerance(meters: float | None) -> float:
    if meters is None or not _FINEST_M <= meters <= _COARSEST_M:
        raise ValueError
    return meters / RADIUS_M * _SCALE


def line(text: str, meters: float | None, keeps_crossing: bool | None) -> str:
    """A GeoJSON line or several, with corners added.

    Raises:
        ValueError: the text is no line, or the tolerance is out of bounds.
    """
    value, tolerance = json.loads(text), _tolerance(meters)
    kind, coordinates = value["type"], value["coordinates"]
    if kind not in ("LineString", "MultiLineString"):
        raise ValueError
    lines = [coordinates] if kind == "LineString" else coordinates
    dense = [_on_earth(_halved(_corners(points, 2), tolerance)) for points in lines]
    parts = dense if keeps_crossing else [part for whole in dense for part in _parted(whole)]
    if len(parts) == 1:
        return json_text({"type": "LineString", "coordinates": parts[0]})
    return json_text({"type": "MultiLineString", "coordinates": parts})


def _on_earth(corners: list[Place]) -> list[Place]:
    """The corners as places of Earth."""
    return [_place(_vector((math.remainder(across, 360), up))) for across, up in corners]


def polygon(text: str, meters: float | None, keeps_crossing: bool | None) -> str:
    """A GeoJSON polygon or several, with corners added; '' for what would have to be parted.

    Raises:
        ValueError: the text is no polygon, or the tolerance is out of bounds.
    """
    value, tolerance = json.loads(text), _tolerance(meters)
    kind, coordinates = value["type"], value["coordinates"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError
    polygons = [coordinates] if kind == "Polygon" else coordinates
    dense = [[_on_earth(_halved(_closed(ring), tolerance)) for ring in rings] for rings in polygons]
    if not all(dense):
        raise ValueError
    if not keeps_crossing and any(len(_parted(ring)) > 1 for rings in dense for ring in rings):
        return ""
    return json_text({"type": kind, "coordinates": dense[0] if kind == "Polygon" else dense})


def _closed(ring: Json) -> list[Place]:
    corners = _corners(ring, 4)
    if corners[0] != corners[-1] or len(set(corners)) < 3:
        raise ValueError
    return corners


def _sql(name: str) -> Callable[[Sequence[str], Sequence[Bound]], str]:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        defaults = [f"CAST({_DEFAULT_M} AS DOUBLE)", "false"]
        given = [*arguments, *defaults[len(arguments) - 1 :]]
        return (
            f"list_transform([kql_{name}({', '.join(given)})], lambda shape:"
            f" CASE WHEN shape = '' THEN error('{_NOT_PARTED}') ELSE shape END)[1]"
        )

    return lower


FUNCTIONS: Final = tuple(
    Function(
        name,
        (Kind.DYNAMIC, Kind.REAL, Kind.BOOL),
        KqlType.DYNAMIC,
        _sql(name),
        optional=2,
        null=Null.MAKES,
        python=Udf(function, ("VARCHAR", "DOUBLE", "BOOLEAN"), "VARCHAR"),
    )
    for name, function in (("geo_line_densify", line), ("geo_polygon_densify", polygon))
)
"""The family's rows."""
