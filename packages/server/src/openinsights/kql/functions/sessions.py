"""row_window_session: where the session began that a row belongs to, in the rows' present order.

A row begins a session if the one before it had none, or lies too far from the session's beginning
or from its own predecessor, or a restart condition holds. A row without a value has no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC, apply
from openinsights.kql.bound import Bound, Reference, Symbol, constant, reference
from openinsights.kql.functions.row import Function, Kind, Null, Special
from openinsights.kql.plan import Extend, Remembered, Sequences, Step
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call

_BEGINS: Final = Function(
    "session begins",
    (Kind.ANY,) * 4,
    lambda types: types[0],
    "CASE WHEN {0} IS NULL OR {1} IS NULL OR {2} OR {3} THEN {0} ELSE {1} END",
    null=Null.MAKES,
)
_REACHES: Final = Function(
    "reaches", (Kind.ANY,) * 3, KqlType.BOOL, "COALESCE({0} >= {1} + {2}, false)", null=Null.NEVER
)
_EITHER: Final = Function("either", (Kind.BOOL,) * 2, KqlType.BOOL, "({0} OR {1})", null=Null.NEVER)
_TRULY: Final = Function(
    "truly", (Kind.BOOL,), KqlType.BOOL, "COALESCE({0}, false)", null=Null.NEVER
)


def _row_window_session(expressions: Expressions, call: Call) -> Bound:
    if not 3 <= len(call.arguments) <= 4:
        expressions.wrong_count(call, 3, 4)
    value = expressions.bind(call.arguments[0])
    if value.type not in (KqlType.DATETIME, KqlType.TIMESPAN) and value.type not in NUMERIC:
        expressions.fail("sessions are of times or numbers", call.arguments[0])
    distances = [_distance(expressions, call, place, value) for place in (1, 2)]
    restart: Bound = constant(False, KqlType.BOOL)
    if len(call.arguments) == 4:
        restart = apply(_TRULY, (expressions.predicate(call.arguments[3]),))
    (position,) = expressions.row_order()
    if not isinstance(position.value, Reference):
        raise AssertionError("BUG: rows are numbered by a column")
    relation = expressions.settled()
    own, begins = Symbol("value", value.type), Symbol("begins", KqlType.BOOL)
    ready = relation.on(Extend(relation.plan, ((own, value), (begins, restart))))
    start = Symbol("session", value.type)
    before, last = Symbol("before", value.type), Symbol("last", value.type)
    nothing = constant(None, value.type)
    far = apply(_REACHES, (reference(own), reference(before), distances[0]))
    apart = apply(_REACHES, (reference(own), reference(last), distances[1]))
    moved = apply(_EITHER, (far, apart))
    found = apply(_BEGINS, (reference(own), reference(before), moved, reference(begins)))
    plan = Sequences(
        ready.plan,
        position.value.symbol,
        relation.partition,
        (Step(constant(True, KqlType.BOOL), ((start, found),), "all"),),
        (Remembered(0, before, start, nothing), Remembered(0, last, own, nothing)),
        ((start, nothing),),
        None,
        Symbol("at", KqlType.LONG),
    )
    expressions.relation = ready.on(plan)
    return reference(start)


def _distance(expressions: Expressions, call: Call, place: int, value: Bound) -> Bound:
    node = call.arguments[place]
    distance = expressions.bind(node)
    if value.type in NUMERIC and distance.type in NUMERIC:
        return distance
    if value.type not in NUMERIC and distance.type is KqlType.TIMESPAN:
        return distance
    expressions.fail(f"a distance between values of {value.type} is no {distance.type}", node)


SPECIALS: Final = (Special(("row_window_session",), _row_window_session),)
"""The family's rows."""
