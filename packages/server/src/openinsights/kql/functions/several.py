"""Aggregates that give several columns, or whose columns are named by their arguments.

arg_max, arg_min, percentiles, percentilesw, take_any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Constant, reference
from openinsights.kql.functions.aggregates import (
    ANY_VALUE,
    ARG_MAX,
    ARG_MIN,
    FIRST,
    PERCENTILE,
    PERCENTILEW,
    number_of,
    percentile_text,
)
from openinsights.kql.functions.conversion import JSON_OF
from openinsights.kql.functions.dynamics import PACK_ARRAY
from openinsights.kql.functions.paths import constant_elements
from openinsights.kql.functions.row import Kind
from openinsights.kql.syntax import Named, Star
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.functions.row import Aggregate
    from openinsights.kql.scope import Column
    from openinsights.kql.syntax import Call, Node

Made = list[tuple[str, Bound]]
NameOf = Callable[["Node"], "str | None"]


def _values(
    expressions: Expressions, nodes: list[Node], skipped: set[str], name_of: NameOf
) -> Made:
    """The values of a list of expressions and stars, with their names."""
    made: Made = []
    for node in nodes:
        if isinstance(node, Star):
            made += [(c.name, reference(c.symbol)) for c in _columns(expressions, skipped)]
        elif isinstance(node, Named):
            value = expressions.inner(node.value, node)
            made.append((node.names[0], value))
        else:
            value = expressions.inner(node, node)
            made.append((name_of(node) or "", value))
    return made


def _columns(expressions: Expressions, skipped: set[str]) -> list[Column]:
    relation = expressions.settled()
    return [column for column in relation.columns if column.name not in skipped]


def _arg(expressions: Expressions, call: Call, keys: list[str], name_of: NameOf) -> Made:
    if not call.arguments:
        expressions.wrong_count(call, 1, None)
    first, *others = call.arguments
    inner = first.value if isinstance(first, Named) else first
    by = expressions.inner(inner, call)
    ordered = expressions.coerce(by, Kind.ORDERED, first, call.name)
    name = first.names[0] if isinstance(first, Named) else name_of(first) or ""
    aggregate = ARG_MAX if call.name in ("arg_max", "argmax") else ARG_MIN
    values = _values(expressions, others, {*keys, name}, name_of)
    return [
        (title, expressions.add_aggregate(aggregate, (value, ordered), None, call))
        for title, value in [(name, by), *values]
    ]


def _take_any(expressions: Expressions, call: Call, keys: list[str], name_of: NameOf) -> Made:
    if not call.arguments:
        expressions.wrong_count(call, 1, None)
    values = _values(expressions, call.arguments, set(keys), name_of)
    single = len(values) == 1
    prefix = "any_" if call.name == "any" else ""
    aggregate = ANY_VALUE if single else FIRST
    return [
        (f"{prefix}{title}", expressions.add_aggregate(aggregate, (value,), None, call))
        for title, value in values
    ]


def _percentiles(expressions: Expressions, call: Call, keys: list[str], name_of: NameOf) -> Made:
    return _each(expressions, call, PERCENTILE, 1, name_of)


def _percentilesw(expressions: Expressions, call: Call, keys: list[str], name_of: NameOf) -> Made:
    return _each(expressions, call, PERCENTILEW, 2, name_of)


def _each(
    expressions: Expressions, call: Call, aggregate: Aggregate, plain: int, name_of: NameOf
) -> Made:
    if len(call.arguments) < plain + 1:
        expressions.wrong_count(call, plain + 1, None)
    values = []
    for node, kind in zip(call.arguments[:plain], aggregate.parameters, strict=False):
        value = expressions.inner(node, call)
        values.append(expressions.coerce(value, kind, node, call.name))
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


def _arrays(expressions: Expressions, call: Call, keys: list[str], name_of: NameOf) -> Made:
    """percentiles_array, percentilesw_array: the same as one dynamic value."""
    plain = 1 if call.name == "percentiles_array" else 2
    aggregate = PERCENTILE if plain == 1 else PERCENTILEW
    last = call.arguments[-1] if len(call.arguments) == plain + 1 else None
    if last is not None:
        array = expressions.inner(last, call)
        if isinstance(array, Constant) and array.type is KqlType.DYNAMIC:
            shares = constant_elements(array)
            values = []
            for node, kind in zip(call.arguments[:plain], aggregate.parameters, strict=False):
                value = expressions.inner(node, call)
                values.append(expressions.coerce(value, kind, node, call.name))
            made = [
                ("", expressions.add_aggregate(aggregate, (*values, share), None, call))
                for share in shares
            ]
            title = name_of(call.arguments[0]) or ""
            parts = [apply(JSON_OF[v.type], (v,)) for _, v in made]
            return [(f"percentiles_{title}", apply(PACK_ARRAY, parts))]
    made = _each(expressions, call, aggregate, plain, name_of)
    title = name_of(call.arguments[0]) or ""
    parts = [apply(JSON_OF[value.type], (value,)) for _, value in made]
    return [(f"percentiles_{title}", apply(PACK_ARRAY, parts))]


SEVERAL: Final[dict[str, Callable[[Expressions, Call, list[str], NameOf], Made]]] = {
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
