"""S2 cells: published examples, and that cells hold their middles and know their neighbours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.functions.s2cells import central_point, neighbors, of_point

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("geo_point_to_s2cell(-80.195829, 25.802215, 8)", "88d9b"),
    ("geo_point_to_s2cell(10.1234, 53, 8)", "47b1d"),
    ("geo_point_to_s2cell(10.6842, 53, 8)", "47ae3"),
    ("strlen(geo_point_to_s2cell(10.6842, 53))", 7),
    ("geo_point_to_s2cell(0, 0, 0)", "1"),
    ("geo_point_to_s2cell(300, 1, 8)", ""),
    ("geo_point_to_s2cell(1, 1, 35)", ""),
    ("geo_point_to_s2cell(1, 1, int(null))", ""),
    (
        "geo_s2cell_neighbors('89c259')",
        ["89c25d", "89c25b", "89c2f7", "89c257", "89c2f5", "89c251", "89c25f", "89c2f9"],
    ),
    ("geo_s2cell_neighbors('a')", None),
    ("geo_s2cell_to_polygon('a')", None),
    ("geo_s2cell_to_polygon('')", None),
    ("geo_s2cell_to_central_point('zz')", None),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


def test_middle_of_a_cell(kql_engine: Engine) -> None:
    found = kql_engine.run("print x = geo_s2cell_to_central_point('1234567')")[1][0][0]
    assert found["coordinates"] == pytest.approx([9.86830731850408, 27.468392925827604])


def test_corners_of_a_cell(kql_engine: Engine) -> None:
    found = kql_engine.run("print x = geo_s2cell_to_polygon('89c259')")[1][0][0]
    ring = found["coordinates"][0]
    assert ring[0] == ring[4] == pytest.approx([-74.03001224983848, 40.8012684339439])
    assert ring[1] == pytest.approx([-74.03001224983848, 40.7222262918358])
    assert ring[2] == pytest.approx([-73.93598211433742, 40.708880489804564])


@given(
    st.floats(-180, 180, allow_nan=False), st.floats(-90, 90, allow_nan=False), st.integers(2, 29)
)
def test_a_cell_holds_its_middle_and_its_neighbours_know_it(
    longitude: float, latitude: float, level: int
) -> None:
    token = of_point(longitude, latitude, level)
    middle = json.loads(central_point(token) or "")["coordinates"]
    assert of_point(middle[0], middle[1], level) == token
    for other in json.loads(neighbors(token) or ""):
        assert token in json.loads(neighbors(other) or "")
