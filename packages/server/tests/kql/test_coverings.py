"""Which S2 cells cover lines and polygons, and when there are none."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.functions.coverings import of_line, of_polygon
from openinsights.kql.functions.s2cells import of_point

if TYPE_CHECKING:
    from engine import Engine

CORNERS = [[20.0, 50.0], [21.0, 50.0], [21.0, 51.0], [20.0, 51.0], [20.0, 50.0]]
SQUARE = json.dumps({"type": "Polygon", "coordinates": [CORNERS]})
PATH = json.dumps({"type": "LineString", "coordinates": CORNERS[:3]})


def answer(engine: Engine, call: str) -> Any:
    return engine.run(f"print x = {call}")[1][0][0]


def cells(text: str | None) -> list[str]:
    assert text
    found = json.loads(text)
    assert found == sorted(set(found))
    return found


within = st.floats(0.001, 0.999)


@given(within, within, st.integers(0, 9))
def test_a_polygon_is_covered(east: float, north: float, level: int) -> None:
    cell = of_point(20 + east, 50 + north, level)
    assert cell in cells(of_polygon(SQUARE, level, 0.0))


@given(st.floats(0, 1), st.integers(0, 14))
def test_a_line_is_covered(share: float, level: int) -> None:
    """A meridian is an edge of the sphere: places between its ends are on it."""
    line = json.dumps({"type": "LineString", "coordinates": [[21.3, 50.0], [21.3, 51.0]]})
    assert of_point(21.3, 50 + share, level) in cells(of_line(line, level, 0.0))


@given(st.integers(0, 8))
def test_cells_of_the_next_level_lie_in_those_of_this_one(level: int) -> None:
    for cover, shape in ((of_polygon, SQUARE), (of_line, PATH)):
        coarse, fine = (cells(cover(shape, depth, 0.0)) for depth in (level, level + 1))
        assert len(coarse) <= len(fine) <= 4 * len(coarse)


def test_a_hole_is_not_covered() -> None:
    hole = [[20.2, 50.2], [20.2, 50.8], [20.8, 50.8], [20.8, 50.2], [20.2, 50.2]]
    holed = json.dumps({"type": "Polygon", "coordinates": [CORNERS, hole]})
    found = cells(of_polygon(holed, 10, 0.0))
    assert set(found) < set(cells(of_polygon(SQUARE, 10, 0.0)))
    assert of_point(20.5, 50.5, 10) not in found
    assert of_point(20.1, 50.1, 10) in found


def test_a_small_polygon_inside_a_cell_is_that_cell() -> None:
    ring = [[20 + 1e-5 * math.cos(a), 50 + 1e-5 * math.sin(a)] for a in (0, 2, 4, 0)]
    small = json.dumps({"type": "Polygon", "coordinates": [ring]})
    assert cells(of_polygon(small, 5, 0.0)) == [of_point(20, 50, 5)]


@pytest.mark.parametrize(
    ("call", "count"),
    [
        (f"array_length(geo_polygon_to_s2cells(dynamic({SQUARE})))", None),
        (f"array_length(geo_line_to_s2cells(dynamic({PATH}), 11))", None),
        (f"geo_polygon_to_s2cells(dynamic({SQUARE}), -1)", 0),
        (f"geo_polygon_to_s2cells(dynamic({SQUARE}), 31)", 0),
        (f"geo_polygon_to_s2cells(dynamic({SQUARE}), 22)", 0),
        (f"geo_line_to_s2cells(dynamic({PATH}), int(null))", 0),
        (f"geo_line_to_s2cells(dynamic({SQUARE}), 5)", 0),
        (f"geo_polygon_to_s2cells(dynamic({PATH}), 5)", 0),
        ("geo_polygon_to_s2cells(dynamic(null), 5)", 0),
    ],
)
def test_levels_and_shapes(kql_engine: Engine, call: str, count: int | None) -> None:
    """The level is 11 unless given; what has no cells, or too many, is null."""
    found = answer(kql_engine, call)
    if count == 0:
        assert found is None
    else:
        expected = of_polygon(SQUARE, 11, 0.0) if "polygon" in call else of_line(PATH, 11, 0.0)
        assert found == len(cells(expected))


def test_shapes_are_not_widened(kql_engine: Engine) -> None:
    assert answer(kql_engine, f"geo_line_to_s2cells(dynamic({PATH}), 5, 0.0)")
    for call in (
        f"geo_line_to_s2cells(dynamic({PATH})",
        f"geo_polygon_to_s2cells(dynamic({SQUARE})",
    ):
        with pytest.raises(duckdb.Error, match="takes no radius"):
            answer(kql_engine, f"{call}, 5, 10.0)")
