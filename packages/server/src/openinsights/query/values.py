"""One cell of a result in its three forms: as held inside, as a Python value, as text of a reply.

The forms differ where Python or JSON cannot hold what the server holds: 100 ns ticks, decimals,
guids, dynamic values, and the reals that JSON has no literal for.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.kql.functions.conversion import decimal_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - arithmetic on UTC alone, the zone is added at the end
_FIRST_UTC = datetime(1, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z", re.ASCII)
_TIMESPAN = re.compile(r"(-?)(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?", re.ASCII)
_NOT_IN_JSON = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def datetime_text(ticks: int) -> str:
    """Return `2016-12-31T23:59:59.9999999Z`, without a fraction's closing zeros."""
    days, ticks = divmod(ticks, TICKS_PER_DAY)
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{_date_text(days)}T{hour:02d}:{minute:02d}:{second:02d}"
    return f"{text}.{fraction:07d}".rstrip("0") + "Z" if fraction else text + "Z"


@lru_cache(maxsize=64)
def _date_text(days: int) -> str:
    # rows of a result lie in few days
    return (_FIRST + timedelta(days=days)).date().isoformat()


def timespan_text(ticks: int) -> str:
    """Return `1.02:03:04.0000005`: days only where there are, the fraction whole or absent."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    days, ticks = divmod(ticks, TICKS_PER_DAY)
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{sign}{f'{days}.' if days else ''}{hours:02d}:{minutes:02d}:{seconds:02d}"
    return f"{text}.{fraction:07d}" if fraction else text


def parse_datetime_text(text: str) -> int:
    """Return the ticks of what `datetime_text` wrote.

    Raises:
        ValueError: the text has another form.
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read datetime {text!r}")
    seconds = (datetime.fromisoformat(match[1]) - _FIRST) // _SECOND
    return seconds * TICKS_PER_SECOND + int((match[2] or "").ljust(7, "0"))


def parse_timespan_text(text: str) -> int:
    """Return the ticks of what `timespan_text` wrote.

    Raises:
        ValueError: the text has another form.
    """
    match = _TIMESPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read timespan {text!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    ticks = whole * TICKS_PER_SECOND + int((match[6] or "").ljust(7, "0"))
    return -ticks if match[1] else ticks


def _datetime_python(ticks: int) -> datetime:
    return _FIRST_UTC + timedelta(microseconds=ticks // 10)


def _timespan_python(ticks: int) -> timedelta:
    return timedelta(microseconds=ticks // 10 if ticks >= 0 else -(-ticks // 10))


def _real_text(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _decimal_python(value: Decimal) -> Decimal:
    return Decimal(decimal_text(value))


def _dynamic_text(value: str) -> str:
    # as Azure's replies: a bag or an array is JSON, a text is the text itself
    return str(json.loads(value)) if value.startswith('"') else value


def _real_raw(value: object) -> object:
    return _NOT_IN_JSON[value] if isinstance(value, str) else float(str(value))


TO_PYTHON: Mapping[KqlType, Callable[..., object]] = {
    KqlType.DATETIME: _datetime_python,
    KqlType.TIMESPAN: _timespan_python,
    KqlType.DECIMAL: _decimal_python,
    KqlType.DYNAMIC: json.loads,
}
"""What turns a held value into a Python value; a type without a row is held as one already."""

TO_TEXT: Mapping[KqlType, Callable[..., object]] = {
    KqlType.DATETIME: datetime_text,
    KqlType.TIMESPAN: timespan_text,
    KqlType.REAL: _real_text,
    KqlType.DECIMAL: decimal_text,
    KqlType.GUID: str,
}
"""What turns a held value into one that JSON can carry; a type without a row needs nothing.

A dynamic value stays JSON text, so that nothing of it is lost.
"""

TO_REPLY_TEXT: Mapping[KqlType, Callable[..., object]] = {
    **TO_TEXT,
    KqlType.DYNAMIC: _dynamic_text,
}
"""The same for people and for Azure's clients: a dynamic value that is a text has no quotes."""

FROM_TEXT: Mapping[KqlType, Callable[..., object]] = {
    KqlType.DATETIME: parse_datetime_text,
    KqlType.TIMESPAN: parse_timespan_text,
    KqlType.REAL: _real_raw,
    KqlType.DECIMAL: Decimal,
    KqlType.GUID: UUID,
}
"""The inverse of `TO_TEXT`, for a client that reads a reply."""


def converted(
    rows: list[tuple[object, ...]],
    types: tuple[KqlType, ...],
    conversions: Mapping[KqlType, Callable[..., object]],
) -> list[tuple[object, ...]]:
    """Return the rows with each column's conversion applied; null stays None.

    Works a column at a time: a reply may hold half a million rows.
    """
    if not rows or not any(kind in conversions for kind in types):
        return rows
    columns = []
    for kind, column in zip(types, zip(*rows, strict=True), strict=True):
        convert = conversions.get(kind)
        columns.append(
            column
            if convert is None
            else [None if value is None else convert(value) for value in column]
        )
    return list(zip(*columns, strict=True))
