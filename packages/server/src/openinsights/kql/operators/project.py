"""`project`, and its kin that only choose, rename and reorder columns."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.bound import Constant
from openinsights.kql.errors import KqlSemanticError, Unknowable
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import computed, outputs, shown
from openinsights.kql.scope import Column, Namer
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Name, Named, Node, Pattern
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class Project(Node):
    """`project a, b = …`."""

    items: list[Node]


@dataclass(slots=True)
class ProjectAway(Node):
    """`project-away a, b*`."""

    names: list[Node]


@dataclass(slots=True)
class ProjectKeep(Node):
    """`project-keep a, b*`."""

    names: list[Node]


@dataclass(slots=True)
class ProjectByNames(Node):
    """`project-by-names "a", dynamic(["b", "c*"])`."""

    items: list[Node]


@dataclass(slots=True)
class ProjectRename(Node):
    """`project-rename new = old`."""

    items: list[Node]


@dataclass(slots=True)
class ProjectReorder(Node):
    """`project-reorder a, b* asc`: each name or pattern with its order, if any."""

    names: list[tuple[Node, str]]


def parse_project(parser: Parser, start: int) -> Project:
    """Read the columns."""
    items = parser.named_expressions()
    return Project(start, parser.last_end, items)


def bind_project(binder: Binder, node: Project, relation: Relation, scope: Scope) -> Relation:
    """Only these columns, in this order."""
    expressions = Expressions(binder, scope, relation)
    made = outputs(expressions, node.items)
    relation, symbols = computed(expressions.settled(), made)
    return relation.showing(shown(made, symbols, Namer(unnamed_beside=relation.unnamed)))


def _names(parser: Parser) -> list[Node]:
    names = [parser.name_pattern()]
    while parser.accept(","):
        names.append(parser.name_pattern())
    return names


def parse_away(parser: Parser, start: int) -> ProjectAway:
    """Read names and patterns."""
    names = _names(parser)
    return ProjectAway(start, parser.last_end, names)


def parse_keep(parser: Parser, start: int) -> ProjectKeep:
    """Read names and patterns."""
    names = _names(parser)
    return ProjectKeep(start, parser.last_end, names)


def columns_named(relation: Relation, node: Node) -> list[Column]:
    """The columns that a name or a pattern names; a plain name must be there."""
    if isinstance(node, Pattern):
        return relation.matching(node.text)
    if not isinstance(node, Name):
        raise KqlSemanticError("a column's name is needed here", node.start, node.end)
    for column in relation.columns:
        if column.name == node.name:
            return [column]
    if relation.hides(node.name):
        raise Unknowable("unknown column", node.start, node.end)
    raise KqlSemanticError(
        f"unknown column '{node.name}'",
        node.start,
        node.end,
        did_you_mean(node.name, relation.names()),
    )


def _all_named(binder: Binder, relation: Relation, nodes: list[Node]) -> list[Column]:
    """The columns that any of the names and patterns names."""
    found: list[Column] = []
    for node in nodes:
        with binder.recovering():
            found += columns_named(relation, node)
    return found


def bind_away(binder: Binder, node: ProjectAway, relation: Relation, scope: Scope) -> Relation:
    """All columns but these."""
    gone = {column.name for column in _all_named(binder, relation, node.names)}
    kept = [c for c in relation.columns if c.name not in gone]
    if not kept and not relation.is_open:
        raise KqlSemanticError("no column is left", node.start, node.end)
    return relation.showing(kept)


def bind_keep(binder: Binder, node: ProjectKeep, relation: Relation, scope: Scope) -> Relation:
    """These columns, in the order that they had."""
    kept = {column.name for column in _all_named(binder, relation, node.names)}
    if not kept and not relation.is_open:
        raise KqlSemanticError("no column is left", node.start, node.end)
    return relation.showing(c for c in relation.columns if c.name in kept)


def parse_by_names(parser: Parser, start: int) -> ProjectByNames:
    """Read the texts and arrays of texts."""
    items = parser.named_expressions()
    if not items:
        parser.fail("expected the names of columns, as texts")
    return ProjectByNames(start, parser.last_end, items)


def bind_by_names(
    binder: Binder, node: ProjectByNames, relation: Relation, scope: Scope
) -> Relation:
    """The columns that the texts name or fit, in their order; what is not there is left out."""
    expressions = Expressions(binder, scope, None)
    found: dict[str, Column] = {}
    for item in node.items:
        for text in _texts(expressions, item):
            found |= {c.name: c for c in relation.matching(text) if c.name not in found}
    if not found and not relation.is_open:
        raise KqlSemanticError("no column is left", node.start, node.end)
    return relation.showing(found.values())


def _texts(expressions: Expressions, node: Node) -> list[str]:
    """A constant text, or the texts of a constant array."""
    value = expressions.bind(node)
    if isinstance(value, Constant) and value.type is KqlType.STRING:
        return [str(value.value)]
    if isinstance(value, Constant) and value.type is KqlType.DYNAMIC and value.value is not None:
        held = json.loads(str(value.value))
        if isinstance(held, list) and all(isinstance(text, str) for text in held):
            return held
    expressions.fail("the names of columns are texts, or arrays of texts, known in advance", node)


def parse_rename(parser: Parser, start: int) -> ProjectRename:
    """Read `new = old, …`."""
    items = parser.named_expressions()
    return ProjectRename(start, parser.last_end, items)


def bind_rename(binder: Binder, node: ProjectRename, relation: Relation, scope: Scope) -> Relation:
    """The same columns in the same places under other names."""
    renamed: dict[str, str] = {}
    for item in node.items:
        with binder.recovering(item):
            if not isinstance(item, Named) or len(item.names) != 1:
                raise KqlSemanticError("expected new = old", item.start, item.end)
            old = columns_named(relation, item.value)[0].name
            renamed[old] = item.names[0]
    columns = [Column(renamed.get(c.name, c.name), c.symbol) for c in relation.columns]
    names = [column.name for column in columns]
    for name in renamed.values():
        if names.count(name) > 1:
            raise KqlSemanticError(f"there is a column '{name}' already", node.start, node.end)
    return relation.showing(columns)


def parse_reorder(parser: Parser, start: int) -> ProjectReorder:
    """Read names and patterns with their orders."""
    names: list[tuple[Node, str]] = []
    while True:
        name = parser.name_pattern()
        names.append((name, _order(parser)))
        if not parser.accept(","):
            break
    return ProjectReorder(start, parser.last_end, names)


def _order(parser: Parser) -> str:
    """Read `asc`, `desc`, `granny-asc` or `granny-desc`; "" if there is none."""
    if parser.accept_word("granny"):
        parser.expect("-")
        return f"granny-{parser.expect_word('asc', 'desc').text}"
    return str(parser.accept_word("asc", "desc") or "")


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """A key by which `a20` comes before `a100`."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def bind_reorder(
    binder: Binder, node: ProjectReorder, relation: Relation, scope: Scope
) -> Relation:
    """These columns first, then the others as they were."""
    plain = {name.name for name, _ in node.names if isinstance(name, Name)}
    first: list[Column] = []
    for name, order in node.names:
        named = _all_named(binder, relation, [name])
        found = [column for column in named if column not in first]
        if isinstance(name, Pattern):
            found = [column for column in found if column.name not in plain]
        if order:
            key = _by_numbers if order.startswith("granny") else str
            found.sort(key=lambda column: key(column.name), reverse=order.endswith("desc"))
        first += found
    rest = [column for column in relation.columns if column not in first]
    return relation.showing([*first, *rest])


OPERATORS = (
    Operator(
        ("project",), Project, parse_project, bind_project, doc="Chooses columns.", in_parts=True
    ),
    Operator(
        ("project-away",),
        ProjectAway,
        parse_away,
        bind_away,
        doc="Leaves columns out.",
        in_parts=True,
    ),
    Operator(
        ("project-keep",), ProjectKeep, parse_keep, bind_keep, doc="Keeps columns.", in_parts=True
    ),
    Operator(
        ("project-by-names",),
        ProjectByNames,
        parse_by_names,
        bind_by_names,
        doc="Chooses columns by texts.",
        in_parts=True,
    ),
    Operator(
        ("project-rename",),
        ProjectRename,
        parse_rename,
        bind_rename,
        doc="Renames columns.",
        in_parts=True,
    ),
    Operator(
        ("project-reorder",),
        ProjectReorder,
        parse_reorder,
        bind_reorder,
        doc="Reorders columns.",
        in_parts=True,
        keeps=True,
    ),
)
