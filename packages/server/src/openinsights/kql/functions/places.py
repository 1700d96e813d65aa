"""Scalar functions of places, lines and areas on Earth, in degrees and metres.

Earth is a sphere here, and lines between points are the shortest ones on it. Lines and polygons are
GeoJSON. What is no place, line or polygon gives null.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RADIUS_M: Final = 6_371_010.0
"""Of the sphere. Source: lengths given by the original engine."""

Json = Any  # GeoJSON
Vector = tuple[float, float, float]
Line = list[Vector]


# Vectors: a place is a point of the unit sphere.


def _vector(longitude: float, latitude: float) -> Vector | None:
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return None
    across, up = math.radians(longitude), math.radians(latitude)
    return (math.cos(up) * math.cos(across), math.cos(up) * math.sin(across), math.sin(up))


def _degrees(place: Vector) -> list[float]:
    up = math.atan2(place[2], math.hypot(place[0], place[1]))
    return [math.degrees(math.atan2(place[1], place[0])), math.degrees(up)]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _size(a: Vector) -> float:
    return math.sqrt(_dot(a, a))


def _mixed(a: Vector, share_a: float, b: Vector, share_b: float) -> Vector:
    return (
        a[0] * share_a + b[0] * share_b,
        a[1] * share_a + b[1] * share_b,
        a[2] * share_a + b[2] * share_b,
    )


def _angle(a: Vector, b: Vector) -> float:
    """The angle between two places as seen from the middle of Earth."""
    return math.atan2(_size(_cross(a, b)), _dot(a, b))


def _bearing(start: Vector, end: Vector) -> float:
    """The direction from one place to another, clockwise from north."""
    east = (-start[1], start[0], 0.0)
    if _size(east) == 0:
        east = (0.0, 1.0, 0.0)
    north = _cross(start, east)
    return math.atan2(_dot(end, east) * _size(north), _dot(end, north) * _size(east))


# GeoJSON.


def _geometry(text: str) -> tuple[str, Json]:
    """Type and coordinates; raises ValueError for what is no geometry."""
    value = json.loads(text)
    if not isinstance(value, dict) or not isinstance(value.get("coordinates"), list):
        raise ValueError
    return str(value.get("type")), value["coordinates"]


def _line(points: Json) -> Line:
    places = [_vector(float(point[0]), float(point[1])) for point in points]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or len(known) < 2:
        raise ValueError
    return known


def lines_of(text: str) -> list[Line]:
    """The lines of a GeoJSON line or several; raises ValueError for what is none."""
    kind, coordinates = _geometry(text)
    if kind == "LineString":
        return [_line(coordinates)]
    if kind == "MultiLineString":
        return [_line(points) for points in coordinates]
    raise ValueError


def rings_of(text: str) -> list[list[Line]]:
    """For each polygon its rings; the first is the outer one."""
    kind, coordinates = _geometry(text)
    if kind == "Polygon":
        coordinates = [coordinates]
    elif kind != "MultiPolygon":
        raise ValueError
    polygons = [[_distinct(_line(ring)) for ring in polygon] for polygon in coordinates]
    if any(len(ring) < 4 for polygon in polygons for ring in polygon) or not all(polygons):
        raise ValueError
    return polygons


def _distinct(line: Line) -> Line:
    """The line without corners that repeat the one before."""
    return [line[0], *(after for before, after in itertools.pairwise(line) if before != after)]


def _edges(line: Line) -> Iterator[tuple[Vector, Vector]]:
    return itertools.pairwise(line)


def _length(line: Line) -> float:
    return math.fsum(_angle(a, b) for a, b in _edges(line))


# Functions.


def distance(lon1: float, lat1: float, lon2: float, lat2: float) -> float | None:
    """Metres between two places."""
    a, b = _vector(lon1, lat1), _vector(lon2, lat2)
    return None if a is None or b is None else _angle(a, b) * RADIUS_M


def azimuth(lon1: float, lat1: float, lon2: float, lat2: float) -> float | None:
    """The direction from one place to another in radians, clockwise from north."""
    a, b = _vector(lon1, lat1), _vector(lon2, lat2)
    if a is None or b is None or not 0 < _angle(a, b) < math.pi:
        return None
    return _bearing(a, b) % (2 * math.pi)


def angle(
    lon1: float, lat1: float, lon2: float, lat2: float, lon3: float, lat3: float
) -> float | None:
    """The angle in radians, clockwise, between the lines to the second place and on to the third."""
    a, b, c = _vector(lon1, lat1), _vector(lon2, lat2), _vector(lon3, lat3)
    if a is None or b is None or c is None:
        return None
    if not (0 < _angle(a, b) < math.pi and 0 < _angle(b, c) < math.pi):
        return None
    return (_bearing(b, c) - _bearing(b, a)) % (2 * math.pi)


def in_circle(
    longitude: float, latitude: float, center_lon: float, center_lat: float, radius_m: float
) -> bool | None:
    """Whether a place lies within so many metres of another."""
    found = distance(longitude, latitude, center_lon, center_lat)
    return None if found is None or not radius_m >= 0 else found <= radius_m


def _laid(text: str) -> list[tuple[Vector, Vector]]:
    """The edges of a line; of several lines together, those of each other once."""
    lines = lines_of(text)
    if len(lines) == 1:
        return list(_edges(lines[0]))
    found = {frozenset(edge): edge for line in lines for edge in _edges(line)}
    return list(found.values())


def line_length(text: str) -> float | None:
    """Metres of a line, or of several together."""
    return math.fsum(_angle(a, b) for a, b in _laid(text)) * RADIUS_M


def line_centroid(text: str) -> str | None:
    """The middle of the mass of a line."""
    total: Vector = (0.0, 0.0, 0.0)
    for a, b in _laid(text):
        both, apart = _mixed(a, 1, b, 1), _mixed(a, 1, b, -1)
        total = _mixed(total, 1, both, _size(apart) / _size(both))
    return point(total)


def point(place: Vector) -> str | None:
    """GeoJSON of a place; None for the middle of Earth."""
    if _size(place) == 0:
        return None
    return json_text({"type": "Point", "coordinates": _degrees(place)})


def _single(text: str) -> Line:
    lines = lines_of(text)
    if len(lines) != 1:
        raise ValueError
    return lines[0]


def interpolate(text: str, share: float) -> str | None:
    """The place at a share, from 0 to 1, of a line's length."""
    line = _single(text)
    if not 0 <= share <= 1:
        return None
    left = share * _length(line)
    for a, b in _edges(line):
        size = _angle(a, b)
        if left <= size and size > 0:
            parts = math.sin(size - left) / math.sin(size), math.sin(left) / math.sin(size)
            return point(_mixed(a, parts[0], b, parts[1]))
        left -= size
    return point(line[-1])


