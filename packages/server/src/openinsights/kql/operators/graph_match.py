"""`graph-match` and `graph-shortest-paths`: where a pattern of nodes and edges fits a graph.

The pattern becomes joins, from its first node to its last: each edge joins the edges that leave the
present node, each named node its properties. An edge of variable length becomes walks (plan.Paths).
A condition is put to the rows as soon as all that it speaks of is there. Rows hold the properties
of each variable under its name and theirs, with a character between that no query can write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Aggregation, Bound, Compare, Symbol, Window, constant, reference
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import conversion, registry
from openinsights.kql.functions.row import Function, Kind, Null
from openinsights.kql.operators.graphs import ID, NUMBER, SOURCE, TARGET, graph_of
from openinsights.kql.operators.join import Pair, joined
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import computed, outputs, shown
from openinsights.kql.operators.union import united
from openinsights.kql.plan import Extend, Paths
from openinsights.kql.scope import Column, Graph, Namer, Relation
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Call, Logical, Member, Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

MAX_LENGTH: Final = 64
"""How many edges a walk may have at most."""
MAX_EDGES: Final = 16
"""How many edges a pattern may have at most."""
_NEXT: Final = "\0next"
_FIRST: Final = "\0first"
_ONCE: Final = {"": "edges", "unique_edges": "edges", "all": "", "none": "nodes"}
"""What a match meets once at most, by the option `cycles`."""

_ARRAY: Final = Function(
    "array of texts", (Kind.ANY,), KqlType.DYNAMIC, "concat('[', array_to_string({0}, ','), ']')",
    null=Null.NEVER,
)  # fmt: skip
_ALL_BUT_LAST: Final = Function(
    "all but last", (Kind.ANY,), KqlType.DYNAMIC, "({0})[:-2]", null=Null.NEVER
)
_ALL: Final = Function(
    "all hold", (Kind.ANY,), KqlType.BOOL,
    "(NOT list_contains({0}, 'false') AND NOT list_contains({0}, 'null'))", null=Null.NEVER,
)  # fmt: skip
_ANY: Final = Function(
    "any holds", (Kind.ANY,), KqlType.BOOL, "list_contains({0}, 'true')", null=Null.NEVER
)
_APART: Final = Function(
    "not on path", (Kind.ANY,) * 2, KqlType.BOOL, "(NOT list_contains({0}, {1}))", null=Null.NEVER
)
_DISJOINT: Final = Function(
    "paths apart", (Kind.ANY,) * 2, KqlType.BOOL, "(NOT list_has_any({0}, {1}))", null=Null.NEVER
)
_LEAST: Final = Function(
    "least of rows", (Kind.ANY,), KqlType.LONG, "min({*}) {over}", window=True, null=Null.NEVER
)
_COUNT_OR_ZERO: Final = Function(
    "count or zero", (Kind.ANY,), KqlType.LONG, "COALESCE({0}, 0)", null=Null.NEVER
)


@dataclass(slots=True)
class NodePattern:
    """`(name)`; a name that no query can write where there is none."""

    name: str


@dataclass(slots=True)
class EdgePattern:
    """`-[name*1..3]->`: its direction is `out`, `in` or `any`; lengths are None for one edge."""

    name: str
    direction: str
    least: Node | None
    most: Node | None


@dataclass(slots=True)
class Walk:
    """One sequence of a pattern: a node, then edges with the nodes that they lead to."""

    first: NodePattern
    steps: list[tuple[EdgePattern, NodePattern]]


@dataclass(slots=True)
class GraphMatch(Node):
    """`graph-match cycles=… pattern where predicate project columns`."""

    pattern_start: int
    pattern_end: int
    once: str
    walks: list[Walk]
    predicate: Node | None
    items: list[Node]


@dataclass(slots=True)
class ShortestPaths(GraphMatch):
    """`graph-shortest-paths output=… pattern where predicate project columns`."""

    gives_all: bool = False


def parse_match(parser: Parser, start: int) -> GraphMatch:
    """Read option, pattern, predicate and columns."""
    option = parser.options(("cycles",)).get("cycles")
    cycles = option.name if isinstance(option, Name) else ""
    if cycles not in _ONCE:
        parser.fail("cycles are all, none or unique_edges")
    at = parser.token.start
    walks = _walks(parser)
    end = parser.last_end
    predicate, items = _rest(parser)
    return GraphMatch(start, parser.last_end, at, end, _ONCE[cycles], walks, predicate, items)


def parse_shortest(parser: Parser, start: int) -> ShortestPaths:
    """Read option, pattern, predicate and columns."""
    option = parser.options(("output",)).get("output")
    output = option.name if isinstance(option, Name) else "any"
    if output not in ("any", "all"):
        parser.fail("the output is any or all")
    at = parser.token.start
    walks = _walks(parser)
    end = parser.last_end
    predicate, items = _rest(parser)
    return ShortestPaths(
        start, parser.last_end, at, end, "nodes", walks, predicate, items, output == "all"
    )


def _rest(parser: Parser) -> tuple[Node | None, list[Node]]:
    predicate = parser.expression() if parser.accept_word("where") else None
    parser.expect_word("project")
    return predicate, parser.named_expressions()


def _walks(parser: Parser) -> list[Walk]:
    walks: list[Walk] = []
    count = 0
    while True:
        first = _node(parser)
        steps: list[tuple[EdgePattern, NodePattern]] = []
        while parser.is_symbol("-") or parser.is_symbol("<"):
            count += 1
            if count > MAX_EDGES:
                parser.fail(f"a pattern has at most {MAX_EDGES} edges")
            edge = _edge(parser)
            steps.append((edge, _node(parser)))
        walks.append(Walk(first, steps))
        if not parser.accept(","):
            break
    elements: list[NodePattern | EdgePattern] = []
    for walk in walks:
        elements.append(walk.first)
        for edge, node in walk.steps:
            elements += [edge, node]
    for place, element in enumerate(elements):
        element.name = element.name or f"\0{place}"
    return walks


def _node(parser: Parser) -> NodePattern:
    parser.expect("(")
    name = "" if parser.is_symbol(")") else parser.name("the name of a node")
    parser.expect(")")
    return NodePattern(name)


def _edge(parser: Parser) -> EdgePattern:
    comes_in = parser.accept("<")
    parser.expect("-")
    name, least, most = "", None, None
    if parser.accept("["):
        if not parser.is_symbol("*") and not parser.is_symbol("]"):
            name = parser.name("the name of an edge")
        if parser.accept("*"):
            least = parser.arithmetic()
            parser.expect("..")
            most = parser.arithmetic()
        parser.expect("]")
    parser.expect("-")
    goes_out = not comes_in and parser.accept(">")
    direction = "in" if comes_in else "out" if goes_out else "any"
    return EdgePattern(name, direction, least, most)


def bind_match(binder: Binder, node: GraphMatch, relation: Relation, scope: Scope) -> Relation:
    """A row for each place where the pattern fits."""
    matcher = _Matcher(binder, node, graph_of(relation), scope)
    return matcher.projected(matcher.matched())


def bind_shortest(
    binder: Binder, node: ShortestPaths, relation: Relation, scope: Scope
) -> Relation:
    """The shortest matches between each first and last node: one, or all of them."""
    if len(node.walks) != 1 or all(edge.least is None for edge, _ in node.walks[0].steps):
        raise KqlSemanticError(
            "a shortest path is one sequence with an edge of variable length", node.start, node.end
        )
    matcher = _Matcher(binder, node, graph_of(relation), scope)
    rows = matcher.matched()
    walk = node.walks[0]
    ends = [rows.find(_of(name, "\0id")) for name in (walk.first.name, walk.steps[-1][1].name)]
    parts = tuple(reference(symbol) for symbol in ends if symbol is not None)
    total: Bound = constant(sum(edge.least is None for edge, _ in walk.steps), KqlType.LONG)
    expressions = Expressions(binder, scope, rows)
    for name in matcher.paths:
        more = expressions.arithmetic("+", total, matcher.value(rows, _of(name, "\0length")))
        total = total if more is None else more
    length, least = Symbol("total", KqlType.LONG), Symbol("least", KqlType.LONG)
    measured = rows.on(Extend(rows.plan, ((length, total),)))
    window = Window(KqlType.LONG, False, _LEAST, (reference(length),), parts, ())
    ranked = measured.on(Extend(measured.plan, ((least, window),)))
    same = Compare(KqlType.BOOL, False, "==", reference(length), reference(least))
    kept = binder.filtered(ranked, same)
    if not node.gives_all:
        number = Symbol("number", KqlType.LONG)
        numbering = Window(KqlType.LONG, False, registry.ROW_ORDINAL, (), parts, ())
        numbered = kept.on(Extend(kept.plan, ((number, numbering),)))
        one = Compare(KqlType.BOOL, False, "==", reference(number), constant(1, KqlType.LONG))
        kept = binder.filtered(numbered, one)
    return matcher.projected(kept)


def _of(variable: str, name: str) -> str:
    return f"{variable}\0{name}"


@dataclass(slots=True)
class _Collected:
    """What a walk collects: of its edges, or of the nodes that it reaches."""

    path: str
    of_nodes: bool
    value: Node | None
    property: str


class _Matcher:
    """Binds one pattern."""

    def __init__(self, binder: Binder, node: GraphMatch, graph: Graph, scope: Scope) -> None:
        self._binder = binder
        self._node = node
        self._scope = scope
        self._graph = graph
        # Shortest paths meet no node twice by themselves.
        self._parts_nodes = node.once == "nodes" and not isinstance(node, ShortestPaths)
        self._kinds: dict[str, str] = {}
        self._name_variables()
        self._collected: dict[int | tuple[str, str], _Collected] = {}
        self._edge_filters: dict[str, list[Node]] = {}
        self._pending: list[tuple[Node, set[str]]] = []
        for part in _conjuncts(node.predicate):
            path = self._all_edges_of(part)
            if path:
                self._edge_filters.setdefault(path, []).append(part.arguments[1])  # type: ignore[attr-defined]  # a call, as _all_edges_of says
            else:
                self._pending.append((part, self._variables_in(part)))
        for item in [*(part for part, _ in self._pending), *node.items]:
            self._collect(item)
        if any(
            isinstance(part, Call) and part.name in ("node_degree_in", "node_degree_out")
            for item in [*(part for part, _ in self._pending), *node.items]
            for part in _parts(item)
        ):
            self._graph = replace(graph, nodes=self._with_degrees())
        self._rows: Relation | None = None
        self._edges: list[str] = []
        self.paths: list[str] = []

    # What the pattern names.

    def _name_variables(self) -> None:
        edges: set[str] = set()
        for walk in self._node.walks:
            self._name(walk.first.name, "node")
            for edge, node in walk.steps:
                if edge.name in edges:
                    self._fail(f"there is an edge '{edge.name}' already")
                edges.add(edge.name)
                self._name(edge.name, "edge" if edge.least is None else "path")
                self._name(node.name, "node")
        single = sum(len(walk.steps) for walk in self._node.walks) == 1
        has_paths = "path" in self._kinds.values()
        if self._parts_nodes and has_paths and not single:
            raise KqlUnsupported(
                "cycles=none is not run beside several edges of which one is of variable length",
                self._node.start,
                self._node.end,
            )

    def _name(self, name: str, kind: str) -> None:
        if self._kinds.setdefault(name, kind) != kind:
            self._fail(f"'{name}' is a node and an edge")

    def _fail(self, message: str) -> None:
        raise KqlSemanticError(message, self._node.start, self._node.end)

    def _variables_in(self, node: Node) -> set[str]:
        return {
            part.name
            for part in _parts(node)
            if isinstance(part, Name) and part.name in self._kinds
        }

    def _is_path(self, node: Node) -> bool:
        return isinstance(node, Name) and self._kinds.get(node.name) == "path"

    def _all_edges_of(self, node: Node) -> str:
        """The path of which each edge must satisfy a condition that speaks of nothing else."""
        if not isinstance(node, Call) or node.name != "all" or len(node.arguments) != 2:
            return ""
        path = node.arguments[0]
        alone = not self._variables_in(node.arguments[1])
        return path.name if isinstance(path, Name) and self._is_path(path) and alone else ""

    def _collect(self, node: Node) -> None:
        """Note what expressions need of the edges and nodes of paths."""
        if isinstance(node, Call) and node.arguments:
            first = node.arguments[0]
            if node.name == "array_length" and self._is_path(first):
                return
            if node.name in ("all", "any", "map") and len(node.arguments) == 2:
                of_nodes = (
                    isinstance(first, Call)
                    and first.name == "inner_nodes"
                    and bool(first.arguments)
                )
                path = first.arguments[0] if of_nodes and isinstance(first, Call) else first
                if isinstance(path, Name) and self._is_path(path):
                    self._collected[id(node)] = _Collected(
                        path.name, of_nodes, node.arguments[1], ""
                    )
                    return
        if isinstance(node, Member) and isinstance(node.base, Name) and self._is_path(node.base):
            path_name = node.base.name
            self._collected[path_name, node.name] = _Collected(path_name, False, None, node.name)
            return
        if isinstance(node, Name) and self._is_path(node):
            self._collected[node.name, ""] = _Collected(node.name, False, None, "")
            return
        for child in _children(node):
            self._collect(child)

    # Rows.

    def matched(self) -> Relation:
        """The rows of the pattern, under the conditions."""
        for walk in self._node.walks:
            present = self._begin(walk.first.name)
            for edge, node in walk.steps:
                if edge.least is None:
                    self._one_edge(present, edge)
                else:
                    self._walk(present, edge)
                present = self._arrive(node.name)
        if self._parts_nodes:
            self._part_nodes()
        if self._rows is None:
            raise AssertionError("BUG: a pattern without nodes")
        for part, _ in self._pending:
            # What speaks of no variable at all.
            self._filter(part)
        return self._rows

    def _begin(self, name: str) -> str:
        if self._rows is None or self._rows.find(_of(name, "\0id")) is None:
            nodes = self._nodes(name)
            rows = self._rows
            self._rows = nodes if rows is None else self._joined(rows, nodes, [])
        self._settle()
        return name

    def _nodes(self, name: str) -> Relation:
        nodes = self._binder.reuse(self._graph.nodes)
        return nodes.showing(Column(_of(name, c.name), c.symbol) for c in nodes.columns)

    def _joined(self, left: Relation, right: Relation, pairs: list[Pair]) -> Relation:
        return joined("inner", left, right, pairs, drop_right_keys=False)

    def _oriented(self, edge: EdgePattern) -> Relation:
        """The edges as the pattern goes along them: source is where it comes from."""
        edges = self._binder.reuse(self._graph.edges)
        if edge.direction == "out":
            return edges
        back = _turned(edges)
        if edge.direction == "in":
            return back
        again = self._binder.reuse(self._graph.edges)
        source, target = (self.value(back, name) for name in (SOURCE, TARGET))
        other = Compare(KqlType.BOOL, True, "!=", source, target)
        turned = self._binder.filtered(back, other)
        return united([again, turned], inner=False, source_column="")

    def _one_edge(self, present: str, edge: EdgePattern) -> None:
        rows = self._there()
        edges = self._filtered(self._oriented(edge), edge.name)
        titles = {SOURCE: _FIRST, TARGET: _NEXT, NUMBER: _of(edge.name, "\0number")}
        right = edges.showing(
            Column(titles.get(c.name) or _of(edge.name, c.name), c.symbol) for c in edges.columns
        )
        pair = self._pair(rows, _of(present, "\0id"), right, _FIRST)
        self._rows = _without(self._joined(rows, right, [pair]), _FIRST)
        self._edges.append(edge.name)
        if self._node.once == "edges":
            own = _of(edge.name, "\0number")
            for other in self._edges[:-1]:
                self._keep_different(own, _of(other, "\0number"))
            for path in self.paths:
                self._keep(_APART, _of(path, "\0path"), own)

    def _filtered(self, edges: Relation, name: str) -> Relation:
        for condition in self._edge_filters.get(name, []):
            expressions = Expressions(self._binder, self._scope, edges)
            predicate = expressions.predicate(condition)
            edges = self._binder.filtered(expressions.settled(), predicate)
        return edges

    def _walk(self, present: str, edge: EdgePattern) -> None:
        shared = self._binder.share(self._there())
        rows, starts = self._binder.reuse(shared), self._binder.reuse(shared)
        edges = self._filtered(self._oriented(edge), edge.name)
        edges, made = self._texts(edges, edge.name)
        source, target, number = (_symbol(edges, name) for name in (SOURCE, TARGET, NUMBER))
        start = _symbol(starts, _of(present, "\0id"))
        known = Expressions(self._binder, self._scope, None)
        least, most = (
            0 if bound is None else known.integer_constant(bound, "the length of a path")
            for bound in (edge.least, edge.most)
        )
        if not 0 <= least <= most <= MAX_LENGTH:
            self._fail(f"a path has from 0 to {MAX_LENGTH} edges, not {least} to {most}")
        first, last = Symbol("first", start.type), Symbol("last", start.type)
        length, path = Symbol("length", KqlType.LONG), Symbol("path", KqlType.DYNAMIC)
        collected = tuple((Symbol("list", KqlType.DYNAMIC), text) for _, text in made)
        plan = Paths(
            edges.plan, source, target, number, starts.plan, start, least, most,
            self._node.once, collected, first, last, length, path,
        )  # fmt: skip
        columns = [
            Column(_FIRST, first),
            Column(_NEXT, last),
            Column(_of(edge.name, "\0length"), length),
            Column(_of(edge.name, "\0path"), path),
        ]
        columns += [
            Column(f"{edge.name}\0\0{key}", symbol)
            for (key, _), (symbol, _) in zip(made, collected, strict=True)
        ]
        walks = Relation(plan, tuple(columns), depth=max(edges.depth, starts.depth) + 1)
        pair = self._pair(rows, _of(present, "\0id"), walks, _FIRST)
        self._rows = _without(self._joined(rows, walks, [pair]), _FIRST)
        self.paths.append(edge.name)
        if self._node.once == "edges":
            own = _of(edge.name, "\0path")
            for other in self._edges:
                self._keep(_APART, own, _of(other, "\0number"))
            for other in self.paths[:-1]:
                self._keep(_DISJOINT, own, _of(other, "\0path"))

    def _texts(self, edges: Relation, path: str) -> tuple[Relation, list[tuple[str, Symbol]]]:
        """The edges with what the walk collects of each, as texts."""
        made: list[tuple[str, Symbol]] = []
        for key, wanted in self._collected.items():
            if wanted.path != path:
                continue
            text = Symbol("text", KqlType.DYNAMIC)
            if wanted.of_nodes:
                nodes = self._binder.reuse(self._graph.nodes)
                values = self._with_text(nodes, wanted, text).showing([*nodes.columns])
                right = values.showing([Column(_FIRST, _symbol(nodes, ID)), Column("\0text", text)])
                pair = self._pair(edges, TARGET, right, _FIRST)
                wide = self._joined(edges, right, [pair])
                edges = wide.showing(c for c in wide.columns if c.name not in (_FIRST, "\0text"))
            else:
                edges = self._with_text(edges, wanted, text)
            made.append((str(key), text))
        return edges, made

    def _with_text(self, rows: Relation, wanted: _Collected, text: Symbol) -> Relation:
        expressions = Expressions(self._binder, self._scope, rows)
        node: Node = wanted.value or Name(self._node.start, self._node.end, wanted.property)
        if wanted.value is None and not wanted.property:
            call = Call(self._node.start, self._node.end, "pack_all", [], self._node.end)
            properties = rows.showing(c for c in rows.columns if "\0" not in c.name)
            inner = Expressions(self._binder, self._scope, properties)
            value = inner.bind(call)
        else:
            value = expressions.bind(node)
        json = apply(conversion.JSON_OF[value.type], (value,))
        settled = expressions.settled()
        return settled.on(Extend(settled.plan, ((text, json),)))

    def _arrive(self, name: str) -> str:
        """Make what the last edge led to the node of this name."""
        rows = self._there()
        if rows.find(_of(name, "\0id")) is not None:
            same = Compare(
                KqlType.BOOL, True, "==",
                self.value(rows, _NEXT), self.value(rows, _of(name, "\0id")),
            )  # fmt: skip
            self._rows = _without(self._binder.filtered(rows, same), _NEXT)
        elif name[0] == "\0":
            self._rows = rows.showing(
                Column(_of(name, "\0id") if c.name == _NEXT else c.name, c.symbol)
                for c in rows.columns
            )
        else:
            nodes = self._nodes(name)
            pair = self._pair(rows, _NEXT, nodes, _of(name, "\0id"))
            self._rows = _without(self._joined(rows, nodes, [pair]), _NEXT)
        self._settle()
        return name

    def _part_nodes(self) -> None:
        names = [_of(name, "\0id") for name, kind in self._kinds.items() if kind == "node"]
        if not self.paths:
            for place, name in enumerate(names):
                for other in names[:place]:
                    self._keep_different(name, other)

    def _keep_different(self, name: str, other: str) -> None:
        rows = self._there()
        different = Compare(
            KqlType.BOOL, True, "!=", self.value(rows, name), self.value(rows, other)
        )
        self._rows = self._binder.filtered(rows, different)

    def _keep(self, function: Function, name: str, other: str) -> None:
        rows = self._there()
        holds = apply(function, (self.value(rows, name), self.value(rows, other)))
        self._rows = self._binder.filtered(rows, holds)

    def _there(self) -> Relation:
        if self._rows is None:
            raise AssertionError("BUG: an edge before any node")
        return self._rows

    def _settle(self) -> None:
        """Put the conditions to the rows of which all variables are there."""
        rows = self._there()
        bound = {c.name.split("\0", 1)[0] for c in rows.columns if c.name[0] != "\0"}
        ready = [part for part, names in self._pending if names and names <= bound]
        self._pending = [
            (p, names) for p, names in self._pending if not names or not names <= bound
        ]
        for part in ready:
            self._filter(part)

    def _filter(self, node: Node) -> None:
        expressions = self._expressions(self._there())
        predicate = expressions.predicate(node)
        self._rows = self._binder.filtered(expressions.settled(), predicate)

    def _with_degrees(self) -> Relation:
        """The nodes, with how many edges reach and leave each."""
        nodes = self._binder.reuse(self._graph.nodes)
        count, _ = registry.AGGREGATES["count"]
        for place, title in ((TARGET, "\0in"), (SOURCE, "\0out")):
            edges = self._binder.reuse(self._graph.edges)
            end = _symbol(edges, place)
            id_, number = Symbol("id", end.type), Symbol("degree", KqlType.LONG)
            total = Aggregation(KqlType.LONG, False, count, ())
            degrees = self._binder.grouped(
                edges,
                [(id_, reference(end))],
                [(number, total)],
                [Column(_FIRST, id_), Column(title, number)],
            )
            pair = self._pair(nodes, ID, degrees, _FIRST)
            wide = joined("leftouter", nodes, degrees, [pair], drop_right_keys=True)
            value = apply(_COUNT_OR_ZERO, (self.value(wide, title),))
            symbol = Symbol("degree", KqlType.LONG)
            wide = wide.on(Extend(wide.plan, ((symbol, value),)))
            nodes = wide.showing(
                Column(c.name, symbol if c.name == title else c.symbol) for c in wide.columns
            )
        return self._binder.share(nodes)

    # Expressions.

    def value(self, rows: Relation, name: str) -> Bound:
        """The value of one of the rows' own columns."""
        return reference(_symbol(rows, name))

    def _pair(self, left: Relation, name: str, right: Relation, other: str) -> Pair:
        a, b = _symbol(left, name), _symbol(right, other)
        return Pair(a, b, (reference(a), reference(b)))

    def _expressions(self, rows: Relation) -> Expressions:
        whole = [
            name
            for name, other in (k for k in self._collected if isinstance(k, tuple))
            if not other
        ]
        for name in whole:
            key = f"{name}\0\0{(name, '')!s}"
            if rows.find(key) is not None and rows.find(name) is None:
                array = Symbol(name, KqlType.DYNAMIC)
                made = apply(_ARRAY, (self.value(rows, key),))
                rows = rows.on(Extend(rows.plan, ((array, made),))).showing(
                    [*rows.columns, Column(name, array)]
                )
        expressions = Expressions(self._binder, self._scope, rows)

        def member(node: Member) -> Bound | None:
            return self._property(node, rows)

        def call(node: Call) -> Bound | None:
            return self._call(node, rows)

        expressions.members = member
        expressions.calls = call
        return expressions

    def _property(self, node: Member, rows: Relation) -> Bound | None:
        if not isinstance(node.base, Name) or node.base.name not in self._kinds:
            return None
        variable = node.base.name
        if self._kinds[variable] == "path":
            key = f"{variable}\0\0{(variable, node.name)!s}"
            return apply(_ARRAY, (self.value(rows, key),))
        symbol = rows.find(_of(variable, node.name))
        if symbol is None:
            prefix = f"{variable}\0"
            known = [c.name.removeprefix(prefix) for c in rows.columns if c.name.startswith(prefix)]
            known = [name for name in known if "\0" not in name]
            raise KqlSemanticError(
                f"'{variable}' has no property '{node.name}'",
                node.start,
                node.end,
                did_you_mean(node.name, known),
            )
        return reference(symbol)

    def _call(self, node: Call, rows: Relation) -> Bound | None:
        """A function of graphs, of a variable of the pattern."""
        first = node.arguments[0] if node.arguments else None
        if node.name == "array_length" and isinstance(first, Name) and self._is_path(first):
            return self.value(rows, _of(first.name, "\0length"))
        if node.name in ("node_degree_in", "node_degree_out"):
            if not isinstance(first, Name) or self._kinds.get(first.name) != "node":
                raise KqlSemanticError(f"{node.name}(…) takes a node", node.start, node.end)
            return self.value(rows, _of(first.name, f"\0{node.name.rpartition('_')[2]}"))
        wanted = self._collected.get(id(node))
        if wanted is None:
            return None
        found = self.value(rows, f"{wanted.path}\0\0{id(node)}")
        if wanted.of_nodes:
            found = apply(_ALL_BUT_LAST, (found,))
        return apply({"all": _ALL, "any": _ANY, "map": _ARRAY}[node.name], (found,))

    def projected(self, rows: Relation) -> Relation:
        """The columns of the result."""
        expressions = self._expressions(rows)
        made = outputs(expressions, self._node.items)
        found, symbols = computed(expressions.settled(), made)
        return found.showing(shown(made, symbols, Namer()))


