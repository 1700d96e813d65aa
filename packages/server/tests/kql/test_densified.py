"""Densified lines and polygons: that corners stay, and that no edge strays from the map."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.kql.functions.densified import line, polygon
from openinsights.kql.functions.places import RADIUS_M

if TYPE_CHECKING:
    from engine import Engine


def geometry(kind: str, coordinates: object) -> str:
    return json.dumps({"type": kind, "coordinates": coordinates})


def far_apart(start: list[float], end: list[float]) -> float:
    """Metres between the middle of an edge on the map and the middle of the shortest line."""
    a, b = ((math.radians(across), math.radians(up)) for across, up in (start, end))
    vectors = [
        (math.cos(u) * math.cos(x), math.cos(u) * math.sin(x), math.sin(u)) for x, u in (a, b)
    ]
    middle = [i + j for i, j in zip(*vectors, strict=True)]
    size = math.hypot(*middle)
    up, across = (a[1] + b[1]) / 2, (a[0] + b[0]) / 2
    there = (math.cos(up) * math.cos(across), math.cos(up) * math.sin(across), math.sin(up))
    return RADIUS_M * math.dist([part / size for part in middle], there)


places = st.tuples(st.floats(-80, 80), st.floats(-80, 80))


@given(places, places, st.sampled_from([1.0, 10.0, 1000.0]))
def test_no_edge_strays_further_than_the_tolerance(
    start: tuple[float, float], end: tuple[float, float], meters: float
) -> None:
    found = json.loads(line(geometry("LineString", [start, end]), meters, False))["coordinates"]
    assert found[0] == pytest.approx(start)
    assert found[-1] == pytest.approx(end)
    assert all(far_apart(a, b) <= meters * 1.01 for a, b in itertools.pairwise(found))


def test_short_edges_and_meridians_stay_as_they_are(kql_engine: Engine) -> None:
    query = """
        print short = geo_line_densify(dynamic({"type":"LineString","coordinates":[[4,50],[4.01,50.01]]})),
            north = geo_line_densify(dynamic({"type":"LineString","coordinates":[[4,-50],[4,30]]}))
        | project array_length(short.coordinates), array_length(north.coordinates)"""
    assert kql_engine.run(query)[1] == [(2, 2)]


def test_a_smaller_tolerance_adds_more_corners(kql_engine: Engine) -> None:
    query = """
        let edge = dynamic({"type":"LineString","coordinates":[[4,50],[6,51]]});
        print n = array_length(geo_line_densify(edge).coordinates),
            more = array_length(geo_line_densify(edge, 0.1).coordinates)
        | project more > n, n > 2"""
    assert kql_engine.run(query)[1] == [(True, True)]


def test_a_line_over_the_antimeridian_is_parted() -> None:
    text = geometry("LineString", [[170, 10], [190, 10]])
    parted = json.loads(line(text, 10000.0, False))
    assert parted["type"] == "MultiLineString"
    assert [part[-1][0] > 0 for part in parted["coordinates"]] == [True, False]
    assert parted["coordinates"][0][-1] == [179.999999999999, parted["coordinates"][1][0][1]]
    whole = json.loads(line(text, 10000.0, True))
    assert whole["type"] == "LineString"


def test_polygons_keep_their_rings() -> None:
    outer = [[0, 40], [10, 40], [10, 50], [0, 50], [0, 40]]
    inner = [[4, 44], [4, 46], [6, 46], [6, 44], [4, 44]]
    found = json.loads(polygon(geometry("Polygon", [outer, inner]), 10.0, False))
    assert found["type"] == "Polygon"
    for before, after in zip((outer, inner), found["coordinates"], strict=True):
        assert len(after) > len(before)
        assert after[0] == after[-1]
        for corner in before:
            assert any(corner == pytest.approx(place) for place in after)


def test_a_polygon_over_the_antimeridian_is_not_parted(kql_engine: Engine) -> None:
    shape = "dynamic({'type':'Polygon','coordinates':[[[179,1],[181,1],[180,3],[179,1]]]})"
    with pytest.raises(duckdb.Error, match="antimeridian"):
        kql_engine.run(f"print geo_polygon_densify({shape})")
    kept = kql_engine.run(f"print geo_polygon_densify({shape}, 10, true)")[1][0][0]
    assert any(place == pytest.approx([-179, 1]) for place in kept["coordinates"][0])


@pytest.mark.parametrize(
    "call",
    [
        "geo_line_densify(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), 0)",
        "geo_line_densify(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), 20000)",
        "geo_line_densify(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), real(null))",
        "geo_line_densify(dynamic({'type':'LineString','coordinates':[[1,1]]}))",
        "geo_line_densify(dynamic({'type':'LineString','coordinates':[[1,1],[2,100]]}))",
        "geo_line_densify(dynamic({'type':'Point','coordinates':[1,1]}))",
        "geo_line_densify(dynamic(null))",
        "geo_polygon_densify(dynamic({'type':'Polygon','coordinates':[[[1,1],[2,2],[1,1]]]}))",
        "geo_polygon_densify(dynamic({'type':'Polygon','coordinates':[[[1,1],[2,1],[2,2],[0,0]]]}))",
        "geo_polygon_densify(dynamic({'type':'Polygon','coordinates':[]}))",
        "geo_polygon_densify(dynamic([1]))",
    ],
)
def test_nothing_comes_of_what_is_no_shape(kql_engine: Engine, call: str) -> None:
    assert kql_engine.run(f"print isnull({call})")[1] == [(True,)]