def _nearest(place: Vector, a: Vector, b: Vector) -> tuple[float, float]:
    """The angle from a place to an edge, and how far along the edge the nearest point lies."""
    size = _angle(a, b)
    normal = _cross(a, b)
    if size > 0 and _size(normal) > 0:
        ahead = _dot(_cross(normal, a), place) / _size(normal)
        along = math.atan2(ahead, _dot(a, place))
        if 0 <= along <= size:
            return math.asin(min(abs(_dot(normal, place)) / _size(normal), 1.0)), along
    start, end = _angle(place, a), _angle(place, b)
    return (start, 0.0) if start <= end else (end, size)


def locate(text: str, longitude: float, latitude: float) -> float | None:
    """The share of a line's length at which it is nearest to a place."""
    line, place = _single(text), _vector(longitude, latitude)
    if place is None:
        return None
    best, passed = (math.inf, 0.0), 0.0
    for a, b in _edges(line):
        away, along = _nearest(place, a, b)
        if away < best[0]:
            best = away, passed + along
        passed += _angle(a, b)
    return best[1] / passed if passed > 0 else None


def distance_to_line(longitude: float, latitude: float, text: str) -> float | None:
    """Metres from a place to the nearest point of a line."""
    place = _vector(longitude, latitude)
    return None if place is None else _away(place, lines_of(text)) * RADIUS_M


def _away(place: Vector, lines: list[Line]) -> float:
    return min(_nearest(place, a, b)[0] for line in lines for a, b in _edges(line))


def _turns(place: Vector, ring: Line) -> int:
    """How often a ring goes round a place."""
    middle: Vector = (0.0, 0.0, 0.0)
    for corner in ring[1:]:
        middle = _mixed(middle, 1, corner, 1)
    if min(_dot(middle, corner) for corner in ring) <= 0:
        raise ValueError  # a ring of half the sphere: which side is inside is not told
    if _dot(middle, place) <= 0:
        return 0
    bearings = [_bearing(place, corner) for corner in ring]
    steps = (after - before for before, after in itertools.pairwise(bearings))
    return round(math.fsum(math.remainder(step, 2 * math.pi) for step in steps) / (2 * math.pi))


def holds(polygons: list[list[Line]], place: Vector) -> bool:
    """Whether a place lies in a polygon, its holes left out."""
    return any(
        _turns(place, outer) != 0 and not any(_turns(place, hole) for hole in holes)
        for outer, *holes in polygons
    )


def in_polygon(longitude: float, latitude: float, text: str) -> bool | None:
    """Whether a place lies in a polygon, its holes left out."""
    place = _vector(longitude, latitude)
    return None if place is None else holds(rings_of(text), place)


