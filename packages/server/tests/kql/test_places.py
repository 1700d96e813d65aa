"""Places, lines and areas on Earth. Each row: an expression and its value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from openinsights.kql.functions.places import RADIUS_M

if TYPE_CHECKING:
    from engine import Engine

QUARTER = RADIUS_M * math.pi / 2
LINE = 'dynamic({"type":"LineString","coordinates":[[0,0],[10,0],[10,10]]})'
OCTANT = 'dynamic({"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]})'
RING = "[[0,0],[10,0],[10,10],[0,10],[0,0]]"
HOLE = "[[4,4],[6,4],[6,6],[4,6],[4,4]]"
SQUARE = f'dynamic({{"type":"Polygon","coordinates":[{RING},{HOLE}]}})'
TWO = f'dynamic({{"type":"MultiPolygon","coordinates":[[{RING}],[[[20,0],[30,0],[30,9],[20,0]]]]}})'
FLAT = 'dynamic({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]})'

NUMBERS = [
    ("geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056)", 1546754.35197381),
    ("geo_distance_2points(0, 0, 90, 0)", QUARTER),
    ("geo_distance_2points(1, 1, 1, 1)", 0.0),
    ("geo_distance_2points(300, 1, 1, 1)", None),
    ("geo_distance_2points(1, real(null), 1, 1)", None),
    ("degrees(geo_azimuth(0, 0, 0, 10))", 0.0),
    ("degrees(geo_azimuth(0, 0, 10, 0))", 90.0),
    ("degrees(geo_azimuth(0, 0, -10, 0))", 270.0),
    ("geo_azimuth(5, 10, 5, 10)", None),
    ("geo_azimuth(0, 0, 180, 0)", None),
    ("geo_angle(0, 10, 0, 5, 3, -10)", 2.94493843406882),
    ("geo_angle(0, 10, 0, 10, 3, -10)", None),
    (f"geo_line_length({LINE})", 2 * QUARTER / 9),
    ('geo_line_length(dynamic({"type":"LineString","coordinates":[[1,1]]}))', None),
    (f"geo_line_locate_point({LINE}, 5, 3)", 0.25),
    (f"geo_line_locate_point({LINE}, 50, 50)", 1.0),
    (f"geo_distance_point_to_line(5, 1, {LINE})", QUARTER / 90),
    (f"geo_distance_point_to_line(-1, 0, {LINE})", QUARTER / 90),
    ("geo_distance_point_to_line(1, 1, dynamic({}))", None),
    (f"geo_distance_point_to_polygon(1, 1, {SQUARE})", 0.0),
    (f"geo_distance_point_to_polygon(5, -1, {SQUARE})", QUARTER / 90),
    (f"geo_distance_point_to_polygon(1, 1, {FLAT})", None),
    (f"geo_polygon_perimeter({OCTANT})", 3 * QUARTER),
    (f"geo_polygon_area({OCTANT})", math.pi * RADIUS_M**2 / 2),
    (f"geo_polygon_area({LINE})", None),
]
CROSSING = 'dynamic({"type":"LineString","coordinates":[[5,-5],[5,5]]})'
APART = 'dynamic({"type":"LineString","coordinates":[[50,-5],[50,5]]})'
INSIDE = 'dynamic({"type":"LineString","coordinates":[[1,1],[2,2]]})'
SMALL = 'dynamic({"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]})'
OTHERS = [
    (f"geo_intersects_2lines({LINE}, {CROSSING})", True),
    (f"geo_intersects_2lines({LINE}, {APART})", False),
    (f"geo_intersects_2lines({LINE}, {LINE})", True),
    (f"geo_intersects_2lines({LINE}, dynamic({{}}))", None),
    (f"geo_intersects_line_with_polygon({CROSSING}, {SQUARE})", True),
    (f"geo_intersects_line_with_polygon({INSIDE}, {SQUARE})", True),
    (f"geo_intersects_line_with_polygon({APART}, {SQUARE})", False),
    (f"geo_intersects_2polygons({SQUARE}, {SMALL})", True),
    (f"geo_intersects_2polygons({SMALL}, {SQUARE})", True),
    (f"geo_intersects_2polygons({TWO}, {SMALL})", True),
    (f"geo_polygon_centroid({FLAT})", None),
    (
        f"geo_closest_point_on_polygon(1, 1, {SQUARE})",
        {"type": "Point", "coordinates": [1.0, 1.0]},
    ),
    ("geo_point_in_circle(-122.201741, 47.677084, -122.317404, 47.609119, 18000)", True),
    ("geo_point_in_circle(-122.137575, 47.630683, -122.100896, 47.527351, 3500)", False),
    ("geo_point_in_circle(1, 1, 1, 1, -1)", None),
    (f"geo_point_in_polygon(1, 1, {SQUARE})", True),
    (f"geo_point_in_polygon(5, 5, {SQUARE})", False),
    (f"geo_point_in_polygon(11, 5, {SQUARE})", False),
    (f"geo_point_in_polygon(-175, -5, {SQUARE})", False),
    (f"geo_point_in_polygon(28, 2, {TWO})", True),
    (f"geo_point_in_polygon(200, 1, {SQUARE})", None),
    ('geo_point_in_polygon(1, 1, dynamic({"type":"Polygon"}))', None),
    ('geo_from_wkt("POINT (1 -2.5)")', {"type": "Point", "coordinates": [1.0, -2.5]}),
    (
        'geo_from_wkt("linestring(1 2,3 4)")',
        {"type": "LineString", "coordinates": [[1.0, 2.0], [3.0, 4.0]]},
    ),
    (
        'geo_from_wkt("MULTIPOINT ((1 1), (2 2))")',
        {"type": "MultiPoint", "coordinates": [[1.0, 1.0], [2.0, 2.0]]},
    ),
    (
        'geo_from_wkt("GEOMETRYCOLLECTION (POINT (1 2), POINT (3 4))")',
        {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [1.0, 2.0]},
                {"type": "Point", "coordinates": [3.0, 4.0]},
            ],
        },
    ),
    *(
        (f'geo_from_wkt("{text}")', None)
        for text in ("", "POINT (1", "CIRCLE (1 2)", "POINT (1 2) x")
    ),
]


@pytest.mark.parametrize(("expression", "expected"), NUMBERS, ids=lambda v: str(v)[:60])
def test_number(kql_engine: Engine, expression: str, expected: float | None) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-6))


@pytest.mark.parametrize(("expression", "expected"), OTHERS, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (f"geo_line_interpolate_point({LINE}, 0.25)", [5.0, 0.0]),
        (f"geo_closest_point_on_line(5, -3, {LINE})", [5.0, 0.0]),
        (f"geo_closest_point_on_line(-3, 0, {LINE})", [0.0, 0.0]),
        (f"geo_closest_point_on_polygon(15, 0, {SQUARE})", [10.0, 0.0]),
        (f"geo_polygon_centroid({OCTANT})", [45.0, 35.26438968275466]),
        (f"geo_line_interpolate_point({LINE}, 1)", [10.0, 10.0]),
        (f"geo_line_interpolate_point({LINE}, 2)", None),
        ('geo_line_centroid(dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]}))', [5, 0]),
    ],
)
def test_place_on_a_line(kql_engine: Engine, call: str, expected: list[float] | None) -> None:
    found = kql_engine.run(f"print x = {call}")[1][0][0]
    if expected is None:
        assert found is None
    else:
        assert found["coordinates"] == pytest.approx(expected)
