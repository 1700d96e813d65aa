"""Plugins of sets and schemas: dcount_intersect, schema_merge, identity, estimate_rows_count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Symbol, constant, reference
from openinsights.kql.functions.sketches import COMMON
from openinsights.kql.plan import Extend
from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Scope

MAX_PREVIEW: Final = 1_000_000
"""How many rows a preview shows at most."""
MAX_SETS: Final = 16
"""How many sets are intersected at most."""


def _dcount_intersect(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """How many values the first set has, it and the second have in common, and so on."""
    arguments = Arguments(binder, node, relation, scope)
    states: list[Bound] = []
    while arguments.next is not None:
        place = arguments.next
        column = arguments.column("a state of hll")
        if column.type is not KqlType.DYNAMIC:
            arguments.fail(f"a state of hll is dynamic, this is {column.type}", place)
        states.append(reference(column.symbol))
    if not 2 <= len(states) <= MAX_SETS:
        arguments.fail(f"{arguments.title} takes 2 to {MAX_SETS} states of hll")
    arguments.finish()
    namer = Namer(relation.names())
    made: list[tuple[Symbol, Bound]] = []
    columns: list[Column] = []
    for number in range(len(states)):
        symbol = Symbol(f"s{number}", KqlType.LONG)
        made.append((symbol, apply(COMMON, states[: number + 1])))
        columns.append(Column(namer.take(symbol.name), symbol))
    return relation.on(Extend(relation.plan, tuple(made))).showing([*relation.columns, *columns])


def _identity(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """The rows as they are."""
    Arguments(binder, node, relation, scope).finish()
    return relation


def _estimate_rows_count(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    """How many rows there are; exact."""
    arguments = Arguments(binder, node, relation, scope)
    arguments.finish()
    return arguments.written(
        "rows | summarize EstimatedRowsCount = count()", {"rows": relation}, {}
    )


def _preview(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """Two tables: the first rows, and how many there are."""
    arguments = Arguments(binder, node, relation, scope)
    rows = arguments.whole_number("the number of rows", 0, MAX_PREVIEW)
    arguments.finish()
    shared = binder.share(relation)
    few = binder.limited(shared, constant(rows, KqlType.LONG))
    count = arguments.written("rows | count", {"rows": binder.reuse(shared)}, {})
    return replace(relation, tables=(few, count))


_SCHEMA: Final = ("ColumnName", "ColumnOrdinal", "DataType", "ColumnType")
_NUMBERS: Final = {
    "int": "System.Int32",
    "long": "System.Int64",
    "real": "System.Double",
    "decimal": "System.Data.SqlTypes.SqlDecimal",
}
"""Types that widen to the one after them, and what `getschema` calls them."""


def _schema_merge(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """One schema of several, each as `getschema` gives it."""
    arguments = Arguments(binder, node, relation, scope)
    preserves = arguments.flag("PreserveOrder", default=True)
    arguments.finish(("PreserveOrder",))
    columns = [arguments.require(name, relation) for name in _SCHEMA]
    numbers = list(_NUMBERS)
    ranks = ", ".join(f"ColumnType == '{name}', {rank}" for rank, name in enumerate(numbers))
    wide = ", ".join(f"widest == {rank}, '{name}'" for rank, name in enumerate(numbers))
    names = ", ".join(f"ColumnType == '{name}', '{net}'" for name, net in _NUMBERS.items())
    disorder = "first != last" if preserves else "false"
    place = "last" if preserves else "row_number() - 1"
    return arguments.written(
        f"""
        rows
        | extend rank = case({ranks}, -1)
        | summarize types = dcount(ColumnType), first = min(tolong(ColumnOrdinal)),
            last = max(tolong(ColumnOrdinal)), widest = max(rank), narrowest = min(rank),
            listed = strcat_array(array_sort_asc(make_set(ColumnType)), ', '),
            DataType = max(DataType), ColumnType = max(ColumnType) by ColumnName
        | extend ColumnType = iff(types > 1, case({wide}, ''), ColumnType)
        | extend DataType = iff(types > 1, case({names}, ''), DataType)
        | extend problem = case({disorder}, 'columns are out of order',
            types > 1 and narrowest < 0, strcat('types have nothing in common: ', listed), '')
        | order by last asc, first asc, ColumnName asc
        | project ColumnName, ColumnOrdinal = iff(isempty(problem), {place}, -1),
            DataType = iff(isempty(problem), DataType,
                strcat('ERROR(unknown CSL type:ERROR(', problem, '))')),
            ColumnType = iff(isempty(problem), ColumnType, strcat('ERROR(', problem, ')'))
        """,
        {"rows": relation.showing(columns)},
        {},
    )


PLUGINS: Final = (
    Plugin("schema_merge", _schema_merge, "One schema of several."),
    Plugin("dcount_intersect", _dcount_intersect, "How many values sets of hll have in common."),
    Plugin("identity", _identity, "The rows as they are."),
    Plugin("preview", _preview, "The first rows, and how many there are, as two tables."),
    Plugin("estimate_rows_count", _estimate_rows_count, "How many rows there are."),
)
"""The family's rows."""
