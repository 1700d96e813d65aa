"""H3 cells: that parents hold their children, rings go around, and what is no cell gives nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

CELL = "geo_point_to_h3cell(4.35, 50.85, 7)"
VALUES = [
    (f"geo_h3cell_level({CELL})", 7),
    ("geo_h3cell_level(geo_point_to_h3cell(4.35, 50.85))", 6),
    (f"geo_h3cell_parent({CELL}) == geo_point_to_h3cell(4.35, 50.85)", True),
    (f"geo_h3cell_level(geo_h3cell_parent({CELL}, 0))", 0),
    (f"geo_h3cell_parent({CELL}, 7) == {CELL}", True),
    (f"geo_h3cell_parent({CELL}, 8)", ""),
    (f"geo_h3cell_parent({CELL}, int(null))", ""),
    ("geo_h3cell_parent(geo_point_to_h3cell(4.35, 50.85, 0))", ""),
    ("geo_h3cell_parent('12')", ""),
    (f"array_length(geo_h3cell_children({CELL}))", 7),
    (f"array_length(geo_h3cell_children({CELL}, 9))", 49),
    (f"geo_h3cell_children({CELL}, 6)", None),
    (f"geo_h3cell_children({CELL}, 13)", None),
    ("geo_h3cell_children('zz')", None),
    (f"{CELL} in (geo_h3cell_children(geo_h3cell_parent({CELL})))", True),
    (f"geo_h3cell_rings({CELL}, 0)[0][0] == {CELL}", True),
    (f"array_length(geo_h3cell_rings({CELL}, 3)[3])", 18),
    (f"geo_h3cell_rings({CELL}, 143)", None),
    (f"geo_h3cell_rings({CELL}, -1)", None),
    ("geo_h3cell_rings('', 1)", None),
    (f"array_length(geo_h3cell_to_polygon({CELL}).coordinates[0])", 7),
    ("geo_h3cell_to_polygon('x')", None),
    ("geo_h3cell_to_central_point('8')", None),
    ("geo_h3cell_level('x')", None),
    ("geo_point_to_h3cell(200, 1, 1)", ""),
    ("geo_point_to_h3cell(1, 91, 1)", ""),
    ("geo_point_to_h3cell(1, 1, 16)", ""),
    ("geo_point_to_h3cell(real(null), 1, 1)", ""),
    ("geo_point_to_h3cell(1, 1, int(null))", ""),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


def test_the_middle_of_a_cell_lies_in_it(kql_engine: Engine) -> None:
    query = f"""
        print cell = {CELL} | extend p = geo_h3cell_to_central_point(cell).coordinates
        | project cell == geo_point_to_h3cell(toreal(p[0]), toreal(p[1]), 7)"""
    assert kql_engine.run(query)[1] == [(True,)]


def test_a_ring_goes_around(kql_engine: Engine) -> None:
    """Neighbours in a ring touch: each is in the first ring of the one before it."""
    query = f"""
        let ring = geo_h3cell_rings({CELL}, 1)[1];
        range i from 0 to 4 step 1
        | where tostring(ring[i + 1]) !in (geo_h3cell_rings(tostring(ring[i]), 1)[1])
        | count"""
    assert kql_engine.run(query)[1] == [(0,)]
