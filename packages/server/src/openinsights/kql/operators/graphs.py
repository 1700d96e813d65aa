"""`make-graph`, and what filters a graph or makes tables of it: nodes with edges between them.

A graph is a relation that holds no rows of its own (scope.Graph). Nodes are one for each id: those
of the tables given, and those that only edges know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Aggregation, Symbol, Window, constant, reference
from openinsights.kql.errors import KqlError, KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import dynamics
from openinsights.kql.functions.components import COMPONENTS
from openinsights.kql.functions.row import Function
from openinsights.kql.functions.windows import ROW_ORDINAL
from openinsights.kql.operators.join import Pair, joined
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.project import columns_named
from openinsights.kql.operators.union import united
from openinsights.kql.plan import Expand, Extend, Group, Values
from openinsights.kql.scope import Column, Graph, Namer, Relation, Scope, TabularVariable
from openinsights.kql.syntax import Broken, Call, Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser

ID: Final = "\0id"
SOURCE: Final = "\0source"
TARGET: Final = "\0target"
NUMBER: Final = "\0number"


@dataclass(slots=True)
class MakeGraph(Node):
    """`make-graph source --> target with table on id, …`, or `with_node_id=name`."""

    source: Name
    target: Name
    nodes: list[tuple[Node, Name]]
    id_name: str


@dataclass(slots=True)
class Part:
    """`nodes` or `edges` of a graph as a table: the names of its columns of ids, "" for none."""

    is_nodes: bool
    title: str
    id_names: tuple[str, str]


@dataclass(slots=True)
class GraphToTable(Node):
    """`graph-to-table nodes as N with_node_id=id, edges as E`."""

    parts: list[Part]


@dataclass(slots=True)
class GraphWhere(Node):
    """`graph-where-nodes predicate` or `graph-where-edges predicate`."""

    of_nodes: bool
    predicate: Node


def parse_make(parser: Parser, start: int) -> MakeGraph:
    """Read the ends of edges, and what is known of nodes."""
    source = _column(parser)
    for mark in "-->":
        parser.expect(mark)
    target = _column(parser)
    nodes: list[tuple[Node, Name]] = []
    options = parser.options(("with_node_id",))
    if not options and parser.accept_word("with"):
        while True:
            table = parser.table()
            parser.expect_word("on")
            nodes.append((table, _column(parser)))
            if not parser.accept(","):
                break
    if parser.is_word("partitioned"):
        raise KqlUnsupported(
            "graphs in parts are not run", parser.token.start, parser.token.end, "filter before"
        )
    id_name = options.get("with_node_id")
    title = id_name.name if isinstance(id_name, Name) else ""
    return MakeGraph(start, parser.last_end, source, target, nodes, title)


def _column(parser: Parser) -> Name:
    start = parser.token.start
    name = parser.name("a column's name")
    return Name(start, parser.last_end, name)


def bind_make(binder: Binder, node: MakeGraph, relation: Relation, scope: Scope) -> Relation:
    """Edges are the rows; each id is one node."""
    source, target = _ends_of(binder, node, relation)
    for column, name in ((source, node.source), (target, node.target)):
        if column.type is KqlType.DYNAMIC:
            raise KqlSemanticError("the id of a node is not dynamic", name.start, name.end)
    if source.type is not target.type:
        raise KqlSemanticError(
            f"ids of nodes are of one type, these are {source.type} and {target.type}",
            node.target.start,
            node.target.end,
        )
    number = Symbol("edge", KqlType.LONG)
    numbering = Window(KqlType.LONG, False, ROW_ORDINAL, (), (), ())
    numbered = relation.on(Extend(relation.plan, ((number, numbering),)))
    ends = [Column(SOURCE, source.symbol), Column(TARGET, target.symbol), Column(NUMBER, number)]
    edges = binder.share(replace(numbered.showing([*relation.columns, *ends]), order=()))
    nodes = binder.share(_nodes(binder, node, edges, scope))
    return Relation(Values((), ()), (), graph=Graph(nodes, edges), label=relation.label)


def _ends_of(binder: Binder, node: MakeGraph, relation: Relation) -> tuple[Column, Column]:
    found: list[Column] = []
    mistakes: list[KqlError] = []
    for name in (node.source, node.target):
        try:
            found += columns_named(relation, name)
        except KqlError as mistake:
            mistakes.append(mistake)
    binder.raise_first(mistakes)
    source, target = found
    return source, target


def _nodes(binder: Binder, node: MakeGraph, edges: Relation, scope: Scope) -> Relation:
    """One row for each id: what the tables say of it, the first of several values."""
    type_ = edges.columns[-1 - len((TARGET, NUMBER))].type
    local = Scope()
    ends = edges.columns[-3:]
    local.variables["edges"] = _table(
        node, edges.showing([Column("source", ends[0].symbol), Column("target", ends[1].symbol)])
    )
    text = "let ids = edges | project id = source | union (edges | project id = target)"
    text += "" if type_ is KqlType.STRING else " | where isnotnull(id)"
    text += " | distinct id;\n"
    held: dict[tuple[str, KqlType], str] = {}
    titles: list[str] = []
    for place, (table, id_node) in enumerate(node.nodes):
        given = binder.relation(table, scope)
        (column,) = columns_named(given, id_node)
        if column.type is not type_:
            raise KqlSemanticError(
                f"ids of nodes are {type_} here, this is {column.type}", id_node.start, id_node.end
            )
        columns = [Column("id", column.symbol)]
        titles += [f"\0{column.name}"] if f"\0{column.name}" not in titles else []
        for other in given.columns:
            if other.name == column.name:
                continue
            name = held.setdefault((other.name, other.type), f"p{len(held)}")
            titles += [name] if name not in titles else []
            columns.append(Column(name, other.symbol))
        local.variables[f"n{place}"] = _table(node, given.showing(columns))
    if not node.nodes:
        made = binder.written(text + "ids", local)
    else:
        tables = ", ".join(f"n{place}" for place in range(len(node.nodes)))
        chosen = ", ".join(
            f"{name} = take_anyif({name}, {'isnotempty' if t is KqlType.STRING else 'isnotnull'}"
            f"({name}))"
            for (_, t), name in held.items()
        )
        text += f"let given = materialize(union {tables} | summarize {chosen} by id);\n"
        made = binder.written(text + "given | union (ids | join kind=leftanti given on id)", local)
    found = {column.name: column.symbol for column in made.columns}
    names = {name: title for (title, _), name in held.items()}
    namer = Namer()
    columns = []
    if node.id_name:
        columns.append(Column(namer.take(node.id_name), found["id"]))
    for title in titles:
        name, symbol = (
            (title[1:], found["id"]) if title[0] == "\0" else (names[title], found[title])
        )
        columns.append(Column(namer.take(name), symbol))
    return replace(made, order=()).showing([*columns, Column(ID, found["id"])])


def _table(node: Node, relation: Relation) -> TabularVariable:
    return TabularVariable("", Broken(node.start, node.end), Scope(), relation)


def parse_to_table(parser: Parser, start: int) -> GraphToTable:
    """Read one or two parts."""
    parts = [_part(parser)]
    while parser.accept(","):
        parts.append(_part(parser))
    return GraphToTable(start, parser.last_end, parts)


def _part(parser: Parser) -> Part:
    is_nodes = parser.expect_word("nodes", "edges").text == "nodes"
    title = parser.name() if parser.accept_word("as") else ""
    known = ("with_node_id",) if is_nodes else ("with_source_id", "with_target_id")
    options = parser.options(known)
    names = [options.get(name) for name in known]
    first, *rest = (name.name if isinstance(name, Name) else "" for name in names)
    return Part(is_nodes, title, (first, rest[0] if rest else ""))


def bind_to_table(binder: Binder, node: GraphToTable, relation: Relation, scope: Scope) -> Relation:
    """Nodes or edges with their properties, after the hashes of ids that are asked for."""
    graph = graph_of(relation)
    tables = []
    for part in node.parts:
        rows = binder.reuse(graph.nodes if part.is_nodes else graph.edges)
        hidden = (ID,) if part.is_nodes else (SOURCE, TARGET)
        expressions = Expressions(binder, scope, rows)
        made: list[tuple[Symbol, Column]] = []
        assignments = []
        for name, place in zip(part.id_names, hidden, strict=False):
            if name:
                call = Call(node.start, node.end, "hash", [_name(node, place)], node.end)
                value = expressions.bind(call)
                symbol = Symbol(name, value.type)
                assignments.append((symbol, value))
                made.append((symbol, Column(name, symbol)))
        properties = [column for column in rows.columns if not column.name.startswith("\0")]
        namer = Namer()
        columns = [*(column for _, column in made), *properties]
        shown = [Column(namer.take(column.name), column.symbol) for column in columns]
        rows = rows.on(Extend(rows.plan, tuple(assignments))) if assignments else rows
        tables.append(replace(rows.showing(shown), title=part.title))
    return tables[0] if len(tables) == 1 else replace(tables[0], tables=tuple(tables))


def _name(node: Node, name: str) -> Name:
    return Name(node.start, node.end, name)


@dataclass(slots=True)
class MarkComponents(Node):
    """`graph-mark-components kind=… with_component_id=name`."""

    is_strong: bool
    title: str


def parse_components(parser: Parser, start: int) -> MarkComponents:
    """Read the options."""
    options = parser.options(("kind", "with_component_id"))
    kind, title = options.get("kind"), options.get("with_component_id")
    word = kind.name if isinstance(kind, Name) else "weak"
    if word not in ("weak", "strong"):
        parser.fail("the kind of components is weak or strong")
    name = title.name if isinstance(title, Name) else "ComponentId"
    return MarkComponents(start, parser.last_end, word == "strong", name)


def bind_components(
    binder: Binder, node: MarkComponents, relation: Relation, scope: Scope
) -> Relation:
    """The graph, with the number of its component at each node."""
    graph = graph_of(relation)
    if graph.nodes.find(node.title) is not None:
        raise KqlSemanticError(f"nodes have a '{node.title}' already", node.start, node.end)
    edges, nodes = binder.reuse(graph.edges), binder.reuse(graph.nodes)
    number = Symbol("place", KqlType.LONG)
    # Nodes come after all edges, so that one which no edge knows is found too.
    numbering = Window(KqlType.LONG, False, ROW_ORDINAL, (), (), ())
    numbered = nodes.on(Extend(nodes.plan, ((number, numbering),)))
    ends = ["source", "target", "place"]
    rows = united(
        [
            _ends(binder, edges, (SOURCE, TARGET, NUMBER), ends, 0),
            _ends(binder, numbered.showing([*nodes.columns, Column("place", number)]),
                  (ID, "", "place"), ends, _AFTER_EDGES),
        ],
        inner=False,
        source_column="",
    )  # fmt: skip
    values = tuple(reference(column.symbol) for column in rows.columns)
    strong = constant(node.is_strong, KqlType.BOOL)
    pairs = Symbol("pairs", KqlType.DYNAMIC)
    found = Aggregation(KqlType.DYNAMIC, True, COMPONENTS, (*values, strong))
    whole = rows.on(Group(rows.plan, (), ((pairs, found),)))
    one = Symbol("pair", KqlType.DYNAMIC)
    listed = whole.on(Expand(whole.plan, ((one, reference(pairs)),), None, None))
    known = Expressions(binder, scope, listed.showing([]))
    key = Symbol("key", KqlType.STRING)
    component = Symbol(node.title, KqlType.LONG)
    parts = (
        (key, known.convert(dynamics.element(reference(one), 0), KqlType.STRING)),
        (component, known.convert(dynamics.element(reference(one), 1), KqlType.LONG)),
    )
    table = listed.on(Extend(listed.plan, parts)).showing(
        [Column("\0key", key), Column(node.title, component)]
    )
    again = binder.reuse(graph.nodes)
    again, text = _as_text(binder, again, ID)
    match = Pair(text, key, (reference(text), reference(key)))
    marked = joined("inner", again, table, [match], drop_right_keys=True)
    columns = {column.name: column for column in marked.columns}
    *properties, id_ = graph.nodes.names()
    shown = [columns[name] for name in (*properties, node.title, id_)]
    return replace(relation, graph=Graph(binder.share(marked.showing(shown)), graph.edges))


_AFTER_EDGES: Final = 1 << 40


def _ends(
    binder: Binder, rows: Relation, names: tuple[str, str, str], titles: list[str], after: int
) -> Relation:
    """The ends of edges as texts, and their places; a node has no second end."""
    columns = []
    for name, title in zip(names[:2], titles, strict=False):
        if name:
            rows, symbol = _as_text(binder, rows, name)
            columns.append(Column(title, symbol))
        else:
            missing = Symbol(title, KqlType.STRING)
            rows = rows.on(Extend(rows.plan, ((missing, _NONE),)))
            columns.append(Column(title, missing))
    expressions = Expressions(binder, Scope(), rows)
    place = rows.find(names[2])
    if place is None:
        raise AssertionError("BUG: rows without places")
    moved = expressions.arithmetic("+", reference(place), constant(after, KqlType.LONG))
    if moved is None:
        raise AssertionError("BUG: no arithmetic of longs")
    symbol = Symbol(titles[2], KqlType.LONG)
    rows = rows.on(Extend(rows.plan, ((symbol, moved),)))
    return rows.showing([*columns, Column(titles[2], symbol)])


_NONE: Final = apply(Function("null text", (), KqlType.STRING, "CAST(NULL AS VARCHAR)"), ())


def _as_text(binder: Binder, rows: Relation, name: str) -> tuple[Relation, Symbol]:
    symbol = rows.find(name)
    if symbol is None:
        raise AssertionError(f"BUG: a graph without {name!r}")
    return binder.as_string(rows, symbol)


def graph_of(relation: Relation) -> Graph:
    """The graph that stands in place of a table; the binder has made sure that one does."""
    if relation.graph is None:
        raise AssertionError("BUG: an operator of graphs on a table")
    return relation.graph


def parse_where_nodes(parser: Parser, start: int) -> GraphWhere:
    """Read the predicate."""
    predicate = parser.expression()
    return GraphWhere(start, parser.last_end, True, predicate)


def parse_where_edges(parser: Parser, start: int) -> GraphWhereEdges:
    """Read the predicate."""
    predicate = parser.expression()
    return GraphWhereEdges(start, parser.last_end, False, predicate)


@dataclass(slots=True)
class GraphWhereEdges(GraphWhere):
    """`graph-where-edges predicate`."""


def bind_where(binder: Binder, node: GraphWhere, relation: Relation, scope: Scope) -> Relation:
    """The nodes that a predicate keeps, with the edges between them; or the edges that it keeps."""
    graph = graph_of(relation)
    rows = binder.reuse(graph.nodes if node.of_nodes else graph.edges)
    expressions = Expressions(binder, scope, rows)
    predicate = expressions.predicate(node.predicate)
    kept = binder.share(binder.filtered(expressions.settled(), predicate))
    if not node.of_nodes:
        return replace(relation, graph=Graph(graph.nodes, kept))
    edges = binder.reuse(graph.edges)
    for place in (SOURCE, TARGET):
        nodes = binder.reuse(kept)
        edges = joined("leftsemi", edges, nodes, [pair(edges, place, nodes)], drop_right_keys=False)
    return replace(relation, graph=Graph(kept, binder.share(edges)))


def pair(left: Relation, name: str, nodes: Relation) -> Pair:
    """The equality of a column and the ids of nodes."""
    symbol, id_ = left.find(name), nodes.find(ID)
    if symbol is None or id_ is None:
        raise AssertionError("BUG: a graph without ids")
    return Pair(symbol, id_, (reference(symbol), reference(id_)))


OPERATORS: Final = (
    Operator(("make-graph",), MakeGraph, parse_make, bind_make, doc="Nodes with edges."),
    Operator(
        ("graph-to-table",),
        GraphToTable,
        parse_to_table,
        bind_to_table,
        doc="Nodes or edges as a table.",
        takes_graph=True,
    ),
    Operator(
        ("graph-mark-components",),
        MarkComponents,
        parse_components,
        bind_components,
        doc="Numbers what hangs together.",
        takes_graph=True,
    ),
    Operator(
        ("graph-where-nodes",),
        GraphWhere,
        parse_where_nodes,
        bind_where,
        doc="Keeps nodes of a graph.",
        takes_graph=True,
    ),
    Operator(
        ("graph-where-edges",),
        GraphWhereEdges,
        parse_where_edges,
        bind_where,
        doc="Keeps edges of a graph.",
        takes_graph=True,
    ),
)
