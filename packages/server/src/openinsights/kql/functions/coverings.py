"""The S2 cells of one level that a line or a polygon touches.

Cells are halved both ways from the faces of the cube down to the level. A cell keeps the edges that
touch it; one that no edge touches lies inside the polygon with all its parts, or outside of it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import places, s2cells
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openinsights.kql.bound import Bound

_DEFAULT_LEVEL: Final = 11
_MOST_CELLS: Final = 65_536
_PADDING: Final = 1e-15
"""How far beside a cell an edge still touches it, on a face that reaches from -1 to 1."""

Flat = tuple[float, float]
Edge = tuple[s2cells.Vector, s2cells.Vector]


def _onto(face: int, place: s2cells.Vector) -> tuple[float, float, float]:
    """A place in the axes of a face: across, up, and towards it."""
    x, y, z = place
    return (
        (y, z, x),
        (-x, z, y),
        (-x, -y, z),
        (-z, -y, -x),
        (-z, x, -y),
        (y, x, -z),
    )[face]


def _clipped(face: int, edge: Edge) -> tuple[Flat, Flat] | None:
    """The part of an edge that a face shows, flat on the face; None for one behind it."""
    (ax, ay, az), (bx, by, bz) = (_onto(face, place) for place in edge)
    first, last = 0.0, 1.0
    # An edge of the sphere is straight on a face, and so is what is mixed of its ends.
    for from_, to in (
        (az - ax, bz - bx),
        (az + ax, bz + bx),
        (az - ay, bz - by),
        (az + ay, bz + by),
    ):
        if from_ < -_PADDING and to < -_PADDING:
            return None
        if from_ < -_PADDING or to < -_PADDING:
            share = from_ / (from_ - to)
            first, last = (max(first, share), last) if from_ < to else (first, min(last, share))
    if first > last:
        return None
    ends = []
    for share in (first, last):
        x, y, z = (a + (b - a) * share for a, b in ((ax, bx), (ay, by), (az, bz)))
        if z <= 0:
            return None
        ends.append((x / z, y / z))
    return ends[0], ends[1]


def _touches(edge: tuple[Flat, Flat], low: Flat, high: Flat) -> bool:
    """Whether a straight edge touches a rectangle."""
    (ax, ay), (bx, by) = edge
    if (
        max(ax, bx) < low[0] - _PADDING
        or min(ax, bx) > high[0] + _PADDING
        or max(ay, by) < low[1] - _PADDING
        or min(ay, by) > high[1] + _PADDING
    ):
        return False
    sides = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        for x, y in ((low[0], low[1]), (low[0], high[1]), (high[0], low[1]), (high[0], high[1]))
    ]
    return min(sides) <= _PADDING and max(sides) >= -_PADDING


def _cells(
    edges: Sequence[Edge], level: int, holds: Callable[[s2cells.Vector], bool]
) -> str | None:
    """The tokens of the cells, in the order of their numbers; None for too many of them."""
    numbers: list[int] = []
    for face in range(6):
        found = [flat for edge in edges if (flat := _clipped(face, edge)) is not None]
        if not _halved(face, found, level, holds, numbers):
            return None
    return json_text([s2cells.token_of(number) for number in sorted(numbers)])


def _halved(
    face: int,
    edges: list[tuple[Flat, Flat]],
    level: int,
    holds: Callable[[s2cells.Vector], bool],
    numbers: list[int],
) -> bool:
    """Add the numbers of a face's cells; False for too many of them."""
    now: list[tuple[int, int, list[tuple[Flat, Flat]]]] = [(0, 0, edges)]
    for depth in range(level + 1):
        size = s2cells.SIZE >> depth
        after = []
        for column, row, near in now:
            low = s2cells.flat(column), s2cells.flat(row)
            high = s2cells.flat(column + size), s2cells.flat(row + size)
            here = [edge for edge in near if _touches(edge, low, high)] if near else near
            middle = s2cells.flat(column + size / 2), s2cells.flat(row + size / 2)
            # A cell inside is marked by no edges at all, and is not tried again.
            if near is not _INSIDE and not here:
                if not holds(s2cells.on_sphere(face, *middle)):
                    continue
                here = _INSIDE
            if depth == level:
                numbers.append(s2cells.number_of(face, column, row, level))
                continue
            half = size >> 1
            after += [(column + right, row + up, here) for right in (0, half) for up in (0, half)]
        if len(after) > 4 * _MOST_CELLS or len(numbers) > _MOST_CELLS:
            return False
        now = after
    return True


_INSIDE: Final[list[tuple[Flat, Flat]]] = []


def _edges(lines: Iterable[list[s2cells.Vector]]) -> list[Edge]:
    return [edge for line in lines for edge in itertools.pairwise(line)]


def of_polygon(text: str, level: int | None, radius: float | None) -> str | None:
    """The cells that a polygon touches; '' where a radius is given, null for too many cells."""
    polygons = places.rings_of(text)
    if level is None or not 0 <= level <= s2cells.DEEPEST:
        return None
    if radius:
        return ""
    edges = _edges(ring for polygon in polygons for ring in polygon)
    return _cells(edges, level, lambda place: places.holds(polygons, place))


def of_line(text: str, level: int | None, radius: float | None) -> str | None:
    """The cells that a line touches; '' where a radius is given, null for too many cells."""
    lines = places.lines_of(text)
    if level is None or not 0 <= level <= s2cells.DEEPEST:
        return None
    return "" if radius else _cells(_edges(lines), level, lambda _: False)


def _sql(name: str) -> Callable[[Sequence[str], Sequence[Bound]], str]:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        defaults = [f"CAST({_DEFAULT_LEVEL} AS BIGINT)", "CAST(0 AS DOUBLE)"]
        given = ", ".join([*arguments, *defaults[len(arguments) - 1 :]])
        return (
            f"list_transform([kql_{name}({given})], lambda cells: CASE WHEN cells = ''"
            f" THEN error('{name} takes no radius: shapes are not widened') ELSE cells END)[1]"
        )

    return lower


FUNCTIONS: Final = tuple(
    Function(
        name,
        (Kind.DYNAMIC, Kind.INTEGER, Kind.REAL),
        KqlType.DYNAMIC,
        _sql(name),
        optional=2,
        null=Null.MAKES,
        python=Udf(function, ("VARCHAR", "BIGINT", "DOUBLE"), "VARCHAR"),
    )
    for name, function in (("geo_polygon_to_s2cells", of_polygon), ("geo_line_to_s2cells", of_line))
)
"""The family's rows."""
