"""What lines and polygons have in common or cover together, and what is refused."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.functions.extents import area
from openinsights.kql.functions.overlays import lines_share, polygons_share, union

if TYPE_CHECKING:
    from engine import Engine


def polygon(*corners: tuple[float, float]) -> str:
    ring = [list(corner) for corner in (*corners, corners[0])]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def line(*corners: tuple[float, float]) -> str:
    return json.dumps({"type": "LineString", "coordinates": [list(c) for c in corners]})


def square(west: float, south: float, size: float) -> str:
    east, north = west + size, south + size
    return polygon((west, south), (east, south), (east, north), (west, north))


def answer(engine: Engine, call: str) -> Any:
    return engine.run(f"print x = {call}")[1][0][0]


def dynamic(text: str) -> str:
    return f"dynamic({text})"


offsets = st.floats(0.3, 1.7).filter(lambda x: abs(x - 1) > 0.01)


@given(offsets, offsets, st.booleans())
def test_areas_add_up(east: float, north: float, is_turned: bool) -> None:
    """Both together are as large as each by itself, less what they have in common."""
    one = square(10, 40, 2)
    corners = [(10 + east, 40 + north), (13 + east, 40 + north), (11 + east, 43 + north)]
    other = polygon(*(corners[::-1] if is_turned else corners))
    both, common = union(f"[{one},{other}]"), polygons_share(one, other)
    assert both
    assert common
    sizes = [area(shape) for shape in (one, other, both, common)]
    assert sizes[0] + sizes[1] == pytest.approx(sizes[2] + sizes[3], rel=1e-9)
    assert sizes[3] < min(sizes[:2])


@given(offsets, offsets)
def test_the_order_of_two_does_not_change_the_area(east: float, north: float) -> None:
    one, other = square(0, 0, 2), square(east, north, 3)
    sizes = [area(polygons_share(a, b)) for a, b in ((one, other), (other, one))]
    assert math.isclose(*sizes)


def test_polygons_side_by_side_become_one(kql_engine: Engine) -> None:
    shapes = f"pack_array({dynamic(square(0, 0, 2))}, {dynamic(square(2, 0, 2))})"
    found = answer(kql_engine, f"geo_union_polygons_array({shapes})")
    assert found["type"] == "Polygon"
    assert len(found["coordinates"][0]) == 7


def test_a_polygon_inside_another(kql_engine: Engine) -> None:
    large, small = dynamic(square(0, 0, 5)), dynamic(square(1, 1, 1))
    inside = answer(kql_engine, f"geo_intersection_2polygons({large}, {small})")
    assert [pytest.approx(p) for p in inside["coordinates"][0]] == [
        [1, 1], [2, 1], [2, 2], [1, 2], [1, 1],
    ]  # fmt: skip


def test_polygons_that_share_a_corner(kql_engine: Engine) -> None:
    left, right = dynamic(polygon((0, 0), (1, 0), (1, 1))), dynamic(polygon((1, 1), (2, 1), (2, 2)))
    found = answer(kql_engine, f"geo_intersection_2polygons({left}, {right})")
    assert found == {"type": "Point", "coordinates": pytest.approx([1, 1])}


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        ("geo_intersection_2polygons", (square(0, 0, 1), square(5, 5, 1))),
        ("geo_intersection_2lines", (line((0, 0), (1, 1)), line((2, 0), (3, 1)))),
        ("geo_intersection_line_with_polygon", (line((0, 0), (1, 1)), square(5, 5, 1))),
    ],
)
def test_nothing_in_common_is_an_empty_collection(
    kql_engine: Engine, call: str, shapes: tuple[str, str]
) -> None:
    found = answer(kql_engine, f"{call}({', '.join(map(dynamic, shapes))})")
    assert found == {"type": "GeometryCollection", "geometries": []}


def test_lines_cross_in_a_point(kql_engine: Engine) -> None:
    one, other = dynamic(line((0, -1), (0, 1))), dynamic(line((-1, 0), (1, 0)))
    found = answer(kql_engine, f"geo_intersection_2lines({one}, {other})")
    assert found == {"type": "Point", "coordinates": pytest.approx([0, 0])}


def test_lines_share_edges(kql_engine: Engine) -> None:
    one, other = dynamic(line((0, 0), (1, 2), (3, 3))), dynamic(line((3, 3), (1, 2), (5, 0)))
    found = answer(kql_engine, f"geo_intersection_2lines({one}, {other})")
    assert found["type"] == "LineString"
    assert [pytest.approx(p) for p in found["coordinates"]] == [[1, 2], [3, 3]]


def test_a_line_in_and_out_of_a_polygon(kql_engine: Engine) -> None:
    shape = polygon((0, 0), (6, 0), (6, 3), (3, 1), (0, 3))
    found = answer(
        kql_engine,
        f"geo_intersection_line_with_polygon({dynamic(line((-1, 2), (7, 2)))}, {dynamic(shape)})",
    )
    assert found["type"] == "MultiLineString"
    assert [len(part) for part in found["coordinates"]] == [2, 2]
    assert found["coordinates"][0][0][0] == pytest.approx(0)


@pytest.mark.parametrize(
    "call",
    [
        f"geo_intersection_2polygons({dynamic(square(0, 0, 2))}, {dynamic(square(2, 0, 2))})",
        f"geo_intersection_2lines({dynamic(line((0, 0), (4, 0)))}, {dynamic(line((1, 0), (2, 0)))})",
        f"geo_intersection_2lines({dynamic(line((0, 0), (4, 0)))},"
        f" {dynamic(line((1, -1), (1, 1), (2, -1)))})",
        f"geo_intersection_line_with_polygon({dynamic(line((0, 0), (4, 0)))},"
        f" {dynamic(square(0, 0, 1))})",
        f"geo_union_polygons_array(pack_array({dynamic(square(0, 0, 1))},"
        f" {dynamic(square(5, 5, 1))}))",
    ],
)
def test_what_is_not_certain_is_refused(kql_engine: Engine, call: str) -> None:
    with pytest.raises(duckdb.Error, match="refuses"):
        kql_engine.run(f"print {call}")


@pytest.mark.parametrize(
    "call",
    [
        f"geo_intersection_2polygons({dynamic(square(0, 0, 2))}, dynamic({{}}))",
        f"geo_intersection_2lines({dynamic(line((0, 0)))}, {dynamic(line((1, 0), (2, 0)))})",
        "geo_intersection_line_with_polygon(dynamic(null), dynamic(null))",
        "geo_union_polygons_array(dynamic([]))",
        "geo_union_polygons_array(dynamic([1]))",
        "geo_union_polygons_array(dynamic('x'))",
    ],
)
def test_nothing_comes_of_what_is_no_shape(kql_engine: Engine, call: str) -> None:
    assert kql_engine.run(f"print isnull({call})")[1] == [(True,)]


def test_lines_that_meet_end_to_end() -> None:
    found = json.loads(lines_share(line((0, 0), (1, 0)), line((1, 0), (2, 0))))
    assert found["type"] == "Point"
