"""`join` of all kinds, and `lookup`: rows of two tables that agree on keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql import mistakes
from openinsights.kql.application import NUMERIC
from openinsights.kql.bound import Bound, Reference, Symbol
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Join
from openinsights.kql.scope import Column, Relation
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Binary, Logical, Member, Name, Node
from openinsights.schema.types import STRING, KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

KINDS: Final = {
    "innerunique": "inner",
    "inner": "inner",
    "leftouter": "leftouter",
    "rightouter": "rightouter",
    "fullouter": "fullouter",
    "leftsemi": "leftsemi",
    "rightsemi": "rightsemi",
    "leftanti": "leftanti",
    "anti": "leftanti",
    "leftantisemi": "leftanti",
    "rightanti": "rightanti",
    "rightantisemi": "rightanti",
}
"""Kinds of join, and the plan's kind that each becomes."""
_KINDS_IN_PARTS: Final = (
    "innerunique", "inner", "leftouter", "leftsemi", "leftanti", "anti", "leftantisemi",
)  # fmt: skip
"""Kinds whose rows are all made of a row of the left, which says the part."""


@dataclass(slots=True)
class JoinOperator(Node):
    """`join kind=… (right) on conditions`."""

    kind: str
    right: Node
    conditions: list[Node]


@dataclass(slots=True)
class Lookup(Node):
    """`lookup kind=… (right) on conditions`."""

    kind: str
    right: Node
    conditions: list[Node]


def _parse_kind(parser: Parser, default: str, kinds: tuple[str, ...]) -> str:
    options = parser.options(("kind",))
    kind = options.get("kind")
    if kind is None:
        return default
    name = kind.name if isinstance(kind, Name) else ""
    if name not in kinds:
        meant = mistakes.JOIN_KINDS.get(name)
        hint = f"did you mean '{meant}'?" if meant in kinds else did_you_mean(name, kinds)
        if not hint and len(kinds) < 3:
            hint = f"the kinds are {' and '.join(kinds)}"
        raise KqlSemanticError(f"unknown kind '{name}'", kind.start, kind.end, hint)
    return name


def _parse_conditions(parser: Parser) -> list[Node]:
    parser.expect_word("on")
    conditions = [parser.expression()]
    while parser.accept(","):
        conditions.append(parser.expression())
    return conditions


def parse_join(parser: Parser, start: int) -> JoinOperator:
    """Read kind, right side and conditions."""
    kind = _parse_kind(parser, "innerunique", tuple(KINDS))
    if parser.is_word("on"):
        parser.fail("expected the table to join with", expected="<joined>")
    right = parser.table()
    conditions = _parse_conditions(parser)
    return JoinOperator(start, parser.last_end, kind, right, conditions)


def parse_lookup(parser: Parser, start: int) -> Lookup:
    """Read kind, right side and conditions."""
    kind = _parse_kind(parser, "leftouter", ("leftouter", "inner"))
    if parser.is_word("on"):
        parser.fail("expected the table to join with", expected="<joined>")
    right = parser.table()
    conditions = _parse_conditions(parser)
    return Lookup(start, parser.last_end, kind, right, conditions)


@dataclass(frozen=True, slots=True)
class Pair:
    """One equality: the columns of both sides, and the values that are compared."""

    left: Symbol
    right: Symbol
    values: tuple[Bound, Bound]


def _pairs(
    expressions: Expressions, conditions: list[Node], left: Relation, right: Relation
) -> list[Pair]:
    pairs: list[Pair] = []
    for node in conditions:
        if isinstance(node, Logical) and node.operator == "and":
            pairs += _pairs(expressions, node.operands, left, right)
        else:
            with expressions.binder.recovering():
                pairs.append(_pair(expressions, node, left, right))
    return pairs


def _pair(expressions: Expressions, node: Node, left: Relation, right: Relation) -> Pair:
    if isinstance(node, Name):
        sides: list[Node] = [
            Member(node.start, node.end, Name(node.start, node.end, side), node.name)
            for side in ("$left", "$right")
        ]
    elif isinstance(node, Binary) and node.operator == "==":
        sides = [node.left, node.right]
        if _side(node.left) == "$right":
            sides.reverse()
        for side, wanted in zip(sides, ("$left", "$right"), strict=True):
            if _side(side) != wanted:
                message = "a join compares a column of each side: on $left.a == $right.b"
                expressions.fail(message, side, f"write {wanted}.…")
    else:
        expressions.fail("a join compares with '==': on a, or on $left.a == $right.b", node)
    values = expressions.bind_all(sides)
    a, b = values
    if not isinstance(a, Reference) or not isinstance(b, Reference):
        expressions.fail("a join compares columns: on $left.a == $right.b", node)
    left_symbol, right_symbol = a.symbol, b.symbol
    if a.type is not b.type and not (a.type in NUMERIC and b.type in NUMERIC):
        if KqlType.DYNAMIC not in (a.type, b.type):
            expressions.fail(f"a join cannot compare a {a.type} with a {b.type}", node)
        values = [expressions.convert(value, KqlType.STRING) for value in values]
    return Pair(left_symbol, right_symbol, (values[0], values[1]))


