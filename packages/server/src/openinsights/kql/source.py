"""Reading the raw text inside literals: datetimes, timespans, numbers, guids.

Values come out in the server's own form. None stands for the literal null.
"""

from __future__ import annotations

import math
import re
import uuid
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from openinsights.kql.lexer import TIMESPAN_UNITS
from openinsights.schema.types import KqlType

TICKS_PER_DAY: Final = 864_000_000_000
MAX_DATETIME: Final = 3_155_378_975_999_999_999
"""9999-12-31T23:59:59.9999999Z."""

TYPE_NAMES: Final = {
    "bool": KqlType.BOOL,
    "boolean": KqlType.BOOL,
    "int": KqlType.INT,
    "int32": KqlType.INT,
    "long": KqlType.LONG,
    "int64": KqlType.LONG,
    "real": KqlType.REAL,
    "double": KqlType.REAL,
    "decimal": KqlType.DECIMAL,
    "string": KqlType.STRING,
    "datetime": KqlType.DATETIME,
    "date": KqlType.DATETIME,
    "timespan": KqlType.TIMESPAN,
    "time": KqlType.TIMESPAN,
    "guid": KqlType.GUID,
    "uuid": KqlType.GUID,
    "uniqueid": KqlType.GUID,
    "dynamic": KqlType.DYNAMIC,
    "object": KqlType.DYNAMIC,
}
"""Every spelling of a type that a query may use."""

LONGEST: Final = 400
"""Characters of the text of a value; no longer one spells any."""
_DECIMAL_DIGITS: Final = 40
_TIME_OF_DAY: Final = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,:](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp][Mm])?"
)
_ZONE: Final = r"\s*(?P<zone>Z|z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?)?"
_ISO: Final = re.compile(
    r"(?P<year>\d{4})(?:\s*[-/.]\s*(?P<month>\d{1,2})(?:\s*[-/.]\s*(?P<day>\d{1,2}))?)?"
    rf"(?:(?:\s*[Tt]\s*|\s+){_TIME_OF_DAY}{_ZONE}|\s*[Zz])?"
)
_US: Final = re.compile(
    r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})"
    rf"(?:(?:[Tt]|\s+){_TIME_OF_DAY}{_ZONE})?"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WORDED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})[\s-](?P<word>[A-Za-z]{3,9})[\s-](?P<year>\d{2,4})"
    rf"(?:\s+{_TIME_OF_DAY}{_ZONE})?"
)
_COMPACT: Final = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_CLOCK: Final = re.compile(
    # A colon parts days from hours only where minutes and seconds follow: 02:00:00 is two hours.
    r"(?P<sign>-)?(?:(?P<days>\d+)(?:\.|:(?=\d+:\d+:)))?(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})"
    r"(?::(?P<seconds>\d{1,2})(?:\.(?P<fraction>\d{1,7})\d*)?)?"
)
_UNIT: Final = re.compile(rf"(-?\d+(?:\.\d+)?)\s*({'|'.join(TIMESPAN_UNITS)})")


def days_of(year: int, month: int, day: int) -> int:
    """Days from 0001-01-01 to the date; raises ValueError when there is no such date."""
    return date(year, month, day).toordinal() - 1


