"""Points in time and lengths of time as the wire writes them, and as numbers.

A point in time is a count of 100 ns ticks since 0001-01-01 UTC. A duration is a number of
milliseconds. Nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import isfinite

from openinsights_wire.errors import FIELD_OUT_OF_RANGE, FIELD_WRONG_TYPE, WireError, field_error

TICKS_PER_SECOND = 10_000_000
TICKS_PER_MILLISECOND = 10_000
TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
UNIX_EPOCH_TICKS = 719_162 * TICKS_PER_DAY
MAX_TICKS = 3_652_059 * TICKS_PER_DAY - 1
MAX_DURATION_MS = 86_400_000.0 * 10_675_199

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{0,32}))?)?)?"
    r" ?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DURATION = re.compile(
    r"(?:(\d{1,8})[.:])?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{0,32}))?", re.ASCII
)
_ISO_DURATION = re.compile(
    r"P(?:(\d{1,8}(?:\.\d{1,9})?)D)?"
    r"(?:T(?:(\d{1,8}(?:\.\d{1,9})?)H)?(?:(\d{1,8}(?:\.\d{1,9})?)M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)

# Telemetry of one body comes from the same few minutes: their ticks are worked out once.
_minutes: dict[str, int] = {}
_MAX_MINUTES = 4096


def parse_time(text: str) -> int:
    """Return the ticks of a point in time; a text without a zone means UTC.

    Digits of the second beyond the seventh are dropped.

    Raises:
        WireError: the text is no ISO 8601 point in time between the years 1 and 9999.
    """
    # Hot: one call per envelope, so the usual form is read without the expression below.
    minute = _minutes.get(text[:16])
    if minute is not None and text[16:17] == ":" and text[-1] == "Z" and text[19:20] == ".":
        digits = text[17:19] + text[20:-1]
        if len(digits) < 10 and digits.isascii() and digits.isdigit() and digits < "6":
            return minute + int(digits.ljust(9, "0"))
    return _parse_any_time(text)


def _parse_any_time(text: str) -> int:
    matched = _TIME.fullmatch(text.strip())
    if matched is None:
        raise _bad_time(text)
    year, month, day, hour, minute, second, fraction, zone = matched.groups()
    try:
        date = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0))  # noqa: DTZ001 - the zone is applied below
    except ValueError:
        raise _bad_time(text) from None
    seconds = int(second or 0)
    offset = _zone_minutes(zone)
    if seconds > 60 or offset is None:
        raise _bad_time(text)
    ticks = (date.toordinal() - 1) * TICKS_PER_DAY
    ticks += (date.hour * 60 + date.minute) * TICKS_PER_MINUTE
    if matched.end(5) == 16 and matched.start() == 0 and text[10:11] == "T":
        _remember_minute(text[:16], ticks)
    ticks += seconds * TICKS_PER_SECOND + int((fraction or "")[:7].ljust(7, "0"))
    ticks -= offset * TICKS_PER_MINUTE
    if not 0 <= ticks <= MAX_TICKS:
        raise _bad_time(text)
    return ticks


def _zone_minutes(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def _remember_minute(text: str, ticks: int) -> None:
    if len(_minutes) >= _MAX_MINUTES:
        _minutes.clear()
    _minutes[text] = ticks


def _bad_time(text: str) -> WireError:
    return field_error(
        FIELD_OUT_OF_RANGE,
        "time",
        "Envelope",
        "is not a point in time",
        "ISO 8601, such as 2026-11-21T07:19:39.799Z",
        repr(text[:64]),
    )


def format_time(ticks: int) -> str:
    """Return the point in time as `2026-11-21T07:19:39.7991230Z`."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    moment = datetime(1, 1, 1) + timedelta(seconds=seconds)  # noqa: DTZ001 - ticks are UTC
    return f"{moment.isoformat()}.{fraction:07d}Z"


def ticks_from_unix_ns(nanoseconds: int) -> int:
    """Return the ticks of a count of nanoseconds since 1970-01-01 UTC."""
    return UNIX_EPOCH_TICKS + nanoseconds // 100


def parse_duration(
    value: str | float | None, field: str = "duration", owner: str = "BaseData"
) -> float:
    """Return the milliseconds of a duration; None and empty text mean 0.

    Args:
        value: `[d.]hh:mm:ss[.fffffff]`, an ISO 8601 duration of days to seconds, or a number of
            milliseconds.
        field: what the error calls the field.
        owner: what the error calls the type that has the field.

    Raises:
        WireError: the value is negative or no duration.
    """
    if value is None or value == "":
        return 0.0
    if not isinstance(value, str):
        if isinstance(value, bool) or not isfinite(value) or not 0 <= value <= MAX_DURATION_MS:
            raise _bad_duration(value, field, owner)
        return float(value)
    # Hot: most durations are under a minute, which needs no expression.
    if value[:6] == "00:00:" or value[:8] == "0.00:00:":
        seconds, _, fraction = value[6 if value[1] == "0" else 8 :].partition(".")
        digits = seconds + fraction
        plain = len(seconds) == 2 and len(digits) < 10 and digits.isascii() and digits.isdigit()
        if plain and seconds < "60":
            return int(seconds) * 1000 + int(fraction.ljust(7, "0")) / TICKS_PER_MILLISECOND
    milliseconds = _parse_any_duration(value.strip())
    if milliseconds is None or milliseconds > MAX_DURATION_MS:
        raise _bad_duration(value, field, owner)
    return milliseconds


def _parse_any_duration(value: str) -> float | None:
    matched = _DURATION.fullmatch(value)
    if matched is None:
        return _parse_iso_duration(value)
    days, hours, minutes, seconds, fraction = matched.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    if days is not None:
        whole += int(days) * 86_400
    milliseconds = whole * 1000.0
    if fraction:
        milliseconds += int(fraction[:7].ljust(7, "0")) / TICKS_PER_MILLISECOND
    return None if int(minutes) > 59 or int(seconds) > 59 else milliseconds


def _parse_iso_duration(text: str) -> float | None:
    matched = _ISO_DURATION.fullmatch(text)
    if matched is None or not any(matched.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in matched.groups())
    return round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000, 4)


def _bad_duration(value: object, field: str, owner: str) -> WireError:
    return field_error(
        FIELD_WRONG_TYPE,
        field,
        owner,
        "is not a duration of at least 0",
        "[d.]hh:mm:ss[.fffffff]",
        repr(value)[:64],
    )


def format_duration(milliseconds: float) -> str:
    """Return a duration as `0.00:00:00.022`: three digits, up to seven where they are needed.

    Raises:
        WireError: the duration is negative, not finite or longer than 10,675,199 days.
    """
    if not 0 <= milliseconds <= MAX_DURATION_MS:
        raise _bad_duration(milliseconds, "duration", "BaseData")
    return format_duration_ticks(round(milliseconds * TICKS_PER_MILLISECOND))


def format_duration_ticks(ticks: int) -> str:
    """Return a count of ticks, at least 0, in the form of `format_duration`."""
    # Hot: one call per span, and most take less than a minute.
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    milliseconds, rest = divmod(fraction, TICKS_PER_MILLISECOND)
    digits = f"{milliseconds:03d}" if not rest else f"{fraction:07d}".rstrip("0")
    if seconds < 60:
        return f"0.00:00:{seconds:02d}.{digits}"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}.{hours:02d}:{minutes:02d}:{seconds:02d}.{digits}"
