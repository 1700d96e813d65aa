"""geo_line_lookup and geo_polygon_lookup: which rows come back, with which columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlSemanticError

if TYPE_CHECKING:
    from engine import Engine

SHAPES = """
    let fields = datatable(field: string, shape: dynamic, n: long)[
        "small", dynamic({"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]}), 1,
        "large", dynamic({"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}), 2,
        "none", dynamic(null), 3];
    let paths = datatable(path: string, line: dynamic)[
        "equator", dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]}),
        "meridian", dynamic({"type":"LineString","coordinates":[[0,0],[0,10]]})];
    let places = datatable(name: string, x: real, y: real, n: long)[
        "in both", 1, 1, 10, "in one", 3, 3, 20, "near", 4.01, 1, 30, "nowhere", real(null), 1, 40];
    """


def test_a_row_comes_back_for_each_polygon(kql_engine: Engine) -> None:
    columns, rows = kql_engine.run(
        SHAPES + "places | evaluate geo_polygon_lookup(fields, shape, x, y)"
    )
    assert columns == ["name", "x", "y", "n", "field", "n1"]
    assert sorted((row[0], row[4], row[5]) for row in rows) == [
        ("in both", "large", 2),
        ("in both", "small", 1),
        ("in one", "large", 2),
    ]


def test_a_radius_reaches_beyond_the_border(kql_engine: Engine) -> None:
    query = (
        SHAPES
        + """
        places | evaluate geo_polygon_lookup(fields, shape, x, y, 2000)
        | where name == "near" | project field"""
    )
    assert kql_engine.run(query)[1] == [("large",)]


def test_rows_without_a_polygon_are_kept_when_asked(kql_engine: Engine) -> None:
    query = (
        SHAPES
        + """
        places
        | evaluate geo_polygon_lookup(fields, shape, x, y, return_unmatched=true, return_lookup_key=true)
        | where isempty(field) | project name, isnull(shape), n1 | sort by name asc"""
    )
    assert kql_engine.run(query)[1] == [("near", True, None), ("nowhere", True, None)]


def test_lines_are_found_within_a_radius(kql_engine: Engine) -> None:
    query = (
        SHAPES
        + """
        places | evaluate geo_line_lookup(paths, line, x, y, radius=120000)
        | project name, path | sort by name asc, path asc"""
    )
    assert kql_engine.run(query)[1] == [
        ("in both", "equator"),
        ("in both", "meridian"),
        ("near", "equator"),
    ]


def test_nothing_comes_of_no_rows(kql_engine: Engine) -> None:
    query = SHAPES + "places | take 0 | evaluate geo_line_lookup(paths, line, x, y, 1) | count"
    assert kql_engine.run(query)[1] == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("places", "lacks the polygons"),
        ("fields, n, x, y", "polygons are dynamic values"),
        ("fields, shape, name, y", "a longitude is a number"),
        ("fields, shape, x, y, 'far'", "radius is a number of meters"),
        ("fields, shape, x, y, radios=1", "has no parameter 'radios'"),
        ("x, shape, x, y", "takes a table first"),
    ],
)
def test_mistakes_name_their_place(kql_engine: Engine, arguments: str, message: str) -> None:
    with pytest.raises(KqlSemanticError, match=message):
        kql_engine.run(SHAPES + f"places | evaluate geo_polygon_lookup({arguments})")


def test_lines_need_a_radius(kql_engine: Engine) -> None:
    with pytest.raises(KqlSemanticError, match="lacks the radius"):
        kql_engine.run(SHAPES + "places | evaluate geo_line_lookup(paths, line, x, y)")
