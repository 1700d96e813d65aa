"""Applying functions to bound arguments, and the type that several values have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply, Bound, Constant, constant
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.row import Null
from openinsights.kql.source import MAX_DATETIME
from openinsights.schema.types import DATETIME, DECIMAL, DYNAMIC, INT, LONG, REAL, STRING, KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.functions.row import Function

NUMERIC: Final = frozenset({INT, LONG, REAL, DECIMAL})
INTEGRAL: Final = frozenset({INT, LONG})
MAX_CONSTANT: Final = 1_000_000
"""Characters of a text that is computed while compiling."""
_LONGS: Final = 1 << 63
_PROPAGATES: Final = Null.PROPAGATES
_MAKES: Final = Null.MAKES
_RANK: Final = {INT: 0, LONG: 1, REAL: 2, DECIMAL: 3}


def apply(function: Function, arguments: Sequence[Bound], type_: KqlType | None = None) -> Bound:
    """A function of bound arguments that already have the right types; folded if constant."""
    result = type_ or function.result
    if not isinstance(result, KqlType):
        result = result([argument.type for argument in arguments])
    values = None if function.fold is None else _constants(arguments)
    if function.fold is not None and values is not None:
        try:
            if function.null is _PROPAGATES and any(v is None for v in values):
                return constant(None, result)
            folded = function.fold(*values)
            if isinstance(folded, str) and len(folded) > MAX_CONSTANT:
                raise KqlUnsupported(
                    f"{function.name}(…) makes a constant of more than {MAX_CONSTANT} characters"
                )
            if isinstance(folded, int) and not -_LONGS <= folded < _LONGS:
                folded = None
            if result is DATETIME and isinstance(folded, int) and not 0 <= folded <= MAX_DATETIME:
                folded = None
            return constant(folded, result)
        except (ValueError, OverflowError, ZeroDivisionError):
            pass
        except TypeError:
            # Null is no number; the engine knows what comes of it.
            if all(value is not None for value in values):
                raise
    nullable = False
    if result is not STRING:
        if function.null is _MAKES:
            nullable = True
        elif function.null is _PROPAGATES:
            for argument in arguments:
                nullable = nullable or argument.nullable
    return Apply(result, nullable, function, tuple(arguments))


def _constants(arguments: Sequence[Bound]) -> list[object] | None:
    """The values of arguments that are all constants, else None."""
    values = []
    for argument in arguments:
        if not isinstance(argument, Constant):
            return None
        values.append(argument.value)
    return values


def common_type(types: Sequence[KqlType]) -> KqlType | None:
    """The type that all values can take without loss of meaning, or None."""
    distinct = set(types)
    if len(distinct) == 1:
        return types[0]
    if distinct <= NUMERIC:
        return max(distinct, key=lambda type_: _RANK[type_])
    without = distinct - {DYNAMIC}
    if len(without) == 1:
        return next(iter(without))
    if without and without <= NUMERIC:
        return max(without, key=lambda type_: _RANK[type_])
    return None
