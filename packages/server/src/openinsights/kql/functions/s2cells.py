"""Scalar functions of S2 cells.

Earth lies on the six faces of a cube, each halved both ways again and again. A cell is named by its
place on a Hilbert curve. Source: the published S2 geometry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
DEEPEST: Final = 30
SIZE: Final = 1 << DEEPEST
_DEFAULT_LEVEL: Final = 11
_CURVE: Final = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
"""For each orientation of the curve, the position of each quarter."""
_QUARTERS: Final = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
"""For each orientation of the curve, the quarter at each position."""
_AROUND: Final = ((1, 1), (1, 0), (-1, 0), (0, -1), (-1, 1), (1, -1), (0, 1), (-1, -1))
"""Steps to the neighbours, in the order observed on the original engine."""
_TURNS: Final = (1, 0, 0, 3)
"""How the orientation changes inside the quarter at each position."""

Vector = tuple[float, float, float]


def _to_face(place: Vector) -> tuple[int, float, float]:
    """Face of the cube, and the place on it, from -1 to 1 both ways."""
    x, y, z = place
    axis = max(range(3), key=lambda i: abs(place[i]))
    main = place[axis]
    if main >= 0:
        u, v = ((y, z), (-x, z), (-x, -y))[axis]
        return axis, u / main, v / main
    u, v = ((z, y), (z, -x), (-y, -x))[axis]
    return axis + 3, u / main, v / main


def _of_face(face: int, u: float, v: float) -> Vector:
    return (
        (1.0, u, v),
        (-u, 1.0, v),
        (-u, -v, 1.0),
        (-1.0, -v, -u),
        (v, -1.0, -u),
        (v, u, -1.0),
    )[face]


def _bent(u: float) -> float:
    """A place on a face, from -1 to 1, as one of cells that are about equally large, from 0 to 1."""
    return 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)


def _unbent(s: float) -> float:
    return (4 * s * s - 1) / 3 if s >= 0.5 else (1 - 4 * (1 - s) * (1 - s)) / 3


def _counted(share: float) -> int:
    return min(max(math.floor(share * SIZE), 0), SIZE - 1)


def number_of(face: int, i: int, j: int, level: int) -> int:
    """The number of the cell of a level that holds a smallest cell."""
    turned, position = face & 1, 0
    for bit in reversed(range(DEEPEST)):
        step = _CURVE[turned][(i >> bit & 1) << 1 | (j >> bit & 1)]
        position = position << 2 | step
        turned ^= _TURNS[step]
    lowest = 1 << 2 * (DEEPEST - level)
    return (face << 61 | position << 1 | 1) & -lowest | lowest


def token_of(number: int) -> str:
    """The number of a cell as its name."""
    return f"{number:016x}".rstrip("0")


def _cell(token: str) -> tuple[int, int, int, int] | None:
    """Face, first column, first row, and how many columns and rows the cell has."""
    try:
        number = int(token.ljust(16, "0"), 16) if 0 < len(token) <= 16 else 0
    except ValueError:
        return None
    lowest = number & -number
    if number >> 61 > 5 or not lowest & 0x1555555555555555:
        return None
    face, turned, i, j = number >> 61, number >> 61 & 1, 0, 0
    for bit in reversed(range(DEEPEST)):
        step = number >> (2 * bit + 1) & 3 if 1 << 2 * bit >= lowest else 0
        quarter = _QUARTERS[turned][step]
        i, j = i << 1 | quarter >> 1, j << 1 | quarter & 1
        turned ^= _TURNS[step]
    size = math.isqrt(lowest)
    return face, i & -size, j & -size, size


def _degrees(place: Vector) -> list[float]:
    x, y, z = place
    return [math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))]


def _at(face: int, i: float, j: float) -> list[float]:
    return _degrees(_of_face(face, _unbent(i / SIZE), _unbent(j / SIZE)))


def of_point(longitude: float, latitude: float, level: int) -> str:
    """The cell of a level that holds a place; '' where there is none."""
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and 0 <= level <= DEEPEST):
        return ""
    across, up = math.radians(longitude), math.radians(latitude)
    place = (math.cos(up) * math.cos(across), math.cos(up) * math.sin(across), math.sin(up))
    face, u, v = _to_face(place)
    return token_of(number_of(face, _counted(_bent(u)), _counted(_bent(v)), level))


def flat(column: float) -> float:
    """A column or row of the smallest cells as a place on its face, from -1 to 1."""
    return _unbent(column / SIZE)


def on_sphere(face: int, u: float, v: float) -> Vector:
    """A place on a face as one of the unit sphere."""
    place = _of_face(face, u, v)
    size = math.hypot(*place)
    return place[0] / size, place[1] / size, place[2] / size


def smallest_cell(place: Vector) -> int:
    """The number of the smallest cell that holds a place of the unit sphere."""
    face, u, v = _to_face(place)
    return number_of(face, _counted(_bent(u)), _counted(_bent(v)), DEEPEST)


def central_point(token: str) -> str | None:
    """The middle of a cell as a GeoJSON point."""
    cell = _cell(token)
    if cell is None:
        return None
    face, i, j, size = cell
    middle = _at(face, i + size / 2, j + size / 2)
    return json_text({"type": "Point", "coordinates": middle})


def polygon(token: str) -> str | None:
    """A cell as a GeoJSON polygon."""
    cell = _cell(token)
    if cell is None:
        return None
    face, i, j, size = cell
    corners = ((0, 0), (size, 0), (size, size), (0, size), (0, 0))
    ring = [_at(face, i + right, j + up) for right, up in corners]
    return json_text({"type": "Polygon", "coordinates": [ring]})


def neighbors(token: str) -> str | None:
    """The cells of the same level around a cell."""
    cell = _cell(token)
    if cell is None:
        return None
    face, i, j, size = cell
    level = DEEPEST - (size.bit_length() - 1)
    found = [_across(face, i + right * size, j + up * size, level) for right, up in _AROUND]
    return json_text([token_of(number) for number in found])


def _across(face: int, i: int, j: int, level: int) -> int:
    """The cell at a column and row, which may lie over the edge of the face."""
    if 0 <= i < SIZE and 0 <= j < SIZE:
        return number_of(face, i, j, level)
    i, j = min(max(i, -1), SIZE), min(max(j, -1), SIZE)
    u, v = (2 * i + 1) / SIZE - 1, (2 * j + 1) / SIZE - 1
    other, u, v = _to_face(_of_face(face, u, v))
    return number_of(other, _counted(0.5 * (u + 1)), _counted(0.5 * (v + 1)), level)


def _of_point_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    default = f"CAST({_DEFAULT_LEVEL} AS BIGINT)"
    given = arguments if len(arguments) == 3 else [*arguments, default]
    return f"kql_geo_point_to_s2cell({', '.join(given)})"


FUNCTIONS: Final = (
    Function(
        "geo_point_to_s2cell",
        (Kind.REAL, Kind.REAL, Kind.INTEGER),
        KqlType.STRING,
        _of_point_sql,
        optional=1,
        null=Null.MAKES,
        python=Udf(of_point, ("DOUBLE", "DOUBLE", "BIGINT"), _V),
    ),
    *(
        Function(
            name,
            (Kind.STRING,),
            KqlType.DYNAMIC,
            f"kql_{name}({{0}})",
            null=Null.MAKES,
            python=Udf(function, (_V,), _V),
        )
        for name, function in (
            ("geo_s2cell_to_central_point", central_point),
            ("geo_s2cell_to_polygon", polygon),
            ("geo_s2cell_neighbors", neighbors),
        )
    ),
)
"""The family's rows."""
