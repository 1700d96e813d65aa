"""`make-series`: aggregates over equal steps of an axis, as one array for each combination of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC, apply
from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Compare,
    Constant,
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
from openinsights.kql.plan import Extend
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
        if not keys:
            parser.fail("expected what to group by")
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
        value = parser.arithmetic()
        return Named(start, parser.last_end, (name,), value)
    return parser.arithmetic()


_WHOLE_STEP: Final = Function(
    "whole steps", (Kind.ANY,) * 3, KqlType.LONG,
    "((({0} - {1}) - ((({0} - {1}) % {2}) + {2}) % {2}) // {2})", null=Null.MAKES,
)  # fmt: skip
_REAL_STEP: Final = Function(
    "real steps", (Kind.ANY,) * 3, KqlType.LONG,
    "CAST(floor(({0} - {1}) / NULLIF({2}, 0)) AS BIGINT)", null=Null.MAKES,
)  # fmt: skip
_NO_STEP: Final = "error('the step of a series must be more than 0')"
_CHECKED: Final = Function(
    "positive step", (Kind.ANY,), lambda types: types[0],
    "CASE WHEN {0} <= 0 THEN error('the step of a series must be more than 0') ELSE {0} END",
    null=Null.MAKES,
)  # fmt: skip
_REAL_STEPS_BEFORE: Final = Function(
    "real steps before", (Kind.ANY,) * 3, KqlType.LONG,
    "CAST(ceil(({0} - {1}) / NULLIF({2}, 0)) AS BIGINT)", null=Null.MAKES,
)  # fmt: skip
_STEPS_BEFORE: Final = Function(
    "whole steps before", (Kind.ANY,) * 3, KqlType.LONG,
    f"({str(_WHOLE_STEP.duckdb).replace('{0}', '({0} - 1)')} + 1)", null=Null.MAKES,
)  # fmt: skip
_COUNT: Final = Function(
    "count of steps", (Kind.ANY,) * 2, KqlType.LONG, "greatest({0} - {1}, 0)", null=Null.MAKES
)
_NEXT: Final = Function("next step", (Kind.ANY,), KqlType.LONG, "({0} + 1)", null=Null.MAKES)
_AT: Final = Function(
    "place on axis", (Kind.ANY,) * 3, lambda types: types[0], "({0} + {1} * {2})", null=Null.MAKES
)
_MOVED: Final = Function(
    "moved places", (Kind.ANY,) * 2, KqlType.DYNAMIC, "list_transform({0}, lambda x: x - {1})",
    null=Null.MAKES,
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


@dataclass(frozen=True, slots=True)
class _Axis:
    """The steps of a series.

    Attributes:
        origin: where step 0 begins.
        step: its length.
        has_first: whether each series begins with step 0, rather than with its first row.
        end: the step at which each series ends; None: after its last row.
    """

    origin: Bound
    step: Bound
    has_first: bool
    end: Bound | None


def bind(binder: Binder, node: MakeSeries, relation: Relation, scope: Scope) -> Relation:
    """Keys, then an array for each aggregate, then the axis as an array."""
    expressions = Expressions(binder, scope, relation)
    step = Expressions(binder, scope, None).bind(node.step)
    value, step = _axis_and_step(expressions, step, node)
    axis = _steps(binder, node, scope, value.type, step)
    whole = value.type is not KqlType.REAL
    number = apply(_WHOLE_STEP if whole else _REAL_STEP, (value, axis.origin, step))
    namer = Namer(unnamed_beside=relation.unnamed)
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
    inside: list[Bound] = []
    if axis.has_first:
        inside.append(Compare(KqlType.BOOL, True, ">=", reference(place), _ZERO))
    else:
        inside.append(apply(_PRESENT, (reference(place),)))
    if axis.end is not None:
        inside.append(Compare(KqlType.BOOL, True, "<", reference(place), axis.end))
    cells = binder.filtered(cells, expressions.all_of(inside) if len(inside) > 1 else inside[0])
    return _lined_up(binder, node, scope, cells, place, axis, made, namer)


def _axis_and_step(expressions: Expressions, step: Bound, node: MakeSeries) -> tuple[Bound, Bound]:
    axis = expressions.bind(node.axis.value if isinstance(node.axis, Named) else node.axis)
    if axis.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        if step.type is not KqlType.TIMESPAN:
            expressions.fail(f"the step of a {axis.type} axis is a timespan", node.step)
        return axis, _positive(expressions, step, node)
    if axis.type not in NUMERIC or step.type not in NUMERIC:
        expressions.fail("the axis of a series is a number or a time", node.axis)
    whole = (KqlType.INT, KqlType.LONG)
    type_ = KqlType.LONG if axis.type in whole and step.type in whole else KqlType.REAL
    return expressions.convert(axis, type_), _positive(
        expressions, expressions.convert(step, type_), node
    )


def _positive(expressions: Expressions, step: Bound, node: MakeSeries) -> Bound:
    if not isinstance(step, Constant) or not isinstance(step.value, (int, float)):
        return apply(_CHECKED, (step,))
    if step.value <= 0:
        expressions.fail("the step of a series must be more than 0", node.step)
    return step


def _steps(binder: Binder, node: MakeSeries, scope: Scope, type_: KqlType, step: Bound) -> _Axis:
    origin: Bound = constant(0.0 if type_ is KqlType.REAL else 0, type_)
    if node.first is not None:
        origin = _end(binder, node.first, scope, type_)
        if node.last_included:
            # The range of the old form begins with the bin of its start.
            origin = choices.binned(Expressions(binder, scope, None), origin, step, node)
    if node.last is None:
        return _Axis(origin, step, node.first is not None, None)
    last = _end(binder, node.last, scope, type_)
    whole = type_ is not KqlType.REAL
    if node.last_included:
        through = apply(_WHOLE_STEP if whole else _REAL_STEP, (last, origin, step))
        return _Axis(origin, step, True, apply(_NEXT, (through,)))
    before = apply(_STEPS_BEFORE if whole else _REAL_STEPS_BEFORE, (last, origin, step))
    return _Axis(origin, step, node.first is not None, before)


def _end(binder: Binder, node: Node, scope: Scope, type_: KqlType) -> Bound:
    outside = Expressions(binder, scope, None)
    value = outside.bind(node)
    fits = value.type is type_ or value.type in NUMERIC or value.type is KqlType.DYNAMIC
    if not fits or (value.type in NUMERIC) != (type_ in NUMERIC):
        outside.fail(f"the range of a {type_} axis is a {type_}, not a {value.type}", node)
    return outside.convert(value, type_)


def _lined_up(
    binder: Binder,
    node: MakeSeries,
    scope: Scope,
    cells: Relation,
    place: Symbol,
    axis: _Axis,
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
    start: Bound = _ZERO
    end = axis.end
    at: Bound = reference(places)
    if not axis.has_first:
        least = Symbol("least", KqlType.LONG)
        lists.append((least, Aggregation(KqlType.LONG, True, _MINIMUM, (reference(place),))))
        start = reference(least)
        at = apply(_MOVED, (at, start))
    if end is None:
        greatest = Symbol("greatest", KqlType.LONG)
        lists.append((greatest, Aggregation(KqlType.LONG, True, _MAXIMUM, (reference(place),))))
        end = apply(_NEXT, (reference(greatest),))
    most = constant(_MAX_OF_EACH if node.keys else MAX_ELEMENTS, KqlType.LONG)
    steps = apply(_BOUNDED, (apply(_COUNT, (end, start)), most))
    begins = apply(_AT, (axis.origin, start, axis.step))
    # Held as columns: what they are computed from may be a subquery, and they are read often.
    held = [(Symbol("first", begins.type), begins), (Symbol("count", steps.type), steps)]
    first, count = (reference(symbol) for symbol, _ in held)
    for (name, _, value), default in made:
        texts = Symbol("cells", KqlType.DYNAMIC)
        lists.append((texts, _list_of(apply(conversion.JSON_OF[value.type], (value,)))))
        rest = _default(outside, default, value.type)
        blank = apply(conversion.JSON_OF[rest.type], (rest,))
        symbol = Symbol(name or "series", KqlType.DYNAMIC)
        arguments = (at, reference(texts), count, blank)
        filled.append((symbol, apply(_FILLED, arguments)))
        columns.append(Column(namer.take(name) if name else namer.unnamed(), symbol))
    title = node.axis.names[0] if isinstance(node.axis, Named) else output_name(node.axis)
    axis_symbol = Symbol(title or "axis", KqlType.DYNAMIC)
    filled.append((axis_symbol, apply(_AXIS, (first, count, axis.step))))
    columns.append(Column(namer.take(title) if title else namer.unnamed(), axis_symbol))
    grouped = binder.grouped(cells, keys, lists, ())
    if not keys and not (node.nonempty and axis.has_first and axis.end is not None):
        present = apply(_ANY_PLACES, (reference(places),))
        grouped = binder.filtered(grouped, present)
    ready = grouped.on(Extend(grouped.plan, tuple(held)))
    return ready.on(Extend(ready.plan, tuple(filled))).showing(columns)


def _default(outside: Expressions, node: Node | None, type_: KqlType) -> Bound:
    """The value for steps without rows: 0 unless told, in the form of the values beside it."""
    value = _ZERO if node is None else outside.bind(node)
    if value.type in NUMERIC and type_ in (KqlType.REAL, KqlType.DECIMAL):
        return outside.convert(value, type_)
    return value


_PRESENT: Final = Function(
    "present", (Kind.ANY,), KqlType.BOOL, "({0} IS NOT NULL)", null=Null.NEVER
)
_ANY_PLACES: Final = Function(
    "any places", (Kind.ANY,), KqlType.BOOL, "({0} IS NOT NULL)", null=Null.NEVER
)
"""Whether a list that an aggregate made has anything: DuckDB makes none of no rows."""


def _list_of(value: Bound) -> Bound:
    return Aggregation(KqlType.DYNAMIC, True, _LIST, (value,))


OPERATOR = Operator(
    ("make-series", "makeseries"), MakeSeries, parse, bind, doc="Arrays over an axis."
)
