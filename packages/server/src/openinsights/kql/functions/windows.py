"""Functions of neighbouring rows, in the rows' present order: prev, next, row_number, …."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, constant
from openinsights.kql.functions.row import Function, Kind, Null, Special
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call

_L: Final = KqlType.LONG

ROW_ORDINAL: Final = Function("row", (), _L, "row_number() {over}", null=Null.NEVER, window=True)
"""The number of a row in the present order, from 1."""


def _neighbour(word: str) -> Function:
    return Function(
        word, (Kind.ANY, Kind.INTEGER, Kind.ANY), lambda types: types[0],
        f"{word}({{*}}) {{over}}", window=True, null=Null.MAKES, optional=2,
    )  # fmt: skip


_LAG, _LEAD = _neighbour("lag"), _neighbour("lead")
_RUNNING_SUM: Final = Function(
    "sum of rows", (Kind.ANY,), lambda types: types[0],
    "sum({0}) {running}", window=True, null=Null.MAKES,
)  # fmt: skip
_NUMBER_IN_RUN: Final = Function(
    "number in run", (), _L, "row_number() {over}", window=True, null=Null.NEVER
)
_FLAG: Final = Function(
    "flag", (Kind.BOOL,), _L, "CASE WHEN {0} THEN 1 ELSE 0 END", null=Null.NEVER
)


def _prev_next(expressions: Expressions, call: Call) -> Bound:
    if not 1 <= len(call.arguments) <= 3:
        expressions.wrong_count(call, 1, 3)
    value = expressions.bind(call.arguments[0])
    arguments: list[Bound] = [value]
    if len(call.arguments) > 1:
        offset = expressions.integer_constant(call.arguments[1], "the distance")
        arguments.append(constant(offset, _L))
    if len(call.arguments) > 2:
        default = expressions.convert(expressions.bind(call.arguments[2]), value.type)
        arguments.append(default)
    return expressions.window(_LAG if call.name == "prev" else _LEAD, arguments)


def _runs(expressions: Expressions, call: Call, place: int) -> tuple[Bound, ...]:
    """A partition that begins anew wherever the restart condition holds."""
    if len(call.arguments) <= place:
        return ()
    restart = expressions.predicate(call.arguments[place])
    run = expressions.window(_RUNNING_SUM, (apply(_FLAG, (restart,)),))
    return (run,)


def _row_number(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) > 2:
        expressions.wrong_count(call, 0, 2)
    runs = _runs(expressions, call, 1)
    number = expressions.window(_NUMBER_IN_RUN, (), runs)
    if not call.arguments:
        return number
    start = expressions.coerce(
        expressions.bind(call.arguments[0]), Kind.INTEGER, call.arguments[0], call.name
    )
    shifted = expressions.arithmetic("+", number, start)
    less_one = None if shifted is None else expressions.arithmetic("-", shifted, constant(1, _L))
    if less_one is None:
        raise AssertionError("BUG: no arithmetic of longs")
    return less_one


def _row_cumsum(expressions: Expressions, call: Call) -> Bound:
    if not 1 <= len(call.arguments) <= 2:
        expressions.wrong_count(call, 1, 2)
    node = call.arguments[0]
    value = expressions.coerce(expressions.bind(node), Kind.SUMMABLE, node, call.name)
    runs = _runs(expressions, call, 1)
    total = expressions.window(_RUNNING_SUM, (value,), runs)
    if value.type is KqlType.INT:
        return apply(_AS_INT, (total,))
    if value.type in (_L, KqlType.TIMESPAN, KqlType.DATETIME):
        return apply(_AS_LONG, (total,), value.type)
    return total


_AS_INT: Final = Function("as int", (Kind.ANY,), KqlType.INT, "CAST({0} AS INTEGER)")
_AS_LONG: Final = Function("as long", (Kind.ANY,), _L, "CAST({0} AS BIGINT)")


def _row_rank(expressions: Expressions, call: Call) -> Bound:
    """Rank of the runs of equal values (dense), or the row at which the run began (min)."""
    if not 1 <= len(call.arguments) <= 2:
        expressions.wrong_count(call, 1, 2)
    value = expressions.bind(call.arguments[0])
    if value.type is KqlType.DYNAMIC:
        value = expressions.convert(value, KqlType.STRING)
    runs = _runs(expressions, call, 1)
    before = expressions.window(_LAG, (value,), runs)
    number = expressions.window(_NUMBER_IN_RUN, (), runs)
    changed = apply(_CHANGED, (value, before, number))
    if call.name == "row_rank_min":
        start = apply(_START, (changed, number))
        return expressions.window(_RUNNING_MAX, (start,), runs)
    total = expressions.window(_RUNNING_SUM, (changed,), runs)
    return apply(_AS_LONG, (total,))


_CHANGED: Final = Function(
    "changed", (Kind.ANY,) * 3, _L,
    "CASE WHEN {2} = 1 OR {0} IS DISTINCT FROM {1} THEN 1 ELSE 0 END", null=Null.NEVER,
)  # fmt: skip
_START: Final = Function(
    "start", (Kind.ANY,) * 2, _L, "CASE WHEN {0} = 1 THEN {1} END", null=Null.MAKES
)
_RUNNING_MAX: Final = Function(
    "max of rows", (Kind.ANY,), _L, "max({0}) {running}", window=True, null=Null.MAKES
)

SPECIALS: Final = (
    Special(("prev", "next"), _prev_next),
    Special(("row_number",), _row_number),
    Special(("row_cumsum",), _row_cumsum),
    Special(("row_rank_dense", "row_rank", "row_rank_min"), _row_rank),
)
