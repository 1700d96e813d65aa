"""Values of exported records, as stores hold them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.query.timespan import parse_instant
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable

_ENCODE: Final = msgspec.json.Encoder().encode
_INT: Final = (-(2**31), 2**31 - 1)
_LONG: Final = (-(2**63), 2**63 - 1)
_NO_NUMBERS: Final = {"": None, "nan": float("nan"), "infinity": float("inf")} | {
    "-infinity": float("-inf")
}


class NotReadable(ValueError):
    """A value is not of its column's type; the message says what it would have to be."""


def read(value: Any, type_: KqlType) -> object:
    """Return a value as stores hold it; see `openinsights.schema.types`.

    Args:
        value: of JSON.
        type_: of the column.

    Raises:
        NotReadable: it is of another type.
    """
    if value is None:
        return "" if type_ is KqlType.STRING else None
    return _READ[type_](value)


def read_time(value: object) -> int:
    """Return the ticks of a point in time.

    Raises:
        NotReadable: it is none.
    """
    if not isinstance(value, str):
        raise _wanted("a point in time")
    try:
        return parse_instant(value)
    except ValueError:
        raise _wanted("a point in time") from None


def _wanted(what: str) -> NotReadable:
    return NotReadable(f"{what} is needed")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str):
        return value
    return _ENCODE(value).decode()


def _json(value: Any) -> str | None:
    """JSON as text; exports of queries write it as a text, those of settings as it is."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return _ENCODE(value).decode()
    return None if value is None or value == {} else _ENCODE(value).decode()


def _real(value: Any) -> float | None:
    if isinstance(value, str):
        folded = value.strip().lower()
        if folded in _NO_NUMBERS:
            return _NO_NUMBERS[folded]
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise _wanted("a number") from None
    if isinstance(value, str) and not isfinite(found):
        raise _wanted("a number")
    return found


def _whole(bounds: tuple[int, int]) -> Callable[[Any], int | None]:
    least, most = bounds

    def read_whole(value: Any) -> int | None:
        found = value if type(value) is int else _real(value)
        if found is None or found != found:
            return None
        if not isfinite(found) or int(found) != found or not least <= found <= most:
            raise _wanted("a whole number of the column's size")
        return int(found)

    return read_whole


def _truth(value: Any) -> bool | None:
    known = {"true": True, "1": True, "false": False, "0": False, "": None}
    folded = _text(value).strip().lower()
    if folded not in known:
        raise _wanted("true or false")
    return known[folded]


_READ: Final[dict[KqlType, Callable[[Any], object]]] = {
    KqlType.STRING: _text,
    KqlType.DYNAMIC: _json,
    KqlType.REAL: _real,
    KqlType.INT: _whole(_INT),
    KqlType.LONG: _whole(_LONG),
    KqlType.BOOL: _truth,
    KqlType.DATETIME: read_time,
}
"""The types that columns of classic tables have."""
