"""Plugins that turn values into columns and back: bag_unpack, pivot and narrow.

The columns of bag_unpack and pivot depend on the rows. They come from a declared schema
(`: (name:type, …)`), or from a question to the engine, asked through `CompileOptions.ask`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Compare,
    Constant,
    Reference,
    SortKey,
    Symbol,
    constant,
    reference,
)
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import paths, registry
from openinsights.kql.functions.aggregates import ANY_VALUE
from openinsights.kql.functions.row import Aggregate, Kind
from openinsights.kql.functions.windows import ROW_ORDINAL
from openinsights.kql.operators.union import united
from openinsights.kql.plan import Extend, Group
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.kql.syntax import Call, Name, Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Scope

MAX_COLUMNS: Final = 500
"""How many columns a plugin may make of what the rows hold."""


def _arguments(node: Evaluate, names: tuple[str, ...]) -> dict[str, Node]:
    """The arguments by name; positional ones take the names in order."""
    given: dict[str, Node] = {}
    for place, argument in enumerate(node.call.arguments):
        if isinstance(argument, Named):
            given[argument.names[0]] = argument.value
        elif place < len(names):
            given[names[place]] = argument
        else:
            raise KqlSemanticError(
                f"{node.call.name}(…) takes at most {len(names)} arguments",
                argument.start,
                argument.end,
            )
    return given


def _asked(binder: Binder, relation: Relation, value: Bound, node: Evaluate) -> list[Any]:
    """One aggregate over all rows, answered by the engine while the query is compiled."""
    if binder.options.ask is None:
        raise KqlUnsupported(
            f"the columns of {node.call.name}(…) depend on the rows",
            node.call.start,
            node.call.name_end,
            f"declare them: evaluate {node.call.name}(…) : (name:type)",
        )
    symbol = Symbol("answer", KqlType.DYNAMIC)
    plan = Group(relation.plan, (), ((symbol, value),))
    text = binder.ask(Relation(plan, (Column("answer", symbol),)))
    found = json.loads(text) if text else []
    return found if isinstance(found, list) else []


_BAG_TYPES: Final = Aggregate(
    "bag types", (Kind.DYNAMIC,), KqlType.DYNAMIC,
    "kql_bag_types(COALESCE(list(DISTINCT CAST(json_structure({0}) AS VARCHAR)), []))",
)  # fmt: skip
_DISTINCT: Final = Aggregate(
    "distinct values", (Kind.STRING,), KqlType.DYNAMIC,
    "CAST(to_json(list(DISTINCT {0})) AS VARCHAR)",
)  # fmt: skip


def _bag_unpack(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    names = ("column", "OutputColumnPrefix", "columnsConflict", "ignoredProperties")
    given = _arguments(node, names)
    if "column" not in given:
        raise KqlSemanticError("bag_unpack(…) takes a column", node.start, node.end)
    expressions = Expressions(binder, scope, relation)
    bag = expressions.bind(given["column"])
    if not isinstance(bag, Reference) or bag.type is not KqlType.DYNAMIC:
        expressions.fail("bag_unpack(…) takes a dynamic column", given["column"])
    prefix = _text(expressions, given.get("OutputColumnPrefix"), "")
    conflict = _text(expressions, given.get("columnsConflict"), "error")
    ignored: list[object] = []
    if "ignoredProperties" in given:
        listed = expressions.bind(given["ignoredProperties"])
        if isinstance(listed, Constant) and listed.value is not None:
            ignored = json.loads(str(listed.value))
    rest = [column for column in relation.columns if column.symbol is not bag.symbol]
    kept = {column.name for column in rest}
    if node.schema is not None:
        # A declared schema lists columns of the input too.
        new = [pair for pair in node.schema if pair[0] not in kept]
        keys = [(name.removeprefix(prefix), type_) for name, type_ in new]
    else:
        types = Aggregation(KqlType.DYNAMIC, True, _BAG_TYPES, (bag,))
        found = _asked(binder, relation, types, node)
        keys = [(key, KqlType(type_)) for key, type_ in found if key not in ignored]
    if len(keys) > MAX_COLUMNS:
        raise KqlUnsupported(f"bag_unpack would make {len(keys)} columns", node.start, node.end)
    made: list[tuple[Symbol, Bound]] = []
    columns = list(rest)
    places = {column.name: place for place, column in enumerate(columns)}
    for key, type_ in keys:
        name = f"{prefix}{key}"
        value = paths.step(bag, constant(key, KqlType.STRING))
        symbol = Symbol(name, type_)
        if name in places:
            if conflict == "keep_source":
                continue
            if conflict != "replace_source":
                expressions.fail(f"there is a column '{name}' already", node)
            columns[places[name]] = Column(name, symbol)
        else:
            columns.append(Column(name, symbol))
        made.append((symbol, expressions.convert(value, type_)))
    return relation.on(Extend(relation.plan, tuple(made))).showing(columns)


def _text(expressions: Expressions, node: Node | None, default: str) -> str:
    return default if node is None else expressions.text_constant(node, "the argument")


_ANY: Final = dict.fromkeys(("take_any", "any"), (ANY_VALUE, False))
"""Aggregates of several values elsewhere, of one here."""


def _pivot(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    arguments = node.call.arguments
    if not arguments or not isinstance(arguments[0], Name):
        raise KqlSemanticError("pivot(…) takes a column", node.call.start, node.call.end)
    expressions = Expressions(binder, scope, relation)
    pivot = expressions.bind(arguments[0])
    text = expressions.convert(pivot, KqlType.STRING)
    call = Call(node.start, node.end, "count", [], node.end)
    listed = arguments[1:]
    if listed and isinstance(listed[0], Call):
        call, listed = listed[0], listed[1:]
    found = _ANY.get(call.name) or registry.AGGREGATES.get(call.name)
    if found is None:
        expressions.fail(f"pivot(…) does not run the aggregate '{call.name}'", call)
    aggregate, is_conditional = found
    expressions.aggregates = []
    values, predicate = expressions.aggregate_arguments(aggregate, call, is_conditional)
    used = {arguments[0].name} | _names(call)
    grouped = (
        [_column(expressions, name) for name in listed]
        if listed
        else [column for column in relation.columns if column.name not in used]
    )
    if node.schema is not None:
        by_name = {column.name for column in grouped}
        shown: list[Any] = [name for name, _ in node.schema if name not in by_name]
    else:
        shown = sorted(
            _asked(binder, relation, Aggregation(KqlType.DYNAMIC, True, _DISTINCT, (text,)), node)
        )
    if len(shown) > MAX_COLUMNS:
        raise KqlUnsupported(f"pivot would make {len(shown)} columns", node.start, node.end)
    keys: list[tuple[Symbol, Bound]] = []
    columns: list[Column] = []
    for column in grouped:
        symbol = Symbol(column.name, column.type)
        keys.append((symbol, reference(column.symbol)))
        columns.append(Column(column.name, symbol))
    namer = Namer(column.name for column in columns)
    made: list[tuple[Symbol, Bound]] = []
    for value in shown:
        same: Bound = Compare(KqlType.BOOL, False, "==", text, constant(str(value), KqlType.STRING))
        if predicate is not None:
            same = expressions.all_of([same, predicate])
        result = aggregate.result_type([part.type for part in values])
        symbol = Symbol(str(value), result)
        made.append((symbol, Aggregation(result, True, aggregate, tuple(values), same)))
        columns.append(Column(namer.take(str(value)), symbol))
    return binder.grouped(expressions.settled(), keys, made, columns)


def _names(node: Node) -> set[str]:
    """The names that stand in a call's arguments."""
    found: set[str] = set()
    stack: list[Any] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Name):
            found.add(part.name)
        elif isinstance(part, list):
            stack += part
        elif isinstance(part, Node):
            stack += [getattr(part, slot) for slot in type(part).__slots__]
    return found


