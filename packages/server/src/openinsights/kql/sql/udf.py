"""The functions that DuckDB must have beside its own: rows that a store registers.

For each row: `connection.create_function(name, function, list(parameters), result,
null_handling="special", side_effects=False)`. Names start with `kql_`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.growth import ANNOUNCING as ANNOUNCING
from openinsights.kql.functions.limits import MAX_RESULT
from openinsights.kql.functions.registry import UDFS

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.kql.functions.row import Udf


@dataclass(frozen=True, slots=True)
class RegisteredFunction:
    """One function of the engine.

    Attributes:
        name: as the SQL calls it.
        function: takes and returns plain values; null is None.
        parameters: SQL types of its arguments.
        result: SQL type of its result.
    """

    name: str
    function: Callable[..., object]
    parameters: tuple[str, ...]
    result: str


_SENSELESS: Final = (
    ValueError,
    ArithmeticError,
    TypeError,
    AttributeError,
    LookupError,
    RecursionError,
    MemoryError,
)
"""What comes of arguments that make no sense, or too much of it."""


def _null_safe(udf: Udf) -> Callable[..., object]:
    """None for a null first argument; an argument that makes no sense gives null, not an error.

    The engine counts the parameters of what it is given, hence one wrapper for each number.
    """
    function = udf.function

    def call(*arguments: object) -> object:
        if arguments[0] is None:
            return None
        try:
            result = function(*arguments)
        except _SENSELESS:
            return None
        if isinstance(result, str):
            return _writable(result)
        if isinstance(result, int) and not -_LONGS <= result < _LONGS:
            return None
        return result

    return _WITH_ARITY[len(udf.parameters)](call)


_LONGS: Final = 1 << 63


def _writable(text: str) -> str | None:
    """The text with halves of characters replaced, which UTF-8 cannot hold; null if too long."""
    if len(text) > MAX_RESULT:
        return None
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


_WITH_ARITY: Final[dict[int, Callable[[Callable[..., object]], Callable[..., object]]]] = {
    1: lambda call: lambda a: call(a),
    2: lambda call: lambda a, b: call(a, b),
    3: lambda call: lambda a, b, c: call(a, b, c),
    4: lambda call: lambda a, b, c, d: call(a, b, c, d),
    5: lambda call: lambda a, b, c, d, e: call(a, b, c, d, e),
    6: lambda call: lambda a, b, c, d, e, f: call(a, b, c, d, e, f),
}

FUNCTIONS: Final = tuple(
    RegisteredFunction(name, _null_safe(udf), udf.parameters, udf.result)
    for name, udf in sorted(UDFS.items())
)
"""Every function to register."""
