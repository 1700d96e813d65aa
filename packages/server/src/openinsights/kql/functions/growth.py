"""Joining texts row by row: what may double with each operator is bounded before it is made.

A text that `strcat` makes can be as long as all that it joins. Three joins of ten columns make it a
thousand times as long, so the engine adds up the lengths first, which costs next to nothing. Where
fewer than two columns are joined, or none holds texts, nothing can grow.

Whatever makes a large text in SQL announces its size first, for all rows that the engine works on at
once, to a function that the store may let fail. (Python's functions need not: the store sees what
they give.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Constant, constant, reference, symbols_of
from openinsights.kql.functions.limits import LARGE, MAX_JOINED
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

JOINING: Final = ("strcat", "strcat_delim")
_TEXTS: Final = (KqlType.STRING, KqlType.DYNAMIC)
_SIZES: Final = Function(
    "sizes", (Kind.ANY,), KqlType.LONG,
    lambda arguments, _: " + ".join(f"COALESCE(strlen({text}), 0)" for text in arguments),
    variadic=True, null=Null.NEVER,
)  # fmt: skip
_BOUNDED: Final = Function(
    "bounded join", (Kind.ANY, Kind.ANY, Kind.ANY), KqlType.STRING,
    lambda arguments, _: (
        f"CASE WHEN {arguments[0]} > {arguments[1]}"
        f" THEN error('a text of more than {MAX_JOINED} characters is joined')"
        f" {announced(arguments[0])} ELSE {arguments[2]} END"
    ),
    null=Null.NEVER,
)  # fmt: skip


def announced(size: str, of: str = "") -> str:
    """A branch of a CASE that is never taken, and says how large a text is going to be made.

    Args:
        size: SQL of the size.
        of: SQL of a size that is found sooner and never smaller.
    """
    return f"WHEN {of or size} > {LARGE} AND NOT {ANNOUNCING}({size}) THEN NULL"


def _room(size: int) -> bool:
    return True


ANNOUNCING: Final = "kql_room"
"""The function that is told the sizes."""
UDFS: Final = {ANNOUNCING: Udf(_room, ("BIGINT",), "BOOLEAN")}


def bounded(made: Bound, arguments: Sequence[Bound]) -> Bound:
    """What a join of texts makes, unless that is too long."""
    spoken = sum(len(str(a.value)) for a in arguments if isinstance(a, Constant))
    columns = [
        symbol
        for argument in arguments
        if not isinstance(argument, Constant)
        for symbol in symbols_of(argument)
        if symbol.type in _TEXTS
    ]
    if isinstance(made, Constant) or (len(columns) < 2 and spoken < MAX_JOINED // 2):
        return made
    # The same column in one argument twice is one of a function that bounds what it makes itself.
    sizes = apply(_SIZES, tuple(reference(symbol) for symbol in columns))
    if not columns:
        sizes = constant(0, KqlType.LONG)
    most = constant(MAX_JOINED - spoken, KqlType.LONG)
    return apply(_BOUNDED, (sizes, most, made))