def _column(expressions: Expressions, node: Node) -> Column:
    value = expressions.bind(node)
    if not isinstance(node, Name) or not isinstance(value, Reference):
        expressions.fail("pivot(…) groups by columns", node)
    return Column(node.name, value.symbol)


def _narrow(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    expressions = Expressions(binder, scope, relation)
    number = expressions.window(ROW_ORDINAL, ())
    row = Symbol("Row", KqlType.LONG)
    settled = expressions.settled()
    less = expressions.arithmetic("-", number, constant(1, KqlType.LONG))
    if less is None:
        raise AssertionError("BUG: no arithmetic of longs")
    numbered = settled.on(Extend(settled.plan, ((row, less),)))
    shared = binder.share(numbered.showing([Column("Row", row), *relation.columns]))
    branches: list[Relation] = []
    for place in range(1, len(shared.columns)):
        again = binder.reuse(shared)
        column = again.columns[place]
        inner = Expressions(binder, scope, again)
        title, value, at = (
            Symbol("Column", KqlType.STRING),
            Symbol("Value", KqlType.STRING),
            Symbol("place", KqlType.LONG),
        )
        text = inner.convert(reference(column.symbol), KqlType.STRING)
        assignments = (
            (title, constant(column.name, KqlType.STRING)),
            (value, text),
            (at, constant(place, KqlType.LONG)),
        )
        made = again.on(Extend(again.plan, assignments))
        branches.append(
            made.showing(
                [
                    again.columns[0],
                    Column("Column", title),
                    Column("Value", value),
                    Column("at", at),
                ]
            )
        )
    if not branches:
        raise KqlSemanticError("narrow(…) needs columns", node.start, node.end)
    whole = united(branches, inner=False, source_column="")
    order = tuple(
        SortKey(reference(whole.columns[place].symbol), descending=False, nulls_first=True)
        for place in (0, 3)
    )
    return replace(whole.showing(whole.columns[:3]), order=order)


PLUGINS: Final = (
    Plugin("bag_unpack", _bag_unpack, "A column for each key of a bag."),
    Plugin("pivot", _pivot, "A column for each value of a column."),
    Plugin("narrow", _narrow, "A row for each value of each column."),
)
"""The family's rows."""
