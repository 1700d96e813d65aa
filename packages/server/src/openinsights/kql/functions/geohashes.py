"""Scalar functions of geohashes: cells of a grid of degrees, named by their path of halvings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
_DIGITS: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_LONGEST: Final = 18
_AROUND: Final = ((-1, 0), (-1, -1), (0, -1), (1, -1), (1, 1), (1, 0), (0, 1), (-1, 1))
"""Steps to the neighbours, in the order of the original engine."""


def _bits(length: int) -> tuple[int, int]:
    """How many bits of a geohash are of longitude, how many of latitude."""
    return (5 * length + 1) // 2, 5 * length // 2


def _spelt(column: int, row: int, length: int) -> str:
    across, up = _bits(length)
    path = 0
    for step in range(5 * length):
        if step % 2 == 0:
            across -= 1
            path = path << 1 | (column >> across & 1)
        else:
            up -= 1
            path = path << 1 | (row >> up & 1)
    return "".join(_DIGITS[path >> 5 * place & 31] for place in reversed(range(length)))


def _cell(geohash: str) -> tuple[int, int] | None:
    """Column and row in the grid of that length."""
    if not 1 <= len(geohash) <= _LONGEST or any(digit not in _DIGITS for digit in geohash):
        return None
    path = 0
    for digit in geohash:
        path = path << 5 | _DIGITS.index(digit)
    column = row = 0
    for step in range(5 * len(geohash)):
        bit = path >> (5 * len(geohash) - 1 - step) & 1
        if step % 2 == 0:
            column = column << 1 | bit
        else:
            row = row << 1 | bit
    return column, row


def _bounds(geohash: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees."""
    cell = _cell(geohash)
    if cell is None:
        return None
    across, up = _bits(len(geohash))
    width, height = 360.0 / (1 << across), 180.0 / (1 << up)
    west, south = cell[0] * width - 180.0, cell[1] * height - 90.0
    return west, south, west + width, south + height


def of_point(longitude: float, latitude: float, length: int) -> str:
    """The geohash of a place; '' where there is no such place."""
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and 1 <= length <= _LONGEST):
        return ""
    across, up = _bits(length)
    column = min(int((longitude + 180.0) / 360.0 * (1 << across)), (1 << across) - 1)
    row = min(int((latitude + 90.0) / 180.0 * (1 << up)), (1 << up) - 1)
    return _spelt(column, row, length)


def central_point(geohash: str) -> str | None:
    """The middle of a cell as a GeoJSON point."""
    bounds = _bounds(geohash)
    if bounds is None:
        return None
    west, south, east, north = bounds
    return json_text({"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]})


def polygon(geohash: str) -> str | None:
    """A cell as a GeoJSON polygon."""
    bounds = _bounds(geohash)
    if bounds is None:
        return None
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json_text({"type": "Polygon", "coordinates": [ring]})


def neighbors(geohash: str) -> str | None:
    """The cells around a cell; at a pole there are fewer."""
    cell = _cell(geohash)
    if cell is None:
        return None
    across, up = _bits(len(geohash))
    found = [
        _spelt((cell[0] + right) % (1 << across), cell[1] + above, len(geohash))
        for right, above in _AROUND
        if 0 <= cell[1] + above < 1 << up
    ]
    return json_text(found)


def _of_point_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    given = arguments if len(arguments) == 3 else [*arguments, "CAST(5 AS BIGINT)"]
    return f"kql_geo_point_to_geohash({', '.join(given)})"


FUNCTIONS: Final = (
    Function(
        "geo_point_to_geohash",
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
            ("geo_geohash_to_central_point", central_point),
            ("geo_geohash_to_polygon", polygon),
            ("geo_geohash_neighbors", neighbors),
        )
    ),
)
"""The family's rows."""