def parse_datetime(text: str) -> int | None:
    """Read a datetime in any of the accepted spellings to ticks; None when it is none."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    for form in (_ISO, _US, _WORDED, _COMPACT):
        found = form.fullmatch(text)
        if found:
            return _ticks_of(found.groupdict())
    return None


def _ticks_of(parts: dict[str, str | None]) -> int | None:
    month_text = parts.get("month")
    word = parts.get("word")
    month = _MONTHS.get(word[:3].lower(), 0) if word else int(month_text or 1)
    year_text = parts["year"] or ""
    year = int(year_text) + (2000 if len(year_text) == 2 else 0)
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    second = int(parts.get("second") or 0)
    half = (parts.get("half") or "").lower()
    if half and (hour > 12 or hour == 0):
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 24 or minute > 59 or second > 60:
        return None
    try:
        days = days_of(year, month, int(parts.get("day") or 1))
    except ValueError:
        return None
    fraction = int(((parts.get("fraction") or "") + "0000000")[:7])
    ticks = days * TICKS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 10_000_000 + fraction
    zone = parts.get("zone") or ""
    if zone[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "")
        offset = int(digits[:2]) * 60 + int(digits[2:] or 0)
        ticks -= (offset if zone[0] == "+" else -offset) * 600_000_000
    return ticks if 0 <= ticks <= MAX_DATETIME else None


def parse_timespan(text: str) -> int | None:
    """Read a timespan (`1d`, `1.02:03:04.5`, a bare number of days) to ticks; None if it is none."""
    text = text.strip()
    found = _UNIT.fullmatch(text)
    if found:
        return unit_ticks(found.group(1), found.group(2))
    found = _CLOCK.fullmatch(text)
    if found:
        hours, minutes = int(found["hours"]), int(found["minutes"])
        seconds = int(found["seconds"] or 0)
        if hours > 24 or minutes > 59 or seconds > 59:
            return None
        ticks = int(found["days"] or 0) * TICKS_PER_DAY
        ticks += ((hours * 60 + minutes) * 60 + seconds) * 10_000_000
        ticks += int(((found["fraction"] or "") + "0000000")[:7])
        return -ticks if found["sign"] else ticks
    if re.fullmatch(r"-?\d+", text):
        return int(text) * TICKS_PER_DAY
    return None


def unit_ticks(amount: str, unit: str) -> int:
    """Ticks of a number with a unit; exact, a fraction of a tick is dropped."""
    return int(Decimal(amount) * TIMESPAN_UNITS[unit])


def parse_guid(text: str) -> uuid.UUID | None:
    """Read a guid, with or without dashes and braces; None when it is none."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def parse_number(text: str, type_: KqlType) -> int | float | Decimal | None:
    """Read a number of the given type; None when it is none or out of the type's range."""
    text = text.strip()
    try:
        if type_ in (KqlType.INT, KqlType.LONG):
            value = int(text, 16) if text.lower().startswith(("0x", "-0x")) else int(text)
            bits = 31 if type_ is KqlType.INT else 63
            return value if -(1 << bits) <= value < (1 << bits) else None
        if type_ is KqlType.DECIMAL:
            return _decimal(text)
    except (ValueError, InvalidOperation):
        return None
    lowered = text.lower()
    if lowered in ("nan", "+inf", "inf", "-inf"):
        return {"nan": math.nan, "-inf": -math.inf}.get(lowered, math.inf)
    try:
        return float(text)
    except ValueError:
        return None


def _decimal(text: str) -> Decimal | None:
    """Read a decimal that the type can hold; what lies between two of them is nothing."""
    value = Decimal(text)
    if not value.is_finite() or value.adjusted() > _DECIMAL_DIGITS:
        return None
    return value if value.adjusted() > -_DECIMAL_DIGITS else Decimal(0)


class NotALiteral(ValueError):
    """The text inside a typed literal is no value of that type."""


def typed_value(type_: KqlType, text: str) -> object:
    """The value of `type(text)`; None for `type(null)`.

    A text in quotes is converted as by the to… functions: what is no value is null.

    Raises:
        NotALiteral: the text without quotes is no such value.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise NotALiteral(f"'{text[:40]}…' is no {type_}")
    quoted = len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]
    if quoted:
        text = text[1:-1].strip()
    if text.lower() == "null" or text == "":
        return None
    value: object
    if type_ is KqlType.DATETIME:
        value = parse_datetime(text)
        if value is None:
            # As datetime(2024, 1, 31).
            value = parse_datetime(re.sub(r"\s*,\s*", "-", text))
    elif type_ is KqlType.TIMESPAN:
        value = parse_timespan(text)
    elif type_ is KqlType.GUID:
        value = parse_guid(text)
    elif type_ is KqlType.BOOL:
        value = {"true": True, "false": False, "1": True, "0": False}.get(text.lower())
    else:
        value = parse_number(text, type_)
    if value is None and not quoted:
        raise NotALiteral(f"'{text}' is no {type_}")
    return value