def distance_to_polygon(longitude: float, latitude: float, text: str) -> float | None:
    """Metres from a place to a polygon; 0 inside of it."""
    place, polygons = _vector(longitude, latitude), rings_of(text)
    if place is None:
        return None
    if holds(polygons, place):
        return 0.0
    return _away(place, [ring for polygon in polygons for ring in polygon]) * RADIUS_M


def perimeter(polygon: list[Line]) -> float:
    """The length round a polygon, its holes included, as an angle."""
    return math.fsum(_length(ring) for ring in polygon)


def area(polygon: list[Line]) -> float:
    """The area of a polygon without its holes, on the unit sphere."""
    outer, *holes = polygon
    return _covered(outer) - math.fsum(_covered(hole) for hole in holes)


def _covered(ring: Line) -> float:
    return abs(math.fsum(solid_angle(ring[0], a, b) for a, b in _edges(ring[1:-1])))


def solid_angle(a: Vector, b: Vector, c: Vector) -> float:
    """The area of a triangle, signed by the way round."""
    solid = _dot(a, _cross(b, c))
    return 2 * math.atan2(solid, 1 + _dot(a, b) + _dot(b, c) + _dot(c, a))


def moment(polygon: list[Line]) -> Vector:
    """The middle of the mass of a polygon's area, times its area."""
    total: Vector = (0.0, 0.0, 0.0)
    outer, *holes = polygon
    for ring, sign in ((outer, 1), *((hole, -1) for hole in holes)):
        turned: Vector = (0.0, 0.0, 0.0)
        for a, b in _edges(ring[1:-1]):
            turned = _mixed(turned, 1, triangle_moment(ring[0], a, b), 1)
        facing = math.copysign(1, sum(_dot(turned, corner) for corner in ring))
        total = _mixed(total, 1, turned, sign * facing)
    return total


def triangle_moment(a: Vector, b: Vector, c: Vector) -> Vector:
    """The middle of a triangle's mass times its area, signed by the way round.

    The corners are taken apart from the first one: small triangles would drown in rounding.
    """
    bent = [
        angle / math.sin(angle) if angle else 1.0
        for angle in (_angle(b, c), _angle(c, a), _angle(a, b))
    ]
    x, y, z = ((a[i], b[i] - a[i], c[i] - a[i]) for i in range(3))
    weights = (bent[0], bent[1] - bent[0], bent[2] - bent[0])
    return (
        _dot(_cross(y, z), weights) / 2,
        _dot(_cross(z, x), weights) / 2,
        _dot(_cross(x, y), weights) / 2,
    )


def _closest(place: Vector, lines: list[Line]) -> Vector:
    edges = [edge for line in lines for edge in _edges(line)]
    a, b = min(edges, key=lambda edge: _nearest(place, *edge)[0])
    along, size = _nearest(place, a, b)[1], _angle(a, b)
    if along <= 0 or size == 0:
        return a
    if along >= size:
        return b
    return _mixed(a, math.sin(size - along) / math.sin(size), b, math.sin(along) / math.sin(size))


def closest_on_line(longitude: float, latitude: float, text: str) -> str | None:
    """The point of a line that is nearest to a place."""
    place = _vector(longitude, latitude)
    return None if place is None else point(_closest(place, lines_of(text)))


def closest_on_polygon(longitude: float, latitude: float, text: str) -> str | None:
    """The point of a polygon that is nearest to a place; inside of it the place itself."""
    place, polygons = _vector(longitude, latitude), rings_of(text)
    if place is None:
        return None
    if holds(polygons, place):
        return json_text({"type": "Point", "coordinates": [longitude, latitude]})
    return point(_closest(place, [ring for polygon in polygons for ring in polygon]))


def _cut(a: Vector, b: Vector, c: Vector, d: Vector) -> bool:
    """Whether two edges meet."""
    if {a, b} & {c, d}:
        return True
    sides = [_dot(_cross(p, q), r) for p, q, r in ((a, c, b), (c, b, d), (b, d, a), (d, a, c))]
    if all(side > 0 for side in sides) or all(side < 0 for side in sides):
        return True
    return any(_nearest(place, *edge)[0] == 0 for place, edge in ((a, (c, d)), (c, (a, b))))


def _meet(left: list[Line], right: list[Line]) -> bool:
    others = [edge for line in right for edge in _edges(line)]
    return any(_cut(*edge, *other) for line in left for edge in _edges(line) for other in others)


def lines_meet(left: str, right: str) -> bool | None:
    """Whether two lines meet."""
    return _meet(lines_of(left), lines_of(right))


def line_meets_polygon(line: str, polygon: str) -> bool | None:
    """Whether a line meets a polygon, or lies inside of it."""
    lines, polygons = lines_of(line), rings_of(polygon)
    rings = [ring for rings in polygons for ring in rings]
    return _meet(lines, rings) or any(holds(polygons, part[0]) for part in lines)


