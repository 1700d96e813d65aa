"""The timespan beside a query: ISO 8601 durations and intervals, as a range of ticks.

Forms: `PT1H` (until now), `start/end`, `start/duration`, `duration/end`. A month counts 30 days
and a year 365, as .NET clients mean them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.query.errors import BadTimespan

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=\d|T\d)"
    r"(?:(?P<years>\d+(?:\.\d+)?)Y)?(?:(?P<months>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_TICKS_OF = {
    "years": 365 * TICKS_PER_DAY,
    "months": 30 * TICKS_PER_DAY,
    "weeks": 7 * TICKS_PER_DAY,
    "days": TICKS_PER_DAY,
    "hours": 3600 * TICKS_PER_SECOND,
    "minutes": 60 * TICKS_PER_SECOND,
    "seconds": TICKS_PER_SECOND,
}
# In a URL an unescaped + arrives as a space, so a space counts as the sign of an offset.
_INSTANT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s?(?P<zone>Z|(?P<sign>[+ -])(?P<zone_hour>\d\d):?(?P<zone_minute>\d\d))?",
    re.IGNORECASE | re.ASCII,
)
MAX_TICKS = 3_155_378_975_999_999_999
"""The last tick of the year 9999."""
_FORMS = "use a form like PT1H, P1D, start/end, start/PT1H or PT1H/end"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Both ends belong to the range; None leaves that side open."""

    start_ticks: int | None = None
    end_ticks: int | None = None

    def within(self, start_ticks: int | None, end_ticks: int | None) -> TimeRange:
        """Return the part that also lies between the two given ends."""
        starts = [t for t in (self.start_ticks, start_ticks) if t is not None]
        ends = [t for t in (self.end_ticks, end_ticks) if t is not None]
        return TimeRange(max(starts, default=None), min(ends, default=None))


def parse_timespan(text: str | None, now_ticks: int) -> TimeRange:
    """Return the range that a timespan means; no or blank text leaves both sides open.

    Args:
        text: as it came with the query.
        now_ticks: where a lone duration ends.

    Raises:
        BadTimespan: the text has none of the forms.
    """
    text = (text or "").strip()
    if not text:
        return TimeRange()
    first, slash, second = (part.strip() for part in text.partition("/"))
    try:
        if not slash:
            return TimeRange(_clamped(now_ticks - parse_duration(first)), now_ticks)
        if _is_duration(first):
            end = parse_instant(second)
            return TimeRange(_clamped(end - parse_duration(first)), end)
        start = parse_instant(first)
        end = start + parse_duration(second) if _is_duration(second) else parse_instant(second)
    except ValueError as error:
        raise BadTimespan(f"cannot use timespan {text!r}: {error}; {_FORMS}") from None
    return TimeRange(start, _clamped(end))


def _is_duration(text: str) -> bool:
    return text[:1] in "Pp-"


def _clamped(ticks: int) -> int:
    return min(max(ticks, 0), MAX_TICKS)


def parse_duration(text: str) -> int:
    """Return the ticks of a duration in ISO 8601.

    Raises:
        ValueError: the text has another form, or is negative.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 duration")
    if match["sign"]:
        raise ValueError("the duration is negative")
    total = sum(Fraction(match[unit]) * ticks for unit, ticks in _TICKS_OF.items() if match[unit])
    return int(total)


def parse_instant(text: str) -> int:
    """Return the ticks of a date or a time in ISO 8601; without a zone it is UTC.

    Raises:
        ValueError: the text has another form.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 time")
    try:
        days = date(int(match["year"]), int(match["month"]), int(match["day"])).toordinal() - 1
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of the calendar: {error}") from None
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 59:
        raise ValueError(f"{text!r} is no time of the day")
    seconds = hour * 3600 + minute * 60 + second - _offset_s(match)
    fraction = int((match["fraction"] or "").ljust(7, "0")[:7])
    return days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + fraction


def _offset_s(match: re.Match[str]) -> int:
    if match["sign"] is None:
        return 0
    seconds = int(match["zone_hour"]) * 3600 + int(match["zone_minute"]) * 60
    return -seconds if match["sign"] == "-" else seconds