def _conjuncts(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Logical) and node.operator == "and":
        for operand in node.operands:
            yield from _conjuncts(operand)
    elif node is not None:
        yield node


def _children(node: Node) -> Iterator[Node]:
    stack: list[Any] = [getattr(node, slot) for slot in type(node).__slots__]
    while stack:
        part = stack.pop()
        if isinstance(part, (list, tuple)):
            stack += part
        elif isinstance(part, Node):
            yield part


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _parts(child)


def _turned(edges: Relation) -> Relation:
    names = {SOURCE: TARGET, TARGET: SOURCE}
    turned = [Column(names.get(c.name, c.name), c.symbol) for c in edges.columns]
    *properties, target, source, number = turned
    return edges.showing([*properties, source, target, number])


def _without(rows: Relation, name: str) -> Relation:
    return rows.showing(c for c in rows.columns if c.name != name)


def _symbol(rows: Relation, name: str) -> Symbol:
    found = rows.find(name)
    if found is None:
        raise AssertionError(f"BUG: no column {name!r} in a pattern")
    return found


OPERATORS: Final = (
    Operator(
        ("graph-match",),
        GraphMatch,
        parse_match,
        bind_match,
        doc="Where a pattern fits a graph.",
        takes_graph=True,
    ),
    Operator(
        ("graph-shortest-paths",),
        ShortestPaths,
        parse_shortest,
        bind_shortest,
        doc="The shortest ways between nodes of a graph.",
        takes_graph=True,
    ),
)
