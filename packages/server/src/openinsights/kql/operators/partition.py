"""`partition by key`: a subquery over the rows of each key, or one of its own for each key.

`( … )` is run on the rows that share the key. `{ … }` is a query with a source of its own, in which
the key's name stands for the key; it is run once for each of at most 64 keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from openinsights.kql.application import apply
from openinsights.kql.bound import (
    Aggregation,
    Bound,
    SortKey,
    Symbol,
    Window,
    constant,
)
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions.row import Aggregate, Function, Kind, Null
from openinsights.kql.operators.count import Count
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.summarize import Summarize
from openinsights.kql.operators.union import united
from openinsights.kql.plan import Extend, Group
from openinsights.kql.scope import Column, Relation, ScalarVariable
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

MAX_KEYS: Final = 64
"""For how many keys a query of its own is run."""
_STRATEGIES: Final = ("native", "shuffle", "legacy")
_KEY_TYPES: Final = (
    KqlType.STRING, KqlType.INT, KqlType.LONG, KqlType.BOOL, KqlType.DATETIME, KqlType.TIMESPAN,
    KqlType.GUID,
)  # fmt: skip
_PART: Final = Function("number of key", (), KqlType.LONG, "dense_rank() {over}", null=Null.NEVER)
_SAME: Final = Function(
    "same key", (Kind.ANY,) * 2, KqlType.BOOL, "({0} IS NOT DISTINCT FROM {1})", null=Null.NEVER
)
_KEYS: Final = Aggregate(
    "keys", (Kind.ANY,), KqlType.DYNAMIC,
    f"CAST(to_json(list_sort(list(DISTINCT {{0}}))[1:{MAX_KEYS + 1}]) AS VARCHAR)",
)  # fmt: skip
_NULLS: Final = Aggregate(
    "null keys", (Kind.ANY,), KqlType.DYNAMIC,
    "CAST(to_json(list(DISTINCT 1) FILTER (WHERE {0} IS NULL)) AS VARCHAR)",
)  # fmt: skip


@dataclass(slots=True)
class Partition(Node):
    """`partition by key (operators)` or `partition by key { query }`."""

    key: Name
    operators: list[Node]
    query: Node | None


def parse(parser: Parser, start: int) -> Partition:
    """Read the hints, the key and the subquery."""
    hints = parser.options(())
    strategy = hints.get("hint.strategy")
    name = strategy.name if isinstance(strategy, Name) else "native"
    if strategy is not None and name not in _STRATEGIES:
        hint = did_you_mean(name, _STRATEGIES)
        raise KqlSemanticError(f"unknown strategy '{name}'", strategy.start, strategy.end, hint)
    parser.expect_word("by")
    at = parser.token.start
    column = parser.name("a column's name")
    key = Name(at, parser.last_end, column)
    if parser.is_symbol("{"):
        parser.advance()
        query = parser.pipeline(parser.token.start)
        parser.expect("}")
        return Partition(start, parser.last_end, key, [], query)
    operators = parser.subquery()
    return Partition(start, parser.last_end, key, operators, None)


def bind(binder: Binder, node: Partition, relation: Relation, scope: Scope) -> Relation:
    """What the subquery makes of each part, all together.

    What operators cannot do in all parts at once is done in one after the other, if there are few.
    """
    if node.query is not None:
        return _query_for_each(binder, node, node.query, relation, scope)
    known = len(binder.errors)
    try:
        made = _all_at_once(binder, node, relation, scope)
        noted = binder.errors[known:]
    except KqlUnsupported as error:
        noted = [error]
    refused = next((error for error in noted if isinstance(error, KqlUnsupported)), None)
    if refused is None:
        return made
    if binder.options.ask is None or relation.partition or relation.is_open:
        binder.errors[known:] = [error for error in binder.errors[known:] if error is not refused]
        raise refused
    del binder.errors[known:]
    try:
        return _one_by_one(binder, node, relation, scope)
    except TooManyKeys:
        raise refused from None


class TooManyKeys(KqlUnsupported):
    """A partition has more keys than it may be run for one after the other."""


def _one_by_one(binder: Binder, node: Partition, relation: Relation, scope: Scope) -> Relation:
    """The rows that the subquery makes of the rows of each key."""
    expressions = Expressions(binder, scope, relation)
    column = expressions.bind(node.key)
    _check_key(expressions, node, column)
    settled = expressions.settled()
    keys = _keys(binder, node, settled, column)
    shared = binder.share(settled)
    made = []
    for place in range(max(len(keys), 1)):
        rows = binder.reuse(shared)
        key = Expressions(binder, scope, rows).bind(node.key)
        same = apply(_SAME, (key, keys[place])) if keys else constant(False, KqlType.BOOL)
        made.append(binder.subquery(node.operators, binder.filtered(rows, same), scope))
    return made[0] if len(made) == 1 else united(made, inner=False, source_column="")


def _check_key(expressions: Expressions, node: Partition, key: Bound) -> None:
    if key.type not in _KEY_TYPES:
        expressions.fail(f"a {key.type} cannot be the key of such a partition", node.key)


def _all_at_once(binder: Binder, node: Partition, relation: Relation, scope: Scope) -> Relation:
    """The rows with their key as a part, which the operators of the subquery respect."""
    expressions = Expressions(binder, scope, relation)
    value = expressions.bind(node.key)
    settled = expressions.settled()
    counts = any(
        isinstance(o, Count) or (isinstance(o, Summarize) and not o.keys)
        for o in node.operators[1:]
    )
    if counts:
        # A part that loses its rows still counts, so the parts are read a second time: they must
        # be the same ones, and their keys must not be null.
        order = (SortKey(value, descending=False, nulls_first=True),)
        value = Window(KqlType.LONG, False, _PART, (), (), order)
    symbol = Symbol("part", value.type)
    parted = replace(settled.on(Extend(settled.plan, ((symbol, value),))), partition=(symbol,))
    if counts:
        parted = binder.share(parted)
    made = binder.subquery(node.operators, parted, scope)
    return replace(made, partition=relation.partition)


def _query_for_each(
    binder: Binder, node: Partition, query: Node, relation: Relation, scope: Scope
) -> Relation:
    """The rows of a query for each key, the key being a constant in it."""
    expressions = Expressions(binder, scope, relation)
    key = expressions.bind(node.key)
    _check_key(expressions, node, key)
    settled = expressions.settled()
    keys = _keys(binder, node, settled, key)
    made = []
    for value in keys or [constant(None, key.type)]:
        local = scope.child({node.key.name: ScalarVariable(value, is_key=True)})
        made.append(binder.relation(query, local))
    if not keys:
        never = constant(False, KqlType.BOOL)
        made = [binder.filtered(part, never) for part in made]
    return made[0] if len(made) == 1 else united(made, inner=False, source_column="")


def _keys(binder: Binder, node: Partition, relation: Relation, key: Bound) -> list[Bound]:
    """The different keys of the rows; null is one, and comes first."""
    if binder.options.ask is None:
        raise KqlUnsupported(
            "a partition with a query of its own depends on the rows",
            node.start,
            node.key.end,
            f"write partition hint.strategy=native by {node.key.name} ( … )",
        )
    found: list[Bound] = []
    if key.type is not KqlType.STRING and _asked(binder, relation, key, _NULLS):
        found.append(constant(None, key.type))
    for value in _asked(binder, relation, key, _KEYS):
        if value is not None:
            held = UUID(str(value)) if key.type is KqlType.GUID else value
            found.append(constant(held, key.type))
    if len(found) > MAX_KEYS:
        raise TooManyKeys(
            f"a partition with a query of its own runs for at most {MAX_KEYS} keys",
            node.start,
            node.key.end,
            f"write partition hint.strategy=native by {node.key.name} ( … )",
        )
    return found


def _asked(binder: Binder, relation: Relation, key: Bound, aggregate: Aggregate) -> list[object]:
    symbol = Symbol("answer", KqlType.DYNAMIC)
    value = Aggregation(KqlType.DYNAMIC, True, aggregate, (key,))
    plan = Group(relation.plan, (), ((symbol, value),))
    text = binder.ask(Relation(plan, (Column("answer", symbol),)))
    found = json.loads(text) if text else []
    return found if isinstance(found, list) else []


OPERATOR = Operator(("partition",), Partition, parse, bind, doc="A subquery for each key.")
