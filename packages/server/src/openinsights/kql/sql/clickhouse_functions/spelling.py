"""Texts, constants and small expressions as ClickHouse spells them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.schema.types import REAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.kql.bound import Bound
    from openinsights.schema.types import KqlType

MAX_LONG: Final = (1 << 63) - 1


def quoted(text: str) -> str:
    """A string literal; a backslash is an escape to this engine."""
    text = text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return f"'{text}'"


def known_text(bound: Bound) -> str | None:
    """The value of a constant string; None for all else."""
    value = bound.value if isinstance(bound, Constant) else None
    return value if isinstance(value, str) else None


def known_number(bound: Bound) -> int | None:
    """The value of a constant whole number; None for all else."""
    value = bound.value if isinstance(bound, Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def of_one(value: str, expression: str, name: str = "v") -> str:
    """An expression in which a name stands for a value that is written once."""
    return f"arrayMap({name} -> {expression}, [{value}])[1]"


def told_apart(value: str, type_: KqlType) -> str:
    """A value by which equal ones are put together: a zero has no sign, and all NaN are one."""
    if type_ is not REAL:
        return value
    return f"if(isNaN({value}), nan, {value} + 0e0)"


_PLAIN: Final = re.compile(r'"(?:[^"\\]|"")*"|[a-z][0-9]?')


def named(value: str, write: Callable[[str], str], name: str = "v") -> str:
    """What is made of a value that stands several times: a long one gets a name."""
    if len(value) <= 60 or _PLAIN.fullmatch(value):
        return write(value)
    return of_one(value, write(name), name)


def failing(condition: str, message: str, otherwise: str, none: str = "NULL") -> str:
    """An expression that fails with a message where a condition holds.

    `none` is what stands where it fails: of an array it is `[]`, which has no null.
    """
    holds = f"throwIf(ifNull({condition}, false), {quoted(message)})"
    return f"if({holds} = 0, {otherwise}, {none})"
