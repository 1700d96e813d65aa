"""Geohashes. Each row: an expression and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("geo_point_to_geohash(139.806115, 35.554128, 12)", "xn76m27ty9g4"),
    ("geo_point_to_geohash(-80.195829, 25.802215, 8)", "dhwfz15h"),
    ("geo_point_to_geohash(-122.303404, 47.570482)", "c23n8"),
    ("geo_point_to_geohash(180, 90, 2)", "zz"),
    ("geo_point_to_geohash(-180, -90, 18)", "0" * 18),
    ("geo_point_to_geohash(200, 1, 8)", ""),
    ("geo_point_to_geohash(1, 1, 19)", ""),
    ("geo_point_to_geohash(1, 1, int(null))", ""),
    ("geo_point_to_geohash(real(nan), 1)", ""),
    (
        "geo_geohash_to_central_point('sv8wzvy7')",
        {"type": "Point", "coordinates": [34.80245590209961, 32.15620994567871]},
    ),
    (
        "geo_geohash_to_polygon('dr5ru').coordinates[0]",
        [
            [-74.00390625, 40.7373046875],
            [-73.9599609375, 40.7373046875],
            [-73.9599609375, 40.78125],
            [-74.00390625, 40.78125],
            [-74.00390625, 40.7373046875],
        ],
    ),
    ("geo_geohash_to_polygon('a')", None),
    ("geo_geohash_to_central_point('')", None),
    (
        "geo_geohash_neighbors('sunny')",
        ["sunnv", "sunnt", "sunnw", "sunnx", "sunpp", "sunnz", "sunpn", "sunpj"],
    ),
    ("array_length(geo_geohash_neighbors('zz'))", 5),
    ("geo_geohash_neighbors('a')", None),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]
