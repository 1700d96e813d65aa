"""How a value is written as text, the way `tostring` and replies write it."""

from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal
from typing import Final

from openinsights.schema.types import KqlType

_TICKS_PER_DAY: Final = 864_000_000_000


def datetime_text(ticks: int) -> str:
    """`2016-12-31T23:59:59.9999999Z`: always seven decimals."""
    days, rest = divmod(ticks, _TICKS_PER_DAY)
    day = date.fromordinal(days + 1)
    seconds, fraction = divmod(rest, 10_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return (
        f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
        f"T{hour:02d}:{minute:02d}:{second:02d}.{fraction:07d}Z"
    )


def timespan_text(ticks: int) -> str:
    """`1.02:03:04.0000005`: days and decimals only where there are any."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    days, ticks = divmod(ticks, _TICKS_PER_DAY)
    seconds, fraction = divmod(ticks, 10_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{sign}{days}." if days else sign
    text += f"{hour:02d}:{minute:02d}:{second:02d}"
    return text + (f".{fraction:07d}" if fraction else "")


def real_text(value: float) -> str:
    """The shortest text that reads back as the same number."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def text_of(value: object, type_: KqlType) -> str:
    """What `tostring` makes of a value; null is ''."""
    if value is None:
        return ""
    if type_ is KqlType.DATETIME and isinstance(value, int):
        return datetime_text(value)
    if type_ is KqlType.TIMESPAN and isinstance(value, int):
        return timespan_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return real_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def json_of(value: object, type_: KqlType) -> object:
    """The JSON value that stands for a constant inside a dynamic one."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if type_ in (KqlType.INT, KqlType.LONG, KqlType.REAL):
        return value
    return text_of(value, type_)


def json_text(value: object) -> str:
    """JSON without spaces, non-ASCII letters kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
