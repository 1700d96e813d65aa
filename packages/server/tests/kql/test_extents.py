"""Sizes and middles of polygons that lie on or beside each other, and of lines that share edges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.functions import overlays
from openinsights.kql.functions.extents import area, centroid, perimeter

if TYPE_CHECKING:
    from engine import Engine

Ring = list[list[float]]


def square(west: float, south: float, size: float) -> Ring:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: Ring) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def several(*polygons: list[Ring]) -> str:
    return json.dumps({"type": "MultiPolygon", "coordinates": polygons})


def middle(text: str) -> list[float]:
    found = centroid(text)
    assert found
    coordinates: list[float] = json.loads(found)["coordinates"]
    return coordinates


ONE = square(20, 50, 2)
offsets = st.floats(0.3, 1.7).filter(lambda x: abs(x - 1) > 0.01)


@given(offsets, offsets, st.booleans(), st.booleans())
def test_overlapping_polygons_count_once(
    east: float, north: float, is_turned: bool, is_second: bool
) -> None:
    other = square(20 + east, 50 + north, 2.5)
    given_ring = other[::-1] if is_turned else other
    rings = [[given_ring], [ONE]] if is_second else [[ONE], [given_ring]]
    together = overlays.union(f"[{polygon(ONE)},{polygon(other)}]")
    assert together
    assert area(several(*rings)) == pytest.approx(area(together), rel=1e-9)
    assert perimeter(several(*rings)) == pytest.approx(perimeter(together), rel=1e-9)
    assert middle(several(*rings)) == pytest.approx(middle(together), rel=1e-9)


@given(offsets, offsets)
def test_three_polygons_that_overlap(east: float, north: float) -> None:
    """The third covers what the first two have in common, and more."""
    shapes = [ONE, square(20 + east, 50 + north, 2), square(20.5 + east / 9, 50.7, 2.2)]
    sizes = {
        round(area(several(*([shapes[place]] for place in order))), 3)
        for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0))
    }
    assert max(sizes) - min(sizes) <= 1


def test_a_polygon_inside_another_counts_nothing() -> None:
    inner = square(20.5, 50.5, 1)
    for shape in (several([ONE], [inner]), several([inner], [ONE]), several([ONE], [ONE])):
        assert area(shape) == pytest.approx(area(polygon(ONE)))
        assert perimeter(shape) == pytest.approx(perimeter(polygon(ONE)))
        assert middle(shape) == pytest.approx(middle(polygon(ONE)))


def test_a_polygon_in_the_hole_of_another_counts() -> None:
    hole, inner = square(20.5, 50.5, 1), square(20.7, 50.7, 0.5)
    assert area(several([ONE, hole], [inner])) == pytest.approx(
        area(polygon(ONE, hole)) + area(polygon(inner))
    )


def test_polygons_side_by_side_have_no_border_between_them() -> None:
    both = several([ONE], [square(22, 50, 2)])
    assert area(both) == pytest.approx(2 * area(polygon(ONE)))
    border = perimeter(several([ONE], [square(120, 50, 2)])) - perimeter(both)
    assert border == pytest.approx(2 * 222_390, rel=1e-4)
    assert middle(both)[0] == pytest.approx(22)


def answer(engine: Engine, call: str) -> Any:
    return engine.run(f"print x = {call}")[1][0][0]


def test_polygons_on_parts_of_edges_are_refused(kql_engine: Engine) -> None:
    shape = several([ONE], [square(22, 50.5, 0.5)])
    for name in ("area", "perimeter", "centroid"):
        with pytest.raises(duckdb.Error, match="refuses polygons"):
            answer(kql_engine, f"geo_polygon_{name}(dynamic({shape}))")


def test_lines_that_share_edges_count_once(kql_engine: Engine) -> None:
    def lines(*parts: Ring) -> str:
        return f'dynamic({{"type":"MultiLineString","coordinates":{json.dumps(parts)}}})'

    shared, whole = lines(ONE[:3], ONE[1:4], ONE[2:0:-1]), lines(ONE[:4])
    for name in ("length", "centroid"):
        found = [
            answer(kql_engine, f"tostring(geo_line_{name}({line}))") for line in (shared, whole)
        ]
        assert found[0] == found[1]