def _side(node: Node) -> str:
    if isinstance(node, Member) and isinstance(node.base, Name):
        return node.base.name
    return ""


def _open_sides(kind: str) -> tuple[bool, bool]:
    """Whether rows of left, of right may have no partner, so that its columns may be missing."""
    return kind in ("rightouter", "fullouter"), kind in ("leftouter", "fullouter")


def joined(
    kind: str, left: Relation, right: Relation, pairs: list[Pair], *, drop_right_keys: bool
) -> Relation:
    """The relation of a join of a plan's kind."""
    values = tuple(pair.values for pair in pairs)
    depth = max(left.depth, right.depth) + 1
    if kind in ("rightsemi", "rightanti"):
        swapped = tuple((b, a) for a, b in values)
        plan = Join(kind.replace("right", "left"), right.plan, left.plan, swapped)
        return right.joined(plan, right.columns, depth, right.label)
    if kind in ("leftsemi", "leftanti"):
        plan = Join(kind, left.plan, right.plan, values)
        return left.joined(plan, left.columns, depth, left.label)
    left_open, right_open = _open_sides(kind)
    missing: list[tuple[Symbol, Symbol]] = []

    def shown(column: Column, name: str, *, is_open: bool) -> Column:
        if is_open and column.symbol.type is STRING:
            symbol = Symbol(column.name, STRING)
            missing.append((symbol, column.symbol))
            return Column(name, symbol)
        return column if name == column.name else Column(name, column.symbol)

    columns = [*left.columns]
    if left_open:
        columns = [shown(column, column.name, is_open=True) for column in columns]
    dropped = {pair.right for pair in pairs} if drop_right_keys else set()
    kept = [column for column in right.columns if column.symbol not in dropped]
    taken = {column.name for column in left.columns} | {column.name for column in kept}
    used = {column.name for column in left.columns}
    for column in kept:
        name, number = column.name, 0
        while name in used or (number and name in taken):
            number += 1
            name = f"{column.name}{number}"
        used.add(name)
        columns.append(shown(column, name, is_open=right_open))
    plan = Join(kind, left.plan, right.plan, values, missing=tuple(missing))
    return left.joined(plan, tuple(columns), depth, "")


def bind_join(binder: Binder, node: JoinOperator, relation: Relation, scope: Scope) -> Relation:
    """Left columns, then right columns; names that are there already get a number."""
    if relation.partition and node.kind not in _KINDS_IN_PARTS:
        raise KqlUnsupported(
            f"a join of kind {node.kind} is not run inside mv-apply or partition",
            node.start,
            node.end,
        )
    right = binder.relation(node.right, scope)
    expressions = Expressions(binder, scope, relation, right=right)
    pairs = _pairs(expressions, node.conditions, relation, right)
    result = joined(KINDS[node.kind], relation, right, pairs, drop_right_keys=False)
    if node.kind == "innerunique" and isinstance(result.plan, Join):
        distinct = tuple(dict.fromkeys((*relation.partition, *(pair.left for pair in pairs))))
        result.plan.distinct = distinct
    is_open = relation.is_open or right.is_open
    return result if result.is_open is is_open else replace(result, is_open=is_open)


def bind_lookup(binder: Binder, node: Lookup, relation: Relation, scope: Scope) -> Relation:
    """Left columns, then the right columns that are no keys."""
    right = binder.relation(node.right, scope)
    expressions = Expressions(binder, scope, relation, right=right)
    pairs = _pairs(expressions, node.conditions, relation, right)
    result = joined(KINDS[node.kind], relation, right, pairs, drop_right_keys=True)
    is_open = relation.is_open or right.is_open
    return result if result.is_open is is_open else replace(result, is_open=is_open)


OPERATORS = (
    Operator(
        ("join",),
        JoinOperator,
        parse_join,
        bind_join,
        doc="Matches rows of two tables.",
        in_parts=True,
    ),
    Operator(
        ("lookup",),
        Lookup,
        parse_lookup,
        bind_lookup,
        doc="Adds columns of another table.",
        in_parts=True,
    ),
)
