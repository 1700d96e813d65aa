"""Small shared conversions of texts, times and sequences, under OpenCensus' module path."""

from __future__ import annotations

import datetime
import time
import weakref
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

T = TypeVar("T")

UTF8 = "utf-8"

MAX_LENGTH = 128
"""The most bytes of UTF-8 that a text keeps in the legacy JSON form."""

ISO_DATETIME_REGEX = "%Y-%m-%dT%H:%M:%S.%fZ"
"""The `strftime` form of every time stamp of a span."""

_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 (what it is subtracted from is naive)

_formatted_second = ("never", "")


def get_truncatable_str(str_to_convert: str) -> dict[str, Any]:
    """Return the text cut to `MAX_LENGTH` bytes, with how many bytes were cut off."""
    value, truncated_byte_count = check_str_length(str_to_convert, MAX_LENGTH)
    return {"value": value, "truncated_byte_count": truncated_byte_count}


def check_str_length(str_to_check: str, limit: int = MAX_LENGTH) -> tuple[str, int]:
    """Return the text cut to `limit` bytes of UTF-8, and the number of bytes cut off.

    A character that the limit would split is left out whole.
    """
    encoded = str_to_check.encode(UTF8)
    if len(encoded) <= limit:
        return str_to_check, 0
    return encoded[:limit].decode(UTF8, errors="ignore"), len(encoded) - limit


def to_iso_str(ts: datetime.datetime | None = None) -> str:
    """Return `ts`, by default the present moment in UTC, as `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    The fields of `ts` are written as they stand: a zone is not converted.
    """
    if ts is not None:
        return ts.strftime(ISO_DATETIME_REGEX)
    return iso_text(time.time_ns())


def iso_text(unix_ns: int) -> str:
    """Return a count of nanoseconds since 1970 in the form of `to_iso_str`."""
    # Hot path, twice per span: the text of a second is kept, and the fraction is not computed.
    global _formatted_second
    digits = str(unix_ns // 1000)
    second = digits[:-6]
    known_second, text = _formatted_second
    if second != known_second:
        text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(int(second or 0)))
        digits = digits.zfill(6)
        if second:
            _formatted_second = (second, text)
    return f"{text}{digits[-6:]}Z"


def timestamp_to_microseconds(timestamp: str) -> float:
    """Return the microseconds since 1970 of a text that `to_iso_str` wrote.

    Raises:
        ValueError: The text has another form.
    """
    moment = datetime.datetime.strptime(timestamp, ISO_DATETIME_REGEX)  # noqa: DTZ007 (its Z is literal)
    return (moment - _EPOCH) / datetime.timedelta(microseconds=1)


def iuniq(ible: Iterable[T]) -> Generator[T, None, None]:
    """Yield each different element once, where it first occurs."""
    seen: set[T] = set()
    for element in ible:
        if element not in seen:
            seen.add(element)
            yield element


def uniq(ible: Iterable[T]) -> list[T]:
    """Return each different element once, in order of first occurrence."""
    return list(iuniq(ible))


def window(ible: Iterable[T], length: int) -> Generator[list[T], None, None]:
    """Yield the elements in lists of `length`; the last list may be shorter.

    Raises:
        ValueError: `length` is not positive; at the first step.
    """
    if length <= 0:
        raise ValueError(f"cannot split into windows of length {length}: it must be positive")
    current: list[T] = []
    for element in ible:
        current.append(element)
        if len(current) == length:
            yield current
            current = []
    if current:
        yield current


def get_weakref(func: Callable[..., Any]) -> weakref.ReferenceType[Callable[..., Any]]:
    """Return a weak reference to a function or bound method.

    A bound method stays reachable through it for as long as its object lives.

    Raises:
        ValueError: `func` is None.
    """
    if func is None:
        raise ValueError("cannot refer weakly to None: a function or bound method is needed")
    if getattr(func, "__self__", None) is not None and hasattr(func, "__func__"):
        return WeakMethod(func)
    return weakref.ref(func)
