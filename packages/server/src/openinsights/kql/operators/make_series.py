"""`make-series`: aggregates over equal steps of an axis, as one array for each combination of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC, apply
from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Compare,
    ScalarQuery,
    Symbol,
    constant,
    reference,
)
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import choices, conversion
from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.functions.row import Aggregate, Function, Kind, Null
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.summarize import aggregate_outputs, bind_keys
from openinsights.kql.plan import Extend, Group
from openinsights.kql.scope import Column, Namer
from openinsights.kql.syntax import Name, Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class SeriesItem:
    """One aggregate, and the value for steps without rows."""

    value: Node
    default: Node | None


@dataclass(slots=True)
class MakeSeries(Node):
    """`make-series items on axis from a to b step s by keys`."""

    items: list[SeriesItem]
    axis: Node
    first: Node | None
    last: Node | None
    step: Node
    last_included: bool
    keys: list[Node]
    nonempty: bool


def parse(parser: Parser, start: int) -> MakeSeries:
    """Read items, axis, range and keys."""
    options = parser.options(("kind",))
    kind = options.get("kind")
    items: list[SeriesItem] = []
    while True:
        value = parser.named_expression()
        default = None
        if parser.accept_word("default"):
            parser.expect("=")
            default = parser.expression()
        items.append(SeriesItem(value, default))
        if not parser.accept(","):
            break
    parser.expect_word("on")
    axis = _axis(parser)
    first = last = None
    included = False
    if parser.accept_word("in"):
        parser.expect_word("range")
        parser.expect("(")
        first = parser.expression()
        parser.expect(",")
        last = parser.expression()
        parser.expect(",")
        step = parser.expression()
        parser.expect(")")
        included = True
    else:
        if parser.accept_word("from"):
            first = parser.expression()
        if parser.accept_word("to"):
            last = parser.expression()
        parser.expect_word("step")
        step = parser.expression()
    keys: list[Node] = []
    if parser.accept_word("by"):
        keys = parser.named_expressions()
    nonempty = isinstance(kind, Name) and kind.name == "nonempty"
    return MakeSeries(
        start, parser.last_end, items, axis, first, last, step, included, keys, nonempty
    )


def _axis(parser: Parser) -> Node:
    """The axis: an expression that the words `in range` do not belong to."""
    start = parser.token.start
    if parser.token.kind == "name" and parser.ahead().text == "=":
        name = parser.name()
        parser.advance()
        value = parser.table()
        return Named(start, parser.last_end, (name,), value)
    return parser.table()


_WHOLE_STEP: Final = Function(
    "whole steps", (Kind.ANY,) * 3, KqlType.LONG,
    "((({0} - {1}) - ((({0} - {1}) % {2}) + {2}) % {2}) // {2})", null=Null.MAKES,
)  # fmt: skip
_REAL_STEP: Final = Function(
    "real steps", (Kind.ANY,) * 3, KqlType.LONG,
    "CAST(floor(({0} - {1}) / NULLIF({2}, 0)) AS BIGINT)", null=Null.MAKES,
)  # fmt: skip
_NO_STEP: Final = "error('the step of a series must be more than 0')"
_COUNT_TO: Final = Function(
    "steps before", (Kind.ANY,) * 3, KqlType.LONG,
    "CASE WHEN {0} <= {1} THEN 0 WHEN {2} <= 0 THEN " + _NO_STEP +
    " ELSE CAST(ceil(({0} - {1}) / CAST({2} AS DOUBLE)) AS BIGINT) END", null=Null.MAKES,
)  # fmt: skip
_COUNT_THROUGH: Final = Function(
    "steps through", (Kind.ANY,) * 3, KqlType.LONG,
    "CASE WHEN {0} < {1} THEN 0 WHEN {0} = {1} THEN 1 WHEN {2} <= 0 THEN " + _NO_STEP +
    " ELSE CAST(floor(({0} - {1}) / CAST({2} AS DOUBLE)) AS BIGINT) + 1 END", null=Null.MAKES,
)  # fmt: skip
_BOUNDED: Final = Function(
    "bounded count", (Kind.ANY,) * 2, KqlType.LONG,
    "CASE WHEN {0} > {1} THEN error('a series of more than ' || {1} || ' values') ELSE {0} END",
    null=Null.MAKES,
)  # fmt: skip
_MAX_OF_EACH: Final = 20_000
"""Values of a series where there is one for each group; a single one may be as long as an array."""
_FILLED: Final = Function(
    "filled series", (Kind.ANY,) * 4, KqlType.DYNAMIC,
    "kql_filled_series(COALESCE({0}, []), COALESCE({1}, []), {2}, {3})", null=Null.MAKES,
)  # fmt: skip


def _axis_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    first, count, step = arguments
    at = f"({first} + i * {step})"
    if bound[0].type is KqlType.DATETIME:
        text = conversion.DATETIME_TEXT.format(at)
    elif bound[0].type is KqlType.TIMESPAN:
        text = f"kql_timespan_text({at})"
    else:
        text = at
    items = f"list_transform(generate_series(0, {count} - 1), lambda i: {text})"
    return f"CAST(to_json({items}) AS VARCHAR)"


_AXIS: Final = Function("axis", (Kind.ANY,) * 3, KqlType.DYNAMIC, _axis_sql, null=Null.MAKES)
_LIST: Final = Aggregate("list", (Kind.ANY,), KqlType.DYNAMIC, "list({0})")
_MINIMUM: Final = Aggregate("min", (Kind.ANY,), lambda types: types[0], "min({0})")
_MAXIMUM: Final = Aggregate("max", (Kind.ANY,), lambda types: types[0], "max({0})")
_ZERO: Final = constant(0, KqlType.LONG)


def bind(binder: Binder, node: MakeSeries, relation: Relation, scope: Scope) -> Relation:
    """Keys, then an array for each aggregate, then the axis as an array."""
    if node.first is None or node.last is None:
        relation = binder.share(relation)
    expressions = Expressions(binder, scope, relation)
    step = Expressions(binder, scope, None).bind(node.step)
    axis, step = _axis_and_step(expressions, step, node)
    first, count = _range(binder, node, relation, scope, axis.type, step)
    most = _MAX_OF_EACH if node.keys else MAX_ELEMENTS
    count = apply(_BOUNDED, (count, constant(most, KqlType.LONG)))
    whole = axis.type is not KqlType.REAL
    number = apply(_WHOLE_STEP if whole else _REAL_STEP, (axis, first, step))
    namer = Namer()
    keys, columns = bind_keys(expressions, node.keys, namer)
    aggregates: list[tuple[Symbol, Bound]] = []
    expressions.aggregates = aggregates
    made = [
        (output, item.default)
        for item in node.items
        for output in aggregate_outputs(expressions, item.value, keys)
    ]
    place = Symbol("place", KqlType.LONG)
    cells = binder.grouped(expressions.settled(), [(place, number), *keys], aggregates, columns)
    inside = expressions.all_of(
        [
            Compare(KqlType.BOOL, True, ">=", reference(place), _ZERO),
            Compare(KqlType.BOOL, True, "<", reference(place), count),
        ]
    )
    cells = binder.filtered(cells, inside)
    return _lined_up(binder, node, scope, cells, place, count, first, step, made, namer)


def _axis_and_step(expressions: Expressions, step: Bound, node: MakeSeries) -> tuple[Bound, Bound]:
    axis = expressions.bind(node.axis.value if isinstance(node.axis, Named) else node.axis)
    if axis.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        if step.type is not KqlType.TIMESPAN:
            expressions.fail(f"the step of a {axis.type} axis is a timespan", node.step)
        return axis, step
    if axis.type not in NUMERIC or step.type not in NUMERIC:
        expressions.fail("the axis of a series is a number or a time", node.axis)
    whole = (KqlType.INT, KqlType.LONG)
    type_ = KqlType.LONG if axis.type in whole and step.type in whole else KqlType.REAL
    return expressions.convert(axis, type_), expressions.convert(step, type_)


def _range(
    binder: Binder,
    node: MakeSeries,
    relation: Relation,
    scope: Scope,
    type_: KqlType,
    step: Bound,
) -> tuple[Bound, Bound]:
    """The first value of the axis, and how many steps there are."""
    if node.first is not None:
        first = _end(binder, node.first, scope, type_)
    else:
        least = _extreme(binder, node, relation, scope, type_, _MINIMUM)
        first = choices.binned(Expressions(binder, scope, None), least, step, node)
    if node.last is None:
        greatest = _extreme(binder, node, relation, scope, type_, _MAXIMUM)
        return first, apply(_COUNT_THROUGH, (greatest, first, step))
    last = _end(binder, node.last, scope, type_)
    return first, apply(_COUNT_THROUGH if node.last_included else _COUNT_TO, (last, first, step))


def _end(binder: Binder, node: Node, scope: Scope, type_: KqlType) -> Bound:
    outside = Expressions(binder, scope, None)
    value = outside.bind(node)
    fits = value.type is type_ or value.type in NUMERIC or value.type is KqlType.DYNAMIC
    if not fits or (value.type in NUMERIC) != (type_ in NUMERIC):
        outside.fail(f"the range of a {type_} axis is a {type_}, not a {value.type}", node)
    return outside.convert(value, type_)


def _extreme(
    binder: Binder,
    node: MakeSeries,
    relation: Relation,
    scope: Scope,
    type_: KqlType,
    aggregate: Aggregate,
) -> Bound:
    """The least or greatest value of the axis over all rows."""
    again = binder.reuse(relation)
    expressions = Expressions(binder, scope, again)
    axis_node = node.axis.value if isinstance(node.axis, Named) else node.axis
    axis = expressions.convert(expressions.bind(axis_node), type_)
    symbol = Symbol("end", type_)
    value = Aggregation(type_, True, aggregate, (axis,))
    plan = Group(expressions.settled().plan, (), ((symbol, value),))
    return ScalarQuery(type_, True, plan, symbol)


def _lined_up(
    binder: Binder,
    node: MakeSeries,
    scope: Scope,
    cells: Relation,
    place: Symbol,
    count: Bound,
    first: Bound,
    step: Bound,
    made: list[tuple[tuple[str, bool, Bound], Node | None]],
    namer: Namer,
) -> Relation:
    """One row for each combination of keys, with its cells in arrays."""
    keys: list[tuple[Symbol, Bound]] = []
    columns: list[Column] = []
    for column in cells.columns:
        symbol = Symbol(column.name, column.type)
        keys.append((symbol, reference(column.symbol)))
        columns.append(Column(column.name, symbol))
    places = Symbol("places", KqlType.DYNAMIC)
    lists: list[tuple[Symbol, Bound]] = [(places, _list_of(reference(place)))]
    filled: list[tuple[Symbol, Bound]] = []
    outside = Expressions(binder, scope, None)
    # Held as columns: what they are computed from may be a subquery, and they are read often.
    held = [(Symbol("first", first.type), first), (Symbol("count", count.type), count)]
    first, count = (reference(symbol) for symbol, _ in held)
    for (name, _, value), default in made:
        texts = Symbol("cells", KqlType.DYNAMIC)
        lists.append((texts, _list_of(apply(conversion.JSON_OF[value.type], (value,)))))
        rest = _ZERO if default is None else outside.bind(default)
        blank = apply(conversion.JSON_OF[rest.type], (rest,))
        symbol = Symbol(name or "series", KqlType.DYNAMIC)
        arguments = (reference(places), reference(texts), count, blank)
        filled.append((symbol, apply(_FILLED, arguments)))
        columns.append(Column(namer.take(name) if name else namer.unnamed(), symbol))
    axis_node = node.axis
    axis_name = (
        axis_node.names[0] if isinstance(axis_node, Named) else output_name(axis_node) or "axis"
    )
    axis_symbol = Symbol(axis_name, KqlType.DYNAMIC)
    filled.append((axis_symbol, apply(_AXIS, (first, count, step))))
    columns.append(Column(namer.take(axis_name), axis_symbol))
    grouped = binder.grouped(cells, keys, lists, ())
    if not keys and not node.nonempty:
        present = apply(_PRESENT, (reference(places),))
        grouped = binder.filtered(grouped, present)
    ready = grouped.on(Extend(grouped.plan, tuple(held)))
    return ready.on(Extend(ready.plan, tuple(filled))).showing(columns)


_PRESENT: Final = Function(
    "present", (Kind.ANY,), KqlType.BOOL, "({0} IS NOT NULL)", null=Null.NEVER
)


def _list_of(value: Bound) -> Bound:
    return Aggregation(KqlType.DYNAMIC, True, _LIST, (value,))


OPERATOR = Operator(
    ("make-series", "makeseries"), MakeSeries, parse, bind, doc="Arrays over an axis."
)