def polygons_meet(left: str, right: str) -> bool | None:
    """Whether two polygons meet, or one lies inside the other."""
    first, second = rings_of(left), rings_of(right)
    edges = [[ring for rings in polygons for ring in rings] for polygons in (first, second)]
    return (
        _meet(*edges)
        or any(holds(first, outer[0]) for outer, *_ in second)
        or any(holds(second, outer[0]) for outer, *_ in first)
    )


# Well-known text.

_WKT: Final = re.compile(
    r"\s*(?:(?P<word>[A-Za-z]+)|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<mark>[(),]))"
)
_NAMES: Final = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
"""GeoJSON's name and how deep the lists of points are nested."""


def from_wkt(text: str) -> str | None:
    """Well-known text as GeoJSON."""
    tokens = _tokens(text)
    value = _shape(tokens)
    return None if tokens else json_text(value)


def _tokens(text: str) -> list[str]:
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        found = _WKT.match(text, at)
        if found is None:
            raise ValueError
        tokens.append(found.group().strip())
        at = found.end()
    return tokens[::-1]


def _shape(tokens: list[str]) -> Json:
    name = tokens.pop().upper()
    if name == "GEOMETRYCOLLECTION":
        return {"type": "GeometryCollection", "geometries": _between(tokens, _shape)}
    kind, depth = _NAMES[name]
    coordinates = _nested(tokens, depth)
    if kind == "Point":
        coordinates = coordinates[0]
    return {"type": kind, "coordinates": coordinates}


def _nested(tokens: list[str], depth: int) -> Json:
    if depth <= 1:
        return _between(tokens, _position)
    return _between(tokens, lambda rest: _nested(rest, depth - 1))


def _position(tokens: list[str]) -> Json:
    if tokens[-1] == "(":
        return _between(tokens, _position)[0]
    return [float(tokens.pop()), float(tokens.pop())]


def _between(tokens: list[str], read: Callable[[list[str]], Json]) -> list[Json]:
    if tokens.pop() != "(":
        raise ValueError
    made = [read(tokens)]
    while (mark := tokens.pop()) == ",":
        made.append(read(tokens))
    if mark != ")":
        raise ValueError
    return made


# Rows.

_REAL, _DYN = Kind.REAL, Kind.DYNAMIC
_SQL: Final = {
    KqlType.REAL: "DOUBLE",
    KqlType.BOOL: "BOOLEAN",
    KqlType.DYNAMIC: "VARCHAR",
    KqlType.STRING: "VARCHAR",
}


def _row(
    name: str, function: Callable[..., object], parameters: tuple[Kind, ...], result: KqlType
) -> Function:
    sql_types = tuple("DOUBLE" if kind is _REAL else "VARCHAR" for kind in parameters)
    places = ", ".join("{" + str(place) + "}" for place in range(len(parameters)))
    return Function(
        name,
        parameters,
        result,
        f"kql_{name}({places})",
        null=Null.MAKES,
        python=Udf(function, sql_types, _SQL[result]),
    )


_R, _B, _Y = KqlType.REAL, KqlType.BOOL, KqlType.DYNAMIC

FUNCTIONS: Final = (
    _row("geo_distance_2points", distance, (_REAL,) * 4, _R),
    _row("geo_azimuth", azimuth, (_REAL,) * 4, _R),
    _row("geo_angle", angle, (_REAL,) * 6, _R),
    _row("geo_point_in_circle", in_circle, (_REAL,) * 5, _B),
    _row("geo_line_length", line_length, (_DYN,), _R),
    _row("geo_line_centroid", line_centroid, (_DYN,), _Y),
    _row("geo_line_interpolate_point", interpolate, (_DYN, _REAL), _Y),
    _row("geo_line_locate_point", locate, (_DYN, _REAL, _REAL), _R),
    _row("geo_distance_point_to_line", distance_to_line, (_REAL, _REAL, _DYN), _R),
    _row("geo_point_in_polygon", in_polygon, (_REAL, _REAL, _DYN), _B),
    _row("geo_distance_point_to_polygon", distance_to_polygon, (_REAL, _REAL, _DYN), _R),
    _row("geo_closest_point_on_line", closest_on_line, (_REAL, _REAL, _DYN), _Y),
    _row("geo_closest_point_on_polygon", closest_on_polygon, (_REAL, _REAL, _DYN), _Y),
    _row("geo_intersects_2lines", lines_meet, (_DYN, _DYN), _B),
    _row("geo_intersects_line_with_polygon", line_meets_polygon, (_DYN, _DYN), _B),
    _row("geo_intersects_2polygons", polygons_meet, (_DYN, _DYN), _B),
    _row("geo_from_wkt", from_wkt, (Kind.STRING,), _Y),
)
"""The family's rows."""
