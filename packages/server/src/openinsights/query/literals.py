"""KQL literals: the one place where a value becomes query text."""

from __future__ import annotations

from datetime import timedelta

from openinsights.clock import TICKS_PER_SECOND, to_datetime
from openinsights.schema.types import KqlType

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(kind: KqlType, value: str | int | float) -> str:
    """Return `value` as a KQL literal of type `kind`.

    Args:
        kind: string, long, real, datetime or timespan.
        value: text for string; whole number for long; ticks of 100 ns for datetime and timespan.

    Raises:
        ValueError: `kind` has no literal form here.
    """
    if kind is KqlType.STRING:
        return '"' + "".join(_escaped(character) for character in str(value)) + '"'
    if kind is KqlType.LONG:
        return f"long({int(value)})"
    if kind is KqlType.REAL:
        return f"real({float(value)!r})"
    if kind is KqlType.DATETIME:
        return f"datetime({_datetime_text(int(value))})"
    if kind is KqlType.TIMESPAN:
        return f"timespan({_timespan_text(int(value))})"
    raise ValueError(f"cannot write a KQL literal of type {kind}")


def let_line(name: str, kind: KqlType, value: str | int | float) -> str:
    """Return the `let` statement that gives a tile's parameter its value."""
    return f"let {name} = {literal(kind, value)};"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 else character


def _datetime_text(ticks: int) -> str:
    whole = to_datetime(ticks - ticks % TICKS_PER_SECOND)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{ticks % TICKS_PER_SECOND:07d}Z"


def _timespan_text(ticks: int) -> str:
    whole = timedelta(seconds=ticks // TICKS_PER_SECOND)
    minutes, seconds = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{whole.days}.{hours:02d}:{minutes:02d}:{seconds:02d}.{ticks % TICKS_PER_SECOND:07d}"
