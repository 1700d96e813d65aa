"""Graphs: where the mistakes of patterns stand, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError, KqlUnsupported

if TYPE_CHECKING:
    from engine import Engine

GRAPH = (
    "datatable(a: string, b: string, w: long)['x', 'y', 1] | make-graph a --> b with_node_id=id\n| "
)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("count", "a graph stands where a table is needed", 3),
        ("graph-match (n)-[e]->(m) project n.nam", "'n' has no property 'nam'", 36),
        ("graph-match (n)-[e]->(m)-[e]->(o) project n.id", "there is an edge 'e' already", 3),
        ("graph-match (n)-[n]->(m) project n.id", "'n' is a node and an edge", 3),
        ("graph-match (n)-[e*3..1]->(m) project n.id", "a path has from 0 to 64 edges", 3),
        ("graph-match (n)-[e*1..99]->(m) project n.id", "a path has from 0 to 64 edges", 3),
        ("graph-match (n)-[e]->(m) where n.id == 'x'", "expected 'project'", 45),
        ("graph-match (n)-[e]->(m) project node_degree_in(e)", "takes a node", 36),
        ("graph-match cycles=some (n) project n.id", "cycles are all, none or unique_edges", 27),
        ("graph-shortest-paths (n)-[e]->(m) project n.id", "an edge of variable length", 3),
        ("graph-match (n)<-[e]->(m) project n.id", "expected '('", 24),
        ("graph-mark-components with_component_id=id", "nodes have a 'id' already", 3),
        ("graph-mark-components kind=loose | graph-to-table nodes", "weak or strong", 36),
        ("graph-where-nodes nme == 'x' | graph-match (n) project n.id", "unknown column", 21),
    ],
)
def test_mistakes_have_their_place(
    kql_engine: Engine, text: str, message: str, column: int
) -> None:
    with pytest.raises(KqlError) as caught:
        kql_engine.run(GRAPH + text)
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (2, column)
    assert len(caught.value.diagnostics) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "print a = 'x', b = 1 | make-graph a --> b | graph-to-table nodes",
            "ids of nodes are of one",
        ),
        ("print a = 'x' | make-graph a --> a", "a graph stands where a table is needed"),
        ("print a = 'x' | graph-match (n) project n.a", "'graph-match' takes a graph"),
        ("let g = print a = 'x' | make-graph a --> a; g | count", "a graph stands where a table"),
        ("print a = dynamic([1]) | make-graph a --> a | graph-to-table nodes", "is not dynamic"),
        ("print map(1, 1)", "it speaks of a pattern"),
    ],
)
def test_graphs_and_tables_are_told_apart(kql_engine: Engine, text: str, message: str) -> None:
    with pytest.raises(KqlError, match=message) as caught:
        kql_engine.run(text)
    assert len(caught.value.diagnostics) == 1


@pytest.mark.parametrize(
    "text",
    [
        "graph-match cycles=none (n)-[e*1..2]->(m)-[f]->(o) project n.id",
        "graph-match (n) project labels(n)",
    ],
)
def test_what_is_not_run_is_refused_by_name(kql_engine: Engine, text: str) -> None:
    with pytest.raises(KqlUnsupported):
        kql_engine.run(GRAPH + text)


def test_a_long_walk_visits_each_edge_of_a_ring_once(kql_engine: Engine) -> None:
    text = (
        "range n from 0 to 39 step 1 | extend m = (n + 1) % 40 | make-graph n --> m with_node_id=id"
        " | graph-match (a)-[e*1..64]->(b) where a.id == 7 project b.id, hops = array_length(e)"
        " | summarize count(), max(hops), dcount(b_id)"
    )
    assert kql_engine.run(text)[1] == [(40, 40, 40)]
