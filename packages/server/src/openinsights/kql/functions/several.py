"""Aggregates that give several columns, or whose columns are named by their arguments.

arg_max, arg_min, percentiles, percentilesw, take_any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import (
    Bound,
    Constant,
    Reference,
    Symbol,
    constant,
    reference,
    symbols_of,
)
from openinsights.kql.functions.aggregates import (
    ANY_VALUE,
    ARG_MAX,
    ARG_MIN,
    FIRST,
    PERCENTILE,
    PERCENTILE_OF_DYNAMIC,
    PERCENTILEW,
    number_of,
    percentile_text,
)
from openinsights.kql.functions.conversion import JSON_OF
from openinsights.kql.functions.dynamics import PACK_ARRAY
from openinsights.kql.functions.paths import constant_elements
from openinsights.kql.functions.row import Kind
from openinsights.kql.plan import Extend, Values
from openinsights.kql.scope import Column, Relation
from openinsights.kql.syntax import Named, Star
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.functions.row import Aggregate
    from openinsights.kql.syntax import Call, Node

Made = list[tuple[str, Bound]]
NameOf = Callable[["Node"], "str | None"]


def _values(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    """The values of the arguments with their names, "" for none.

    A star stands for the columns that are neither keys nor arguments of their own.
    """
    bound = [
        None if isinstance(node, Star) else expressions.inner(_plain(node), call)
        for node in call.arguments
    ]
    listed = keys | {value.symbol for value in bound if isinstance(value, Reference)}
    made: Made = []
    for node, value in zip(call.arguments, bound, strict=True):
        if value is None:
            columns = expressions.settled().columns
            made += [
                (column.name, reference(column.symbol))
                for column in columns
                if column.symbol not in listed
            ]
        elif isinstance(node, Named):
            made.append((node.names[0], value))
        else:
            made.append((name_of(node) or "", value))
    return made


def _plain(node: Node) -> Node:
    return node.value if isinstance(node, Named) else node


def _arg(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    """The extreme, then the values of the row that has it."""
    if not call.arguments:
        expressions.wrong_count(call, 1, None)
    aggregate = ARG_MAX if call.name in ("arg_max", "argmax") else ARG_MIN
    (title, by), *others = _values(expressions, call, keys, name_of)
    ordered = expressions.coerce(by, Kind.ORDERED, call.arguments[0], call.name)
    extreme = f"{aggregate.name.removeprefix('arg_')}_{title}"
    # The old spellings name all columns after the extreme.
    is_old = call.name in ("argmax", "argmin")
    made = [(extreme if is_old or not title else title, by)]
    for place, (name, value) in enumerate(others, 1):
        shown = name or f"arg{place}"
        made.append((f"{extreme}_{shown}" if is_old or not name else shown, value))
    return [
        (name, expressions.add_aggregate(aggregate, (value, ordered), None, call))
        for name, value in made
    ]


def _take_any(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    if not call.arguments:
        expressions.wrong_count(call, 1, None)
    values = _values(expressions, call, keys, name_of)
    aggregate = ANY_VALUE if len(values) == 1 else FIRST
    is_old = call.name == "any"
    made: Made = []
    for place, (name, value) in enumerate(values):
        title = f"any_{name}" if is_old and (name or len(values) == 1) else name
        found = expressions.add_aggregate(aggregate, (value,), None, call)
        made.append((title or f"any_arg{place}", found))
    return made


def _percentiles(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    return _each(expressions, call, PERCENTILE, 1, name_of)


def _percentilesw(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    return _each(expressions, call, PERCENTILEW, 2, name_of)


def _each(
    expressions: Expressions, call: Call, aggregate: Aggregate, plain: int, name_of: NameOf
) -> Made:
    if len(call.arguments) < plain + 1:
        expressions.wrong_count(call, plain + 1, None)
    aggregate, values = _measured(expressions, call, aggregate, plain)
    made: Made = []
    title = name_of(call.arguments[0]) or ""
    for node in call.arguments[plain:]:
        share = expressions.inner(node, call)
        number = number_of(share) if isinstance(share, Constant) else None
        if number is None or not 0 <= number <= 100:
            message = "a percentile is a number from 0 to 100, known in advance"
            given = number_of(values[0])
            column = name_of(node) or "…"
            swapped = f"the column comes first: {call.name}({column}, {given:g})" if given else ""
            expressions.fail(message, node, swapped)
        value = expressions.add_aggregate(aggregate, (*values, share), None, call)
        made.append((f"percentile_{title}_{percentile_text(number)}", value))
    return made


def _measured(
    expressions: Expressions, call: Call, aggregate: Aggregate, plain: int
) -> tuple[Aggregate, list[Bound]]:
    """The values that percentiles are taken of, weights among them, and the aggregate for them."""
    values = [expressions.inner(node, call) for node in call.arguments[:plain]]
    if aggregate is PERCENTILE and values[0].type is KqlType.DYNAMIC:
        return PERCENTILE_OF_DYNAMIC, values
    if values[0].type is KqlType.DECIMAL:
        values[0] = expressions.convert(values[0], KqlType.REAL)
    parts = zip(values, call.arguments, aggregate.parameters, strict=False)
    return aggregate, [expressions.coerce(v, kind, node, call.name) for v, node, kind in parts]


def _arrays(expressions: Expressions, call: Call, keys: set[Symbol], name_of: NameOf) -> Made:
    """percentiles_array, percentilesw_array: the same as one dynamic value."""
    plain = 1 if call.name == "percentiles_array" else 2
    aggregate = PERCENTILE if plain == 1 else PERCENTILEW
    title = name_of(call.arguments[0]) or "" if call.arguments else ""
    last = call.arguments[-1] if len(call.arguments) == plain + 1 else None
    array = None if last is None else _known(expressions, expressions.inner(last, call))
    if isinstance(array, Constant) and array.type is KqlType.DYNAMIC:
        aggregate, values = _measured(expressions, call, aggregate, plain)
        made = [
            expressions.add_aggregate(aggregate, (*values, share), None, call)
            for share in constant_elements(array)
        ]
    else:
        made = [value for _, value in _each(expressions, call, aggregate, plain, name_of)]
    parts = [apply(JSON_OF[value.type], (value,)) for value in made]
    return [(f"percentiles_{title}", apply(PACK_ARRAY, parts))]


def _known(expressions: Expressions, array: Bound) -> Bound:
    """An array that does not depend on the rows, as a constant if the engine can be asked."""
    binder = expressions.binder
    if array.type is not KqlType.DYNAMIC or isinstance(array, Constant) or symbols_of(array):
        return array
    if binder.options.ask is None:
        return array
    symbol = Symbol("answer", KqlType.DYNAMIC)
    plan = Extend(Values((), ((),)), ((symbol, array),))
    return constant(binder.ask(Relation(plan, (Column("answer", symbol),))), KqlType.DYNAMIC)


SEVERAL: Final[dict[str, Callable[[Expressions, Call, set[Symbol], NameOf], Made]]] = {
    "arg_max": _arg,
    "argmax": _arg,
    "arg_min": _arg,
    "argmin": _arg,
    "take_any": _take_any,
    "any": _take_any,
    "percentile": _percentiles,
    "percentiles": _percentiles,
    "percentilew": _percentilesw,
    "percentilesw": _percentilesw,
    "percentiles_array": _arrays,
    "percentilesw_array": _arrays,
}
"""Each such aggregate, and what makes its columns."""
