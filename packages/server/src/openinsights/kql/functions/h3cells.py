"""Scalar functions of H3 cells: hexagons of sixteen sizes that cover Earth.

The grid is Uber's own library, loaded when a query first asks. Source: the documentation of the
language, and of H3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
_B: Final = "BIGINT"
_FINEST: Final = 15
_DEFAULT_RESOLUTION: Final = 6
_MOST_GENERATIONS: Final = 5
_LONGEST_DISTANCE: Final = 142


def _grid() -> Any:  # the library is untyped
    # Not imported with the server: few queries ask.
    import h3

    return h3


def _cell(token: str) -> str | None:
    """The cell in the library's spelling; None for what is no cell."""
    try:
        is_cell = _grid().is_valid_cell(token)
    except ValueError:
        return None
    return token if is_cell else None


def of_point(longitude: float, latitude: float, resolution: int) -> str:
    """The cell of a resolution that holds a place; '' where there is none."""
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and 0 <= resolution <= _FINEST):
        return ""
    return str(_grid().latlng_to_cell(latitude, longitude, resolution))


def level(token: str) -> int | None:
    """The resolution of a cell, 0 to 15."""
    return None if _cell(token) is None else _resolution(token)


def _resolution(cell: str) -> int:
    return int(_grid().get_resolution(cell))


def parent(token: str, resolution: int | None, is_given: int) -> str:
    """The larger cell that a cell is part of: the next one up unless a resolution is given."""
    if _cell(token) is None:
        return ""
    wanted = resolution if is_given else _resolution(token) - 1
    if wanted is None or not 0 <= wanted <= _resolution(token):
        return ""
    return str(_grid().cell_to_parent(token, wanted))


def children(token: str, resolution: int | None, is_given: int) -> str | None:
    """The smaller cells that a cell is made of, as a JSON array; up to five generations down."""
    if _cell(token) is None:
        return None
    own = _resolution(token)
    wanted = resolution if is_given else own + 1
    if wanted is None or not own <= wanted <= min(own + _MOST_GENERATIONS, _FINEST):
        return None
    return json_text(list(_grid().cell_to_children(token, wanted)))


def rings(token: str, distance: int | None) -> str | None:
    """The cells around a cell, by their distance in steps from 0, as a JSON array of arrays."""
    if _cell(token) is None or distance is None or not 0 <= distance <= _LONGEST_DISTANCE:
        return None
    return json_text([_ring(token, steps) for steps in range(distance + 1)])


def _ring(cell: str, steps: int) -> list[str]:
    """The cells at a distance, from the library's second one around to its first."""
    ring = list(_grid().grid_ring(cell, steps))
    return [*ring[1:], *ring[:1]]


def central_point(token: str) -> str | None:
    """The middle of a cell as a GeoJSON point."""
    if _cell(token) is None:
        return None
    return json_text({"type": "Point", "coordinates": _place(_grid().cell_to_latlng(token))})


def polygon(token: str) -> str | None:
    """A cell as a GeoJSON polygon."""
    if _cell(token) is None:
        return None
    ring = [_place(corner) for corner in _grid().cell_to_boundary(token)]
    return json_text({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})


def _place(pair: Any) -> list[float]:  # the library's pairs are untyped
    latitude, longitude = pair
    return [longitude, latitude]


def _of_point_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    default = f"CAST({_DEFAULT_RESOLUTION} AS BIGINT)"
    given = arguments if len(arguments) == 3 else [*arguments, default]
    return f"COALESCE(kql_geo_point_to_h3cell({', '.join(given)}), '')"


def _relative_sql(name: str, missing: str) -> Any:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        is_given = len(arguments) == 2
        resolution = arguments[1] if is_given else "CAST(NULL AS BIGINT)"
        call = f"kql_{name}({arguments[0]}, {resolution}, CAST({int(is_given)} AS BIGINT))"
        return f"COALESCE({call}, {missing})"

    return lower


FUNCTIONS: Final = (
    Function("geo_point_to_h3cell", (Kind.REAL, Kind.REAL, Kind.INTEGER), KqlType.STRING,
             _of_point_sql, optional=1, null=Null.MAKES,
             python=Udf(of_point, ("DOUBLE", "DOUBLE", _B), _V)),
    Function("geo_h3cell_parent", (Kind.STRING, Kind.INTEGER), KqlType.STRING,
             _relative_sql("geo_h3cell_parent", "''"), optional=1, null=Null.MAKES,
             python=Udf(parent, (_V, _B, _B), _V)),
    Function("geo_h3cell_children", (Kind.STRING, Kind.INTEGER), KqlType.DYNAMIC,
             _relative_sql("geo_h3cell_children", "NULL"), optional=1, null=Null.MAKES,
             python=Udf(children, (_V, _B, _B), _V)),
    Function("geo_h3cell_rings", (Kind.STRING, Kind.INTEGER), KqlType.DYNAMIC,
             "kql_geo_h3cell_rings({0}, {1})", null=Null.MAKES, python=Udf(rings, (_V, _B), _V)),
    Function("geo_h3cell_level", (Kind.STRING,), KqlType.INT,
             "CAST(kql_geo_h3cell_level({0}) AS INTEGER)", null=Null.MAKES,
             python=Udf(level, (_V,), _B)),
    Function("geo_h3cell_to_central_point", (Kind.STRING,), KqlType.DYNAMIC,
             "kql_geo_h3cell_to_central_point({0})", null=Null.MAKES,
             python=Udf(central_point, (_V,), _V)),
    Function("geo_h3cell_to_polygon", (Kind.STRING,), KqlType.DYNAMIC,
             "kql_geo_h3cell_to_polygon({0})", null=Null.MAKES, python=Udf(polygon, (_V,), _V)),
)  # fmt: skip
"""The family's rows."""
